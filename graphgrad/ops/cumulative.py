"""Running sums and products along an axis, and differences of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import as_dtype
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.movement import concat, flip
from graphgrad.ops.reduction import whole
from graphgrad.ops.structure import cast, ones_like, zeros_like
from graphgrad.shapes import normalise_axis, show, total

_OPTIONS = ({"axis": 0}, {"axis": -1, "include_initial": True})


def _over(low: float, high: float) -> Domain:
    return Domain((Interval(low, high),), signature="(n,m)", options=_OPTIONS)


def _as_running(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: Any = False,
) -> Any:
    if axis is None and np.ndim(x) != 1:
        raise ArgumentError(
            f"shape {show(x.shape)} needs an axis to run along",
            remedy="write cumulative_sum(x, axis=0)",
        )
    return (x,), {
        "axis": normalise_axis(axis or 0, np.ndim(x)),
        "dtype": None if dtype is None else as_dtype(dtype).name,
        "include_initial": bool(include_initial),
    }


def _run(x: Any, axis: int, dtype: Any, include_initial: bool) -> Any:
    kept = whole(x.dtype) if dtype is None else cast(x, dtype)
    shape = list(x.shape)
    if include_initial:
        shape[axis] = total((shape[axis], 1))
    return tuple(shape), kept


def _later(g: Any, axis: int, include_initial: bool) -> Any:
    """The cotangents without that of the initial value."""
    return g[(*(slice(None),) * axis, slice(1, None))] if include_initial else g


def _sum_vjp(
    g: Any, out: Any, x: Any, axis: int, dtype: Any, include_initial: bool
) -> Any:
    backwards = flip(_later(g, axis, include_initial), axis)
    return flip(cumulative_sum(backwards, axis=axis), axis)


@primitive(
    infer=_run,
    vjp=(_sum_vjp,),
    prepare=_as_running,
    domain=_over(-5, 5),
    glyph="Σ…",
    batch="axis",
)
def cumulative_sum(
    xp: Any,
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Any:
    """Sums of the entries up to each along an axis, from 0 on if that is included."""
    return xp.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)


def _product_vjp(
    g: Any, out: Any, x: Any, axis: int, dtype: Any, include_initial: bool
) -> Any:
    """The product before xᵢ times sᵢ = gᵢ + xᵢ₊₁ sᵢ₊₁: no division, so zeros are right.

    The recurrence is a chain of maps s → g + x s; they are composed by doubling.
    """
    size = x.shape[axis]
    if not isinstance(size, int):
        raise ShapeError(
            f"the gradient of cumulative_prod along axis {axis} of shape "
            f"{show(x.shape)} needs a size that is known",
            remedy="give the placeholder a number there",
        )
    if size == 0:
        return zeros_like(x)
    ahead = (slice(None),) * axis

    def part(t: Any, start: int | None, stop: int | None) -> Any:
        return t[(*ahead, slice(start, stop))]

    def moved(t: Any, by: int, fill: Callable[[Any], Any]) -> Any:
        return concat([part(t, by, None), fill(part(t, 0, min(by, size)))], axis=axis)

    sums, factors = _later(g, axis, include_initial), moved(x, 1, zeros_like)
    reach = 1
    while reach < size:
        sums = sums + factors * moved(sums, reach, zeros_like)
        factors = factors * moved(factors, reach, zeros_like)
        reach *= 2
    before = cumulative_prod(part(x, 0, size - 1), axis=axis)
    return sums * concat([ones_like(part(x, 0, 1)), before], axis=axis)


@primitive(
    infer=_run,
    vjp=(_product_vjp,),
    prepare=_as_running,
    domain=_over(-2, 2),
    glyph="Π…",
    batch="axis",
)
def cumulative_prod(
    xp: Any,
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Any:
    """Products of the entries up to each along an axis; right at zeros too."""
    return xp.cumulative_prod(
        x, axis=axis, dtype=dtype, include_initial=include_initial
    )


def _as_difference(
    x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None
) -> Any:
    if n < 0:
        raise ArgumentError(f"a difference cannot be taken {n} times")
    parts = [p for p in (prepend, x, append) if p is not None]
    joined = concat(parts, axis=axis) if len(parts) > 1 else x
    return (joined,), {"axis": normalise_axis(axis, joined.ndim), "n": int(n)}


@composite(
    prepare=_as_difference,
    domain=Domain(
        (Interval(-5, 5),), signature="(n,m)", options=({}, {"axis": 0, "n": 2})
    ),
)
def diff(x: Any, /, *, axis: int = -1, n: int = 1) -> Any:
    """Differences of neighbours along an axis, n times over.

    Args:
        x: of any shape with that axis.
        axis: where the neighbours are.
        n: how often.

    Values to put before or behind x are given as ``prepend`` and ``append``.
    """
    ahead = (slice(None),) * axis
    for _ in range(n):
        upper, lower = x[(*ahead, slice(1, None))], x[(*ahead, slice(None, -1))]
        x = upper != lower if x.dtype.kind == "b" else upper - lower
    return x


__all__ = declared(globals())
