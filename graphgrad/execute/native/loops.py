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
from graphgrad.execute.native.counting import counted, private
from graphgrad.execute.native.reductions import join, start, wide
from graphgrad.execute.native.scalar import WORD, Scalar, memory_type
from graphgrad.execute.native.sharing import STRETCH, split_of
from graphgrad.execute.native.steps import Loop
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

_Bounds = tuple[Any, Any]  # where an axis begins, None for its start; how long it is


@dataclass
class _Operand:
    tensor: Tensor
    strides: Sizes
    pointer: Any = None


class LoopCode:
    """The function of one loop: ``void f(T* operand, …)``, or of a part of it.

    Where a loop is split, the number of the part is the last argument.

    Args:
        module: to write it into.
        name: of the function.
        loop: what it does.
        views: where every tensor lies.
        stored: the tensors that have memory.
        over: the tensor whose memory a tensor is computed into, by tensor.
        known: functions of loops by what they do; equal loops have one.

    Attributes:
        function: the LLVM function.
        arguments: the tensors whose memory it takes, with offsets in entries.
        split: how its first axis is split, if it is.
        parted: the reductions of which every part has a result, with their entries.
    """

    def __init__(
        self,
        module: ir.Module,
        name: str,
        loop: Loop,
        views: dict[Tensor, View],
        stored: set[Tensor],
        over: Mapping[Tensor, Tensor],
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
        self.parted = {
            y: entries(sizes_of(y)) for y, o in self._sums.items() if not o.strides[0]
        }
        ops = len(loop.nodes) + len(loop.reductions)
        self.split = split_of(self._sizes, ops, sum(self.parted.values()))
        if self.split is None:
            self.parted = {}
        # What is read and written over has one pointer: two that are promised to be
        # apart would allow it to be read again after it was written.
        taken = {x: y for y, x in over.items() if y in self._writes}
        self._partners: dict[Tensor, Tensor] = {}
        self.arguments: list[tuple[Tensor, int]] = []
        apart = []
        for operand in operands:
            base, offset = self._memory(operand)
            if operand.tensor in self._reads and base in taken:
                self._partners[operand.tensor] = taken[base]
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
        kinds: list[ir.Type] = [memory_type(o.tensor.dtype).as_pointer() for o in apart]
        function = private(module, name, [*kinds, WORD] if self.split else kinds)
        for operand, argument in zip(apart, function.args, strict=False):
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
        bounds: list[_Bounds] = [(None, n) for n in self._sizes]
        if self.split is not None:
            part = function.args[-1]
            bounds[0] = self.split.bounds(builder, part)
            for y, size in self.parted.items():
                own = builder.mul(part, ir.Constant(WORD, size))
                self._sums[y].pointer = builder.gep(self._sums[y].pointer, [own])
        for y, operand in self._sums.items():
            first, count = None, entries(sizes_of(y))
            if self.split is not None and y not in self.parted:
                stride = ir.Constant(WORD, operand.strides[0])
                first, count = (builder.mul(n, stride) for n in bounds[0])
            with counted(builder, count) as i:
                place = builder.gep(operand.pointer, [_after(builder, first, i)])
                builder.store(start(y, y.dtype), place)
        if all(self._sizes):
            self._nest(builder, [], bounds)
        builder.ret_void()

    def _nest(
        self, builder: ir.IRBuilder, index: list[Any], bounds: list[_Bounds]
    ) -> None:
        """Loops over all axes but the last, and that one."""
        first, count = bounds[len(index)]
        if len(index) + 1 < len(bounds):
            with counted(builder, count) as i:
                self._nest(builder, [*index, _after(builder, first, i)], bounds)
            return
        totals = {
            y: operand for y, operand in self._sums.items() if operand.strides[-1] == 0
        }
        places = {y: _accumulator(builder, y, wide(y)) for y in totals}
        self._along(builder, index, places, first, count)
        for y, operand in totals.items():
            # The last axis does not count for the place of what it is summed into.
            place = self._place(builder, operand, [*index, None])
            known = from_memory(builder, builder.load(place), y.dtype)
            join(builder, y, wide(y), places[y], known)
            made = from_memory(builder, builder.load(places[y]), wide(y))
            builder.store(to_memory(made.to(y.dtype)), place)

    def _along(
        self,
        builder: ir.IRBuilder,
        index: list[Any],
        places: dict[Tensor, Any],
        begin: Any,
        size: Any,
    ) -> None:
        """The innermost loop."""

        def stretch(first: Any, count: Any) -> None:
            own = {y: _accumulator(builder, y, y.dtype) for y in places}
            with counted(builder, count) as i:
                at = _after(builder, begin, _after(builder, first, i))
                self._body(builder, [*index, at], own)
            for y, place in own.items():
                made = from_memory(builder, builder.load(place), y.dtype)
                join(builder, y, wide(y), places[y], made)

        def stretches(count: Any) -> None:
            with counted(builder, count) as n:
                stretch(builder.mul(n, ir.Constant(WORD, STRETCH)), STRETCH)

        if not places or (isinstance(size, int) and size <= STRETCH):
            stretch(None, size)
        elif isinstance(size, int):
            stretches(size // STRETCH)
            if rest := size % STRETCH:
                stretch(ir.Constant(WORD, size - rest), rest)
        else:
            length, none = ir.Constant(WORD, STRETCH), ir.Constant(WORD, 0)
            whole, rest = builder.udiv(size, length), builder.urem(size, length)
            with builder.if_then(builder.icmp_unsigned("!=", whole, none)):
                stretches(whole)
            with builder.if_then(builder.icmp_unsigned("!=", rest, none)):
                stretch(builder.sub(size, rest), rest)

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


def _after(builder: ir.IRBuilder, first: Any, i: Any) -> Any:
    return i if first is None else builder.add(first, i)


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
