"""Taking and repeating entries along an axis; built on indexing and movement."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import promote
from graphgrad.errors import ArgumentError, DTypeError, ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.movement import (
    broadcast_to,
    concat,
    expand_dims,
    permute_dims,
    reshape,
)
from graphgrad.ops.structure import zeros_like
from graphgrad.shapes import broadcast, normalise_axes, normalise_axis, product, show

_REALS = Interval(-10, 10)


def _on(*options: dict[str, Any], signature: str = "(n,m)") -> Domain:
    return Domain((_REALS,), signature=signature, options=options)


def require_whole(indices: Any) -> None:
    """Refuse indices that are not integers.

    Raises:
        DTypeError: for these.
    """
    if indices.dtype.kind not in "iu":
        raise DTypeError(
            f"indices have dtype {indices.dtype}", remedy="indices are integers"
        )


def _as_taking(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    if axis is None and x.ndim != 1:
        raise ArgumentError(
            f"shape {show(x.shape)} needs an axis to take along",
            remedy="write take(x, indices, axis=0)",
        )
    return (x, indices), {"axis": normalise_axis(axis or 0, x.ndim)}


@composite(
    prepare=_as_taking,
    domain=Domain(
        (_REALS, Interval(-1, 3, "int64")),
        signature="(3,4),(k)",
        options=({"axis": -2}, {"axis": -1}),
    ),
)
def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The entries of x at these indices along an axis; repeated ones sum gradients."""
    require_whole(indices)
    return x[(slice(None),) * axis + (indices,)]  # type: ignore[operator]


def _as_along(x: Any, indices: Any, /, axis: int = -1) -> Any:
    return (x, indices), {"axis": normalise_axis(axis, x.ndim)}


def _along(x: Any, indices: Any, axis: int) -> Any:
    require_whole(indices)
    if len(x.shape) != len(indices.shape):
        raise ShapeError(
            f"indices of shape {show(indices.shape)} do not run along shape "
            f"{show(x.shape)}",
            remedy="both have the same number of axes",
        )
    shape = list(broadcast(_without(x.shape, axis), _without(indices.shape, axis)))
    return (*shape[:axis], indices.shape[axis], *shape[axis + 1 :]), x.dtype


def _without(shape: Any, axis: int) -> Any:
    return (*shape[:axis], 1, *shape[axis + 1 :])


def _index(xp: Any, x: Any, indices: Any, axis: int) -> tuple[Any, ...]:
    """The index that picks along one axis and keeps its place on all others."""
    return tuple(
        indices
        if a == axis
        else xp.reshape(xp.arange(n), (-1, *(1,) * (x.ndim - a - 1)))
        for a, n in enumerate(x.shape)
    )


_RUN = Domain(
    (_REALS, Interval(-1, 3, "int64")),
    signature="(3,4),(3,2)",
    options=({"axis": -1},),
)


@primitive(
    infer=_along,
    vjp=(
        lambda g, out, x, indices, axis: add_along_axis(
            zeros_like(x), g, indices, axis=axis
        ),
        None,
    ),
    prepare=_as_along,
    domain=_RUN,
    batch="axis",
)
def take_along_axis(xp: Any, x: Any, indices: Any, /, axis: int = -1) -> Any:
    """The entries of x at indices that differ from row to row, as argsort gives."""
    return x[_index(xp, x, indices, axis)]


def _as_adding(x: Any, values: Any, indices: Any, /, axis: int = -1) -> Any:
    return (x, values, indices), {"axis": normalise_axis(axis, x.ndim)}


def _added(x: Any, values: Any, indices: Any, axis: int) -> Any:
    shape = _along(x, indices, axis)[0]
    if broadcast(shape, values.shape) != shape:
        raise ShapeError(
            f"values of shape {show(values.shape)} do not broadcast to the indices' "
            f"{show(shape)}"
        )
    return x.shape, promote(x.dtype, values.dtype)


@primitive(
    infer=_added,
    vjp=(
        lambda g, out, x, values, indices, axis: g,
        lambda g, out, x, values, indices, axis: take_along_axis(g, indices, axis),
        None,
    ),
    prepare=_as_adding,
    domain=Domain(
        (_REALS, _REALS, Interval(-1, 3, "int64")),
        signature="(3,4),(3,2),(3,2)",
        options=({"axis": -1},),
    ),
    batch="axis",
)
def add_along_axis(
    xp: Any, x: Any, values: Any, indices: Any, /, axis: int = -1
) -> Any:
    """x with values added where `take_along_axis` would take, repeated ones too."""
    return xp.index_add(x, _index(xp, x, indices, axis), values)


def _as_repeat(x: Any, /, repeats: Any, *, axis: int | None = None) -> Any:
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    axis = normalise_axis(axis, x.ndim)
    counts = np.asarray(repeats)
    if counts.dtype.kind not in "iu" or np.any(counts < 0) or counts.ndim > 1:
        raise ArgumentError(
            f"{repeats!r} does not say how often to repeat",
            remedy="give a count, or one for each entry along the axis",
        )
    told = int(counts.reshape(-1)[0]) if counts.size == 1 else tuple(counts.tolist())
    return (x,), {"repeats": told, "axis": axis}


@composite(
    prepare=_as_repeat,
    domain=_on({"repeats": 2}, {"repeats": [0, 2, 1], "axis": -2}, signature="(3,m)"),
)
def repeat(x: Any, /, repeats: Any, *, axis: int | None = None) -> Any:
    """Every entry along an axis so many times in a row; without one, of x flattened.

    Args:
        x: of any shape.
        repeats: a count, or one for each entry along the axis.
        axis: where to repeat.
    """
    ahead, size, behind = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]  # type: ignore[operator]
    if isinstance(repeats, int):
        wide = broadcast_to(expand_dims(x, axis + 1), (*ahead, size, repeats, *behind))  # type: ignore[operator]
        return reshape(wide, (*ahead, product((size, repeats)), *behind))
    if size != len(repeats):
        raise ShapeError(f"{len(repeats)} counts for an axis of {size}")
    places = np.repeat(np.arange(len(repeats)), repeats)
    return take(x, places, axis=axis)


def _as_roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    if axis is None:
        return (x,), {"shift": (_sole(shift),), "axis": None}
    axes = axis if isinstance(axis, list | tuple) else (axis,)
    shifts = shift if isinstance(shift, list | tuple) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ArgumentError(f"{len(shifts)} shifts for {len(axes)} axes")
    normalise_axes(set(axes), x.ndim)
    numbers = tuple(normalise_axis(a, x.ndim) for a in axes)
    for a in numbers:
        if not isinstance(x.shape[a], int):
            raise ShapeError(
                f"axis {a} of shape {show(x.shape)} has no known size to roll along",
                remedy="give the placeholder a number there",
            )
    return (x,), {"shift": tuple(int(s) for s in shifts), "axis": numbers}


def _sole(shift: Any) -> int:
    if isinstance(shift, list | tuple):
        (shift,) = shift
    return int(shift)


@composite(
    prepare=_as_roll,
    domain=_on(
        {"shift": 1}, {"shift": -1, "axis": 1}, {"shift": (1, 2), "axis": (0, 1)}
    ),
)
def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """x with its entries moved along axes; those pushed out come in at the start.

    Without an axis x is moved as if flattened.
    """
    if axis is None:
        return reshape(roll(reshape(x, (-1,)), shift, axis=0), x.shape)
    for places, a in zip(shift, axis, strict=True):
        size = x.shape[a]
        if size == 0 or places % size == 0:
            continue
        ahead = (slice(None),) * a
        cut = size - places % size
        ends = x[(*ahead, slice(cut, None))], x[(*ahead, slice(None, cut))]
        x = concat(ends, axis=a)
    return x


def _as_tile(x: Any, /, repetitions: Any) -> Any:
    counts = repetitions if isinstance(repetitions, list | tuple) else (repetitions,)
    return (x,), {"repetitions": tuple(int(c) for c in counts)}


@composite(prepare=_as_tile, domain=_on({"repetitions": (2, 1, 3)}, {"repetitions": 2}))
def tile(x: Any, /, repetitions: Any) -> Any:
    """x laid side by side so many times along each axis, the last ones last."""
    ndim = max(x.ndim, len(repetitions))
    sizes = (*(1,) * (ndim - x.ndim), *x.shape)
    counts = (*(1,) * (ndim - len(repetitions)), *repetitions)
    pairs = [d for n in sizes for d in (1, n)]
    wide = [d for c, n in zip(counts, sizes, strict=True) for d in (c, n)]
    laid = broadcast_to(reshape(x, tuple(pairs)), tuple(wide))
    for a in range(ndim):  # of each pair of axes one is left
        shape = laid.shape
        whole = product(shape[a : a + 2])
        laid = reshape(laid, (*shape[:a], whole, *shape[a + 2 :]))
    return laid


def _as_unstack(x: Any, /, *, axis: int = 0) -> Any:
    place = normalise_axis(axis, x.ndim)
    if not isinstance(x.shape[place], int):
        raise ShapeError(
            f"axis {axis} of shape {show(x.shape)} has no known size",
            remedy="give the placeholder a number there",
        )
    return (x,), {"axis": place}


@composite(
    prepare=_as_unstack,
    multiple=True,
    results=lambda *parts: parts,
    domain=_on({"axis": -2}, signature="(3,m)"),
)
def unstack(x: Any, /, *, axis: int = 0) -> Any:
    """A list of the parts of x along an axis, which they lack."""
    ahead = (slice(None),) * axis
    return [x[(*ahead, i)] for i in range(x.shape[axis])]


def _as_move(x: Any, /, source: Any, destination: Any) -> Any:
    given = [
        tuple(a) if isinstance(a, list | tuple) else (a,) for a in (source, destination)
    ]
    sources, places = [tuple(normalise_axis(a, x.ndim) for a in axes) for axes in given]
    if len(sources) != len(places) or len({*sources}) < len(sources):
        raise ShapeError(f"axes {given[0]} do not move to {given[1]}")
    normalise_axes(places, x.ndim)
    return (x,), {"source": sources, "destination": places}


@composite(
    prepare=_as_move,
    domain=_on({"source": 0, "destination": -1}, signature="(2,3,4)"),
)
def moveaxis(x: Any, /, source: Any, destination: Any) -> Any:
    """x with some axes at other places, the rest in their order."""
    order = [a for a in range(x.ndim) if a not in source]
    for place, a in sorted(zip(destination, source, strict=True)):
        order.insert(place, a)
    return permute_dims(x, tuple(order))


def _as_swap(x: Any, /, axis1: int, axis2: int) -> Any:
    return (x,), {
        "axis1": normalise_axis(axis1, x.ndim),
        "axis2": normalise_axis(axis2, x.ndim),
    }


@composite(prepare=_as_swap, domain=_on({"axis1": 0, "axis2": -1}))
def swapaxes(x: Any, /, axis1: int, axis2: int) -> Any:
    """x with two axes in each other's place."""
    order = list(range(x.ndim))
    order[axis1], order[axis2] = axis2, axis1
    return permute_dims(x, tuple(order))


@composite(domain=_on({}), method=True)
def ravel(x: Any, /) -> Any:
    """x in one row, entries in the same (row-major) order."""
    return reshape(x, (-1,))


__all__ = declared(globals())
