"""A plan as the source of one LLVM module: its loops, and what calls them in order.

Steps of NumPy's stand between stretches of native ones; each stretch is one function
of one pointer, to a table of addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from graphgrad.execute.native.blas import multiply
from graphgrad.execute.native.loops import LoopCode
from graphgrad.execute.native.plan import Call, Loop, Plan, Product
from graphgrad.execute.native.scalar import BYTE, WORD, memory_type
from graphgrad.execute.native.views import entries, sizes_of
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


def assemble(
    plan: Plan, slots: Mapping[Tensor, int], offsets: Mapping[Tensor, int], pool: int
) -> Assembly:
    """Write the module.

    Args:
        plan: the steps.
        slots: place in the table of addresses, of leaves and outputs.
        offsets: place in the arena in bytes, of all else that is stored.
        pool: the arena's place in the table.
    """
    module = ir.Module("program")
    module.triple = ""
    parts: list[Stretch | Call] = []
    builder: ir.IRBuilder | None = None
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
        if isinstance(step, Loop):
            code = LoopCode(module, f"loop{k}", step, plan.views, plan.stored)
            arguments = [
                _pointer(builder, x, offset, slots, offsets, pool)
                for x, offset in code.arguments
            ]
            builder.call(code.function, arguments)
        else:
            _multiplied(builder, step, slots, offsets, pool, plan.replaced)
    if builder is not None:
        builder.ret_void()
    return Assembly(str(module), parts)


def _multiplied(
    builder: ir.IRBuilder,
    step: Product,
    slots: Mapping[Tensor, int],
    offsets: Mapping[Tensor, int],
    pool: int,
    replaced: Mapping[Tensor, Tensor],
) -> None:
    if not entries(sizes_of(step.node)):
        return
    pointers = [
        _pointer(builder, view.base, view.offset, slots, offsets, pool)
        for view in (step.left, step.right)
    ]
    out = _pointer(builder, step.node, 0, slots, offsets, pool)
    if step.start is not None and replaced.get(step.node) is not step.start.base:
        start = step.start
        source = _pointer(builder, start.base, start.offset, slots, offsets, pool)
        _copied(builder, out, source, entries(sizes_of(step.node)))
    multiply(builder, step, (*pointers, out))


def _copied(builder: ir.IRBuilder, target: Any, source: Any, count: int) -> None:
    """Copy entries."""
    size = count * (4 if isinstance(target.type.pointee, ir.FloatType) else 8)
    kinds = [ADDRESS, ADDRESS, WORD]
    copy = builder.module.declare_intrinsic("llvm.memcpy", kinds)
    whole = [builder.bitcast(p, ADDRESS) for p in (target, source)]
    builder.call(copy, [*whole, ir.Constant(WORD, size), ir.Constant(ir.IntType(1), 0)])


def _pointer(
    builder: ir.IRBuilder,
    x: Tensor,
    offset: int,
    slots: Mapping[Tensor, int],
    offsets: Mapping[Tensor, int],
    pool: int,
) -> Any:
    """The address of a tensor's entry."""
    slot = slots.get(x, pool)
    place = builder.gep(builder.function.args[0], [ir.Constant(WORD, slot)])
    address = builder.load(place)
    start = offsets.get(x, 0) + offset * x.dtype.itemsize
    if start:
        address = builder.gep(address, [ir.Constant(WORD, start)])
    return builder.bitcast(address, memory_type(x.dtype).as_pointer())
