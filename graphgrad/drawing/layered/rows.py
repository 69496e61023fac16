"""Step four, the problem: boxes stacked in columns, and the wires that pull on them.

Every column of the network becomes two: the labels of the edges that arrive, and the
operators themselves. Labels stand in the order of the ports that they belong to, so
an edge runs level through its labels and bends only in the free gaps between columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

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

Pull = tuple[int, float, float]


@dataclass(slots=True)
class Rows:
    """Boxes in columns.

    Args:
        columns: box ids of each column, top to bottom: operators at even places,
            labels of the edges into the next column's operators at odd ones. The
            upper and lower borders of frames are boxes of all columns they cross.
        space: for each column, how far each box is at least below the one before.
        above: room that each box needs above its line, margin included.
        below: the same below.
        left: for each box its pulls (other box, offset, weight) from the left; the
            box would like to be at the other's y plus the offset.
        right: the same from the right.
        trunk: for each box the block of its trunk, or -1.
        label: for each edge its box.
        lead: for each network item the box in which its wire arrives.
        place: for each box where it stands in the order of all.
        borders: for each scope the boxes of its frame's upper and lower border.
        spans: for each scope its first and last column.
    """

    columns: list[list[int]] = field(default_factory=list)
    space: list[list[float]] = field(default_factory=list)
    above: list[float] = field(default_factory=list)
    below: list[float] = field(default_factory=list)
    left: list[list[Pull]] = field(default_factory=list)
    right: list[list[Pull]] = field(default_factory=list)
    trunk: list[int] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    lead: list[int] = field(default_factory=list)
    place: list[float] = field(default_factory=list)
    borders: list[tuple[int, int]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, above: float, below: float, place: float, trunk: int = -1) -> int:
        """A new box."""
        self.above.append(above)
        self.below.append(below)
        self.left.append([])
        self.right.append([])
        self.trunk.append(trunk)
        self.place.append(place)
        return len(self.above) - 1

    def wire(self, left: int, right: int, offset: float, weight: float) -> None:
        """Pull two boxes towards a level wire; `offset` is its end at the right."""
        self.right[left].append((right, offset, weight))
        self.left[right].append((left, -offset, weight))


def build_rows(scene: Scene, sizes: Sizes, network: Network, place: np.ndarray) -> Rows:
    """The boxes of `network`, not yet placed; `place` is the order of its blocks."""
    rows = Rows()
    count = len(scene.nodes)
    places = place[network.block].tolist()
    for node, shape in enumerate(sizes.shapes):
        half = shape.height / 2 + _NODE_MARGIN
        rows.add(half, half + shape.below, places[node])
    for item in range(count, len(network.parents)):
        rows.add(_TRUNK_ROOM, _TRUNK_ROOM, places[item], network.block[item])
    rows.lead.extend(range(len(network.parents)))
    for item in range(count, len(network.parents)):
        lead = rows.add(_TRUNK_ROOM, _TRUNK_ROOM, places[item], network.block[item])
        rows.lead[item] = lead
        rows.wire(lead, item, 0.0, _TRUNK)
        parent = network.parents[item][0]
        rows.wire(parent, lead, 0.0, _TRUNK if parent >= count else _CHAIN)
    for edge, box in zip(scene.edges, sizes.labels, strict=True):
        above, below = box.above + _LABEL_MARGIN, box.below + _LABEL_MARGIN
        rows.label.append(rows.add(above, below, places[edge.target]))
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
    above, below = rows.above, rows.below
    for column in rows.columns:
        rows.space.append([0.0, *(below[a] + above[b] for a, b in pairwise(column))])
