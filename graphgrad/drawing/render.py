"""The two functions of this layer: a picture of anything, and Graphviz source."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphgrad.drawing.difference import traced_difference
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
    engine: str = "auto",
    heat: bool | tuple[float, float] = False,
    theme: str = "light",
    title: str = "",
    depth: float | None = None,
    focus: Tensor | None = None,
    radius: int = 2,
    highlight: Tensor | Sequence[Tensor] = (),
    **shown: bool,
) -> Picture:
    """Draw a graph with the value above and the gradient below every edge.

    Args:
        target: a tensor, a list of tensors, a `Graph`, `Run` or `Program` (a frame for
            each native step), what `Graph.diff` found, or a `Diagnosis`. One scalar
            output is differentiated now; else gradients are the last backward's.
        path: where to write it too: .svg, .png, .pdf, .tex, .tikz, .dot or .gv.
        engine: "layered" (built in, which "auto" stands for), or "graphviz".
        heat: colour lanes by log10 of their gradients, from one exponent to another.
        theme: "light" or "dark".
        title: a heading.
        depth: levels of boxes that are open, 0 to `math.inf`; by itself a graph of
            more than 80 nodes is folded until it has no more.
        focus: draw this tensor's neighbourhood alone.
        radius: of that, in edges.
        highlight: pick out the paths from these tensors to the outputs.
        **shown: `values`, `gradients` and `shapes` unless False; `dtypes`, `local`
            derivatives as formulas and `bodies` of loops if True.

    Raises:
        DrawingError: for an unknown suffix, folder, engine, theme, or missing library.
        ArgumentError: for another target or option, or a tensor that is not in it.

    Example:
        >>> import graphgrad as gg
        >>> gg.render(gg.variable(3.0, name="x") ** 2)[:4]
        '<svg'
    """
    if path is not None:
        checked_path(path)
    picked = [highlight] if isinstance(highlight, Tensor) else list(highlight)
    scene = _scene(target, Options.of(shown, title), depth, focus, radius, picked)
    picture = _painted(scene, theme_named(theme), engine, heat)
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
        traced = traced_difference(target, options)
    else:
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
    theme: str = "light",
    title: str = "",
    depth: float | None = None,
    **shown: bool,
) -> Digraph:
    """The picture as Graphviz source, which looks right with plain ``dot``.

    Args:
        target: as for `render`, and so the others.
        theme: "light" or "dark".
        title: a heading.
        depth: how many levels of boxes are open.
        **shown: what to print.

    Raises:
        DrawingError: for an unknown theme.
        ArgumentError: for a target or option that there is none of.

    Example:
        >>> import graphgrad as gg
        >>> gg.to_dot(gg.variable(1.0, name="x") * 2).source[:7]
        'digraph'
    """
    scene = _scene(target, Options.of(shown, title), depth)
    return dot_source(scene, theme_named(theme))


def _size(svg: str) -> tuple[float, float]:
    width, height = re.findall(r'(?:width|height)="([\d.]+)"', svg[:1000])[:2]
    return float(width), float(height)
