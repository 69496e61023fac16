"""Moving entries without changing them: reshape, permute, broadcast, join, split."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import promote
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.shapes import (
    as_shape,
    broadcast,
    is_static,
    normalise_axes,
    normalise_axis,
    product,
    quotient,
    show,
    total,
)


def _one(*options: dict[str, Any], signature: str = "(n,m)") -> Domain:
    return Domain((Interval(-10, 10),), signature=signature, options=options)


def _numbers(values: tuple[Any, ...]) -> Any:
    """Sizes or axes given one by one, or as one sequence."""
    return values[0] if len(values) == 1 else values


# Tensors do not change, so whether a copy is made is never seen.
def _as_reshape(x: Any, /, shape: Any, *sizes: Any, copy: bool | None = None) -> Any:
    wanted = _numbers((shape, *sizes))
    dims = (wanted,) if isinstance(wanted, int | str) else tuple(wanted)
    unknown = [i for i, d in enumerate(dims) if not isinstance(d, str) and d == -1]
    if len(unknown) > 1:
        raise ArgumentError(f"shape {dims} has -1 more than once")
    known = as_shape(d for i, d in enumerate(dims) if i not in unknown)
    if not unknown:
        return (x,), {"shape": known}
    rest = quotient(product(x.shape), product(known)) if product(known) else None
    if rest is None:
        raise ShapeError(
            f"shape {show(x.shape)} does not divide into {show(dims)}",
            remedy=f"it has {product(x.shape)} entries",
        )
    return (x,), {"shape": (*known[: unknown[0]], rest, *known[unknown[0] :])}


def _reshaped(x: Any, shape: Any) -> Any:
    if product(x.shape) != product(shape):
        raise ShapeError(
            f"shape {show(x.shape)} with {product(x.shape)} entries does not reshape "
            f"to {show(shape)} with {product(shape)}",
            remedy="keep the number of entries; -1 stands for the size that is left",
        )
    return shape, x.dtype


@primitive(
    infer=_reshaped,
    vjp=(lambda g, out, x, shape: reshape(g, x.shape),),
    prepare=_as_reshape,
    domain=_one({"shape": (-1,)}, {"shape": (1, -1, 1)}),
    method=True,
    batch=lambda size, inputs, mapped, attrs: reshape(
        inputs[0], (size, *attrs["shape"])
    ),
)
def reshape(xp: Any, x: Any, /, shape: Any) -> Any:
    """x with another shape, entries in the same (row-major) order; -1 is inferred."""
    return xp.reshape(x, shape)


def _as_permutation(x: Any, /, axes: Any = None, *order: Any) -> Any:
    if axes is None:
        return (x,), {"axes": tuple(reversed(range(x.ndim)))}
    wanted = _numbers((axes, *order))
    permutation = tuple(normalise_axis(a, x.ndim) for a in wanted)
    if sorted(permutation) != list(range(x.ndim)):
        raise ShapeError(
            f"axes {tuple(wanted)} do not name each of the {x.ndim} axes once"
        )
    return (x,), {"axes": permutation}


@primitive(
    infer=lambda x, axes: (tuple(x.shape[a] for a in axes), x.dtype),
    vjp=(
        lambda g, out, x, axes: permute_dims(
            g, tuple(sorted(range(len(axes)), key=axes.__getitem__))
        ),
    ),
    prepare=_as_permutation,
    domain=_one({"axes": (1, 0)}, {"axes": (-2, -1)}),
    like="numpy.transpose",
    method=True,
    batch=lambda size, inputs, mapped, attrs: permute_dims(
        inputs[0], (0, *(a + 1 for a in attrs["axes"]))
    ),
)
def permute_dims(xp: Any, x: Any, /, axes: Any = None) -> Any:
    """x with its axes in another order, by default reversed."""
    return xp.permute_dims(x, axes)


@composite(domain=_one({}), glyph="ᵀ")
def matrix_transpose(x: Any, /) -> Any:
    """x with its last two axes swapped."""
    if x.ndim < 2:
        raise ShapeError(
            f"shape {show(x.shape)} has no two axes to swap",
            remedy="a vector has no transpose; use x.reshape(1, -1) for a row",
        )
    return permute_dims(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _as_expansion(x: Any, /, axis: Any = 0) -> Any:
    count = 1 if hasattr(axis, "__index__") else len(tuple(axis))
    return (x,), {"axis": normalise_axes(axis, x.ndim + count)}


def _expanded(x: Any, axis: Any) -> Any:
    dims = iter(x.shape)
    ndim = len(x.shape) + len(axis)
    return tuple(1 if a in axis else next(dims) for a in range(ndim)), x.dtype


@primitive(
    infer=_expanded,
    vjp=(lambda g, out, x, axis: reshape(g, x.shape),),
    prepare=_as_expansion,
    domain=_one({"axis": 0}, {"axis": (-1, 1)}),
    batch="axis",
)
def expand_dims(xp: Any, x: Any, /, axis: Any = 0) -> Any:
    """x with new axes of size 1 at the places named in the result."""
    return xp.expand_dims(x, axis)


def _as_squeeze(x: Any, /, axis: Any = None) -> Any:
    if axis is None:
        return (x,), {"axis": tuple(i for i, d in enumerate(x.shape) if d == 1)}
    axes = normalise_axes(axis, x.ndim)
    if any(x.shape[a] != 1 for a in axes):
        raise ShapeError(
            f"axis {axis} of shape {show(x.shape)} does not have size 1",
            remedy="only axes of size 1 can be left out",
        )
    return (x,), {"axis": axes}


@primitive(
    infer=lambda x, axis: (
        tuple(d for i, d in enumerate(x.shape) if i not in axis),
        x.dtype,
    ),
    vjp=(lambda g, out, x, axis: reshape(g, x.shape),),
    prepare=_as_squeeze,
    domain=_one({"axis": 1}, {}, signature="(n,1)"),
    method=True,
    batch="axis",
)
def squeeze(xp: Any, x: Any, /, axis: Any = None) -> Any:
    """x without axes of size 1: the named ones, or all."""
    return xp.squeeze(x, axis)


def _broadcast(x: Any, shape: Any) -> Any:
    if broadcast(x.shape, shape) != shape:
        raise ShapeError(
            f"shape {show(x.shape)} does not broadcast to {show(shape)}",
            remedy="an axis grows only from size 1",
        )
    return shape, x.dtype


def _batched_broadcast(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    (x,), shape = inputs, attrs["shape"]
    new = (1,) * (len(shape) + 1 - x.ndim)
    return broadcast_to(reshape(x, (size, *new, *x.shape[1:])), (size, *shape))


@primitive(
    infer=_broadcast,
    vjp=(lambda g, out, x, shape: g,),
    prepare=lambda x, /, shape: ((x,), {"shape": as_shape(shape)}),
    domain=_one({"shape": (3, 2, 4)}, {"shape": (2, 4)}, signature="(1,4)"),
    batch=_batched_broadcast,
)
def broadcast_to(xp: Any, x: Any, /, shape: Any) -> Any:
    """x repeated along new axes and axes of size 1, without a copy."""
    return xp.broadcast_to(x, shape)


@composite(
    prepare=lambda x, /, axis=None: (
        (x,),
        {"axis": normalise_axes(axis, x.ndim)},
    ),
    domain=_one({}, {"axis": 1}),
)
def flip(x: Any, /, axis: Any = None) -> Any:
    """x with the order of the entries reversed along the axes named, or all."""
    back = slice(None, None, -1)
    return x[tuple(back if a in axis else slice(None) for a in range(x.ndim))]


def _listed(arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arrays of a list, or given one by one."""
    listed = len(arrays) == 1 and isinstance(arrays[0], list | tuple)
    inputs = tuple(arrays[0]) if listed else arrays
    if not inputs:
        raise ArgumentError("there is nothing to join", remedy="give a list: [x, y]")
    return inputs


def _as_parts(*arrays: Any, axis: int | None = 0) -> Any:
    inputs = _listed(arrays)
    if axis is None:
        return tuple(reshape(x, (-1,)) for x in inputs), {"axis": 0}
    return inputs, {"axis": normalise_axis(axis, np.ndim(inputs[0]))}


def _as_layers(*arrays: Any, axis: int = 0) -> Any:
    inputs = _listed(arrays)
    return inputs, {"axis": normalise_axis(axis, np.ndim(inputs[0]) + 1)}


def _joined(*arrays: Any, axis: int) -> Any:
    first = arrays[0]
    a = axis
    for x in arrays:
        if len(x.shape) != first.ndim or any(
            d != e
            for i, (d, e) in enumerate(zip(x.shape, first.shape, strict=True))
            if i != a
        ):
            shapes = ", ".join(show(x.shape) for x in arrays)
            raise ShapeError(
                f"shapes {shapes} do not join along axis {axis}",
                remedy="all other axes must be equal",
            )
    joined = total(x.shape[a] for x in arrays)
    shape = (*first.shape[:a], joined, *first.shape[a + 1 :])
    return shape, promote(*[x.dtype for x in arrays])


def _parts(g: Any, out: Any, *arrays: Any, axis: int) -> list[Any]:
    sizes = [x.shape[axis] for x in arrays]
    if not is_static(sizes):
        raise ShapeError(
            f"the gradient of concat needs sizes that are known along axis {axis}",
            remedy="give the placeholder a number there",
        )
    ends = np.cumsum(sizes).tolist()
    ahead = (slice(None),) * axis
    return [g[(*ahead, slice(e - n, e))] for e, n in zip(ends, sizes, strict=True)]


@primitive(
    infer=_joined,
    vjp=_parts,
    prepare=_as_parts,
    batch="axis",
    domain=Domain(
        (Interval(-10, 10), Interval(-10, 10)),
        signature="(n,m),(n,m)->(k,m)",
        options=({}, {"axis": -1}),
    ),
    like="numpy.concatenate",
)
def concat(xp: Any, *arrays: Any, axis: int = 0) -> Any:
    """The tensors of a list joined along an axis that they have."""
    return xp.concat(arrays, axis=axis)


@composite(
    prepare=_as_layers,
    domain=Domain(
        (Interval(-10, 10), Interval(-10, 10)),
        signature="(n,m),(n,m)->(k,n,m)",
        options=({}, {"axis": -1}),
    ),
)
def stack(*arrays: Any, axis: int = 0) -> Any:
    """The tensors of a list, all of one shape, joined along a new axis."""
    return concat([expand_dims(x, axis) for x in arrays], axis=axis)


def _as_split(x: Any, /, sections: Any, *, axis: int = 0) -> Any:
    axis = normalise_axis(axis, x.ndim)
    size = x.shape[axis]
    if isinstance(sections, int):
        if not isinstance(size, int) or sections < 1 or size % sections:
            raise ShapeError(
                f"axis {axis} of shape {show(x.shape)} does not split into "
                f"{sections} equal parts",
                remedy="give the indices to split at: split(x, [2, 5])",
            )
        step = size // sections
        cuts = tuple(step * i for i in range(1, sections))
        return (x,), {"sections": cuts, "axis": axis}
    return (x,), {"sections": tuple(int(s) for s in sections), "axis": axis}


def _split(x: Any, sections: tuple[int, ...], axis: int) -> Any:
    a = axis
    if not isinstance(x.shape[a], int):
        raise ShapeError(f"axis {axis} of shape {show(x.shape)} has no known size")
    parts = np.split(np.arange(x.shape[a]), sections)
    shapes = tuple((*x.shape[:a], len(p), *x.shape[a + 1 :]) for p in parts)
    return shapes, (x.dtype,) * len(shapes)


@primitive(
    infer=_split,
    vjp=lambda g, out, x, sections, axis: [concat(list(g), axis=axis)],
    prepare=_as_split,
    multiple=True,
    batch="axis",
    domain=_one({"sections": 2}, {"sections": (1, 3), "axis": 1}, signature="(4,5)"),
)
def split(xp: Any, x: Any, /, sections: Any, *, axis: int = 0) -> Any:
    """A list of parts of x: so many equal ones, or cut at the indices given."""
    return tuple(xp.split(x, sections, axis))


__all__ = declared(globals())
