"""Normalisation of activations, dropout, and the lookup of rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError, IndexingError, ShapeError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import declared
from graphgrad.ops.arithmetic import square
from graphgrad.ops.arranging import take
from graphgrad.ops.comparison import greater_equal, where
from graphgrad.ops.exponential import sqrt
from graphgrad.ops.movement import expand_dims, squeeze
from graphgrad.ops.random import unit
from graphgrad.ops.reduction import mean
from graphgrad.shapes import normalise_axes, show

_REALS = Interval(-5, 5)


class BatchNormResult(NamedTuple):
    """Result of `batch_norm`."""

    y: Any
    mean: Any
    var: Any


def _as_batch(
    x: Any, gamma: Any, beta: Any, /, *, axis: Any = 0, epsilon: float = 1e-5
) -> Any:
    return _fitting(x, (gamma, beta), axis, epsilon)


def _as_known_batch(
    x: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    /,
    *,
    axis: Any = 0,
    epsilon: float = 1e-5,
) -> Any:
    return _fitting(x, (gamma, beta, mean, var), axis, epsilon)


def _fitting(x: Any, rest: tuple[Any, ...], axis: Any, epsilon: float) -> Any:
    if not epsilon > 0:
        raise ArgumentError(f"epsilon {epsilon} is not above 0")
    axes = normalise_axes(axis, x.ndim)
    kept = tuple(d for i, d in enumerate(x.shape) if i not in axes)
    for part in rest:
        if np.shape(part) != kept and getattr(part, "shape", ()) != kept:
            raise ShapeError(
                f"a scale, shift or statistic of shape {show(part.shape)} does not fit "
                f"shape {show(x.shape)} without axes {axes}",
                remedy=f"its shape is {show(kept)}",
            )
    return (x, *rest), {"axis": axes, "epsilon": float(epsilon)}


_BATCH = Domain(
    (_REALS, Interval(0.5, 2), _REALS),
    signature="(4,3),(3),(3)",
    options=({}, {"axis": 0, "epsilon": 0.1}),
    valid=lambda x, *rest: x.ndim == 2 and all(r.ndim == 1 for r in rest),
)


@composite(
    dtype="floating",
    prepare=_as_batch,
    multiple=True,
    results=BatchNormResult,
    domain=_BATCH,
)
def batch_norm(
    x: Any, gamma: Any, beta: Any, /, *, axis: Any = 0, epsilon: float = 1e-5
) -> Any:
    """x brought to mean 0 and variance 1 over examples, scaled and shifted (§6.3).

    Args:
        x: activations.
        gamma: scale, of x's shape without the axes.
        beta: shift, likewise.
        axis: the axes over which statistics are taken: 0 for (examples, features),
            (0, 2, 3) for images.
        epsilon: added to the variance.

    The results are y and the mean and variance of this batch, with which running ones
    can be updated; see `with_updates`. (Ioffe and Szegedy 2015)
    """
    middle = mean(x, axis, keepdims=True)
    spread = mean(square(x - middle), axis, keepdims=True)
    y = (x - middle) / sqrt(spread + epsilon)
    y = y * expand_dims(gamma, axis) + expand_dims(beta, axis)
    return [y, squeeze(middle, axis), squeeze(spread, axis)]


@composite(
    dtype="floating",
    prepare=_as_known_batch,
    domain=Domain(
        (_REALS, Interval(0.5, 2), _REALS, _REALS, Interval(0.5, 2)),
        signature="(4,3),(3),(3),(3),(3)",
        valid=_BATCH.valid,
    ),
)
def batch_norm_inference(
    x: Any,
    gamma: Any,
    beta: Any,
    middle: Any,
    spread: Any,
    /,
    *,
    axis: Any = 0,
    epsilon: float = 1e-5,
) -> Any:
    """`batch_norm` with a mean and a variance that are given, such as running ones."""
    scale = expand_dims(gamma / sqrt(spread + epsilon), axis)
    return (x - expand_dims(middle, axis)) * scale + expand_dims(beta, axis)


def _as_layer(
    x: Any, gamma: Any, beta: Any, /, *, axis: Any = -1, epsilon: float = 1e-5
) -> Any:
    if not epsilon > 0:
        raise ArgumentError(f"epsilon {epsilon} is not above 0")
    axes = normalise_axes(axis, x.ndim)
    return (x, gamma, beta), {"axis": axes, "epsilon": float(epsilon)}


@composite(
    dtype="floating",
    prepare=_as_layer,
    domain=Domain(
        (_REALS, Interval(0.5, 2), _REALS), signature="(4,3),(3),(3)", options=({},)
    ),
)
def layer_norm(
    x: Any, gamma: Any, beta: Any, /, *, axis: Any = -1, epsilon: float = 1e-5
) -> Any:
    """x brought to mean 0 and variance 1 within each example (Ba et al. 2016).

    Args:
        x: activations.
        gamma: scale; it broadcasts against x.
        beta: shift; it broadcasts against x.
        axis: the axes of one example's features.
        epsilon: added to the variance.
    """
    centred = x - mean(x, axis, keepdims=True)
    spread = mean(square(centred), axis, keepdims=True)
    return centred / sqrt(spread + epsilon) * gamma + beta


def _as_dropout(x: Any, key: Any, /, rate: float = 0.5, *, scale: bool = True) -> Any:
    if not 0 <= rate < 1:
        raise ArgumentError(f"a rate of {rate} is not from 0 up to 1")
    return (x, key), {"rate": float(rate), "scale": bool(scale)}


@composite(
    prepare=_as_dropout,
    domain=Domain(
        (_REALS, Interval(0, 99, "uint32")),
        signature="(4,3),(2)",
        options=({}, {"rate": 0.3, "scale": False}),
        valid=lambda x, key: x.ndim == 2 and key.ndim == 1,
    ),
)
def dropout(x: Any, key: Any, /, rate: float = 0.5, *, scale: bool = True) -> Any:
    """x with entries set to 0 at random (book §6.4.3).

    Args:
        x: activations.
        key: from `gg.random.key`; another one for every call, or the mask repeats.
        rate: the share of entries that are dropped.
        scale: whether the others are divided by 1 − rate, so that the mean stays
            (Srivastava et al. 2014); the book scales at test time instead.
    """
    # Of 24 bits in any dtype, so that the mask is the same.
    keep = greater_equal(unit(key, x.shape, dtype="float32"), rate)
    return where(keep, x / (1 - rate) if scale else x, 0)


@composite(
    domain=Domain(
        (_REALS, Interval(-1, 4, "int64")),
        signature="(4,3),(k)",
        valid=lambda table, indices: table.ndim == 2,
    ),
)
def embedding(table: Any, indices: Any, /) -> Any:
    """The rows of a table at these indices; rows met several times sum gradients.

    Args:
        table: of shape (rows, ...).
        indices: whole numbers from 0; any other is refused when it is met.
    """
    if (
        isinstance(indices, np.ndarray | np.generic)
        and indices.size
        and indices.min() < 0
    ):
        raise IndexingError(
            f"index {indices.min()} is not a row of a table of {table.shape[0]}"
        )
    return take(table, indices, axis=0)


__all__ = ["BatchNormResult", *declared(globals())]
