"""Columns get their x, gaps the width that their steepest wires need, wires bends."""

from __future__ import annotations

from graphgrad.drawing.layered.network import Network
from graphgrad.drawing.layered.rows import Rows
from graphgrad.drawing.layout import Layout, Point, Sizes
from graphgrad.drawing.measure import port
from graphgrad.drawing.scene import Scene

# Length of the level end of a wire, where its arrow head sits.
_HEAD = 13.0
_NARROW = 10.0
_WIDE = 80.0
_SLOPE = 0.45
# Rises below this many pixels are drawn level.
_LEVEL = 0.6

Span = tuple[float, float]


def route(
    scene: Scene, sizes: Sizes, network: Network, rows: Rows, heights: list[float]
) -> Layout:
    """Final positions, moved so that the picture starts at (0, 0)."""
    spans = _column_spans(scene, sizes, network, rows, heights)
    column_of = [0] * len(network.parents)
    for index, column in enumerate(network.columns):
        for item in column:
            column_of[item] = index
    middle = [(a + b) / 2 for a, b in spans]
    nodes = [
        (middle[2 * column_of[node]], heights[node])
        for node in range(len(sizes.shapes))
    ]
    labels: list[Point] = []
    routes: list[list[Point]] = []
    for edge, label in zip(scene.edges, rows.label, strict=True):
        parent = network.parents[edge.target][edge.slot]
        column = 2 * column_of[edge.target] - 1
        bends = _trunk(edge.source, parent, network, rows, heights, spans, column_of)
        bends.insert(0, nodes[edge.source])
        bends.append((spans[column - 1][1] + _HEAD, bends[-1][1]))
        y = heights[label]
        bends += [(spans[column][0], y), (spans[column][1], y)]
        end = heights[edge.target] + port(edge.slot, sizes.inputs[edge.target])
        target = nodes[edge.target]
        bends += [(spans[column + 1][0] - _HEAD, end), (target[0], end)]
        labels.append((middle[column], y))
        routes.append(_straighten(bends))
    return Layout("layered", sizes, nodes, labels, routes)


def _column_spans(
    scene: Scene, sizes: Sizes, network: Network, rows: Rows, heights: list[float]
) -> list[Span]:
    """Left and right end of each column of `rows`."""
    widths = [0.0] * len(rows.columns)
    rises = [0.0] * len(rows.columns)
    for index, column in enumerate(network.columns):
        for item in column:
            if item < len(sizes.shapes):
                widths[2 * index] = max(widths[2 * index], sizes.shapes[item].breadth)
    label_width = dict(zip(rows.label, (b.width for b in sizes.labels), strict=True))
    for index, column in enumerate(rows.columns):
        for box in column:
            if index % 2:
                widths[index] = max(widths[index], label_width.get(box, 0.0))
            for other, offset, _ in rows.left[box]:
                rise = abs(heights[box] - heights[other] - offset)
                rises[index] = max(rises[index], rise)
    spans: list[Span] = []
    x = 0.0
    for index, width in enumerate(widths):
        if index:
            x += _HEAD + min(_NARROW + _SLOPE * rises[index], _WIDE)
        spans.append((x, x + width))
        x += width
    return spans


def _trunk(
    source: int,
    parent: int,
    network: Network,
    rows: Rows,
    heights: list[float],
    spans: list[Span],
    column_of: list[int],
) -> list[Point]:
    """The bends along the waypoints from `source` to `parent`."""
    waypoints: list[int] = []
    while parent != source:
        waypoints.append(parent)
        parent = network.parents[parent][0]
    bends: list[Point] = []
    for item in reversed(waypoints):
        column = 2 * column_of[item]
        lead, tail = heights[rows.lead[item]], heights[item]
        start = spans[column - 2][1] + _HEAD
        bends.append((start, bends[-1][1] if bends else heights[source]))
        bends += [(spans[column - 1][0], lead), (spans[column - 1][1], lead)]
        bends += [(spans[column][0], tail), (spans[column][1], tail)]
    return bends or [(spans[2 * column_of[source]][1], heights[source])]


def _straighten(bends: list[Point]) -> list[Point]:
    """Drop bends inside level stretches, and rises too small to be meant."""
    kept = [bends[0]]
    for x, y in bends[1:]:
        if abs(y - kept[-1][1]) < _LEVEL:
            y = kept[-1][1]
            if len(kept) > 1 and kept[-2][1] == y:
                kept.pop()
        kept.append((x, y))
    return kept
