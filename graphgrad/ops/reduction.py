"""Reductions over any axes, and the moments built on them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import BOOL, INTEGER, as_dtype, to_floating
from graphgrad.errors import ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.arithmetic import square
from graphgrad.ops.comparison import equal, isfinite, where
from graphgrad.ops.complex import conj, real
from graphgrad.ops.exponential import exp, log, sqrt
from graphgrad.ops.movement import (
    broadcast_to,
    concat,
    expand_dims,
    permute_dims,
    reshape,
    stack,
)
from graphgrad.ops.strong import strong_divide, strong_multiply
from graphgrad.ops.structure import astype, cast, size_along, stop_gradient
from graphgrad.shapes import is_static, normalise_axes, show

_OPTIONS = ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)})


def _over(interval: Interval, *, dtype: bool = False, **facts: Any) -> Domain:
    options = (*_OPTIONS, {"axis": 0, "dtype": "float64"}) if dtype else _OPTIONS
    return Domain((interval,), signature="(n,m)", options=options, **facts)


_REALS = _over(Interval(-5, 5))


def _as_reduction(x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    x = x if hasattr(x, "ndim") else np.asarray(x)
    axes = normalise_axes(axis, x.ndim)
    return (x,), {"axis": axes, "keepdims": bool(keepdims)}


def _reduced(x: Any, axis: tuple[int, ...], keepdims: bool) -> tuple[Any, ...]:
    if keepdims:
        return tuple(1 if i in axis else d for i, d in enumerate(x.shape))
    return tuple(d for i, d in enumerate(x.shape) if i not in axis)


def _to(dtype: Callable[[np.dtype], np.dtype]) -> Any:
    return lambda x, axis, keepdims: (_reduced(x, axis, keepdims), dtype(x.dtype))


def _as_total(
    x: Any, /, axis: Any = None, *, dtype: Any = None, keepdims: bool = False
) -> Any:
    inputs, attrs = _as_reduction(x, axis, keepdims=keepdims)
    return inputs, attrs | {"dtype": None if dtype is None else as_dtype(dtype).name}


def _total(x: Any, axis: tuple[int, ...], dtype: Any, keepdims: bool) -> Any:
    kept = whole(x.dtype) if dtype is None else cast(x, dtype)
    return _reduced(x, axis, keepdims), kept


def _not_empty(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    if 0 in [x.shape[a] for a in axis]:
        raise ShapeError(
            f"shape {show(x.shape)} has no entries to choose from along axis {axis}"
        )
    return _reduced(x, axis, keepdims), x.dtype


def _spread(g: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """A reduced value broadcast back to the shape of x."""
    if axis and not keepdims:
        g = expand_dims(g, axis)
    return broadcast_to(g, x.shape)


def _counted(x: Any, axis: tuple[int, ...]) -> Any:
    """The number of entries that a reduction takes together."""
    sizes = [x.shape[a] for a in axis]
    if is_static(sizes):
        return float(np.prod(sizes))
    return astype(size_along(x, axis), x.dtype)


def whole(dtype: np.dtype) -> np.dtype:
    """The dtype of a sum: small integers are added up as int64 or uint64."""
    if dtype == BOOL:
        return INTEGER
    return np.result_type(dtype, f"{dtype.kind}8") if dtype.kind in "iu" else dtype


@primitive(
    infer=_total,
    vjp=(lambda g, out, x, axis, dtype, keepdims: _spread(g, x, axis, keepdims),),
    prepare=_as_total,
    domain=_over(Interval(-5, 5), dtype=True),
    glyph="Σ",
    method=True,
    batch="axis",
)
def sum(
    xp: Any, x: Any, /, axis: Any = None, *, dtype: Any = None, keepdims: bool = False
) -> Any:
    """Sum over the axes; the gradient goes to every entry unchanged."""
    return xp.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@primitive(
    infer=_to(to_floating),
    vjp=(
        lambda g, out, x, axis, keepdims: _spread(
            g / _counted(x, axis), x, axis, keepdims
        ),
    ),
    prepare=_as_reduction,
    domain=_REALS,
    method=True,
    batch="axis",
)
def mean(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Arithmetic mean over the axes; float16 is added up as float32."""
    dtype = to_floating(x.dtype)
    wide = xp.float32 if dtype == xp.float16 else dtype
    total = xp.sum(x, axis=axis, dtype=wide, keepdims=keepdims)
    return xp.astype(xp.asarray(total / _counted(x, axis)), dtype)[()]


def _extreme(g: Any, out: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    chosen = astype(equal(x, _spread(out, x, axis, keepdims)), g.dtype)
    share = sum(chosen, axis, keepdims=keepdims)
    return _spread(g / share, x, axis, keepdims) * chosen


@primitive(
    real=True,
    infer=_not_empty,
    vjp=(_extreme,),
    prepare=_as_reduction,
    domain=_over(Interval(-5, 5), ties=True, analytic=False),
    glyph="max",
    method=True,
    batch="axis",
)
def max(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Largest entry over the axes; entries that tie share the gradient equally."""
    return xp.max(x, axis=axis, keepdims=keepdims)


@primitive(
    real=True,
    infer=_not_empty,
    vjp=(_extreme,),
    prepare=_as_reduction,
    domain=_over(Interval(-5, 5), ties=True, analytic=False),
    glyph="min",
    method=True,
    batch="axis",
)
def min(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Smallest entry over the axes; entries that tie share the gradient equally."""
    return xp.min(x, axis=axis, keepdims=keepdims)


def _others(x: Any, axis: tuple[int, ...]) -> Any:
    """For every entry the product of all others along the axes.

    Pairs are multiplied up a tree and their siblings handed down again: no division,
    so that zeros are right, and derivatives of any order too.
    """
    sizes = [x.shape[a] for a in axis]
    if not is_static(x.shape):
        raise ShapeError(
            f"the gradient of prod over axes of shape {show(x.shape)} needs sizes "
            "that are known",
            remedy="give the placeholder numbers for its dimensions",
        )
    front = [a for a in range(x.ndim) if a not in axis]
    order = (*axis, *front)
    rest = [x.shape[a] for a in front]
    count = int(np.prod(sizes))
    level = reshape(permute_dims(x, order), (count, *rest))
    ups = []
    while level.shape[0] > 1:
        pairs = level.shape[0] // 2
        odd = level[2 * pairs :]
        ups.append(level)
        level = level[0 : 2 * pairs : 2] * level[1 : 2 * pairs : 2]
        level = _append(level, odd)
    down = np.ones(level.shape, level.dtype)
    for level in reversed(ups):
        pairs = level.shape[0] // 2
        left, right = level[0 : 2 * pairs : 2], level[1 : 2 * pairs : 2]
        both = stack([down[:pairs] * right, down[:pairs] * left], axis=1)
        down = _append(reshape(both, (2 * pairs, *rest)), down[pairs:])
    back = tuple(np.argsort(order).tolist())
    return permute_dims(reshape(down, (*sizes, *rest)), back)


def _append(level: Any, odd: Any) -> Any:
    return concat([level, odd]) if odd.shape[0] else level


@primitive(
    infer=_total,
    vjp=(
        lambda g, out, x, axis, dtype, keepdims: (
            _spread(g, x, axis, keepdims) * _others(x, axis)
        ),
    ),
    prepare=_as_total,
    domain=_over(Interval(-2, 2), dtype=True),
    glyph="Π",
    method=True,
    batch="axis",
)
def prod(
    xp: Any, x: Any, /, axis: Any = None, *, dtype: Any = None, keepdims: bool = False
) -> Any:
    """Product over the axes; the gradient is right at zeros too."""
    return xp.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _as_moment(
    x: Any,
    /,
    axis: Any = None,
    *,
    correction: float = 0.0,
    keepdims: bool = False,
    ddof: float | None = None,
) -> Any:
    inputs, attrs = _as_reduction(x, axis, keepdims=keepdims)
    freedom = correction if ddof is None else ddof
    return inputs, {
        "axis": attrs["axis"],
        "correction": float(freedom),
        "keepdims": attrs["keepdims"],
    }


_MOMENTS = Domain(
    (Interval(-5, 5),),
    signature="(n,m)",
    options=(*_OPTIONS, {"axis": 0, "correction": -1.0}),
)


@composite(dtype="floating", prepare=_as_moment, domain=_MOMENTS, method=True)
def var(
    x: Any, /, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False
) -> Any:
    """Variance over the axes: squared deviations summed, over n − correction."""
    deviation = x - mean(x, axis, keepdims=True)
    count = _counted(x, axis) - correction
    return sum(_squared(deviation), axis, keepdims=keepdims) / count


def _squared(deviation: Any) -> Any:
    """|d|², of real numbers without the detour."""
    complex_ = deviation.dtype.kind == "c"
    return real(deviation * conj(deviation)) if complex_ else square(deviation)


def _std_vjp(
    g: Any, out: Any, x: Any, axis: Any, correction: float, keepdims: bool
) -> Any:
    deviation = x - mean(x, axis, keepdims=True)
    count = _counted(x, axis) - correction
    # Equal entries have no deviation, and no direction in which it grows first.
    scale = g / (where(equal(out, 0), 1, out) * count)
    return _spread(scale, x, axis, keepdims) * conj(deviation)


@composite(
    dtype="floating",
    vjp=(_std_vjp,),
    prepare=_as_moment,
    domain=_MOMENTS,
    method=True,
)
def std(
    x: Any, /, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False
) -> Any:
    """Standard deviation over the axes; the gradient at equal entries is 0."""
    return sqrt(var(x, axis, correction=correction, keepdims=keepdims))


def largest(x: Any, axis: Any) -> Any:
    """The largest real part along axes, as a number: to be taken from exponents."""
    size = real(x) if x.dtype.kind == "c" else x
    return stop_gradient(max(size, axis, keepdims=True))


def _weights(out: Any, x: Any, axis: Any) -> Any:
    """eˣ / Σ eˣ; of an infinite sum, the infinite entries take equal parts."""
    infinite = astype(equal(x, math.inf), x.dtype)
    count = sum(infinite, axis, keepdims=True)
    return where(isfinite(out), exp(x - out), strong_divide(infinite, count))


@composite(
    dtype="floating",
    vjp=(
        lambda g, out, x, axis, keepdims: strong_multiply(
            _spread(g, x, axis, keepdims),
            _weights(_spread(out, x, axis, keepdims), x, axis),
        ),
    ),
    prepare=_as_reduction,
    domain=_over(Interval(-10, 10), analytic=False),
)
def logsumexp(x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """log Σ eˣ over the axes, without overflow (book §3.5.2); all −∞ gives −∞."""
    top = largest(x, axis)
    top = where(isfinite(top), top, 0)
    total = log(sum(exp(x - top), axis, keepdims=True)) + top
    return total if keepdims else reshape(total, _reduced(total, axis, False))


def _as_choice(x: Any, /, axis: int | None = None, *, keepdims: bool = False) -> Any:
    axes = None if axis is None else normalise_axes(axis, x.ndim)[0]
    return (x,), {"axis": axes, "keepdims": bool(keepdims)}


def _chosen(x: Any, axis: int | None, keepdims: bool) -> Any:
    axes = normalise_axes(axis, len(x.shape))
    return _not_empty(x, axes, keepdims)[0], INTEGER


_CHOICES = Domain(
    (Interval(-5, 5),),
    signature="(n,m)",
    options=({}, {"axis": 0}, {"axis": -1, "keepdims": True}),
)


@primitive(
    real=True,
    infer=_chosen,
    prepare=_as_choice,
    domain=_CHOICES,
    method=True,
    batch="axis",
)
def argmax(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Index of the first largest entry along one axis, or of all entries in a row."""
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@primitive(
    real=True,
    infer=_chosen,
    prepare=_as_choice,
    domain=_CHOICES,
    method=True,
    batch="axis",
)
def argmin(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Index of the first smallest entry along one axis, or of all entries in a row."""
    return xp.argmin(x, axis=axis, keepdims=keepdims)


_TRUTHS = _over(Interval(0, 2, "bool"))


@primitive(
    infer=_to(lambda _: BOOL),
    prepare=_as_reduction,
    domain=_TRUTHS,
    method=True,
    batch="axis",
)
def all(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Whether every entry over the axes is true."""
    return xp.all(x, axis=axis, keepdims=keepdims)


@primitive(
    infer=_to(lambda _: BOOL),
    prepare=_as_reduction,
    domain=_TRUTHS,
    method=True,
    batch="axis",
)
def any(xp: Any, x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Whether some entry over the axes is true."""
    return xp.any(x, axis=axis, keepdims=keepdims)


__all__ = declared(globals())
