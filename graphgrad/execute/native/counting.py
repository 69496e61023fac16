"""Loops that count, as LLVM's blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from graphgrad.execute.native.scalar import WORD

_SHORT = 256


@contextmanager
def counted(builder: ir.IRBuilder, size: Any) -> Iterator[Any]:
    """A loop from 0 to a size; its body is written inside.

    Args:
        builder: writes the instructions.
        size: a number, or a register that is at least 1.
    """
    known = isinstance(size, int)
    if known and size == 0:
        yield from _skipped(builder)
        return
    before = builder.block
    body = builder.append_basic_block("loop")
    builder.branch(body)
    builder.position_at_end(body)
    i = builder.phi(WORD)
    i.add_incoming(ir.Constant(WORD, 0), before)
    yield i
    after = builder.add(i, ir.Constant(WORD, 1), flags=("nuw", "nsw"))  # type: ignore[call-arg]
    i.add_incoming(after, builder.block)
    done = builder.append_basic_block("done")
    end = ir.Constant(WORD, size) if known else size
    branch = builder.cbranch(builder.icmp_unsigned("<", after, end), body, done)
    if known and size < _SHORT:
        branch.set_metadata("llvm.loop", _in_masked_vectors(builder.module))
    builder.position_at_end(done)


def _in_masked_vectors(module: ir.Module) -> Any:
    """Word to the vectoriser: the rest of a short loop is a vector with a mask."""
    flag = ir.Constant(ir.IntType(1), 1)
    name = ir.MetaDataString(module, "llvm.loop.vectorize.predicate.enable")
    hint = module.add_metadata([name, flag])
    own = ir.MetaDataString(module, module.get_unique_name("loop"))
    return module.add_metadata([module.add_metadata([own]), hint])


def _skipped(builder: ir.IRBuilder) -> Iterator[Any]:
    """A body that is never reached."""
    never = builder.append_basic_block("never")
    after = builder.append_basic_block("after")
    builder.branch(after)
    builder.position_at_end(never)
    yield ir.Constant(WORD, 0)
    builder.branch(after)
    builder.position_at_end(after)


def private(module: ir.Module, name: str, kinds: list[ir.Type]) -> ir.Function:
    """A function of a module's own, which is called, not copied."""
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    return function
