"""Entries that arrays of numbers choose: which they are, and whether they are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.scalar import WORD
from graphgrad.execute.native.tracing import from_memory
from graphgrad.execute.native.views import Sizes, View, entry
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.pattern import ARRAY, assemble, is_together, spelled_out
from graphgrad.graph.tensor import Tensor
from graphgrad.shapes import broadcast

_WORD = np.dtype(np.int64)


@dataclass(frozen=True)
class Pick:
    """An axis of which numbers choose entries; negative ones count from its end.

    Args:
        numbers: as many as entries are chosen.
        size: of the axis.
        stride: of the axis, in entries.
    """

    numbers: View
    size: int
    stride: int

    @property
    def is_inside(self) -> bool:
        """Whether the numbers are known, and none is outside."""
        base = self.numbers.base
        if base.op is not CONSTANT:
            return False
        known = np.asarray(base._value)
        return bool(((known >= -self.size) & (known < self.size)).all())


@dataclass(frozen=True)
class Chosen:
    """Entries of a view.

    Args:
        view: where they would lie if all numbers were 0.
        picks: what the numbers add to that.
    """

    view: View
    picks: tuple[Pick, ...]


def can_choose(x: Tensor) -> bool:
    """Whether a loop can read its numbers as words with a sign."""
    return x.dtype.name in ("int32", "int64", "uint32")


def chosen(source: View, pattern: tuple[Any, ...], arrays: Sequence[View]) -> Chosen:
    """The entries ``source[index]``, by NumPy's rules.

    Args:
        source: a view of at least one entry.
        pattern: of the index.
        arrays: the numbers in it.
    """
    plain = entry(source, assemble(pattern, (0,) * len(arrays)))
    parts = spelled_out(pattern, len(source.shape), source.shape)
    fancy = [k for k, part in enumerate(parts) if part is ARRAY or type(part) is int]
    at = fancy[0] if is_together(pattern) else 0  # where the axes of the arrays come
    own = cast(Sizes, broadcast(*[a.shape for a in arrays]))
    shape = (*plain.shape[:at], *own, *plain.shape[at:])
    strides = (*plain.strides[:at], *(0,) * len(own), *plain.strides[at:])
    axes = [k for k, p in enumerate(p for p in parts if p is not None) if p is ARRAY]
    picks = []
    for axis, array in zip(axes, arrays, strict=True):
        steps = (*(0,) * at, *array.spread(own), *(0,) * (len(shape) - at - len(own)))
        numbers = View(array.base, shape, steps, array.offset)
        picks.append(Pick(numbers, source.shape[axis], source.strides[axis]))
    return Chosen(View(source.base, shape, strides, plain.offset), tuple(picks))


def picked(builder: ir.IRBuilder, pick: Pick, number: Any, outside: Any | None) -> Any:
    """Write how far from the first entry a number leads.

    Args:
        builder: writes the instructions.
        pick: the axis.
        number: as it is stored.
        outside: where to note a number that is outside of the axis; None if none is.
    """
    found = from_memory(builder, number, pick.numbers.base.dtype).to(_WORD)
    place = (found < 0).choose(found + pick.size, found).value
    if outside is not None:
        size, none = ir.Constant(WORD, pick.size), ir.Constant(WORD, 0)
        beyond = builder.icmp_unsigned(">=", place, size)
        known = builder.load(outside)
        builder.store(builder.or_(known, builder.zext(beyond, WORD)), outside)
        place = builder.select(beyond, none, place)
    return builder.mul(place, ir.Constant(WORD, pick.stride))
