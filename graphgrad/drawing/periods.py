"""Stretches of a sequence that repeat: the layers of a net in the row of its ops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

_LONGEST = 64  # items of one part


def repetitions(codes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Cut a sequence into repeated parts and what is between them.

    Args:
        codes: equal numbers for what is alike.

    Yields:
        (start, period, count): count parts of period items each. Together they are the
        whole sequence; what does not repeat comes with a count of 1.

    Example:
        >>> list(repetitions([5, 1, 2, 1, 2, 1, 2, 7]))
        [(0, 1, 1), (1, 2, 3), (7, 1, 1)]
    """
    array = np.asarray(codes, np.int64)
    longest = min(_LONGEST, len(array) // 2)
    # For each period, how many items from each place on equal the one a period later.
    reach = [_reach(array, period) for period in range(1, longest + 1)]
    start = plain = 0
    while start < len(array):
        period, count = _best(reach, start)
        if count > 1:
            if plain < start:
                yield plain, start - plain, 1
            yield start, period, count
            start = plain = start + period * count
        else:
            start += 1
    if plain < start:
        yield plain, start - plain, 1


def _reach(array: np.ndarray, period: int) -> np.ndarray:
    equal = array[period:] == array[:-period]
    places = np.arange(len(equal))
    breaks = np.where(equal, len(equal), places)
    return np.minimum.accumulate(breaks[::-1])[::-1] - places


def _best(reach: Sequence[np.ndarray], start: int) -> tuple[int, int]:
    """The period that covers most from `start` on, the shortest of those."""
    found = (1, 1)
    for period, lengths in enumerate(reach, start=1):
        if start < len(lengths):
            count = 1 + int(lengths[start]) // period
            if count > 1 and period * count > found[0] * found[1]:
                found = period, count
    return found
