"""The two functions of this layer: a picture of anything, and Graphviz source."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from graphgrad.drawing.dot import dot_source
from graphgrad.drawing.engines import arrange
from graphgrad.drawing.picture import Picture, checked_path
from graphgrad.drawing.scene import Scene
from graphgrad.drawing.svg import paint_svg
from graphgrad.drawing.theme import Theme, theme_named
from graphgrad.drawing.trace import Options, scene_of

if TYPE_CHECKING:
    from graphviz import Digraph


def render(
    target: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    gradients: bool = True,
    values: bool = True,
    shapes: bool = True,
    engine: str = "auto",
    heat: bool = False,
    theme: str = "light",
    title: str = "",
) -> Picture:
    """Draw a graph with the value above and the gradient below every edge.

    Args:
        target: a tensor, a list of tensors, a `Graph`, `Run` or `Program` (a frame for
            each step of a native one). One scalar output is differentiated now; else
            gradients are the last backward's. Without values it is structure alone.
        path: where to write it too: .svg, .png, .pdf, .dot or .gv.
        gradients: draw the backward lanes.
        values: print what flows forward.
        shapes: print shapes under names.
        engine: "layered" (built in), "graphviz", or "auto".
        heat: colour the lanes by log10 of the size of the gradient.
        theme: "light" or "dark".
        title: a heading.

    Returns:
        The picture: its SVG text.

    Raises:
        DrawingError: for an unknown suffix, folder, engine or theme, and for a format
            whose library is not installed.
        ArgumentError: for a target that is none of these.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0, name="x")
        >>> picture = gg.render(x * x, engine="layered")
        >>> picture[:4], picture.engine
        ('<svg', 'layered')
    """
    if path is not None:
        checked_path(path)
    colours = theme_named(theme)
    scene = scene_of(target, Options(values, gradients, shapes, title))
    picture = _painted(scene, colours, engine, heat=heat)
    if path is not None:
        picture.save(path)
    return picture


def _painted(scene: Scene, colours: Theme, engine: str, *, heat: bool) -> Picture:
    layout = arrange(scene, engine)
    svg = paint_svg(scene, layout, colours, heat=heat)
    return Picture.make(
        svg, layout.engine, _size(svg), lambda: dot_source(scene, colours).source
    )


def to_dot(
    target: Any,
    *,
    gradients: bool = True,
    values: bool = True,
    shapes: bool = True,
    theme: str = "light",
    title: str = "",
) -> Digraph:
    """The picture as Graphviz source, which looks right with plain ``dot``.

    Args:
        target: as for `render`, and so the others.
        gradients: print what flows backward.
        values: print what flows forward.
        shapes: print shapes under names.
        theme: "light" or "dark".
        title: a heading.

    Raises:
        DrawingError: for an unknown theme.
        ArgumentError: for a target that cannot be drawn.

    Example:
        >>> import graphgrad as gg
        >>> gg.to_dot(gg.variable(1.0, name="x") * 2).source[:7]
        'digraph'
    """
    colours = theme_named(theme)
    scene = scene_of(target, Options(values, gradients, shapes, title))
    return dot_source(scene, colours)


def _size(svg: str) -> tuple[float, float]:
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', svg[:1000])[:2]
    return float(width), float(height)
