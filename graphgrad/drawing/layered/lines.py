"""Step four, the last touch: boxes that should be level are tied, and move as one.

What is tied, a line, is a trunk, a chain of operators with the labels between, or the
border of a frame. Lines do not cross, so "above" is an order among them and distances
hold for whole lines (after Brandes and Köpf, "Fast and simple horizontal coordinate
assignment", 2002).
"""

from __future__ import annotations

from bisect import bisect
from itertools import pairwise

from graphgrad.drawing.layered.rows import Rows

_SWEEPS = 4
_SWEEP_WORK = 100_000

# A priority, two boxes of neighbouring columns, and how far the right one stands below
# the left one.
Tie = tuple[int, int, int, float]


class Lines:
    """The lines of `rows`, placed near `heights`.

    Args:
        rows: the boxes.
        ties: what should be level, unless the wires would cross.
        heights: of the boxes, not level yet; changed by `place`.
    """

    def __init__(self, rows: Rows, ties: list[Tie], heights: list[float]) -> None:
        self._rows = rows
        self._heights = heights
        self._line = list(range(len(heights)))
        self._offset = [0.0] * len(heights)
        tied = self._tie(ties)
        self._members: list[list[int]] = [[box] for box in self._line]
        for left, right, step in tied:
            line = self._line[left]
            self._line[right] = line
            self._offset[right] = self._offset[left] + step
            self._members[line].append(right)
            self._members[right] = []
        self._above: list[list[tuple[int, float]]] = [[] for _ in heights]
        self._below: list[list[tuple[int, float]]] = [[] for _ in heights]
        for column, space in zip(rows.columns, rows.space, strict=True):
            for (a, b), step in zip(pairwise(column), space[1:], strict=True):
                above, below = self._line[a], self._line[b]
                step += self._offset[a] - self._offset[b]
                self._below[above].append((below, step))
                self._above[below].append((above, step))

    def place(self) -> None:
        """Set the heights of all boxes."""
        order = self._sorted()
        y = [0.0] * len(self._line)
        for line in order:
            goals = [self._heights[b] - self._offset[b] for b in self._members[line]]
            y[line] = sum(goals) / len(goals)
        self._part(order, y)
        pulls = self._pulls()
        order = [line for line in order if pulls[line]]
        for sweep in range(max(2, min(_SWEEPS, _SWEEP_WORK // max(len(order), 1)))):
            for line in order if sweep % 2 else reversed(order):
                goals = [(y[other] + step, pull) for other, step, pull in pulls[line]]
                goal = _median(goals)
                for other, step in self._below[line]:
                    goal = min(goal, y[other] - step)
                for other, step in self._above[line]:
                    goal = max(goal, y[other] + step)
                y[line] = goal
        for box, line in enumerate(self._line):
            self._heights[box] = y[line] + self._offset[box]

    def _tie(self, ties: list[Tie]) -> list[tuple[int, int, float]]:
        """The ties that cross no tie of higher priority, from left to right."""
        rows = self._rows
        column_of = [0] * len(self._line)
        position = [0] * len(self._line)
        for index, column in enumerate(rows.columns):
            for place, box in enumerate(column):
                column_of[box], position[box] = index, place
        by_gap: list[list[Tie]] = [[] for _ in rows.columns]
        for tie in ties:
            by_gap[column_of[tie[2]]].append(tie)
        borders = {box for pair in rows.borders for box in pair}
        tied: list[tuple[int, int, float]] = []
        for gap in range(1, len(rows.columns)):
            left, right = _crossed(rows.columns[gap - 1], rows.columns[gap], borders)
            taken: set[int] = set()
            for _, a, b, step in sorted(by_gap[gap]):
                if column_of[a] != gap - 1 or a in taken or b in taken:
                    continue
                at = bisect(left, position[a])
                if at and right[at - 1] > position[b]:
                    continue
                if at < len(right) and right[at] < position[b]:
                    continue
                left.insert(at, position[a])
                right.insert(at, position[b])
                taken |= {a, b}
                tied.append((a, b, step))
        return tied

    def _sorted(self) -> list[int]:
        """The lines, each after all those above it."""
        missing = [len(above) for above in self._above]
        order = [n for n, m in enumerate(self._members) if m and not missing[n]]
        for line in order:
            for below, _ in self._below[line]:
                missing[below] -= 1
                if not missing[below]:
                    order.append(below)
        return order

    def _part(self, order: list[int], y: list[float]) -> None:
        """Move lines apart until all distances hold.

        Pushing down and pushing up both give heights that hold; so does their mean.
        """
        lower, upper = list(y), list(y)
        for line in order:
            for below, step in self._below[line]:
                lower[below] = max(lower[below], lower[line] + step)
        for line in reversed(order):
            for below, step in self._below[line]:
                upper[line] = min(upper[line], upper[below] - step)
        for line in order:
            y[line] = (lower[line] + upper[line]) / 2

    def _pulls(self) -> list[list[tuple[int, float, float]]]:
        """For each line its wires to others: (line, offset, weight)."""
        rows, line = self._rows, self._line
        pulls: list[list[tuple[int, float, float]]] = [[] for _ in line]
        for box, own in enumerate(line):
            for other, offset, weight in (*rows.left[box], *rows.right[box]):
                if line[other] != own:
                    step = self._offset[other] + offset - self._offset[box]
                    pulls[own].append((line[other], step, weight))
        return pulls


def _crossed(
    before: list[int], after: list[int], borders: set[int]
) -> tuple[list[int], list[int]]:
    """Positions, in two neighbouring columns, of the borders that go through both."""
    if not borders:
        return [], []
    position = {box: place for place, box in enumerate(after) if box in borders}
    through = [(place, box) for place, box in enumerate(before) if box in position]
    return [place for place, _ in through], [position[box] for _, box in through]


def _median(goals: list[tuple[float, float]]) -> float:
    """The weighted median; between two where both will do, their middle."""
    goals.sort()
    half = sum([weight for _, weight in goals]) / 2
    total = 0.0
    for index, (goal, weight) in enumerate(goals):
        total += weight
        if total > half * (1 + 1e-9):
            return goal
        if total >= half * (1 - 1e-9):
            return (goal + goals[min(index + 1, len(goals) - 1)][0]) / 2
    return goals[-1][0]
