"""A plan as the source of one LLVM module: its loops, and what calls them in order.

Steps of NumPy's stand between stretches of native ones; each stretch is one function
of one pointer, to a table of addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native import blas, kernels
from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.joining import Joined, joined_code
from graphgrad.execute.native.loops import LoopCode
from graphgrad.execute.native.memory import LINE
from graphgrad.execute.native.plan import Plan
from graphgrad.execute.native.products import product_code, scratch
from graphgrad.execute.native.scalar import BYTE, WORD, memory_type
from graphgrad.execute.native.sharing import gathering
from graphgrad.execute.native.steps import Call, Loop, Product, Scalars, Step
from graphgrad.execute.native.table import Table, table_code
from graphgrad.graph.tensor import Tensor

ADDRESS = BYTE.as_pointer()


@dataclass
class Stretch:
    """Native steps that run in one go.

    Args:
        name: of their function.
        parts: of a loop that several threads may share, how many it has.
        gathers: name of the function that joins what the parts sum up, if they do.
        guarded: number of a step of which it notes in the memory for a step to work in
            whether it could not be done.
    """

    name: str
    parts: int = 0
    gathers: str = ""
    guarded: int | None = None


@dataclass
class Outline:
    """What is in a module.

    Args:
        parts: stretches, and numbers of the steps that are NumPy's, in order.
        scratch: bytes of memory that a step needs to work in.
        split: numbers of the steps whose parts threads may share, and how many.
        kernels: names of those that are called.
        routines: names of those of BLAS that are called.
    """

    parts: list[Stretch | int]
    scratch: int
    split: list[tuple[int, int]]
    kernels: list[str]
    routines: list[str]


@dataclass(frozen=True)
class Addresses:
    """Where tensors lie when the program runs.

    Args:
        slots: places in the table of addresses, of leaves and outputs.
        offsets: places in the arena in bytes, of all else that is stored.
        pool: the arena's own place in the table.
        scratch: place in the arena in bytes, of memory that a step may use.
        table: place in the arena in bytes, of scalars.
    """

    slots: Mapping[Tensor, int]
    offsets: Mapping[Tensor, int]
    pool: int
    scratch: int
    table: int

    def pointer(self, builder: ir.IRBuilder, x: Tensor, offset: int = 0) -> Any:
        """Write the address of a tensor's entry."""
        start = self.offsets.get(x, 0) + offset * x.dtype.itemsize
        return self._at(builder, self.slots.get(x, self.pool), start, x.dtype)

    def scalars(self, builder: ir.IRBuilder, table: Table) -> list[Any]:
        """Write the addresses of a table, its groups and its indices."""
        facts = [self.pointer(builder, x) for x in (table.groups, table.indices)]
        return [self._at(builder, self.pool, self.table, np.dtype(np.bool_)), *facts]

    def space(self, builder: ir.IRBuilder, dtype: np.dtype, start: int = 0) -> Any:
        """Write the address of the memory that a step may use, or of a byte in it."""
        return self._at(builder, self.pool, self.scratch + start, dtype)

    @staticmethod
    def _at(builder: ir.IRBuilder, slot: int, start: int, dtype: np.dtype) -> Any:
        place = builder.gep(builder.function.args[0], [ir.Constant(WORD, slot)])
        address = builder.load(place)
        if start:
            address = builder.gep(address, [ir.Constant(WORD, start)])
        return builder.bitcast(address, memory_type(dtype).as_pointer())


def assemble(
    plan: Plan, addresses: Addresses, apart: bool, threads: int
) -> tuple[Outline, str]:
    """Write the module: what is in it, and LLVM's text.

    Args:
        plan: the steps.
        addresses: of what they read and write.
        apart: whether each step is a stretch of its own, to be timed.
        threads: how many BLAS has, where it multiplies.
    """
    writer = _Writer(plan, addresses, threads)
    for k, step in enumerate(plan.steps):
        writer.step(k, step)
        if apart:
            writer.end()
    writer.end()
    module = writer.module
    called = kernels.called_by(module), blas.called_by(module)
    outline = Outline(writer.parts, writer.scratch, writer.split, *called)
    return outline, str(module)


class _Writer:
    """Writes one step after the other into functions of a module."""

    def __init__(self, plan: Plan, addresses: Addresses, threads: int) -> None:
        self._plan, self._addresses, self._threads = plan, addresses, threads
        self.module = ir.Module("program")
        self.module.triple = ""
        self.parts: list[Stretch | int] = []
        self.scratch = 0
        self.split: list[tuple[int, int]] = []
        self._known: dict[Any, ir.Function] = {}
        self._open: ir.IRBuilder | None = None

    def end(self, guarded: int | None = None) -> None:
        """End the function that is being written, if one is."""
        if self._open is not None:
            self._open.ret_void()
            self.parts.append(Stretch(self._open.function.name, guarded=guarded))
        self._open = None

    def _function(self, name: str, *words: ir.Type) -> ir.IRBuilder:
        kind = ir.FunctionType(ir.VoidType(), [ADDRESS.as_pointer(), *words])
        function = ir.Function(self.module, kind, f"{name}{len(self.parts)}")
        return ir.IRBuilder(function.append_basic_block())

    def _begin(self) -> ir.IRBuilder:
        self._open = self._function("stretch")
        return self._open

    def step(self, k: int, step: Step) -> None:
        """Write a step, or leave it to NumPy."""
        addresses, known = self._addresses, self._known
        if isinstance(step, Call):
            self.end()
            self.parts.append(k)
            return
        if isinstance(step, Loop):
            self._loop(k, step)
            return
        builder = self._open or self._begin()
        if isinstance(step, Scalars):
            code = table_code(self.module, step.table)
            builder.call(code, addresses.scalars(builder, step.table))
        elif isinstance(step, Joined):
            code = joined_code(self.module, f"joined{k}", step, known)
            sources = [
                addresses.pointer(builder, v.base, v.offset) for v in step.sources
            ]
            places = [addresses.pointer(builder, step.node), *sources]
            if step.guarded:
                places.append(addresses.space(builder, np.dtype(np.int64)))
                self.scratch = max(self.scratch, LINE)
            builder.call(code, places)
            if step.guarded:
                self.end(guarded=k)
        else:
            self.scratch = max(self.scratch, scratch(step))
            if blas.is_better(step, self._threads):
                _by_blas(builder, step, addresses, self._plan.over)
            else:
                _multiplied(builder, step, addresses, known)

    def _loop(self, k: int, step: Loop) -> None:
        plan, addresses = self._plan, self._addresses
        facts = plan.views, plan.stored, plan.over
        code = LoopCode(self.module, f"loop{k}", step, *facts, self._known)
        if code.split is not None:
            self.split.append((k, code.split.count))
            self.end()
            self._shared(code, code.split.count)
            return
        builder = self._open or self._begin()
        places = [addresses.pointer(builder, *place) for place in code.arguments]
        builder.call(code.function, places)

    def _shared(self, code: LoopCode, count: int) -> None:
        """A function that does some parts of a loop; then, what joins their sums."""
        addresses, starts, size = self._addresses, {}, 0
        for y, entries in code.parted.items():
            starts[y] = size
            size += -(-count * entries * y.dtype.itemsize // LINE) * LINE
        self.scratch = max(self.scratch, size)
        builder = self._function("shared", WORD, WORD)  # from a part, up to another
        _, first, end = builder.function.args
        places = [
            addresses.space(builder, x.dtype, starts[x])
            if x in starts
            else addresses.pointer(builder, x, offset)
            for x, offset in code.arguments
        ]
        with counted(builder, builder.sub(end, first)) as i:
            builder.call(code.function, [*places, builder.add(first, i)])
        builder.ret_void()
        gathers = self._gathering(code, count, starts) if starts else ""
        self.parts.append(Stretch(builder.function.name, count, gathers))

    def _gathering(
        self, code: LoopCode, count: int, starts: Mapping[Tensor, int]
    ) -> str:
        builder = self._function("gathering")
        for y, entries in code.parted.items():
            name = self.module.get_unique_name("gathered")
            joined = gathering(self.module, name, y, entries, count)
            found = self._addresses.space(builder, y.dtype, starts[y])
            builder.call(joined, [self._addresses.pointer(builder, y), found])
        builder.ret_void()
        return builder.function.name


def _multiplied(
    builder: ir.IRBuilder,
    step: Product,
    addresses: Addresses,
    known: dict[Any, ir.Function],
) -> None:
    out, *factors = _factors(builder, step, addresses)
    start = step.start
    begin = addresses.pointer(builder, start.base, start.offset) if start else out
    space = addresses.space(builder, step.node.dtype)
    function = product_code(builder.module, step, known)
    builder.call(function, [*factors, out, begin, space])


def _by_blas(
    builder: ir.IRBuilder,
    step: Product,
    addresses: Addresses,
    over: Mapping[Tensor, Tensor],
) -> None:
    out, left, right = _factors(builder, step, addresses)
    if step.start is not None and over.get(step.node) is not step.start.base:
        source = addresses.pointer(builder, step.start.base, step.start.offset)
        rows, columns = step.shape
        size = columns * step.node.dtype.itemsize
        with counted(builder, rows) as i:
            to = builder.mul(i, ir.Constant(WORD, columns))
            start = builder.mul(i, ir.Constant(WORD, step.start.strides[0]))
            places = builder.gep(out, [to]), builder.gep(source, [start])
            _copied(builder, *places, size)
    blas.multiply(builder, step, (left, right, out))


def _factors(builder: ir.IRBuilder, step: Product, addresses: Addresses) -> list[Any]:
    """Addresses of the product, and of what is multiplied."""
    views = step.left, step.right
    factors = [addresses.pointer(builder, x.base, x.offset) for x in views]
    return [addresses.pointer(builder, step.node), *factors]


def _copied(builder: ir.IRBuilder, target: Any, source: Any, size: int) -> None:
    """Copy bytes."""
    copy = builder.module.declare_intrinsic("llvm.memcpy", [ADDRESS, ADDRESS, WORD])
    whole = [builder.bitcast(p, ADDRESS) for p in (target, source)]
    builder.call(copy, [*whole, ir.Constant(WORD, size), ir.Constant(ir.IntType(1), 0)])
