"""Step four, a first answer: heights at which wires are as level as boxes allow.

Minimises the weighted squares of all wires' rises, column by column: within a column
the best heights that keep order and distance are an isotonic regression (pool
adjacent violators), which is exact, so the sum falls with every sweep.
"""

from __future__ import annotations

from graphgrad.drawing.layered.rows import Pull, Rows

_SWEEPS = 12
_SWEEP_WORK = 200_000
# A trunk is pulled to its own mean height, so that it settles as one straight line.
_STRAIGHT = 8.0
# Borders of frames give way slowly.
_STIFF = 20.0


def place_rows(rows: Rows) -> list[float]:
    """The y of every box."""
    heights = [0.0] * len(rows.above)
    for column, space in zip(rows.columns, rows.space, strict=True):
        y = -sum(space) / 2
        for box, step in zip(column, space, strict=True):
            y += step
            heights[box] = y
    # What holds a box where it is; a little lets boxes without wires give way.
    inertia = [1e-3] * len(heights)
    for borders in rows.borders:
        for box in borders:
            inertia[box] = _STIFF
    for _ in range(2):
        _sweep(rows, 1, rows.left, heights, inertia, None)
        _sweep(rows, -1, rows.right, heights, inertia, None)
    both = [a + b for a, b in zip(rows.left, rows.right, strict=True)]
    for sweep in range(max(2, min(_SWEEPS, _SWEEP_WORK // max(len(heights), 1)))):
        means = _trunk_means(rows, heights)
        _sweep(rows, -1 if sweep % 2 else 1, both, heights, inertia, means)
    _tighten(rows, heights)
    return heights


def _trunk_means(rows: Rows, heights: list[float]) -> dict[int, float]:
    total: dict[int, float] = {}
    count: dict[int, int] = {}
    for trunk, y in zip(rows.trunk, heights, strict=True):
        if trunk >= 0:
            total[trunk] = total.get(trunk, 0.0) + y
            count[trunk] = count.get(trunk, 0) + 1
    return {trunk: total[trunk] / count[trunk] for trunk in total}


def _sweep(
    rows: Rows,
    step: int,
    pulls: list[list[Pull]],
    heights: list[float],
    inertia: list[float],
    means: dict[int, float] | None,
) -> None:
    for column, space in zip(rows.columns[::step], rows.space[::step], strict=True):
        wanted: list[float] = []
        weights: list[float] = []
        for box in column:
            weight = inertia[box]
            total = weight * heights[box]
            for other, offset, pull in pulls[box]:
                weight += pull
                total += pull * (heights[other] + offset)
            if means is not None and rows.trunk[box] >= 0:
                weight += _STRAIGHT
                total += _STRAIGHT * means[rows.trunk[box]]
            wanted.append(total / weight)
            weights.append(weight)
        _settle(column, space, wanted, weights, heights)


def _tighten(rows: Rows, heights: list[float]) -> None:
    """Draw every frame close around what it holds, inner frames first."""
    for scope in range(len(rows.borders) - 1, -1, -1):
        top, bottom = rows.borders[scope]
        first, last = rows.spans[scope]
        tops: list[float] = []
        bottoms: list[float] = []
        for index in range(first, last + 1):
            column, space = rows.columns[index], rows.space[index]
            upper, lower = column.index(top), column.index(bottom)
            if lower > upper + 1:
                tops.append(heights[column[upper + 1]] - space[upper + 1])
                bottoms.append(heights[column[lower - 1]] + space[lower])
        heights[top], heights[bottom] = min(tops), max(bottoms)


def _settle(
    column: list[int],
    space: list[float],
    wanted: list[float],
    weights: list[float],
    heights: list[float],
) -> None:
    """Nearest heights to `wanted` that keep the column's order and distances."""
    shift = 0.0
    shifts: list[float] = []
    # Each pool: its mean, its weight and its number of boxes.
    pools: list[tuple[float, float, int]] = []
    for step, want, weight in zip(space, wanted, weights, strict=True):
        shift += step
        shifts.append(shift)
        mean, size = want - shift, 1
        while pools and pools[-1][0] >= mean:
            other, other_weight, other_size = pools.pop()
            both = weight + other_weight
            mean = (mean * weight + other * other_weight) / both
            weight, size = both, size + other_size
        pools.append((mean, weight, size))
    place = 0
    for mean, _, size in pools:
        for _ in range(size):
            heights[column[place]] = mean + shifts[place]
            place += 1
