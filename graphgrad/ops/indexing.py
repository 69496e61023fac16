"""Selecting entries, and setting or adding to them in a copy.

An index is split in two: its pattern (numbers, slices, None, ...), which is a
parameter of the op, and the integer tensors in it, which are inputs. A boolean mask
decides the result's shape, so it must be known when the node is made; it becomes the
integer indices of its true entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import BOOL, INTEGER, promote
from graphgrad.errors import ArgumentError, IndexingError, ShapeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import known
from graphgrad.ops.comparison import equal, where
from graphgrad.ops.movement import expand_dims, reshape
from graphgrad.ops.structure import zeros_like
from graphgrad.shapes import broadcast, is_static, show


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice as a parameter: unlike `slice`, it has a hash in every Python."""

    start: int | None
    stop: int | None
    step: int | None

    def __repr__(self) -> str:
        ends = [self.start, self.stop] + [self.step] * (self.step is not None)
        return ":".join("" if e is None else str(e) for e in ends)


class _Array:
    """Stands in a pattern where an index array goes."""

    def __repr__(self) -> str:
        return "array"


ARRAY = _Array()


def _as_index(index: Any, shape: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The pattern of a user's index into this shape, and its arrays."""
    pattern: list[Any] = []
    arrays: list[Any] = []
    parts = index if isinstance(index, tuple) else (index,)
    _require_masks_to_fit(parts, shape)
    for part in parts:
        if part is None or part is Ellipsis:
            pattern.append(part)
        elif isinstance(part, slice):
            ends = (part.start, part.stop, part.step)
            pattern.append(Slice(*(None if e is None else _as_number(e) for e in ends)))
        elif hasattr(part, "__index__") and not isinstance(
            part, bool | np.ndarray | Tensor
        ):
            pattern.append(_as_number(part))
        else:
            found = _as_arrays(part)
            pattern += [ARRAY] * len(found)
            arrays += found
    return tuple(pattern), tuple(arrays)


def _require_masks_to_fit(parts: tuple[Any, ...], shape: Any) -> None:
    """A mask has the shape of the axes that it stands for."""
    taken = [0 if p is None or p is Ellipsis else _axes_of(p) for p in parts]
    for place, part in enumerate(parts):
        if not _is_mask(part):
            continue
        behind = any(p is Ellipsis for p in parts[:place])
        start = len(shape) - sum(taken[place:]) if behind else sum(taken[:place])
        mask = _mask_shape(part)
        sizes = tuple(shape[start : start + len(mask)])
        if not mask or mask != sizes:
            raise IndexingError(
                f"a mask of shape {show(mask)} does not fit the axes "
                f"{show(sizes)} of shape {show(shape)}",
                remedy="a mask has the shape of the axes that it stands for",
            )


def _is_mask(part: Any) -> bool:
    if isinstance(part, Tensor):
        return part.dtype == BOOL
    return isinstance(part, bool) or (
        isinstance(part, np.ndarray | np.generic | list)
        and np.asarray(part).dtype == BOOL
    )


def _axes_of(part: Any) -> int:
    return len(_mask_shape(part)) if _is_mask(part) else 1


def _mask_shape(part: Any) -> tuple[Any, ...]:
    return part.shape if isinstance(part, Tensor) else np.shape(part)


def _as_number(value: Any) -> int:
    try:
        return value.__index__()
    except (AttributeError, TypeError):
        raise IndexingError(
            f"{value!r} is not a whole number", remedy="slice with ints: x[2:5]"
        ) from None


def _as_arrays(part: Any) -> list[Any]:
    found = part
    if isinstance(part, Tensor):
        if part.dtype.kind in "iu":
            return [part]
        found = known(part)
        if found is None:
            raise IndexingError(
                f"{describe(part)} as an index makes the shape depend on values",
                remedy="choose entries with gg.where(mask, x, 0), or index with a "
                "NumPy mask or with integers",
            )
    array = np.asarray(found)
    if array.size == 0 and array.dtype == np.float64 and not isinstance(part, Tensor):
        array = array.astype(INTEGER)  # x[[]]: an empty list has no dtype of its own
    if array.dtype == BOOL:
        return list(np.nonzero(array))
    if array.dtype.kind not in "iu":
        raise IndexingError(
            f"an index has dtype {array.dtype}",
            remedy="index with ints, slices, None, ..., or integer and boolean arrays",
        )
    return [array]


def _assemble(pattern: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index that NumPy takes."""
    rest = iter(arrays)
    return tuple(
        next(rest)
        if part is ARRAY
        else slice(part.start, part.stop, part.step)
        if isinstance(part, Slice)
        else part
        for part in pattern
    )


def _full(pattern: tuple[Any, ...], ndim: int, shape: Any) -> list[Any]:
    """The pattern with one part for every axis: the ellipsis spelled out."""
    taken = sum(part is not None and part is not Ellipsis for part in pattern)
    if taken > ndim or pattern.count(Ellipsis) > 1:
        raise IndexingError(
            f"the index [{_show(pattern)}] has too many parts for shape {show(shape)}"
        )
    rest = [Slice(None, None, None)] * (ndim - taken)
    at = pattern.index(Ellipsis) if Ellipsis in pattern else len(pattern)
    return [*pattern[:at], *rest, *pattern[at + 1 :]]


def _show(pattern: tuple[Any, ...]) -> str:
    return ", ".join("..." if p is Ellipsis else repr(p) for p in pattern)


def _length(part: Slice, dim: Any, shape: Any) -> Any:
    if part == Slice(None, None, None):
        return dim
    if isinstance(dim, str):
        raise IndexingError(
            f"[{part!r}] cuts the symbolic axis {dim!r} of shape {show(shape)}",
            remedy="give that dimension a number, or index it with an integer array",
        )
    return len(range(*slice(part.start, part.stop, part.step).indices(dim)))


def _selected(x: Any, *arrays: Any, pattern: tuple[Any, ...]) -> Any:
    """Shape and dtype of x[index], by NumPy's rules.

    Numbers beside arrays count as arrays; the axes that all of these give come where
    they stand together, or first where something stands between them.
    """
    dims: list[Any] = []
    fancy: list[int] = []  # places of numbers and arrays among the parts
    start, axis = 0, 0
    rest = iter(arrays)
    for place, part in enumerate(_full(pattern, len(x.shape), x.shape)):
        if part is None:
            dims.append(1)
            continue
        if isinstance(part, Slice):
            dims.append(_length(part, x.shape[axis], x.shape))
        else:
            index = next(rest) if part is ARRAY else part
            _require_inside(index, x.shape[axis], x.shape)
            start = start if fancy else len(dims)
            fancy.append(place)
        axis += 1
    together = len(fancy) == fancy[-1] - fancy[0] + 1 if fancy else True
    at = start if together else 0
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


def _as_getitem(x: Any, index: Any) -> Any:
    if not isinstance(index, tuple) and _is_mask(index) and _mask_shape(index) == ():
        # A mask without axes keeps all of x in a new axis, or leaves it empty.
        x, index = expand_dims(x, 0), reshape(index, (1,))
    pattern, arrays = _as_index(index, x.shape)
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
)
def getitem(xp: Any, x: Any, *arrays: Any, pattern: Any) -> Any:
    """The entries x[index], by NumPy's rules; repeated ones sum their gradients."""
    return x[_assemble(pattern, arrays)]


def _written(x: Any, values: Any, *arrays: Any, pattern: tuple[Any, ...]) -> Any:
    target = _selected(x, *arrays, pattern=pattern)[0]
    if broadcast(target, values.shape) != target:
        raise ShapeError(
            f"values of shape {show(values.shape)} do not broadcast to the "
            f"{show(target)} entries [{_show(pattern)}]"
        )
    return x.shape, promote(x.dtype, values.dtype)


def _as_write(x: Any, values: Any, index: Any) -> Any:
    pattern, arrays = _as_index(index, x.shape)
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


@primitive(
    infer=_written, vjp=_set_vjp, prepare=_as_write, glyph="[ ]=", domain=_WRITTEN
)
def index_set(xp: Any, x: Any, values: Any, *arrays: Any, pattern: Any) -> Any:
    """A copy of x with x[index] = values; of repeated entries the last one stays."""
    return xp.index_set(x, _assemble(pattern, arrays), values)


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
)
def index_add(xp: Any, x: Any, values: Any, *arrays: Any, pattern: Any) -> Any:
    """A copy of x with values added at x[index], at repeated entries each of them."""
    return xp.index_add(x, _assemble(pattern, arrays), values)


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
