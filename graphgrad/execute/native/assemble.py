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

from graphgrad.execute.native import blas
from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.joining import Joined, joined_code
from graphgrad.execute.native.loops import LoopCode
from graphgrad.execute.native.machine import threads
from graphgrad.execute.native.plan import Call, Loop, Plan, Product, Scalars
from graphgrad.execute.native.products import product_code
from graphgrad.execute.native.scalar import BYTE, WORD, memory_type
from graphgrad.execute.native.table import Table, table_code
from graphgrad.graph.tensor import Tensor

ADDRESS = BYTE.as_pointer()


@dataclass
class Stretch:
    """Native steps that run in one go, by the name of their function."""

    name: str


@dataclass
class Assembly:
    """The source of a module, and its stretches and calls in order."""

    source: str
    parts: list[Stretch | Call]


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

    def space(self, builder: ir.IRBuilder, dtype: np.dtype) -> Any:
        """Write the address of the memory that a step may use."""
        return self._at(builder, self.pool, self.scratch, dtype)

    @staticmethod
    def _at(builder: ir.IRBuilder, slot: int, start: int, dtype: np.dtype) -> Any:
        place = builder.gep(builder.function.args[0], [ir.Constant(WORD, slot)])
        address = builder.load(place)
        if start:
            address = builder.gep(address, [ir.Constant(WORD, start)])
        return builder.bitcast(address, memory_type(dtype).as_pointer())


def assemble(plan: Plan, addresses: Addresses, *, apart: bool = False) -> Assembly:
    """Write the module.

    Args:
        plan: the steps.
        addresses: of what they read and write.
        apart: whether each step is a stretch of its own, to be timed.
    """
    module = ir.Module("program")
    module.triple = ""
    parts: list[Stretch | Call] = []
    builder: ir.IRBuilder | None = None
    known: dict[Any, ir.Function] = {}
    for k, step in enumerate(plan.steps):
        if isinstance(step, Call):
            if builder is not None:
                builder.ret_void()
                builder = None
            parts.append(step)
            continue
        if builder is None:
            kind = ir.FunctionType(ir.VoidType(), [ADDRESS.as_pointer()])
            function = ir.Function(module, kind, f"stretch{k}")
            builder = ir.IRBuilder(function.append_basic_block())
            parts.append(Stretch(function.name))
        if isinstance(step, Scalars):
            builder.call(
                table_code(module, step.table), addresses.scalars(builder, step.table)
            )
        elif isinstance(step, Joined):
            code = joined_code(module, f"joined{k}", step, known)
            sources = [
                addresses.pointer(builder, v.base, v.offset) for v in step.sources
            ]
            builder.call(code, [addresses.pointer(builder, step.node), *sources])
        elif isinstance(step, Loop):
            facts = plan.views, plan.stored, plan.replaced
            code = LoopCode(module, f"loop{k}", step, *facts, known)
            arguments = [addresses.pointer(builder, *place) for place in code.arguments]
            builder.call(code.function, arguments)
        else:
            _multiplied(builder, step, addresses, plan.replaced, known)
        if apart:
            builder.ret_void()
            builder = None
    if builder is not None:
        builder.ret_void()
    return Assembly(str(module), parts)


def _multiplied(
    builder: ir.IRBuilder,
    step: Product,
    addresses: Addresses,
    replaced: Mapping[Tensor, Tensor],
    known: dict[Any, ir.Function],
) -> None:
    left, right = (
        addresses.pointer(builder, view.base, view.offset)
        for view in (step.left, step.right)
    )
    out = addresses.pointer(builder, step.node)
    if not blas.is_better(step, threads()):
        start = step.start
        begin = addresses.pointer(builder, start.base, start.offset) if start else out
        space = addresses.space(builder, step.node.dtype)
        function = product_code(builder.module, step, known)
        builder.call(function, [left, right, out, begin, space])
        return
    if step.start is not None and replaced.get(step.node) is not step.start.base:
        source = addresses.pointer(builder, step.start.base, step.start.offset)
        rows, columns = step.shape
        size = columns * step.node.dtype.itemsize
        with counted(builder, rows) as i:
            to = builder.mul(i, ir.Constant(WORD, columns))
            start = builder.mul(i, ir.Constant(WORD, step.start.strides[0]))
            places = builder.gep(out, [to]), builder.gep(source, [start])
            _copied(builder, *places, size)
    blas.multiply(builder, step, (left, right, out))


def _copied(builder: ir.IRBuilder, target: Any, source: Any, size: int) -> None:
    """Copy bytes."""
    copy = builder.module.declare_intrinsic("llvm.memcpy", [ADDRESS, ADDRESS, WORD])
    whole = [builder.bitcast(p, ADDRESS) for p in (target, source)]
    builder.call(copy, [*whole, ir.Constant(WORD, size), ir.Constant(ir.IntType(1), 0)])
