"""Which bytes a value lies in while it is needed."""

from __future__ import annotations

from collections.abc import Iterable

from graphgrad.execute.native.plan import Plan
from graphgrad.execute.native.views import entries, sizes_of
from graphgrad.graph.tensor import Tensor

LINE = 64  # a cache line, and a vector register


def arena(plan: Plan, outside: Iterable[Tensor]) -> tuple[dict[Tensor, int], int]:
    """Offsets in bytes of the values that a program keeps for itself; and its size.

    A value's bytes are used again once the last step that reads it is done; some take
    them in that step.

    Args:
        plan: the steps.
        outside: tensors with memory of their own: the outputs.
    """
    own, last, taken = set(outside), plan.last_reads(), set(plan.over.values())
    offsets: dict[Tensor, int] = {}
    holes: list[tuple[int, int]] = [(0, 1 << 62)]
    peak = 0
    ending: dict[int, list[Tensor]] = {}
    for k, step in enumerate(plan.steps):
        for x in plan.made_by(step):
            if x not in plan.stored or x in own:
                continue
            size = _bytes(x)
            before = offsets.get(plan.over.get(x, x))
            offsets[x] = _hole(holes, size) if before is None else before
            peak = max(peak, offsets[x] + size)
            ending.setdefault(last[x], []).append(x)
        for x in ending.pop(k, ()):
            if x not in taken:
                _given_back(holes, offsets[x], _bytes(x))
    return offsets, peak


def _bytes(x: Tensor) -> int:
    """Whole cache lines."""
    lines = -(-entries(sizes_of(x)) * x.dtype.itemsize // LINE)
    return max(lines, 1) * LINE


def _hole(holes: list[tuple[int, int]], size: int) -> int:
    """The start of the smallest hole that is large enough, which shrinks."""
    fitting = [hole for hole in holes if hole[1] - hole[0] >= size]
    best = min(fitting, key=lambda hole: (hole[1] - hole[0], hole[0]))
    holes.remove(best)
    if best[0] + size < best[1]:
        holes.append((best[0] + size, best[1]))
    return best[0]


def _given_back(holes: list[tuple[int, int]], start: int, size: int) -> None:
    end = start + size
    for hole in list(holes):
        if hole[1] == start or hole[0] == end:
            holes.remove(hole)
            start, end = min(start, hole[0]), max(end, hole[1])
    holes.append((start, end))
