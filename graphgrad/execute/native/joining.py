"""Arrays put together of others: joined, padded, picked, with entries set or added."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.counting import counted, private
from graphgrad.execute.native.picking import (
    Pick,
    can_choose,
    chosen,
    picked,
)
from graphgrad.execute.native.scalar import WORD, Scalar, Unsupported, memory_type
from graphgrad.execute.native.tracing import from_memory, to_memory
from graphgrad.execute.native.views import (
    Sizes,
    View,
    collapsed,
    entries,
    entry,
    sizes_of,
    whole,
)
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.pattern import ARRAY, assemble
from graphgrad.graph.tensor import Tensor


@dataclass(frozen=True)
class Piece:
    """Entries of a result, and what they are.

    Args:
        target: which entries, a view of the result's own memory.
        source: a view of the same shape; or a number, for all of them.
        added: whether it is added to what is there.
        writing: which of the target's entries are chosen by arrays.
        reading: the same of the source's.
    """

    target: View
    source: View | float
    added: bool = False
    writing: tuple[Pick, ...] = ()
    reading: tuple[Pick, ...] = ()

    @property
    def picks(self) -> tuple[Pick, ...]:
        """All axes of which arrays choose entries."""
        return self.writing + self.reading

    @property
    def sources(self) -> list[View]:
        """What is read, in order."""
        own = [self.source] if isinstance(self.source, View) else []
        return [*own, *(pick.numbers for pick in self.picks)]


@dataclass(frozen=True)
class Joined:
    """A tensor whose pieces are written one after the other.

    Args:
        node: the tensor.
        pieces: in order.
        unknown: arrays of numbers that choose entries, and sizes of their axes, where
            it is not known before the run whether the numbers are inside.
        guarded: whether this step must find that out; else an earlier one does.
    """

    node: Tensor
    pieces: tuple[Piece, ...]
    unknown: frozenset[tuple[Tensor, int]] = frozenset()
    guarded: bool = False

    @property
    def sources(self) -> list[View]:
        """What is read, in order."""
        return [view for piece in self.pieces for view in piece.sources]


def joined(
    node: Tensor, views: Mapping[Tensor, View], inside: Container[tuple[Tensor, int]]
) -> Joined | None:
    """The op as pieces, if that is what it is.

    Args:
        node: its result.
        views: where tensors lie.
        inside: arrays of numbers, and sizes of axes of which an earlier step finds
            that none of them is outside.
    """
    name = node.op.name
    if name not in _PIECES:
        return None
    arrays = node.attrs.get("pattern", ()).count(ARRAY)
    values = node.inputs[: len(node.inputs) - arrays]
    if any(x.dtype != node.dtype for x in values):
        return None
    if not all(map(can_choose, node.inputs[len(values) :])):
        return None
    if arrays and 0 in sizes_of(node.inputs[0]):
        return None
    if name == "index_add" and node.dtype == np.bool_:
        return None
    try:
        memory_type(node.dtype)
    except Unsupported:
        return None
    pieces = _PIECES[name](node, [views[x] for x in node.inputs])
    pieces = [p for p in pieces if entries(p.target.shape)]
    picks = [pick for p in pieces for pick in p.picks]
    pairs = zip(node.inputs[len(values) :], picks, strict=False)
    unknown = frozenset((x, pick.size) for x, pick in pairs if not pick.is_inside)
    guarded = not all(pair in inside for pair in unknown)
    return Joined(node, tuple(pieces), unknown, guarded)


def _concat(node: Tensor, sources: list[View]) -> list[Piece]:
    axis, at, pieces = node.attrs["axis"] % node.ndim, 0, []
    for source in sources:
        end = at + source.shape[axis]
        index = (*(slice(None),) * axis, slice(at, end))
        pieces.append(_piece(node, index, source))
        at = end
    return pieces


def _pad(node: Tensor, sources: list[View]) -> list[Piece]:
    (source,) = sources
    pairs = zip(node.attrs["width"], source.shape, strict=True)
    index = tuple(slice(before, before + n) for (before, _), n in pairs)
    with np.errstate(invalid="ignore"):
        value = np.full((), node.attrs["value"], dtype=node.dtype)
    margin = Piece(whole(node), value.item())
    return [margin, _piece(node, index, source)]


def _written(node: Tensor, sources: list[View]) -> list[Piece]:
    start, values, *arrays = sources
    pattern, added = node.attrs["pattern"], node.op.name == "index_add"
    first = Piece(whole(node), _content(start))
    if not arrays:
        return [first, _piece(node, assemble(pattern, ()), values, added)]
    target = chosen(whole(node), pattern, arrays)
    source = _content(_fitted(values, target.view.shape))
    return [first, Piece(target.view, source, added, writing=target.picks)]


def _taken(node: Tensor, sources: list[View]) -> list[Piece]:
    source, *arrays = sources
    found = chosen(source, node.attrs["pattern"], arrays)
    return [Piece(whole(node), found.view, reading=found.picks)]


_PIECES = {
    "concat": _concat, "pad": _pad, "index_set": _written, "index_add": _written,
    "getitem": _taken,
}  # fmt: skip


def _fitted(source: View, shape: Sizes) -> View:
    """A view broadcast to a shape; leading axes of length 1 may be too many."""
    ahead = max(len(source.shape) - len(shape), 0)
    own = source.shape[ahead:], source.strides[ahead:]
    return View(
        source.base, shape, View(source.base, *own).spread(shape), source.offset
    )


def _piece(node: Tensor, index: Any, source: View, added: bool = False) -> Piece:
    """What NumPy would do with ``node[index] = source``."""
    target = entry(whole(node), index)
    return Piece(target, _content(_fitted(source, target.shape)), added)


def _content(source: View) -> View | float:
    """The view, or the number that all of its entries are."""
    base = source.base
    if base.op is CONSTANT and base._value.size == 1:
        return base._value.reshape(())[()].item()
    return source


def joined_code(
    module: ir.Module, name: str, step: Joined, known: dict[Any, ir.Function]
) -> ir.Function:
    """The function of a step: ``void f(T* result, S* source, …)``.

    If the step is guarded, the last argument is where it notes whether all numbers that
    choose entries are inside: 0 if they are.

    Args:
        module: to write it into.
        name: of the function.
        step: what it does.
        known: functions by what they do; equal ones are shared.
    """
    dtype = step.node.dtype
    key = ("joined", dtype, step.guarded, *map(_told, step.pieces))
    if key not in known:
        kinds = [dtype, *(view.base.dtype for view in step.sources)]
        kinds += [np.dtype(np.int64)] * step.guarded
        pointers: list[ir.Type] = [memory_type(kind).as_pointer() for kind in kinds]
        function = known[key] = private(module, name, pointers)
        for argument in function.args:
            argument.add_attribute("noalias")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        outside = builder.alloca(WORD) if step.guarded else None
        if step.guarded:
            builder.store(ir.Constant(WORD, 0), outside)
        rest = list(function.args[1:])
        for piece in step.pieces:
            own = [rest.pop(0) for _ in piece.sources]
            _write(builder, piece, function.args[0], own, outside)
        if step.guarded:
            builder.store(builder.load(outside), rest[0])
        builder.ret_void()
    return known[key]


def _told(piece: Piece) -> Any:
    source, target = piece.source, piece.target
    given = source.strides if isinstance(source, View) else repr(source)
    picks = [
        (p.numbers.base.dtype, p.numbers.strides, p.size, p.stride) for p in piece.picks
    ]
    counts = len(piece.writing), piece.added
    return target.shape, target.strides, target.offset, given, *counts, *picks


def _write(
    builder: ir.IRBuilder, piece: Piece, result: Any, sources: list[Any], outside: Any
) -> None:
    """One nest of loops over the entries of a piece."""
    dtype, given = piece.target.base.dtype, piece.source
    steps = [piece.target.strides, *(view.strides for view in piece.sources)]
    sizes, (to, *by) = collapsed(piece.target.shape, steps)
    first = builder.gep(result, [ir.Constant(WORD, piece.target.offset)])

    def store(index: list[Any]) -> None:
        places = [
            builder.gep(source, [_at(builder, index, own)])
            for source, own in zip(sources, by, strict=True)
        ]
        content = places.pop(0) if isinstance(given, View) else None
        ways = [
            picked(builder, pick, builder.load(place), outside)
            for pick, place in zip(piece.picks, places, strict=True)
        ]
        place = builder.gep(first, [_at(builder, index, to)])
        for way in ways[: len(piece.writing)]:
            place = builder.gep(place, [way])
        for way in ways[len(piece.writing) :]:
            content = builder.gep(content, [way])
        if content is not None:
            value = from_memory(builder, builder.load(content), dtype)
        else:
            value = Scalar(builder, None, dtype).const(given)
        if piece.added:
            value = from_memory(builder, builder.load(place), dtype) + value
        builder.store(to_memory(value), place)

    def nest(index: list[Any]) -> None:
        if len(index) == len(sizes):
            store(index)
            return
        with counted(builder, sizes[len(index)]) as i:
            nest([*index, i])

    nest([])


def _at(builder: ir.IRBuilder, index: list[Any], strides: tuple[int, ...]) -> Any:
    at = ir.Constant(WORD, 0)
    for i, stride in zip(index, strides, strict=True):
        if stride:
            at = builder.add(at, builder.mul(i, ir.Constant(WORD, stride)))
    return at
