"""What values a tensor has, and where: results whose shapes depend on values.

A shape must be known when a node is made, so these take tensors that depend on
constants alone, and give constants.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.op import constant
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import known


class UniqueAll(NamedTuple):
    """Result of `unique_all`."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """Result of `unique_counts`."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """Result of `unique_inverse`."""

    values: Tensor
    inverse_indices: Tensor


def settled(x: Any, purpose: str) -> np.ndarray:
    """The value of an array, or of a tensor that depends on constants alone.

    Raises:
        ArgumentError: for a tensor that depends on a variable or placeholder.
    """
    if not isinstance(x, Tensor):
        return np.asarray(x)
    found = known(x)
    if found is None:
        raise ArgumentError(
            f"{purpose} of {describe(x)} has a shape that depends on values",
            remedy=f"take them first: gg.{purpose}(x.value)",
        )
    return np.asarray(found)


def unique_values(x: Any, /) -> Tensor:
    """The different values, sorted; each NaN counts as a value of its own.

    Raises:
        ArgumentError: for a tensor that depends on a variable or placeholder.

    Example:
        >>> import graphgrad as gg
        >>> gg.unique_values([3, 1, 3]).value
        array([1, 3])
    """
    return constant(np.unique(settled(x, "unique_values"), equal_nan=False))


def unique_counts(x: Any, /) -> UniqueCounts:
    """The different values and how often each is there; see `unique_values`."""
    return UniqueCounts(*map(constant, np.unique_counts(settled(x, "unique_counts"))))


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The different values and, in x's shape, the index of each entry's value."""
    found = np.unique_inverse(settled(x, "unique_inverse"))
    return UniqueInverse(*map(constant, found))


def unique_all(x: Any, /) -> UniqueAll:
    """The different values, where each comes first, the inverse, and the counts."""
    return UniqueAll(*map(constant, np.unique_all(settled(x, "unique_all"))))


def nonzero(x: Any, /) -> tuple[Tensor, ...]:
    """The indices of the entries that are not 0, a vector per axis.

    Raises:
        ArgumentError: for a tensor that depends on a variable or placeholder, and for
            one without axes.

    Example:
        >>> import graphgrad as gg
        >>> [i.value.tolist() for i in gg.nonzero([[0, 5], [7, 0]])]
        [[0, 1], [1, 0]]
    """
    array = settled(x, "nonzero")
    if not array.ndim:
        raise ArgumentError("a tensor without axes has no indices")
    return tuple(map(constant, np.nonzero(array)))


__all__ = [
    "nonzero",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]
