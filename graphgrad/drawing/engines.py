"""Choosing the engine that places the boxes."""

from __future__ import annotations

from graphgrad.drawing.graphviz_engine import graphviz_layout, is_available
from graphgrad.drawing.layered.engine import layered_layout
from graphgrad.drawing.layout import Layout
from graphgrad.drawing.scene import Scene
from graphgrad.errors import DrawingError

_ENGINES = ("auto", "layered", "graphviz")


def arrange(scene: Scene, engine: str) -> Layout:
    """Place a scene by the engine of this name; "auto" is the built-in one.

    It crosses fewer wires than Graphviz, draws more frames, and gives the same picture
    on every machine, whatever is installed there: see tests/benchmarks/layout.py.

    Raises:
        DrawingError: for an unknown engine, or "graphviz" where there is none.
    """
    if engine not in _ENGINES:
        raise DrawingError(
            f"there is no engine {engine!r}",
            remedy=f"use one of {', '.join(map(repr, _ENGINES))}",
        )
    if engine == "graphviz" and not is_available():
        raise DrawingError(
            "Graphviz is not installed: no program dot, and no pygraphviz",
            remedy='install Graphviz, pip install "graphgrad[graphviz]", or use '
            'engine="layered", which needs neither',
        )
    return graphviz_layout(scene) if engine == "graphviz" else layered_layout(scene)
