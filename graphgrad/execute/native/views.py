"""Where an array lies in another's memory: movement that costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import numpy as np

from graphgrad.arrays import NUMPY
from graphgrad.graph.tensor import Tensor

Sizes = tuple[int, ...]


def sizes_of(tensor: Tensor) -> Sizes:
    """The shape of a tensor whose sizes are all known."""
    return cast(Sizes, tensor.shape)


def row_major(shape: Sizes) -> Sizes:
    """Strides, in entries, of an array stored row after row."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


@dataclass(frozen=True)
class View:
    """Entries of the memory of a tensor.

    Args:
        base: the tensor whose memory it is, stored row after row.
        shape: sizes.
        strides: in entries.
        offset: of the first entry.
    """

    base: Tensor
    shape: Sizes
    strides: Sizes
    offset: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether the entries follow each other row after row."""
        usual = row_major(self.shape)
        pairs = zip(self.shape, self.strides, usual, strict=True)
        return all(n == 1 or s == u for n, s, u in pairs)

    def spread(self, space: Sizes) -> Sizes:
        """Strides over a larger space, 0 where entries are repeated."""
        ahead = len(space) - len(self.shape)
        own = (
            0 if n == 1 else s for n, s in zip(self.shape, self.strides, strict=True)
        )
        return (*(0,) * ahead, *own)


def whole(tensor: Tensor) -> View:
    """A tensor's own memory."""
    shape = sizes_of(tensor)
    return View(tensor, shape, row_major(shape))


# Ops whose result NumPy never copies.
_MOVES = {
    "broadcast_to", "permute_dims", "expand_dims", "squeeze", "getitem", "flip",
    "unfold",
}  # fmt: skip


def moved(node: Tensor, source: View) -> View | None:
    """The view that a movement op gives of its input's view; None if it copies."""
    if node.op.name == "reshape":
        return _reshaped(source, sizes_of(node))
    if node.op.name not in _MOVES or len(node.inputs) > 1:
        return None
    attrs = node.attrs
    if node.op.name == "getitem" and not node.shape:
        # NumPy makes a scalar of one entry, unless there is an ellipsis.
        attrs = {"pattern": (*(p for p in attrs["pattern"] if p is not ...), ...)}
    return seen(source, lambda x: node.op.forward(NUMPY, x, **attrs))


def seen(source: View, look: Callable[[np.ndarray], Any]) -> View:
    """What a function that gives views of arrays, such as a slice, makes of a view."""
    # NumPy applies it to a view of as many bytes as the memory has entries.
    memory = np.empty(max(entries(sizes_of(source.base)), 1), np.int8)
    start = memory[source.offset :]
    made = look(np.lib.stride_tricks.as_strided(start, source.shape, source.strides))
    offset = _address(made) - _address(memory) if made.size else 0
    return View(source.base, made.shape, made.strides, offset)


def entry(source: View, index: tuple[Any, ...]) -> View:
    """The view ``source[index]``; the index has no arrays."""
    # With an ellipsis NumPy makes an array also of one entry.
    return seen(source, lambda x: x[index if ... in index else (*index, ...)])


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _reshaped(source: View, shape: Sizes) -> View | None:
    if source.is_plain:
        return View(source.base, shape, row_major(shape), source.offset)
    pairs = [p for p in zip(source.shape, source.strides, strict=True) if p[0] != 1]
    if [n for n, _ in pairs] == [n for n in shape if n != 1]:
        rest = [s for _, s in pairs]
        strides = tuple(0 if n == 1 else rest.pop(0) for n in shape)
        return View(source.base, shape, strides, source.offset)
    if not any(s for _, s in pairs):  # one entry, repeated
        return View(source.base, shape, (0,) * len(shape), source.offset)
    return None


def collapsed(space: Sizes, operands: list[Sizes]) -> tuple[Sizes, list[Sizes]]:
    """Fewer, longer axes, where all operands run on from one row into the next.

    At least one axis is left.
    """
    keep = [d for d, n in enumerate(space) if n != 1]
    sizes = [space[d] for d in keep] or [1]
    strides = [[s[d] for d in keep] or [0] for s in operands]
    d = 0
    while d + 1 < len(sizes):
        if all(s[d] == s[d + 1] * sizes[d + 1] for s in strides):
            sizes[d : d + 2] = [sizes[d] * sizes[d + 1]]
            for s in strides:
                del s[d]
        else:
            d += 1
    return tuple(sizes), [tuple(s) for s in strides]


def entries(shape: Sizes) -> int:
    """How many entries there are."""
    return prod(shape)
