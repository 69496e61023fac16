"""Step four, the problem: boxes stacked in columns, and the wires that pull on them.

Every column of the network becomes two: the labels of the edges that arrive, and the
operators themselves. Labels stand in the order of the ports that they belong to, so
an edge runs level through its labels and bends only in the free gaps between columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphgrad.drawing.layered.network import Network
from graphgrad.drawing.layout import Sizes
from graphgrad.drawing.measure import port
from graphgrad.drawing.scene import Scene

# Half of the distance kept between boxes, in pixels.
_NODE_MARGIN = 8.0
_LABEL_MARGIN = 3.0
_TRUNK_ROOM = 8.0

# How strongly wires pull: trunks stay straight, chains of operators nearly so, and a
# leaf follows its operator instead of moving it.
_TRUNK = 8.0
_CHAIN = 1.0
_LEAF = 0.02


@dataclass(slots=True)
class Rows:
    """Boxes in columns.

    Args:
        columns: box ids of each column, top to bottom: operators at even places,
            labels of the edges into the next column's operators at odd ones.
        above: room that each box needs above its line, margin included.
        below: the same below.
        left: for each box its pulls (other box, offset, weight) from the left; the
            box would like to be at the other's y plus the offset.
        right: the same from the right.
        trunk: for each box the number of its trunk, or -1.
        label: for each edge its box.
        lead: for each network item the box in which its wire arrives.
    """

    columns: list[list[int]]
    above: list[float]
    below: list[float]
    left: list[list[tuple[int, float, float]]]
    right: list[list[tuple[int, float, float]]]
    trunk: list[int]
    label: list[int]
    lead: list[int]

    def add(self, above: float, below: float, trunk: int = -1) -> int:
        """A new box."""
        self.above.append(above)
        self.below.append(below)
        self.left.append([])
        self.right.append([])
        self.trunk.append(trunk)
        return len(self.above) - 1

    def wire(self, left: int, right: int, offset: float, weight: float) -> None:
        """Pull two boxes towards a level wire; `offset` is its end at the right."""
        self.right[left].append((right, offset, weight))
        self.left[right].append((left, -offset, weight))


def build_rows(scene: Scene, sizes: Sizes, network: Network) -> Rows:
    """The boxes of `network` in their order, not yet placed."""
    rows = Rows([], [], [], [], [], [], [], [])
    count = len(scene.nodes)
    for shape in sizes.shapes:
        half = shape.height / 2 + _NODE_MARGIN
        rows.add(half, half + shape.below)
    for item in range(count, len(network.parents)):
        rows.add(_TRUNK_ROOM, _TRUNK_ROOM, network.owner[item])
    rows.lead.extend(range(len(network.parents)))
    for item in range(count, len(network.parents)):
        lead = rows.add(_TRUNK_ROOM, _TRUNK_ROOM, network.owner[item])
        rows.lead[item] = lead
        rows.wire(lead, item, 0.0, _TRUNK)
        parent = network.parents[item][0]
        rows.wire(parent, lead, 0.0, _TRUNK if parent >= count else _CHAIN)
    for box in sizes.labels:
        rows.label.append(
            rows.add(box.above + _LABEL_MARGIN, box.below + _LABEL_MARGIN)
        )
    _wire_labels(scene, sizes, network, rows)
    _stack(scene, network, rows)
    return rows


def _wire_labels(scene: Scene, sizes: Sizes, network: Network, rows: Rows) -> None:
    leaf = [not inputs for inputs in sizes.inputs]
    for edge, label in zip(scene.edges, rows.label, strict=True):
        inputs = sizes.inputs[edge.target]
        weight = _LEAF if leaf[edge.source] and inputs > 1 else _CHAIN
        parent = network.parents[edge.target][edge.slot]
        rows.wire(parent, label, 0.0, _CHAIN)
        rows.wire(label, edge.target, -port(edge.slot, inputs), weight)


def _stack(scene: Scene, network: Network, rows: Rows) -> None:
    arriving: list[list[int]] = [[] for _ in scene.nodes]
    for edge, label in zip(scene.edges, rows.label, strict=True):
        arriving[edge.target].append(label)
    for column in network.columns:
        labels: list[int] = []
        for item in column:
            if item >= len(scene.nodes):
                labels.append(rows.lead[item])
            else:
                labels.extend(arriving[item])
        rows.columns.extend((labels, list(column)))
    del rows.columns[:1]
