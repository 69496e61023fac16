"""Where everything is: the one form in which every layout engine answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphgrad.drawing.measure import LabelBox, Shape, label_box, node_shape
from graphgrad.drawing.scene import Scene

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The boxes that a layout has to place."""

    shapes: tuple[Shape, ...]
    labels: tuple[LabelBox, ...]
    inputs: tuple[int, ...]

    @classmethod
    def of(cls, scene: Scene) -> Sizes:
        """Measure every node and every edge's labels."""
        inputs = [0] * len(scene.nodes)
        for edge in scene.edges:
            inputs[edge.target] += 1
        shapes = map(node_shape, scene.nodes, inputs)
        return cls(tuple(shapes), tuple(map(label_box, scene.edges)), tuple(inputs))


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions in pixels, x to the right and y down.

    Args:
        engine: name of the engine that made it.
        sizes: the boxes that were placed.
        nodes: the middle of each node's outline.
        labels: for each edge, the middle of its labels, on the line of its lanes.
        routes: for each edge its bends, from the middle of the source to the port
            of the target. A route is level at every bend.
        rails: for scopes, the top and the bottom of the wires that keep within their
            frames, where the engine knows.
    """

    engine: str
    sizes: Sizes
    nodes: Sequence[Point]
    labels: Sequence[Point]
    routes: Sequence[Sequence[Point]]
    rails: Mapping[str, tuple[float, float]] = field(default_factory=dict)
