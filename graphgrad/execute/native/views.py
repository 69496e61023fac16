"""Where an array lies in another's memory: movement that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import cast

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


def moved(node: Tensor, source: View) -> View | None:
    """The view that a movement op gives of its input's view; None if it copies."""
    name, shape = node.op.name, sizes_of(node)
    if name == "broadcast_to":
        return View(source.base, shape, source.spread(shape), source.offset)
    if name == "permute_dims":
        axes = node.attrs["axes"]
        strides = tuple(source.strides[a] for a in axes)
        return View(source.base, shape, strides, source.offset)
    if name in {"reshape", "expand_dims", "squeeze"}:
        if source.is_plain:
            return View(source.base, shape, row_major(shape), source.offset)
        if name != "reshape":
            return _regrouped(source, shape)
    return None


def _regrouped(source: View, shape: Sizes) -> View:
    """A view with axes of one entry put in or left out."""
    rest = [s for n, s in zip(source.shape, source.strides, strict=True) if n != 1]
    strides = tuple(0 if n == 1 else rest.pop(0) for n in shape)
    return View(source.base, shape, strides, source.offset)


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
