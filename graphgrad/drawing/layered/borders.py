"""Borders of frames as boxes among the others, so that frames get room of their own.

A border is one box in every column that its frame crosses: what stands above or below
the frame in one column cannot slip into it in another (after Sander, "Layout of
compound directed graphs", 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graphgrad.drawing.layered.rows import Rows
from graphgrad.drawing.layered.scopes import ScopeTree
from graphgrad.drawing.measure import frame_side, frame_top, frame_width
from graphgrad.drawing.scene import Scene

# Distance of a frame from what is outside.
_OUTSIDE = 6.0


def add_borders(rows: Rows, scene: Scene, tree: ScopeTree, place: np.ndarray) -> None:
    """Put the borders of all scopes' frames into `rows`."""
    if not tree.paths:
        return
    _add_spans(rows, scene, tree)
    deepest = max(tree.depth) + 2
    for scope, members in enumerate(tree.members()):
        levels, reach = tree.levels[scope], (tree.depth[scope] + 1) / (2 * deepest)
        first, last = place[members].min(), place[members].max()
        top = rows.add(_OUTSIDE, frame_top(levels), first - 0.5 + reach)
        bottom = rows.add(frame_side(levels), _OUTSIDE, last + 0.5 - reach)
        rows.borders.append((top, bottom))
        start, end = rows.spans[scope]
        for column in range(start, end + 1):
            rows.columns[column] += (top, bottom)
    upper = {top for top, _ in rows.borders}
    lower = {bottom for _, bottom in rows.borders}
    for index, column in enumerate(rows.columns):
        column.sort(key=rows.place.__getitem__)
        rows.space[index] = [0.0]
        for a, b in pairwise(column):
            space = rows.below[a] + rows.above[b]
            if a in upper and b in upper:
                space = rows.below[a] - rows.below[b]
            elif a in lower and b in lower:
                space = rows.above[b] - rows.above[a]
            rows.space[index].append(space)


@dataclass(frozen=True, slots=True)
class Sides:
    """Where frames begin and end: for each column its scopes, with their room."""

    opening: dict[int, float]
    closing: dict[int, list[tuple[int, float, float]]]

    def next_column(self, index: int, spans: list[tuple[float, float]]) -> float:
        """The least x of a column, right of `spans`, that keeps clear of frames."""
        x = 0.0
        for first, room, named in self.closing.get(index - 1, ()):
            middle = (spans[first][0] + spans[first][1]) / 2
            x = max(x, spans[-1][1] + room, middle - room + named)
        room = self.opening.get(index, 0.0)
        return max(x, spans[-1][1]) + room + _OUTSIDE


def frame_sides(rows: Rows, tree: ScopeTree) -> Sides:
    """Read where the frames of `rows` begin and end."""
    sides = Sides({}, {})
    for scope, (first, last) in enumerate(rows.spans):
        room = frame_side(tree.levels[scope])
        named = frame_width(tree.paths[scope])
        sides.opening[first] = max(room, sides.opening.get(first, 0.0))
        sides.closing.setdefault(last, []).append((first, room, named))
    return sides


def _add_spans(rows: Rows, scene: Scene, tree: ScopeTree) -> None:
    """The first and the last column that each scope has a box in."""
    spans = [(len(rows.columns), 0)] * len(tree.paths)
    labelled = [False] * len(scene.nodes)
    for edge in scene.edges:
        labelled[edge.target] = True
    for column, boxes in enumerate(rows.columns[::2]):
        for box in boxes:
            if box >= len(scene.nodes):
                continue
            for scope in tree.chain(tree.home[box]):
                first, last = spans[scope]
                start = 2 * column - labelled[box]
                spans[scope] = min(first, start), max(last, 2 * column)
    rows.spans.extend(spans)
