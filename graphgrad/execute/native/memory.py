"""Which bytes a value lies in while it is needed."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

import numpy as np

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
    last, own = plan.last_reads(), plan.stored.difference(outside)
    holders: dict[Tensor, Tensor] = {}  # the first value in the same bytes
    spans: dict[Tensor, tuple[int, int, int]] = {}
    for k, step in enumerate(plan.steps):
        for x in plan.made_by(step):
            if x in own:
                first = holders[x] = holders.get(plan.over.get(x, x), x)
                spans[first] = _bytes(x), spans.get(first, (0, k))[1], last[x]
    starts, size = _placed(np.array([*spans.values()], np.int64).reshape(-1, 3))
    found = dict(zip(spans, starts.tolist(), strict=True))
    return {x: found[first] for x, first in holders.items()}, size


def _bytes(x: Tensor) -> int:
    """Whole cache lines."""
    lines = -(-entries(sizes_of(x)) * x.dtype.itemsize // LINE)
    return max(lines, 1) * LINE


def _placed(spans: np.ndarray) -> tuple[np.ndarray, int]:
    """Where spans begin that have a size, and a first and a last step; the size of all.

    The largest are placed first (Pisarchyk and Lee, Efficient memory management for
    deep neural net inference, 2020): of equal ones the earliest, or, if more is taken
    so than is needed at once, those that are needed for longest.
    """
    sizes, begins, ends = spans.T
    changes = np.zeros(ends.max(initial=0) + 2, np.int64)
    np.add.at(changes, begins, sizes)
    np.subtract.at(changes, ends + 1, sizes)
    found = _placed_in(np.lexsort((begins, -sizes)), spans)
    if found[1] > changes.cumsum().max():
        other = _placed_in(np.lexsort((-ends, -sizes)), spans)
        found = min(found, other, key=itemgetter(1))
    return found


def _placed_in(order: np.ndarray, spans: np.ndarray) -> tuple[np.ndarray, int]:
    """The same, one after the other, each in the first hole that is large enough."""
    sizes, begins, ends = spans[order].T
    starts = np.zeros_like(sizes)
    for i, size in enumerate(sizes):
        near = np.flatnonzero((begins[:i] <= ends[i]) & (ends[:i] >= begins[i]))
        near = near[np.argsort(starts[near])]
        after = np.maximum.accumulate(starts[near] + sizes[near])
        holes = np.concatenate(([0], after))
        room = np.concatenate((starts[near], [np.iinfo(np.int64).max])) - holes
        starts[i] = holes[np.argmax(room >= size)]
    found = np.empty_like(starts)
    found[order] = starts
    return found, int((starts + sizes).max(initial=0))
