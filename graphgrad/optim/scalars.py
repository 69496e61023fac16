"""What steers an optimiser: Python numbers, which are weak, or tensors of one number.

A number of NumPy would widen float32 parameters, so it is made Python's.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.ops.structure import astype

Scalar = float | Tensor


def number(
    name: str, value: Any, *, positive: bool = False, below: float = math.inf
) -> float:
    """A number from 0 up, checked.

    Args:
        name: of the argument, for messages.
        value: what the user gave.
        positive: whether 0 is refused.
        below: what it must be less than.

    Raises:
        ArgumentError: if it is not such a number.
    """
    if isinstance(value, np.ndarray) and not value.shape:
        value = value[()]  # e.g. of a schedule applied to a number
    if not isinstance(value, Real):
        raise ArgumentError(
            f"{name} is a number, not {type(value).__name__}",
            remedy="give a number such as 0.1",
        )
    found = float(value)
    if not (found > 0 if positive else found >= 0) or not found < below:
        least = "above 0" if positive else "at least 0"
        most = "finite" if below == math.inf else f"below {below:g}"
        raise ArgumentError(f"{name} {value} is not {least} and {most}")
    return found


def scalar(name: str, value: Any, *, positive: bool = False) -> Scalar:
    """A number from 0 up, or a tensor of one number, checked.

    Raises:
        ArgumentError: for anything else.
    """
    if isinstance(value, Tensor):
        if value.shape or value.dtype.kind not in "iuf":
            raise ArgumentError(
                f"{name} is one real number, not {describe(value)}",
                remedy="give a tensor of shape ()",
            )
        return value
    if callable(value):
        raise ArgumentError(
            f"{name} is a number or a tensor, not a function",
            remedy="call it with a step, e.g. "
            "gg.optim.cosine(gg.optim.counter(), 0.1, 1000)",
        )
    return number(name, value, positive=positive)


def in_dtype(x: Scalar, dtype: np.dtype) -> Scalar:
    """A scalar that does not widen tensors of a dtype."""
    return astype(x, dtype) if isinstance(x, Tensor) and x.dtype != dtype else x
