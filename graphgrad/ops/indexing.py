"""Selecting entries, and setting or adding to them in a copy.

An index is a pattern, see graph/pattern.py, and the integer tensors in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import promote
from graphgrad.errors import ArgumentError, IndexingError, ShapeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.graph.pattern import (
    ARRAY,
    WHOLE,
    Slice,
    as_pattern,
    assemble,
    is_mask,
    is_together,
    length,
    mask_shape,
    show_pattern,
    spelled_out,
)
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.comparison import equal, where
from graphgrad.ops.movement import (
    broadcast_to,
    expand_dims,
    permute_dims,
    reshape,
)
from graphgrad.ops.structure import zeros_like
from graphgrad.shapes import broadcast, is_static, show


def _selected(x: Any, *arrays: Any, pattern: tuple[Any, ...]) -> Any:
    """Shape and dtype of x[index], by NumPy's rules.

    Numbers beside arrays count as arrays; the axes that all of these give come where
    they stand together, or first where something stands between them.
    """
    dims: list[Any] = []
    start, axis = None, 0
    rest = iter(arrays)
    for part in spelled_out(pattern, len(x.shape), x.shape):
        if part is None:
            dims.append(1)
            continue
        if isinstance(part, Slice):
            dims.append(length(part, x.shape[axis], x.shape))
        else:
            index = next(rest) if part is ARRAY else part
            _require_inside(index, x.shape[axis], x.shape)
            start = len(dims) if start is None else start
        axis += 1
    at = start if start is not None and is_together(pattern) else 0
    return (*dims[:at], *broadcast(*[a.shape for a in arrays]), *dims[at:]), x.dtype


def _require_inside(index: Any, dim: Any, shape: Any) -> None:
    """Refuse what is known to be out of range: numbers and constant arrays."""
    if isinstance(index, Tensor):
        index = index._value if index.op.name == "constant" else ()
    if isinstance(dim, int):
        known = np.asarray(index)
        for i in known[(known < -dim) | (known >= dim)].ravel()[:1]:
            raise IndexingError(
                f"index {i} is outside an axis of {dim} of shape {show(shape)}"
            )


def _inner_axes(pattern: tuple[Any, ...], arrays: Any) -> int:
    """How many axes of index arrays come before those that an axis in front gives."""
    if not arrays or is_together(pattern):
        return 0
    return len(broadcast(*[a.shape for a in arrays]))


def _batched_getitem(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    _, *arrays = inputs
    if any(mapped[1:]):
        return NotImplemented
    inner = _inner_axes(attrs["pattern"], arrays)
    y = getitem.apply(inputs, {"pattern": (WHOLE, *attrs["pattern"])})
    order = (inner, *(a for a in range(y.ndim) if a != inner))
    return permute_dims(y, order) if inner else y


def _batched_write(op: Any, size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    x, values, *arrays = inputs
    if any(mapped[2:]):
        return NotImplemented
    if not mapped[0]:
        x = broadcast_to(x, (size, *x.shape))
    pattern = attrs["pattern"]
    one = _selected(x[0], *arrays, pattern=pattern)[0]
    inner = _inner_axes(pattern, arrays)
    if mapped[1]:
        new = (1,) * (len(one) + 1 - values.ndim)
        values = reshape(values, (size, *new, *values.shape[1:]))
        order = (*range(1, inner + 1), 0, *range(inner + 1, len(one) + 1))
        values = permute_dims(values, order)
    else:
        values = reshape(values, (*(1,) * (len(one) - values.ndim), *values.shape))
        values = expand_dims(values, inner)
    return op.apply((x, values, *arrays), {"pattern": (WHOLE, *pattern)})


def _as_getitem(x: Any, index: Any) -> Any:
    if not isinstance(index, tuple) and is_mask(index) and mask_shape(index) == ():
        # A mask without axes keeps all of x in a new axis, or leaves it empty.
        x, index = expand_dims(x, 0), reshape(index, (1,))
    pattern, arrays = as_pattern(index, x.shape)
    return (x, *arrays), {"pattern": pattern}


def _getitem_vjp(g: Any, out: Any, x: Any, *arrays: Any, pattern: Any) -> list[Any]:
    spread = index_add.apply((zeros_like(x), g, *arrays), {"pattern": pattern})
    return [spread, *[None] * len(arrays)]


_INDEXED = Domain(
    (Interval(-10, 10),),
    signature="(4,3)",
    options=(
        {"index": 1},
        {"index": (slice(None, None, -2), None)},
        {"index": ([0, -1, 0],)},
        {"index": ([[0, 1], [1, 1]], slice(1, None))},
        {"index": (Ellipsis, [2, 0])},
    ),
)


@primitive(
    infer=_selected,
    vjp=_getitem_vjp,
    prepare=_as_getitem,
    operators=("__getitem__",),
    glyph="[ ]",
    domain=_INDEXED,
    batch=_batched_getitem,
)
def getitem(xp: Any, x: Any, *arrays: Any, pattern: Any) -> Any:
    """The entries x[index], by NumPy's rules; repeated ones sum their gradients."""
    return x[assemble(pattern, arrays)]


def _written(x: Any, values: Any, *arrays: Any, pattern: tuple[Any, ...]) -> Any:
    target = _selected(x, *arrays, pattern=pattern)[0]
    if broadcast(target, values.shape) != target:
        raise ShapeError(
            f"values of shape {show(values.shape)} do not broadcast to the "
            f"{show(target)} entries [{show_pattern(pattern)}]"
        )
    return x.shape, promote(x.dtype, values.dtype)


def _as_write(x: Any, values: Any, index: Any) -> Any:
    pattern, arrays = as_pattern(index, x.shape)
    return (x, values, *arrays), {"pattern": pattern}


def _set_vjp(
    g: Any, out: Any, x: Any, values: Any, *arrays: Any, pattern: Any
) -> list[Any]:
    parameters = {"pattern": pattern}
    kept = index_set.apply((g, 0.0, *arrays), parameters)
    taken = getitem.apply((g, *arrays), parameters)
    if arrays:  # of values set at the same entry only the last is there
        shape = taken.shape
        if not is_static((*shape, *x.shape)):
            raise ShapeError(
                f"the gradient of setting entries of shape {show(x.shape)} by arrays "
                "needs sizes that are known",
                remedy="give the placeholder numbers for its dimensions",
            )
        turn = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        blank = np.full(x.shape, -1)
        last = index_set.apply((blank, turn, *arrays), parameters)
        won = equal(getitem.apply((last, *arrays), parameters), turn)
        taken = where(won, taken, 0)
    return [kept, taken, *[None] * len(arrays)]


_WRITTEN = Domain(
    (Interval(-10, 10), Interval(-10, 10)),
    signature="(4,3),()",
    options=({"index": 1}, {"index": ([0, -1, 0],)}, {"index": (Ellipsis, [2, 0])}),
)


def _batched_set(*facts: Any) -> Any:
    return _batched_write(index_set, *facts)


def _batched_add(*facts: Any) -> Any:
    return _batched_write(index_add, *facts)


@primitive(
    infer=_written,
    vjp=_set_vjp,
    prepare=_as_write,
    glyph="[ ]=",
    domain=_WRITTEN,
    batch=_batched_set,
)
def index_set(xp: Any, x: Any, values: Any, *arrays: Any, pattern: Any) -> Any:
    """A copy of x with x[index] = values; of repeated entries the last one stays."""
    return xp.index_set(x, assemble(pattern, arrays), values)


@primitive(
    infer=_written,
    vjp=lambda g, out, x, values, *arrays, pattern: [
        g,
        getitem.apply((g, *arrays), {"pattern": pattern}),
        *[None] * len(arrays),
    ],
    prepare=_as_write,
    glyph="[ ]+",
    domain=_WRITTEN,
    batch=_batched_add,
)
def index_add(xp: Any, x: Any, values: Any, *arrays: Any, pattern: Any) -> Any:
    """A copy of x with values added at x[index], at repeated entries each of them."""
    return xp.index_add(x, assemble(pattern, arrays), values)


class At:
    """``x.at[index]``, as in JAX: ``.set(v)`` and ``.add(v)`` give changed copies.

    Example:
        >>> import graphgrad as gg
        >>> gg.variable([1.0, 2.0, 3.0]).at[1].set(0).value
        array([1., 0., 3.])
    """

    __slots__ = ("_index", "_x")

    def __init__(self, x: Tensor, index: Any = None) -> None:
        self._x = x
        self._index = index

    def __getitem__(self, index: Any) -> At:
        return At(self._x, (index,) if not isinstance(index, tuple) else index)

    def set(self, values: Any) -> Tensor:
        """A copy in which these entries are the values."""
        return index_set(self._x, values, self._chosen())

    def add(self, values: Any) -> Tensor:
        """A copy in which the values are added to these entries."""
        return index_add(self._x, values, self._chosen())

    def _chosen(self) -> Any:
        if self._index is None:
            raise ArgumentError("x.at needs an index", remedy="write x.at[i].set(v)")
        return self._index


__all__ = declared(globals())
