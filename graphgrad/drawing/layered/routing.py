"""Columns get their x, gaps the width that their steepest wires need, wires bends."""

from __future__ import annotations

from graphgrad.drawing.layered.borders import frame_sides
from graphgrad.drawing.layered.network import Network
from graphgrad.drawing.layered.rows import Rows
from graphgrad.drawing.layered.scopes import ScopeTree
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
    scene: Scene,
    sizes: Sizes,
    network: Network,
    rows: Rows,
    heights: list[float],
    tree: ScopeTree,
) -> Layout:
    """Final positions, from left to right."""
    spans = _column_spans(sizes, network, rows, heights, tree)
    column_of = [0] * len(network.parents)
    for index, column in enumerate(network.columns):
        for item in column:
            column_of[item] = index
    middle = [(a + b) / 2 for a, b in spans]
    nodes = [
        (middle[2 * column_of[node]], heights[node])
        for node in range(len(sizes.shapes))
    ]
    trunks = _Trunks(network, rows, heights, spans, column_of)
    labels: list[Point] = []
    routes: list[list[Point]] = []
    for edge, label in zip(scene.edges, rows.label, strict=True):
        parent = network.parents[edge.target][edge.slot]
        column = 2 * column_of[edge.target] - 1
        bends = [nodes[edge.source], *trunks.bends(edge.source, parent)]
        bends.append((spans[column - 1][1] + _HEAD, bends[-1][1]))
        y = heights[label]
        bends += [(spans[column][0], y), (spans[column][1], y)]
        end = heights[edge.target] + port(edge.slot, sizes.inputs[edge.target])
        target = nodes[edge.target]
        bends += [(spans[column + 1][0] - _HEAD, end), (target[0], end)]
        labels.append((middle[column], y))
        routes.append(_straighten(bends))
    rails = _rails(rows, heights, tree)
    return Layout("layered", sizes, nodes, labels, routes, rails)


def _rails(
    rows: Rows, heights: list[float], tree: ScopeTree
) -> dict[str, tuple[float, float]]:
    """The highest and the lowest trunk within each frame, with its room."""
    rails: dict[str, tuple[float, float]] = {}
    for scope, (top, bottom) in enumerate(rows.borders):
        within: list[int] = []
        first, last = rows.spans[scope]
        for column in rows.columns[first : last + 1]:
            boxes = column[column.index(top) + 1 : column.index(bottom)]
            within += [box for box in boxes if rows.trunk[box] >= 0]
        if within:
            highest = min([heights[box] - rows.above[box] for box in within])
            lowest = max([heights[box] + rows.below[box] for box in within])
            rails[tree.paths[scope]] = highest, lowest
    return rails


def _column_spans(
    sizes: Sizes,
    network: Network,
    rows: Rows,
    heights: list[float],
    tree: ScopeTree,
) -> list[Span]:
    """Left and right end of each column of `rows`."""
    widths = [0.0] * len(rows.columns)
    gaps = [0.0] * len(rows.columns)
    for index, column in enumerate(network.columns):
        for item in column:
            if item < len(sizes.shapes):
                widths[2 * index] = max(widths[2 * index], sizes.shapes[item].breadth)
    label_width = dict(zip(rows.label, (b.width for b in sizes.labels), strict=True))
    frames = frame_sides(rows, tree)
    for index, column in enumerate(rows.columns):
        steepest = 0.0
        for box in column:
            if index % 2:
                widths[index] = max(widths[index], label_width.get(box, 0.0))
            for other, offset, _ in rows.left[box]:
                rise = abs(heights[box] - heights[other] - offset)
                steepest = max(steepest, rise)
        gaps[index] = _HEAD + min(_NARROW + _SLOPE * steepest, _WIDE)
    spans: list[Span] = []
    x = 0.0
    for index, width in enumerate(widths):
        if index:
            x = max(x + gaps[index], frames.next_column(index, spans))
        spans.append((x, x + width))
        x += width
    return spans


class _Trunks:
    """Bends along trunks, found once for all uses of a value."""

    def __init__(
        self,
        network: Network,
        rows: Rows,
        heights: list[float],
        spans: list[Span],
        column_of: list[int],
    ) -> None:
        self._network = network
        self._rows = rows
        self._heights = heights
        self._spans = spans
        self._column_of = column_of
        self._known: dict[int, list[Point]] = {}

    def bends(self, source: int, parent: int) -> list[Point]:
        """The bends along the waypoints from `source` to `parent`."""
        spans, heights = self._spans, self._heights
        waypoints: list[int] = []
        item = parent
        while item != source and item not in self._known:
            waypoints.append(item)
            item = self._network.parents[item][0]
        start = [(spans[2 * self._column_of[source]][1], heights[source])]
        bends = list(self._known.get(item, start))
        for item in reversed(waypoints):
            column = 2 * self._column_of[item]
            lead, tail = heights[self._rows.lead[item]], heights[item]
            bends.append((spans[column - 2][1] + _HEAD, bends[-1][1]))
            bends += [(spans[column - 1][0], lead), (spans[column - 1][1], lead)]
            bends += [(spans[column][0], tail), (spans[column][1], tail)]
            bends = _straighten(bends, len(bends) - 5)
        self._known[parent] = bends
        return bends


def _straighten(bends: list[Point], level: int = 0) -> list[Point]:
    """Drop bends inside level stretches, and rises too small to be meant.

    Args:
        bends: of one route; those before the number `level` are in order already.
        level: see there.
    """
    level = max(level - 1, 0)
    rest = bends[level:]
    del bends[level:]
    kept = bends or [rest.pop(0)]
    for x, y in rest:
        if abs(y - kept[-1][1]) < _LEVEL:
            y = kept[-1][1]
            if len(kept) > 1 and kept[-2][1] == y:
                kept.pop()
        kept.append((x, y))
    return kept
