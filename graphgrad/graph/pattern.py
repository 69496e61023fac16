"""Patterns of indices: what of an index is a parameter, and what an input.

An index is split in two: its pattern (numbers, slices, None, ...), which is an attr of
the op, and the integer tensors in it, which are inputs. A boolean mask decides the
result's shape, so it must be known when the node is made; it becomes the integer
indices of its true entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.dtypes import BOOL, INTEGER
from graphgrad.errors import IndexingError
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import known
from graphgrad.shapes import show


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice as a parameter: unlike `slice`, it has a hash in every Python."""

    start: int | None
    stop: int | None
    step: int | None

    def __repr__(self) -> str:
        ends = [self.start, self.stop] + [self.step] * (self.step is not None)
        return ":".join("" if e is None else str(e) for e in ends)


WHOLE = Slice(None, None, None)
REVERSED = Slice(None, None, -1)


class _Array:
    """Stands in a pattern where an index array goes."""

    def __repr__(self) -> str:
        return "array"


ARRAY = _Array()


def as_pattern(index: Any, shape: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
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
            if part.step == 0:
                raise IndexingError("a slice has no step of 0", remedy="step by 1")
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
    """A mask has the shape of the axes that it stands for; an empty one takes none."""
    taken = [0 if p is None or p is Ellipsis else _axes_of(p) for p in parts]
    for place, part in enumerate(parts):
        if not is_mask(part):
            continue
        behind = any(p is Ellipsis for p in parts[:place])
        start = len(shape) - sum(taken[place:]) if behind else sum(taken[:place])
        mask = mask_shape(part)
        sizes = tuple(shape[start : start + len(mask)])
        pairs = zip(mask, sizes, strict=False)
        if (
            not mask
            or len(mask) != len(sizes)
            or any(m not in (0, n) for m, n in pairs)
        ):
            raise IndexingError(
                f"a mask of shape {show(mask)} does not fit the axes "
                f"{show(sizes)} of shape {show(shape)}",
                remedy="a mask has the shape of the axes that it stands for",
            )


def is_mask(part: Any) -> bool:
    """Whether a part of an index is boolean."""
    if isinstance(part, Tensor):
        return part.dtype == BOOL
    return isinstance(part, bool) or (
        isinstance(part, np.ndarray | np.generic | list)
        and np.asarray(part).dtype == BOOL
    )


def _axes_of(part: Any) -> int:
    return len(mask_shape(part)) if is_mask(part) else 1


def mask_shape(part: Any) -> tuple[Any, ...]:
    """The shape of a mask, which is that of the axes it stands for."""
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


def assemble(pattern: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
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


def spelled_out(pattern: tuple[Any, ...], ndim: int, shape: Any) -> list[Any]:
    """The pattern with one part for every axis: the ellipsis spelled out."""
    taken = sum(part is not None and part is not Ellipsis for part in pattern)
    if taken > ndim or pattern.count(Ellipsis) > 1:
        raise IndexingError(
            f"the index [{show_pattern(pattern)}] has too many parts for shape "
            f"{show(shape)}"
        )
    rest = [WHOLE] * (ndim - taken)
    at = pattern.index(Ellipsis) if Ellipsis in pattern else len(pattern)
    return [*pattern[:at], *rest, *pattern[at + 1 :]]


def is_together(pattern: tuple[Any, ...]) -> bool:
    """Whether nothing stands between the arrays, and the numbers that count as arrays.

    Else the axes that they give come first; an ellipsis separates also where it stands
    for no axis.
    """
    kinds = [part is ARRAY or isinstance(part, int) for part in pattern]
    first, count = kinds.index(True) if any(kinds) else 0, sum(kinds)
    return all(kinds[first : first + count])


def show_pattern(pattern: tuple[Any, ...]) -> str:
    """The pattern as text, as it is written between brackets."""
    return ", ".join("..." if p is Ellipsis else repr(p) for p in pattern)


def length(part: Slice, dim: Any, shape: Any) -> Any:
    """How many entries a slice takes from an axis.

    Raises:
        IndexingError: if the axis is symbolic and the slice takes a part of it.
    """
    if part in (WHOLE, REVERSED):
        return dim
    if isinstance(dim, str):
        raise IndexingError(
            f"[{part!r}] cuts the symbolic axis {dim!r} of shape {show(shape)}",
            remedy="give that dimension a number, or index it with an integer array",
        )
    return len(range(*slice(part.start, part.stop, part.step).indices(dim)))
