"""Penalties on weights, to be added to a loss (book §6.4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from graphgrad.errors import ArgumentError
from graphgrad.ops.arithmetic import abs, add, square
from graphgrad.ops.reduction import sum


def l2(weights: Iterable[Any], rate: Any) -> Any:
    """Half the rate times the sum of squares, whose gradient is rate · w.

    Args:
        weights: tensors, such as ``net.weights()``.
        rate: λ.

    Example:
        >>> import graphgrad as gg
        >>> w = gg.variable([3.0, 4.0])
        >>> float(gg.nn.l2([w], 0.1))
        1.25
    """
    return 0.5 * rate * _total(sum(square(w)) for w in weights)


def l1(weights: Iterable[Any], rate: Any) -> Any:
    """The rate times the sum of sizes, whose gradient is rate · sign(w).

    Args:
        weights: tensors, such as ``net.weights()``.
        rate: λ.
    """
    return rate * _total(sum(abs(w)) for w in weights)


def _total(parts: Iterable[Any]) -> Any:
    found = list(parts)
    if not found:
        raise ArgumentError("there are no weights to penalise")
    return reduce(add, found)
