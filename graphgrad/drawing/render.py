"""The two functions of this layer: a picture of anything, and Graphviz source."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphgrad.drawing.difference import scene_of_difference
from graphgrad.drawing.dot import dot_source
from graphgrad.drawing.engines import arrange
from graphgrad.drawing.faults import marked
from graphgrad.drawing.focus import focused, highlighted
from graphgrad.drawing.folding import folded
from graphgrad.drawing.heat import HeatScale
from graphgrad.drawing.options import Options
from graphgrad.drawing.picture import Picture, checked_path
from graphgrad.drawing.reading import read
from graphgrad.drawing.scene import Scene
from graphgrad.drawing.svg import paint_svg
from graphgrad.drawing.theme import Theme, theme_named
from graphgrad.drawing.trace import trace
from graphgrad.graph.compare import Difference
from graphgrad.graph.tensor import Tensor
from graphgrad.insight.diagnosis import Diagnosis

if TYPE_CHECKING:
    from graphviz import Digraph


def render(
    target: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    gradients: bool = True,
    values: bool = True,
    shapes: bool = True,
    dtypes: bool = False,
    local: bool = False,
    bodies: bool = False,
    depth: float | None = None,
    focus: Tensor | None = None,
    radius: int = 2,
    highlight: Tensor | Sequence[Tensor] = (),
    engine: str = "auto",
    heat: bool | tuple[float, float] = False,
    theme: str = "light",
    title: str = "",
) -> Picture:
    """Draw a graph with the value above and the gradient below every edge.

    Args:
        target: a tensor, a list of tensors, a `Graph`, `Run` or `Program` (a frame for
            each step of a native one), what `Graph.diff` found, or a `Diagnosis`. One
            scalar output is differentiated now; else gradients are the last
            backward's. Without values it is structure alone.
        path: where to write it too: .svg, .png, .pdf, .tex, .tikz, .dot or .gv.
        gradients: draw the backward lanes.
        values: print what flows forward.
        shapes: print shapes under names.
        dtypes: print dtypes.
        local: print local derivatives as formulas, where they are short.
        bodies: draw the insides of `scan`, `cond` and the like, once each.
        depth: how many levels of scopes are open, 0 for none, `math.inf` for all. By
            itself a graph of more than 80 nodes is folded until it has no more.
        focus: draw the neighbourhood of this tensor alone,
        radius: up to so many edges away.
        highlight: pick out the paths from these tensors to the outputs.
        engine: "layered" (built in), "graphviz", or "auto".
        heat: colour the lanes by log10 of the size of the gradient; a pair of exponents
            gives the range of the scale, so that pictures can be compared.
        theme: "light" or "dark".
        title: a heading.

    Returns:
        The picture: its SVG text.

    Raises:
        DrawingError: for an unknown suffix, folder, engine or theme, and for a format
            whose library is not installed.
        ArgumentError: for a target that is none of these, or a tensor that it does not
            depend on.

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
    options = Options(values, gradients, shapes, dtypes, local, bodies, title)
    tensors = [highlight] if isinstance(highlight, Tensor) else list(highlight)
    scene = _scene(target, options, depth, focus, radius, tensors)
    picture = _painted(scene, colours, engine, heat)
    if path is not None:
        picture.save(path)
    return picture


def _scene(
    target: Any,
    options: Options,
    depth: float | None,
    focus: Tensor | None = None,
    radius: int = 2,
    highlight: Sequence[Tensor] = (),
) -> Scene:
    """What the picture of a target shows."""
    if isinstance(target, Difference):
        return scene_of_difference(target, options)
    traced = trace(read(target, gradients=options.gradients), options)
    if isinstance(target, Diagnosis):
        traced = marked(traced, target)
    if highlight:
        traced = highlighted(traced, highlight)
    if focus is not None:
        traced = focused(traced, focus, radius)
    return folded(traced, depth)


def _painted(
    scene: Scene, colours: Theme, engine: str, heat: bool | tuple[float, float]
) -> Picture:
    layout = arrange(scene, engine)
    scale = HeatScale.of(scene, None if isinstance(heat, bool) else heat)
    svg = paint_svg(scene, layout, colours, scale if heat else None)
    return Picture.make(
        svg, layout.engine, _size(svg), lambda: dot_source(scene, colours).source
    )


def to_dot(
    target: Any,
    *,
    gradients: bool = True,
    values: bool = True,
    shapes: bool = True,
    depth: float | None = None,
    theme: str = "light",
    title: str = "",
) -> Digraph:
    """The picture as Graphviz source, which looks right with plain ``dot``.

    Args:
        target: as for `render`, and so the others.
        gradients: print what flows backward.
        values: print what flows forward.
        shapes: print shapes under names.
        depth: how many levels of scopes are open.
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
    scene = _scene(target, Options(values, gradients, shapes, title=title), depth)
    return dot_source(scene, colours)


def _size(svg: str) -> tuple[float, float]:
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', svg[:1000])[:2]
    return float(width), float(height)
