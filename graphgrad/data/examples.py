"""Examples are rows of several arrays at once: split into parts, drawn in batches.

What is drawn depends on the seed and on the number of the epoch or batch, never on what
was drawn before: a run can be taken up again at any batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from graphgrad.errors import ArgumentError, ShapeError

_TOGETHER = 64  # batches drawn from one generator, which takes 0.2 ms to make


def split(
    arrays: Sequence[ArrayLike],
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    *,
    seed: int = 0,
    stratify: ArrayLike | None = None,
) -> list[tuple[np.ndarray, ...]]:
    """Split examples into parts at random: every example is in exactly one.

    Args:
        arrays: of equal length along the first axis, e.g. ``(images, labels)``.
        fractions: the share of each part, with the sum 1; the sizes are rounded.
        seed: of the shuffle; the same seed splits n examples in the same way.
        stratify: labels of shape (n,): each part has every class in the proportion
            that the whole has it, as nearly as whole examples allow.

    Returns:
        One tuple of arrays for each part, with copies of the rows.

    Raises:
        ArgumentError: if the fractions are not shares of 1, or a part would be empty.
        ShapeError: if the arrays do not have the same number of examples.

    Example:
        >>> x, t = np.arange(20).reshape(10, 2), np.arange(10)
        >>> train, test = split((x, t), (0.8, 0.2))
        >>> [a.shape for a in train], [a.shape for a in test]
        ([(8, 2), (8,)], [(2, 2), (2,)])
    """
    rows, count = _rows(arrays)
    shares = np.asarray(fractions, np.float64)
    if shares.ndim != 1 or not (shares > 0).all() or abs(shares.sum() - 1) > 1e-9:
        raise ArgumentError(
            f"fractions {tuple(fractions)} are not shares of a whole",
            remedy="write positive numbers with the sum 1, as (0.8, 0.1, 0.1)",
        )
    cuts = [0, *np.rint(np.cumsum(shares) * count).astype(int)]
    if 0 in np.diff(cuts):
        raise ArgumentError(f"{count} examples leave a part of {fractions} empty")
    order = _stream(seed).permutation(count)
    if stratify is not None:
        (labels,), _ = _rows((stratify,), count)
        order = order[np.argsort(_ranks(labels[order]), kind="stable")]
    chosen = [order[a:b] for a, b in pairwise(cuts)]
    return [tuple(row[part] for row in rows) for part in chosen]


def batches(
    arrays: Sequence[ArrayLike],
    size: int,
    *,
    seed: int = 0,
    epoch: int = 0,
    start: int = 0,
    drop_last: bool = False,
) -> Iterator[tuple[np.ndarray, ...]]:
    """Shuffle the examples of one epoch and give them in batches, each example once.

    The order depends on the seed and the epoch alone.

    Args:
        arrays: of equal length along the first axis, e.g. ``(images, labels)``.
        size: examples in a batch; the last batch of the epoch may be smaller.
        seed: of the whole training run.
        epoch: number of the epoch, from 0.
        start: number of the batch to begin with, from 0, to resume within an epoch.
        drop_last: leave out a last batch that is smaller, e.g. for batch normalisation.

    Returns:
        An iterator over tuples of arrays, copies of the rows.

    Raises:
        ArgumentError: if there is no batch of that size, or no such start.
        ShapeError: if the arrays do not have the same number of examples.

    Example:
        >>> x = np.arange(5)
        >>> [len(batch) for (batch,) in batches((x,), 2)]
        [2, 2, 1]
    """
    rows, count = _rows(arrays)
    _check_size(size)
    number = count // size if drop_last else -(-count // size)
    if number == 0:
        raise ArgumentError(f"{count} examples make no batch of {size}")
    if not 0 <= start <= number:
        raise ArgumentError(f"start {start} is not among the epoch's {number} batches")
    order = _stream(seed, epoch).permutation(count)
    cuts = range(start * size, number * size, size)
    return (tuple(row[order[cut : cut + size]] for row in rows) for cut in cuts)


def draws(
    arrays: Sequence[ArrayLike], size: int, steps: int, *, seed: int = 0, start: int = 0
) -> Iterator[tuple[np.ndarray, ...]]:
    """Draw batches with replacement, as the book does (book §4.5).

    The k-th batch depends on the seed and k alone.

    Args:
        arrays: of equal length along the first axis, e.g. ``(images, labels)``.
        size: examples in a batch; one example may be in it twice.
        steps: number of batches of the whole run, those before `start` included.
        seed: of the whole training run.
        start: number of the batch to begin with, from 0, to resume a run.

    Returns:
        An iterator over ``steps - start`` tuples of arrays, copies of the rows.

    Raises:
        ArgumentError: if there is nothing to draw from, or no such start.
        ShapeError: if the arrays do not have the same number of examples.

    Example:
        >>> x = np.arange(1000)
        >>> whole = [batch.tolist() for (batch,) in draws((x,), 3, 500, seed=7)]
        >>> resumed = [
        ...     batch.tolist() for (batch,) in draws((x,), 3, 500, seed=7, start=400)
        ... ]
        >>> resumed == whole[400:]
        True
    """
    rows, count = _rows(arrays)
    _check_size(size)
    if count == 0 or not 0 <= start <= steps:
        raise ArgumentError(
            f"nothing to draw: {count} examples, {steps} steps from step {start}"
        )
    _check_seed(seed)
    chosen = _choices(count, size, seed, start, steps)
    return (tuple(row[choice] for row in rows) for choice in chosen)


def _choices(
    count: int, size: int, seed: int, start: int, steps: int
) -> Iterator[np.ndarray]:
    for group in range(start // _TOGETHER, -(-steps // _TOGETHER)):
        first = group * _TOGETHER
        together = _stream(seed, group).randint(count, size=(_TOGETHER, size))
        yield from together[max(start - first, 0) : steps - first]


def _rows(
    arrays: Sequence[ArrayLike], count: int | None = None
) -> tuple[tuple[np.ndarray, ...], int]:
    """The arrays, and how many examples all of them have."""
    if isinstance(arrays, np.ndarray) or not len(arrays):
        raise ArgumentError(
            "examples are a tuple of arrays", remedy="write (x, t), and (x,) for one"
        )
    rows = tuple(np.asarray(array) for array in arrays)
    counts = [row.shape[0] if row.ndim else None for row in rows]
    if None in counts or {*counts} != {counts[0] if count is None else count}:
        raise ShapeError(
            f"arrays of {' and '.join(map(str, counts))} examples"
            + ("" if count is None else f", where there are {count}"),
            remedy="make their first axes equally long",
        )
    return rows, rows[0].shape[0]


def _check_size(size: int) -> None:
    if size < 1:
        raise ArgumentError(f"a batch of {size} examples; it must have at least 1")


def _check_seed(*words: int) -> None:
    for word in words:
        if not 0 <= word < 1 << 32:
            raise ArgumentError(f"seed or epoch {word} is not from 0 to 2³² − 1")


def _stream(*words: int) -> np.random.RandomState:
    """A generator whose numbers are the same in every release of NumPy."""
    _check_seed(*words)
    return np.random.RandomState(words[0] if len(words) == 1 else words)


def _ranks(labels: np.ndarray) -> np.ndarray:
    """Where in its class each example stands, from 0 to 1."""
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    by_class = np.argsort(codes, kind="stable")
    firsts = np.repeat(np.cumsum(counts) - counts, counts)
    rank = np.empty(len(labels))
    rank[by_class] = np.arange(len(labels)) - firsts + 0.5
    return rank / counts[codes]
