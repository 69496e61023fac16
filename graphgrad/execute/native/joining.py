"""Arrays put together of others: joined, padded, with slices set or added to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.scalar import WORD, Scalar, Unsupported, memory_type
from graphgrad.execute.native.tiles import private
from graphgrad.execute.native.tracing import from_memory, to_memory
from graphgrad.execute.native.views import View, collapsed, entries, sizes_of, whole
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
    """

    target: View
    source: View | float
    added: bool = False


@dataclass(frozen=True)
class Joined:
    """A tensor whose pieces are written one after the other."""

    node: Tensor
    pieces: tuple[Piece, ...]

    @property
    def sources(self) -> list[View]:
        """What is read, in order."""
        return [p.source for p in self.pieces if isinstance(p.source, View)]


def joined(node: Tensor, views: Mapping[Tensor, View]) -> Joined | None:
    """The op as pieces, if that is what it is."""
    name = node.op.name
    if name not in _PIECES or any(x.dtype != node.dtype for x in node.inputs):
        return None
    if ARRAY in node.attrs.get("pattern", ()):
        return None
    if name == "index_add" and node.dtype == np.bool_:
        return None
    try:
        memory_type(node.dtype)
    except Unsupported:
        return None
    pieces = _PIECES[name](node, [views[x] for x in node.inputs])
    return Joined(node, tuple(p for p in pieces if entries(p.target.shape)))


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
    start, values = sources
    index = assemble(node.attrs["pattern"], ())
    added = node.op.name == "index_add"
    return [Piece(whole(node), _content(start)), _piece(node, index, values, added)]


_PIECES = {
    "concat": _concat, "pad": _pad, "index_set": _written, "index_add": _written,
}  # fmt: skip


def _piece(node: Tensor, index: Any, source: View, added: bool = False) -> Piece:
    """What NumPy would do with ``node[index] = source``."""
    # An array of as many bytes as there are entries tells where they lie.
    memory = np.empty(max(entries(sizes_of(node)), 1), np.int8)
    array = memory[: entries(sizes_of(node))].reshape(sizes_of(node))
    chosen = np.asarray(array[(*index, ...) if ... not in index else index])
    offset = chosen.__array_interface__["data"][0] - memory.ctypes.data
    target = View(node, chosen.shape, chosen.strides, offset if chosen.size else 0)
    ahead = len(source.shape) - chosen.ndim
    if ahead > 0:  # leading axes of length 1
        shape, strides = source.shape[ahead:], source.strides[ahead:]
        source = View(source.base, shape, strides, source.offset)
    spread = View(source.base, chosen.shape, source.spread(chosen.shape), source.offset)
    return Piece(target, _content(spread), added)


def _content(source: View) -> View | float:
    """The view, or the number that all of its entries are."""
    base = source.base
    if base.op is CONSTANT and base._value.size == 1:
        return base._value.reshape(())[()].item()
    return source


def joined_code(
    module: ir.Module, name: str, step: Joined, known: dict[Any, ir.Function]
) -> ir.Function:
    """The function of a step: ``void f(T* result, T* source, …)``.

    Args:
        module: to write it into.
        name: of the function.
        step: what it does.
        known: functions by what they do; equal ones are shared.
    """
    dtype = step.node.dtype
    facts = [
        (p.target.shape, p.target.strides, p.target.offset, _told(p), p.added)
        for p in step.pieces
    ]
    key = ("joined", dtype, *facts)
    if key not in known:
        pointer = memory_type(dtype).as_pointer()
        function = private(module, name, [pointer] * (1 + len(step.sources)))
        for argument in function.args:
            argument.add_attribute("noalias")
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        sources = iter(function.args[1:])
        for piece in step.pieces:
            source = next(sources) if isinstance(piece.source, View) else None
            _write(builder, piece, function.args[0], source, dtype)
        builder.ret_void()
        known[key] = function
    return known[key]


def _told(piece: Piece) -> Any:
    source = piece.source
    return source.strides if isinstance(source, View) else repr(source)


def _write(
    builder: ir.IRBuilder, piece: Piece, result: Any, source: Any, dtype: np.dtype
) -> None:
    """One nest of loops over the entries of a piece."""
    given = piece.source
    own = given.strides if isinstance(given, View) else (0,) * len(piece.target.shape)
    sizes, (to, by) = collapsed(piece.target.shape, [piece.target.strides, own])
    first = builder.gep(result, [ir.Constant(WORD, piece.target.offset)])

    def nest(index: list[Any]) -> None:
        if len(index) < len(sizes):
            with counted(builder, sizes[len(index)]) as i:
                nest([*index, i])
            return
        place = builder.gep(first, [_at(builder, index, to)])
        if isinstance(given, View):
            loaded = builder.load(builder.gep(source, [_at(builder, index, by)]))
            value = from_memory(builder, loaded, dtype)
        else:
            value = Scalar(builder, None, dtype).const(given)
        if piece.added:
            value = from_memory(builder, builder.load(place), dtype) + value
        builder.store(to_memory(value), place)

    nest([])


def _at(builder: ir.IRBuilder, index: list[Any], strides: tuple[int, ...]) -> Any:
    at = ir.Constant(WORD, 0)
    for i, stride in zip(index, strides, strict=True):
        if stride:
            at = builder.add(at, builder.mul(i, ir.Constant(WORD, stride)))
    return at
