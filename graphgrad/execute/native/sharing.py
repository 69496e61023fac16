"""Large loops in parts, which several threads may do.

Which parts there are follows from the sizes alone, and what they sum up is brought
together in their order: a result is the same for any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from llvmlite import ir

from graphgrad.execute.native.counting import counted, private
from graphgrad.execute.native.machine import threads
from graphgrad.execute.native.reductions import join, wide
from graphgrad.execute.native.scalar import WORD, memory_type
from graphgrad.execute.native.tracing import from_memory, to_memory
from graphgrad.execute.native.views import Sizes, entries
from graphgrad.graph.tensor import Tensor

STRETCH = 1024  # entries whose sum is taken in one go
# Of a part, entries times ops: waking a thread takes about as long as a light one.
_PART = 1 << 19
_FEWEST = 4  # parts, from where on threads pay
_MOST = 64
_SHARE = 16  # entries of a loop to one that its parts may sum up beside the others


@dataclass(frozen=True)
class Split:
    """The first axis of a loop in parts.

    Args:
        size: of the axis.
        length: of each part but the last, which may be shorter.
    """

    size: int
    length: int

    @property
    def count(self) -> int:
        """How many parts there are."""
        return -(-self.size // self.length)

    def bounds(self, builder: ir.IRBuilder, part: Any) -> tuple[Any, Any]:
        """Write where a part begins, and how long it is."""
        length = ir.Constant(WORD, self.length)
        first = builder.mul(part, length)
        rest = builder.sub(ir.Constant(WORD, self.size), first)
        whole = builder.icmp_unsigned("<", length, rest)
        return first, builder.select(whole, length, rest)


def split_of(sizes: Sizes, ops: int, apart: int) -> Split | None:
    """How to split a loop; None if it is too small for that.

    Args:
        sizes: of its axes.
        ops: how many are applied to each entry.
        apart: entries of the sums that every part takes for itself.
    """
    wanted = min(entries(sizes) * ops // _PART, _MOST)
    if wanted < _FEWEST or apart * wanted * _SHARE > entries(sizes):
        return None
    step = STRETCH if len(sizes) == 1 else 1
    split = Split(sizes[0], -(-sizes[0] // (wanted * step)) * step)
    return split if split.count > 1 else None


def gathering(module: ir.Module, name: str, y: Tensor, size: int, count: int) -> Any:
    """A function ``void f(T* out, T* parts)``, which joins what the parts found.

    Args:
        module: to write it into.
        name: of the function.
        y: the reduction.
        size: entries of its result.
        count: how many parts there are; their results follow each other.
    """
    place = memory_type(y.dtype).as_pointer()
    function = private(module, name, [place, place])
    out, parts = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    total = builder.alloca(memory_type(wide(y)))
    with counted(builder, size) as i:
        first = from_memory(builder, builder.load(builder.gep(parts, [i])), y.dtype)
        builder.store(to_memory(first.to(wide(y))), total)
        with counted(builder, count - 1) as k:
            after = builder.add(k, ir.Constant(WORD, 1))
            at = builder.add(builder.mul(after, ir.Constant(WORD, size)), i)
            more = from_memory(builder, builder.load(builder.gep(parts, [at])), y.dtype)
            join(builder, y, wide(y), total, more)
        made = from_memory(builder, builder.load(total), wide(y)).to(y.dtype)
        builder.store(to_memory(made), builder.gep(out, [i]))
    builder.ret_void()
    return function


class Shared:
    """A split loop, to be called with the address of the table of addresses.

    Args:
        function: does the parts from a first one up to another.
        count: how many there are.
        gather: joins what they sum up, if they do.
    """

    def __init__(
        self,
        function: Callable[[int, int, int], Any],
        count: int,
        gather: Callable[[int], Any] | None = None,
    ) -> None:
        self._function, self._count, self._gather = function, count, gather

    def __call__(self, address: int) -> None:
        """Do all parts, by as many threads as may work at once."""
        workers = min(threads(), self._count)
        starts = [self._count * i // workers for i in range(workers + 1)]
        helping: list[Future[Any]] = []
        try:
            for first, end in pairwise(starts[1:]):
                work = _pool(os.getpid()).submit(self._function, address, first, end)
                helping.append(work)
            self._function(address, 0, starts[1])
        finally:
            _finished(helping)
        if self._gather is not None:
            self._gather(address)


def _finished(helping: list[Future[Any]]) -> None:
    """Wait for helpers, also when interrupted: they write into the caller's memory."""
    try:
        wait(helping)
    except BaseException:
        _finished(helping)
        raise


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The helpers of a process: a copy made by `fork` has none of its parent's."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="graphgrad")
