"""Scalars by the thousand: a table of values, and ops on many of its entries at once.

A group of nodes (see `levels`) is a loop, whose code all groups of its kind share;
which groups there are is data, not code. So ten thousand neurons, scalar by scalar, are
as little code as ten, and run at a nanosecond per node. Nodes are put in the order in
which others read them: then these find many of them side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.levels import levels_of, side_by_side
from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.scalar import (
    BYTE,
    WORD,
    Unsupported,
    memory_type,
    register_type,
)
from graphgrad.execute.native.tracing import (
    code_of,
    from_memory,
    to_memory,
    unfit,
)
from graphgrad.graph.op import constant
from graphgrad.graph.tensor import Tensor

# Of each input of a group: from entry to entry 1 or 0, None if each has its own index.
Steps = tuple[int | None, ...]

ENTRY = 8  # bytes
_FEWEST = 200  # nodes, from where on a table pays
_ROW = 16  # nodes, from where on code for entries in a row pays
_INDEX = ir.IntType(32)
_FACTS = 4  # numbers that tell a group: kind, nodes, first entry, first index


@dataclass
class Table:
    """Where scalars stand, and in which groups they are computed.

    Args:
        places: entry of each scalar, leaves first.
        leaves: those that are put in before each run.
        kinds: one node of each kind of group, and how its inputs lie.
        groups: a constant; of each group its kind, how many nodes, its first entry, its
            first index.
        indices: a constant; entries of the inputs, of a group all first ones, then all
            second ones; of those in a row only where it begins.
    """

    places: dict[Tensor, int]
    leaves: list[Tensor]
    kinds: list[tuple[Tensor, Steps]]
    groups: Tensor
    indices: Tensor

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.places) * ENTRY

    @property
    def count(self) -> int:
        """How many scalars are computed."""
        return len(self.places) - len(self.leaves)


def table_of(order: Sequence[Tensor]) -> Table | None:
    """The scalars of a graph that depend on scalars alone, if there are many."""
    levels = levels_of(order, lambda x: not unfit(x) if x.inputs else _is_held(x))
    if len(levels.nodes) - levels.leaves < _FEWEST:
        return None
    levels = side_by_side(levels)
    kinds: dict[Any, tuple[int, Tensor]] = {}
    groups, indices, first = [], [], 0
    for group in levels.groups():
        steps = tuple(_step(column) for column in group.columns)
        kind, _ = kinds.setdefault((group.kind, steps), (len(kinds), group.node))
        start, count = group.own.start, group.own.stop - group.own.start
        groups.append((kind, count, start, first))
        for column, step in zip(group.columns, steps, strict=True):
            indices.append(column if step is None else column[:1])
            first += len(indices[-1])
    places = {x: i for i, x in enumerate(levels.nodes)}
    facts = constant(np.array(groups, np.int64))
    entries = constant(np.concatenate(indices).astype(np.int32))
    leaves = levels.nodes[: levels.leaves]
    known = [(node, steps) for (_, steps), (_, node) in kinds.items()]
    return Table(places, leaves, known, facts, entries)


def _step(entries: np.ndarray) -> int | None:
    if len(entries) < _ROW:
        return None
    steps = np.diff(entries)
    return int(steps[0]) if 0 <= steps[0] <= 1 and (steps == steps[0]).all() else None


def _is_held(leaf: Tensor) -> bool:
    try:
        register_type(leaf.dtype)
    except Unsupported:
        return False
    return True


def table_code(module: ir.Module, table: Table) -> ir.Function:
    """The function ``void f(byte* table, int64* groups, int32* indices)``."""
    places = [BYTE.as_pointer(), WORD.as_pointer(), _INDEX.as_pointer()]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), places), "scalars")
    function.linkage = "internal"
    memory, groups, indices = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    with counted(builder, len(table.groups._value)) as group:
        first = builder.mul(group, ir.Constant(WORD, _FACTS))
        kind, count, start, index = (
            builder.load(
                builder.gep(groups, [builder.add(first, ir.Constant(WORD, i))])
            )
            for i in range(_FACTS)
        )
        own = builder.gep(indices, [index])
        done = builder.append_basic_block("done")
        choice = builder.switch(kind, done)
        for i, (node, steps) in enumerate(table.kinds):
            block = builder.append_basic_block(f"kind{i}")
            choice.add_case(ir.Constant(WORD, i), block)
            with builder.goto_block(block):
                kernel = _kernel(module, node, steps, f"kind{i}")
                # Entries of one group are not read by it: reading and writing it
                # through two pointers lets its loop run in vectors.
                builder.call(kernel, [memory, memory, own, count, start])
                builder.branch(done)
        builder.position_at_end(done)
    builder.ret_void()
    return function


def _kernel(module: ir.Module, node: Tensor, steps: Steps, name: str) -> ir.Function:
    """One kind of op on entries of the table, which lie as the steps say."""
    place = BYTE.as_pointer()
    kinds = [place, place, _INDEX.as_pointer(), WORD, WORD]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    read, written, indices, count, start = function.args
    for pointer in (read, written, indices):
        pointer.add_attribute("noalias")
    builder = ir.IRBuilder(function.append_basic_block())
    with counted(builder, count) as i:
        inputs, at = [], ir.Constant(WORD, 0)
        for x, step in zip(node.inputs, steps, strict=True):
            own = builder.add(at, i) if step is None else at
            entry = builder.load(builder.gep(indices, [own]))
            entry = builder.zext(entry, WORD)
            entry = builder.add(entry, i) if step == 1 else entry
            loaded = builder.load(_entry(builder, read, entry, x.dtype))
            inputs.append(from_memory(builder, loaded, x.dtype))
            at = builder.add(at, count if step is None else ir.Constant(WORD, 1))
        made = code_of(node, inputs)
        target = _entry(builder, written, builder.add(start, i), node.dtype)
        builder.store(to_memory(made), target)
    builder.ret_void()
    return function


def _entry(builder: ir.IRBuilder, memory: Any, entry: Any, dtype: np.dtype) -> Any:
    words = builder.bitcast(memory, WORD.as_pointer())
    place = builder.gep(words, [entry])
    return builder.bitcast(place, memory_type(dtype).as_pointer())
