"""Scalars by the thousand: a table of values, and ops on many of its entries at once.

A graph of scalars has few kinds of op. Nodes of one kind whose inputs are there at the
same time are one group; a group is a loop over a kernel that all groups of the kind
share, and the order of groups is data, not code. So ten thousand neurons, scalar by
scalar, are as little code as ten, and run at nanoseconds per node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

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
    kind_of,
    to_memory,
    unfit,
)
from graphgrad.graph.op import constant
from graphgrad.graph.tensor import Tensor

ENTRY = 8  # bytes
_FEWEST = 200  # nodes, from where on a table pays
_INDEX = ir.IntType(32)
_FACTS = 4  # numbers that tell a group: kind, nodes, first entry, first index


@dataclass
class Table:
    """Where scalars stand, and in which groups they are computed.

    Args:
        places: entry of each scalar, leaves first.
        leaves: those that are put in before each run.
        kinds: one node of each kind.
        groups: a constant; of each group its kind, how many nodes, its first entry, its
            first index.
        indices: a constant; entries of the inputs, of a group all first ones, then all
            second ones.
    """

    places: dict[Tensor, int]
    leaves: list[Tensor]
    kinds: list[Tensor]
    groups: Tensor
    indices: Tensor

    entry = ENTRY

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
    levels: dict[Tensor, int] = {}
    members: dict[tuple[int, int], list[Tensor]] = {}
    kinds: dict[Any, int] = {}
    examples: list[Tensor] = []
    for node in order:
        if node.shape != ():
            continue
        if not node.inputs:
            if _is_held(node):
                levels[node] = 0
            continue
        known = [levels.get(x) for x in node.inputs]
        if None in known:
            continue
        key = kind_of(node)
        if key not in kinds:
            kinds[key] = -1 if unfit(node) else len(examples)
            if kinds[key] >= 0:
                examples.append(node)
        if kinds[key] < 0:
            continue
        level = 1 + max(known)  # type: ignore[type-var]
        levels[node] = level
        members.setdefault((level, kinds[key]), []).append(node)
    if sum(map(len, members.values())) < _FEWEST:
        return None
    used = {x for nodes in members.values() for node in nodes for x in node.inputs}
    leaves = [x for x, level in levels.items() if not level and x in used]
    return _placed(leaves, members, examples)


def _is_held(leaf: Tensor) -> bool:
    try:
        register_type(leaf.dtype)
    except Unsupported:
        return False
    return True


def _placed(
    leaves: list[Tensor],
    members: Mapping[tuple[int, int], list[Tensor]],
    kinds: list[Tensor],
) -> Table:
    places = {x: i for i, x in enumerate(leaves)}
    groups, indices = [], []
    for (_, kind), nodes in sorted(members.items(), key=lambda item: item[0]):
        groups.append((kind, len(nodes), len(places), len(indices)))
        for column in zip(*(node.inputs for node in nodes), strict=True):
            indices += [places[x] for x in column]
        for node in nodes:
            places[node] = len(places)
    facts = constant(np.array(groups, np.int64))
    return Table(places, leaves, kinds, facts, constant(np.array(indices, np.int32)))


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
        for i, node in enumerate(table.kinds):
            block = builder.append_basic_block(f"kind{i}")
            choice.add_case(ir.Constant(WORD, i), block)
            with builder.goto_block(block):
                kernel = _kernel(module, node, f"kind{i}")
                # Entries of one group are not read by it: reading and writing it
                # through two pointers lets its loop run in vectors.
                builder.call(kernel, [memory, memory, own, count, start])
                builder.branch(done)
        builder.position_at_end(done)
    builder.ret_void()
    return function


def _kernel(module: ir.Module, node: Tensor, name: str) -> ir.Function:
    """One kind of op on entries of the table."""
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
        inputs = []
        for k, x in enumerate(node.inputs):
            at = builder.add(builder.mul(count, ir.Constant(WORD, k)), i)
            entry = builder.load(builder.gep(indices, [at]))
            entry = builder.zext(entry, WORD)
            loaded = builder.load(_entry(builder, read, entry, x.dtype))
            inputs.append(from_memory(builder, loaded, x.dtype))
        made = code_of(node, inputs)
        target = _entry(builder, written, builder.add(start, i), node.dtype)
        builder.store(to_memory(made), target)
    builder.ret_void()
    return function


def _entry(builder: ir.IRBuilder, memory: Any, entry: Any, dtype: np.dtype) -> Any:
    words = builder.bitcast(memory, WORD.as_pointer())
    place = builder.gep(words, [entry])
    return builder.bitcast(place, memory_type(dtype).as_pointer())
