"""Sorting and searching along an axis."""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import INTEGER
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.arranging import add_along_axis, take, take_along_axis
from graphgrad.ops.comparison import equal, logical_not, not_equal
from graphgrad.ops.cumulative import cumulative_sum
from graphgrad.ops.movement import concat, expand_dims, reshape
from graphgrad.ops.reduction import any, sum
from graphgrad.ops.structure import astype, ones_like, zeros_like
from graphgrad.shapes import normalise_axes, normalise_axis, show

_ROWS = Domain(
    (Interval(-5, 5),),
    signature="(n,m)",
    options=({"stable": True}, {"axis": 0, "descending": True}),
    ties=True,
    analytic=False,
)


def _as_sorting(
    x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Any:
    axis = normalise_axis(axis, x.ndim)
    return (x,), {"axis": axis, "descending": bool(descending), "stable": True}


@primitive(
    real=True,
    infer=lambda x, axis, descending, stable: (x.shape, INTEGER),
    prepare=_as_sorting,
    domain=_ROWS,
    method=True,
    batch="axis",
)
def argsort(
    xp: Any,
    x: Any,
    /,
    *,
    axis: int = -1,
    descending: bool = False,
    stable: bool = True,
) -> Any:
    """The indices that sort x along an axis; equal entries keep their order."""
    if not descending:
        return xp.argsort(x, axis=axis, stable=True)
    turned = xp.argsort(xp.flip(x, axis=axis), axis=axis, stable=True)
    return x.shape[axis] - 1 - xp.flip(turned, axis=axis)


def _sort_vjp(
    g: Any, out: Any, x: Any, axis: int, descending: bool, stable: bool
) -> Any:
    """Equal entries share what arrives at their places, as those of `max` do."""
    ahead = (slice(None),) * axis
    upper, lower = out[(*ahead, slice(1, None))], out[(*ahead, slice(None, -1))]
    first = zeros_like(out[(*ahead, slice(0, 1))], dtype=INTEGER)
    steps = astype(not_equal(upper, lower), INTEGER)
    groups = cumulative_sum(concat([first, steps], axis=axis), axis=axis)
    sums = add_along_axis(zeros_like(g), g, groups, axis=axis)
    counts = add_along_axis(zeros_like(g), ones_like(g), groups, axis=axis)
    shared = take_along_axis(sums, groups, axis=axis) / take_along_axis(
        counts, groups, axis=axis
    )
    order = argsort(x, axis=axis, descending=descending)
    return add_along_axis(zeros_like(x), shared, order, axis=axis)


@composite(real=True, vjp=(_sort_vjp,), prepare=_as_sorting, domain=_ROWS)
def sort(
    x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Any:
    """x sorted along an axis, NaN last; entries that tie share the gradient equally."""
    order = argsort(x, axis=axis, descending=descending)
    return take_along_axis(x, order, axis=axis)


def _as_search(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    if side not in ("left", "right"):
        raise ArgumentError(f'a side is "left" or "right", not {side!r}')
    return (x1 if sorter is None else take(x1, sorter), x2), {"side": side}


def _places(x1: Any, x2: Any, side: str) -> Any:
    if len(x1.shape) != 1:
        raise ShapeError(
            f"shape {show(x1.shape)} is not a sorted row", remedy="give a vector first"
        )
    return x2.shape, INTEGER


@primitive(
    real=True,
    infer=_places,
    prepare=_as_search,
    domain=Domain(
        (Interval(-5, 5), Interval(-5, 5)),
        signature="(n),()",
        options=({}, {"side": "right"}),
        analytic=False,
    ),
)
def searchsorted(xp: Any, x1: Any, x2: Any, /, *, side: str = "left") -> Any:
    """Where the entries of x2 go into the sorted vector x1 so that it stays sorted."""
    return xp.searchsorted(x1, x2, side=side)


def _as_count(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    return (x,), {"axis": normalise_axes(axis, x.ndim), "keepdims": bool(keepdims)}


@composite(
    prepare=_as_count,
    domain=Domain(
        (Interval(-2, 2, "int64"),),
        signature="(n,m)",
        options=({}, {"axis": 0, "keepdims": True}),
    ),
)
def count_nonzero(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The number of entries over the axes that are not 0."""
    return sum(not_equal(x, 0), axis, keepdims=keepdims)


@composite(
    domain=Domain(
        (Interval(-2, 2, "int64"), Interval(-2, 2, "int64")),
        signature="(n,m),(k)",
        options=({}, {"invert": True}),
    ),
    like="numpy.isin",
)
def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Whether each entry of x1 is one of x2, or with ``invert`` whether it is none."""
    found = any(equal(expand_dims(x1, -1), reshape(x2, (-1,))), -1)
    return logical_not(found) if invert else found


__all__ = declared(globals())
