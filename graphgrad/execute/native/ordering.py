"""In which order steps are done, so that less memory is in use at a time.

A step that frees as much as it takes is done as soon as it can be: a weight's update
once its gradient is there and nobody reads the old weight any more. That also finds
what it reads still in a cache. All else stays in the order in which it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from graphgrad.graph.tensor import Tensor


@dataclass(frozen=True)
class Work:
    """What a step needs and does.

    Args:
        after: numbers of the steps that come before it.
        reads: tensors, in memory that is freed after the last step that reads them.
        takes: bytes of memory for what it makes.
    """

    after: set[int]
    reads: set[Tensor]
    takes: int


def ordered(works: Sequence[Work], sizes: dict[Tensor, int]) -> list[int]:
    """The numbers of the steps, in order.

    Args:
        works: of each step; the numbers in ``after`` are their places.
        sizes: bytes of the tensors that can be freed.
    """
    waits = [len(work.after) for work in works]
    users: list[list[int]] = [[] for _ in works]
    readers: dict[Tensor, set[int]] = {}
    for k, work in enumerate(works):
        for before in work.after:
            users[before].append(k)
        for x in work.reads:
            readers.setdefault(x, set()).add(k)
    ready = [k for k, count in enumerate(waits) if not count]
    freeing: list[int] = []
    order: list[int] = []
    done = [False] * len(works)

    def consider(k: int) -> None:
        """Put a step that is ready ahead of others if it frees what it takes."""
        freed = (sizes.get(x, 0) for x in works[k].reads if len(readers[x]) == 1)
        if sum(freed) >= works[k].takes:
            heappush(freeing, k)

    for k in ready:
        consider(k)
    while ready:
        k = heappop(freeing if freeing else ready)
        if done[k]:
            continue
        done[k] = True
        order.append(k)
        for user in users[k]:
            waits[user] -= 1
            if not waits[user]:
                heappush(ready, user)
                consider(user)
        for x in works[k].reads:
            readers[x].discard(k)
            for last in readers[x] if len(readers[x]) == 1 else ():
                if not waits[last]:
                    consider(last)
    return order
