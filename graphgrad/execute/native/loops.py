"""Loops as LLVM functions.

The innermost axis is one plain loop, for LLVM to vectorise; axes that all operands run
through without a gap are one. Sums of float32 along the innermost axis are taken in
stretches, whose sums are added up in float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.levels import kind_of
from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.plan import Loop
from graphgrad.execute.native.reductions import join, start, wide
from graphgrad.execute.native.scalar import WORD, Scalar, memory_type
from graphgrad.execute.native.tiles import private
from graphgrad.execute.native.tracing import code_of, from_memory, to_memory
from graphgrad.execute.native.views import (
    Sizes,
    View,
    collapsed,
    entries,
    row_major,
    sizes_of,
)
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor

_STRETCH = 1024


@dataclass
class _Operand:
    tensor: Tensor
    strides: Sizes
    pointer: Any = None


class LoopCode:
    """The function of one loop: ``void f(T* operand, …)``.

    Args:
        module: to write it into.
        name: of the function.
        loop: what it does.
        views: where every tensor lies.
        stored: the tensors that have memory.
        replaced: the variable whose memory a tensor is computed into, by tensor.
        known: functions of loops by what they do; equal loops have one.

    Attributes:
        function: the LLVM function.
        arguments: the tensors whose memory it takes, with offsets in entries.
    """

    def __init__(
        self,
        module: ir.Module,
        name: str,
        loop: Loop,
        views: dict[Tensor, View],
        stored: set[Tensor],
        replaced: Mapping[Tensor, Tensor],
        known: dict[Any, ir.Function],
    ) -> None:
        self._loop, self._views = loop, views
        self._reads: dict[Tensor, _Operand] = {}
        self._writes = {
            y: _Operand(y, row_major(loop.space)) for y in loop.nodes if y in stored
        }
        self._sums = {y: _Operand(y, _kept(y, loop.space)) for y in loop.reductions}
        inside = set(loop.nodes)
        for node in (*loop.nodes, *loop.reductions):
            for x in node.inputs:
                if x not in inside and not _is_number(views[x].base):
                    self._reads.setdefault(x, _Operand(x, views[x].spread(loop.space)))
        operands = self._operands()
        self._sizes, strides = collapsed(loop.space, [o.strides for o in operands])
        for operand, own in zip(operands, strides, strict=True):
            operand.strides = own
        # What is read and written over has one pointer: two that are promised to be
        # apart would allow it to be read again after it was written.
        over = {x: y for y, x in replaced.items() if y in self._writes}
        self._partners: dict[Tensor, Tensor] = {}
        self.arguments: list[tuple[Tensor, int]] = []
        apart = []
        for operand in operands:
            base, offset = self._memory(operand)
            if operand.tensor in self._reads and base in over:
                self._partners[operand.tensor] = over[base]
            else:
                self.arguments.append((base, offset))
                apart.append(operand)
        key = self._key()
        if key not in known:
            known[key] = self._function(module, name, apart)
        self.function = known[key]

    def _function(
        self, module: ir.Module, name: str, apart: list[_Operand]
    ) -> ir.Function:
        function = private(
            module, name, [memory_type(o.tensor.dtype).as_pointer() for o in apart]
        )
        for operand, argument in zip(apart, function.args, strict=True):
            argument.add_attribute("noalias")
            operand.pointer = argument
        for x, y in self._partners.items():
            self._reads[x].pointer = self._writes[y].pointer
        self._write(function)
        return function

    def _key(self) -> Any:
        """What the code depends on, in terms of places instead of tensors."""
        steps: list[Any] = []
        places: dict[Tensor, int] = {x: i for i, x in enumerate(self._reads)}
        for node in (*self._loop.nodes, *self._loop.reductions):
            inputs = [
                places[x] if x in places else self._number(x) for x in node.inputs
            ]
            steps.append((kind_of(node), node.dtype, tuple(inputs)))
            places[node] = len(places)
        operands = [
            (o.tensor.dtype, places[o.tensor], o.strides) for o in self._operands()
        ]
        pairs = [(places[x], places[y]) for x, y in self._partners.items()]
        return (self._sizes, *steps, *operands, *pairs)

    def _number(self, x: Tensor) -> Any:
        return self._views[x].base._value.reshape(())[()].tobytes()

    def _memory(self, operand: _Operand) -> tuple[Tensor, int]:
        """The tensor in whose memory an operand lies, and where it starts."""
        if operand.tensor in self._reads:
            view = self._views[operand.tensor]
            return view.base, view.offset
        return operand.tensor, 0

    def _operands(self) -> list[_Operand]:
        groups = (self._reads, self._writes, self._sums)
        return [operand for group in groups for operand in group.values()]

    def _write(self, function: ir.Function) -> None:
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        for y, operand in self._sums.items():
            with counted(builder, entries(sizes_of(y))) as i:
                builder.store(start(y, y.dtype), builder.gep(operand.pointer, [i]))
        if all(self._sizes):
            self._nest(builder, [])
        builder.ret_void()

    def _nest(self, builder: ir.IRBuilder, index: list[Any]) -> None:
        """Loops over all axes but the last, and that one."""
        depth = len(index)
        if depth + 1 < len(self._sizes):
            with counted(builder, self._sizes[depth]) as i:
                self._nest(builder, [*index, i])
            return
        totals = {
            y: operand for y, operand in self._sums.items() if operand.strides[-1] == 0
        }
        places = {y: _accumulator(builder, y, wide(y)) for y in totals}
        self._along(builder, index, places)
        for y, operand in totals.items():
            # The last axis does not count for the place of what it is summed into.
            place = self._place(builder, operand, [*index, None])
            known = from_memory(builder, builder.load(place), y.dtype)
            join(builder, y, wide(y), places[y], known)
            made = from_memory(builder, builder.load(places[y]), wide(y))
            builder.store(to_memory(made.to(y.dtype)), place)

    def _along(
        self, builder: ir.IRBuilder, index: list[Any], places: dict[Tensor, Any]
    ) -> None:
        """The innermost loop."""
        size = self._sizes[-1]

        def stretch(first: Any, count: int) -> None:
            own = {y: _accumulator(builder, y, y.dtype) for y in places}
            with counted(builder, count) as i:
                at = builder.add(first, i) if first else i
                self._body(builder, [*index, at], own)
            for y, place in own.items():
                made = from_memory(builder, builder.load(place), y.dtype)
                join(builder, y, wide(y), places[y], made)

        if not places or size <= _STRETCH:
            stretch(None, size)
            return
        length = ir.Constant(WORD, _STRETCH)
        with counted(builder, size // _STRETCH) as n:
            stretch(builder.mul(n, length), _STRETCH)
        if rest := size % _STRETCH:
            stretch(ir.Constant(WORD, size - rest), rest)

    def _body(
        self, builder: ir.IRBuilder, index: list[Any], places: dict[Tensor, Any]
    ) -> None:
        values: dict[Tensor, Scalar] = {}
        for x, operand in self._reads.items():
            loaded = builder.load(self._place(builder, operand, index))
            values[x] = from_memory(builder, loaded, x.dtype)
        for node in self._loop.nodes:
            values[node] = code_of(
                node, [self._value(builder, x, values) for x in node.inputs]
            )
            if node in self._writes:
                place = self._place(builder, self._writes[node], index)
                builder.store(to_memory(values[node]), place)
        for y, operand in self._sums.items():
            value = self._value(builder, y.inputs[0], values)
            place = places.get(y) or self._place(builder, operand, index)
            join(builder, y, y.dtype, place, value)

    def _value(
        self, builder: ir.IRBuilder, x: Tensor, values: dict[Tensor, Scalar]
    ) -> Scalar:
        if x in values:
            return values[x]
        number = self._views[x].base._value.reshape(())[()]
        return Scalar(builder, None, x.dtype).const(number)

    def _place(self, builder: ir.IRBuilder, operand: _Operand, index: list[Any]) -> Any:
        """The address of an operand's entry."""
        at = ir.Constant(WORD, 0)
        for i, stride in zip(index, operand.strides, strict=False):
            if stride and i is not None:
                step = i if stride == 1 else builder.mul(i, ir.Constant(WORD, stride))
                at = builder.add(at, step)
        return builder.gep(operand.pointer, [at])


def _is_number(x: Tensor) -> bool:
    """Whether it is a constant that stands in the code itself."""
    return x.op is CONSTANT and x._value.size == 1


def _kept(y: Tensor, space: Sizes) -> Sizes:
    """Strides of a reduction's result over the space, 0 along what it sums over."""
    axes = y.attrs["axis"]
    kept = tuple(1 if d in axes else n for d, n in enumerate(space))
    usual = row_major(kept)
    return tuple(0 if d in axes or kept[d] == 1 else s for d, s in enumerate(usual))


def _accumulator(builder: ir.IRBuilder, y: Tensor, dtype: np.dtype) -> Any:
    first = start(y, dtype)
    with builder.goto_entry_block():
        place = builder.alloca(first.type)
    builder.store(first, place)
    return place
