"""Step four, the answer: heights at which wires are as level as the boxes allow.

Minimises the weighted squares of all wires' rises, column by column: within a column
the best heights that keep order and distance are an isotonic regression (pool
adjacent violators), which is exact, so the sum falls with every sweep.
"""

from __future__ import annotations

from graphgrad.drawing.layered.rows import Rows

_SWEEPS = 16
_SWEEP_WORK = 600_000
# A trunk is pulled to its own mean height, so that it settles as one straight line.
_STRAIGHT = 8.0

Pulls = list[list[tuple[int, float, float]]]


def place_rows(rows: Rows) -> list[float]:
    """The y of every box."""
    heights = [0.0] * len(rows.above)
    for column in rows.columns:
        _pack(rows, column, heights)
    both = [a + b for a, b in zip(rows.left, rows.right, strict=True)]
    for _ in range(2):
        _sweep(rows, rows.columns, rows.left, heights, None)
        _sweep(rows, rows.columns[::-1], rows.right, heights, None)
    boxes = max(len(rows.above), 1)
    for sweep in range(max(2, min(_SWEEPS, _SWEEP_WORK // boxes))):
        step = 1 if sweep % 2 == 0 else -1
        _sweep(rows, rows.columns[::step], both, heights, _trunk_means(rows, heights))
    return heights


def _pack(rows: Rows, column: list[int], heights: list[float]) -> None:
    total = sum(rows.above[box] + rows.below[box] for box in column)
    y = -total / 2
    for box in column:
        heights[box] = y + rows.above[box]
        y += rows.above[box] + rows.below[box]


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
    columns: list[list[int]],
    pulls: Pulls,
    heights: list[float],
    means: dict[int, float] | None,
) -> None:
    for column in columns:
        wanted: list[float] = []
        weights: list[float] = []
        for box in column:
            # A weak pull to where it is lets boxes without wires give way.
            weight, total = 1e-3, 1e-3 * heights[box]
            for other, offset, pull in pulls[box]:
                weight += pull
                total += pull * (heights[other] + offset)
            if means is not None and rows.trunk[box] >= 0:
                weight += _STRAIGHT
                total += _STRAIGHT * means[rows.trunk[box]]
            wanted.append(total / weight)
            weights.append(weight)
        _settle(rows, column, wanted, weights, heights)


def _settle(
    rows: Rows,
    column: list[int],
    wanted: list[float],
    weights: list[float],
    heights: list[float],
) -> None:
    """Nearest heights to `wanted` that keep the column's order and distances."""
    shift = 0.0
    shifts: list[float] = []
    # Each pool: its mean, its weight and its number of boxes.
    pools: list[tuple[float, float, int]] = []
    previous = 0.0
    for box, want, weight in zip(column, wanted, weights, strict=True):
        if shifts:
            shift += previous + rows.above[box]
        shifts.append(shift)
        previous = rows.below[box]
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
