"""Initial weights: functions of a random generator and a shape (book §6.2).

Shapes are (inputs, outputs) for matrices and (filters, channels, …) for kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod, sqrt
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError

Initialiser = Callable[[Any, Sequence[int]], np.ndarray]
"""``initialiser(rng, shape)``: float64 values."""


def generator(rng: Any) -> Any:
    """A random generator: a NumPy one as it is, or that of a seed.

    Args:
        rng: ``np.random.RandomState`` (whose numbers are the same in every release of
            NumPy), ``np.random.Generator``, or a whole number.

    Raises:
        ArgumentError: for anything else.
    """
    if isinstance(rng, np.random.RandomState | np.random.Generator):
        return rng
    if isinstance(rng, int | np.integer) and 0 <= rng < 2**32:
        return np.random.RandomState(int(rng))
    raise ArgumentError(
        f"{rng!r} is neither a random generator nor a seed",
        remedy="give np.random.RandomState(0), and the same one to every layer",
    )


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs a unit has, and how many units an input reaches."""
    if len(shape) < 2:
        raise ArgumentError(
            f"weights of shape {tuple(shape)} have no inputs and outputs",
            remedy="give a matrix or kernels",
        )
    if len(shape) == 2:
        return shape[0], shape[1]
    window = prod(shape[2:])
    return shape[1] * window, shape[0] * window


def constant(value: float) -> Initialiser:
    """All equal to a number."""
    return lambda rng, shape: np.full(shape, float(value))


def zeros(rng: Any, shape: Sequence[int]) -> np.ndarray:
    """All 0; of weights this makes all units of a layer alike for ever."""
    return np.zeros(shape)


def normal(std: float) -> Initialiser:
    """Normal with this standard deviation."""
    return lambda rng, shape: std * rng.standard_normal(tuple(shape))


def uniform(limit: float) -> Initialiser:
    """Uniform between −limit and limit."""
    return lambda rng, shape: rng.uniform(-limit, limit, tuple(shape))


standard_normal = normal(1.0)


def _by_fans(kind: Callable[[float], Initialiser], size: Any, doc: str) -> Initialiser:
    def draw(rng: Any, shape: Sequence[int]) -> np.ndarray:
        return kind(size(*fans(shape)))(rng, shape)

    draw.__doc__ = doc
    return draw


xavier = _by_fans(
    normal, lambda n, m: sqrt(1 / n), "Normal with deviation 1/√inputs (book §6.2.2)."
)
lecun_normal = _by_fans(
    normal, lambda n, m: sqrt(1 / n), "Normal, variance 1/inputs (LeCun et al. 1998)."
)
lecun_uniform = _by_fans(
    uniform, lambda n, m: sqrt(3 / n), "Uniform, variance 1/inputs (LeCun et al. 1998)."
)
glorot_normal = _by_fans(
    normal,
    lambda n, m: sqrt(2 / (n + m)),
    "Normal, variance 2/(inputs + outputs) (Glorot and Bengio 2010).",
)
glorot_uniform = _by_fans(
    uniform,
    lambda n, m: sqrt(6 / (n + m)),
    "Uniform, variance 2/(inputs + outputs) (Glorot and Bengio 2010).",
)
he_normal = _by_fans(
    normal, lambda n, m: sqrt(2 / n), "Normal, variance 2/inputs (He et al. 2015)."
)
he_uniform = _by_fans(
    uniform, lambda n, m: sqrt(6 / n), "Uniform, variance 2/inputs (He et al. 2015)."
)


def orthogonal(rng: Any, shape: Sequence[int]) -> np.ndarray:
    """Orthogonal rows or columns, whichever are fewer (Saxe et al. 2014)."""
    fans(shape)
    rows, columns = shape[0], prod(shape[1:])
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diagonal(r))  # so that all directions are equally likely
    return (q if rows >= columns else q.T).reshape(shape)
