"""The next batches are made in a thread while the current one is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

from graphgrad.errors import ArgumentError

_Item = TypeVar("_Item")
_END = object()


def prefetched(iterable: Iterable[_Item], ahead: int = 2) -> Iterator[_Item]:
    """Iterate with the next items in preparation, in their order.

    NumPy, SciPy and compiled programs let other threads run while they work, so reading
    and augmenting overlap with training. An exception of the iterable is raised where
    its item would have come. The thread ends with the loop: at the last item, at a
    ``break``, at an exception in the loop (when the iterator is closed or freed).

    Args:
        iterable: is advanced by one thread, at the pace of the consumer.
        ahead: items made before they are asked for; so many wait in memory.

    Raises:
        ArgumentError: if `ahead` is less than 1.

    Example:
        >>> list(prefetched(range(4)))
        [0, 1, 2, 3]
    """
    if ahead < 1:
        raise ArgumentError(f"{ahead} items ahead; at least 1 must be made ahead")
    return _prefetched(iter(iterable), ahead)


def _prefetched(source: Iterator[_Item], ahead: int) -> Iterator[_Item]:
    from concurrent.futures import ThreadPoolExecutor  # 5 ms: it brings logging

    pool = ThreadPoolExecutor(1, thread_name_prefix="prefetched")
    try:
        waiting = deque(pool.submit(next, source, _END) for _ in range(ahead))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(pool.submit(next, source, _END))
            yield item  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)
