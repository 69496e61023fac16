"""The native backend: specialise, rewrite, plan, assemble, run."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from graphgrad.control.expand import expand
from graphgrad.execute.native import blas
from graphgrad.execute.native.assemble import Addresses, Stretch, assemble
from graphgrad.execute.native.machine import Machine
from graphgrad.execute.native.memory import arena
from graphgrad.execute.native.plan import Call, Loop, Plan, Product
from graphgrad.execute.native.views import View, entries, sizes_of
from graphgrad.graph.body import stand_in
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import CONSTANT, PLACEHOLDER
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import compute
from graphgrad.rewrite import algebra, folding
from graphgrad.rewrite.engine import Rewritten, rewrite
from graphgrad.shapes import resolve

RULES = (folding.of_shape, folding.known, algebra.identity, algebra.chain)
_ALIGNMENT = 64
# Of an array that a variable alone holds: it, the room, the call, and two names.
_OWNERS = 5


@cache
def _machine() -> Machine:
    blas.link()
    return Machine()


class _Room:
    """What one call needs: the table of addresses, and memory of the program's own."""

    def __init__(self, slots: int, size: int) -> None:
        memory = np.empty(size + _ALIGNMENT, np.uint8)
        self.pool = memory[-_address(memory) % _ALIGNMENT :]
        self._table = np.zeros(slots + 1, np.uintp)
        self._table[slots] = _address(self.pool)
        self.table_address = _address(self._table)
        self._held: list[Any] = [None] * slots

    def hold(self, slot: int, array: np.ndarray) -> np.ndarray:
        """Put an array's address into the table; it is kept until the call ends."""
        self._held[slot] = array
        self._table[slot] = _address(array)
        return array

    def owned(self, slot: int) -> np.ndarray:
        """The array of a slot if only a variable has it, or else a copy."""
        array = self._held[slot]
        # Who else has it would see it change.
        if not array.flags.owndata or sys.getrefcount(array) > _OWNERS:
            return array.copy()
        return array

    def release(self) -> None:
        """Let go of the arrays."""
        self._held = [None] * len(self._held)


class NativeBackend:
    """Lowers a graph to machine code, once for each set of sizes."""

    name = "native"

    def lower(self, graph: Graph, donated: Mapping[int, Tensor]) -> NativeExecutable:
        """The graph as an executable."""
        return NativeExecutable(graph, donated)


class NativeExecutable:
    """A graph and its programs, by the sizes of its symbolic dimensions."""

    def __init__(self, graph: Graph, donated: Mapping[int, Tensor]) -> None:
        self._graph = graph
        self._donated = donated
        self._known: dict[tuple[tuple[str, int], ...], Specialised] = {}
        self._turn = threading.Lock()
        if all(isinstance(n, int) for x in graph.placeholders for n in x.shape):
            self._for({})

    def _for(self, sizes: Mapping[str, int]) -> Specialised:
        key = tuple(sorted(sizes.items()))
        with self._turn:
            if key not in self._known:
                self._known[key] = Specialised(self._graph, self._donated, sizes)
            return self._known[key]

    def __call__(self, values: dict[Tensor, Any], sizes: dict[str, int]) -> list[Any]:
        """The values of the outputs."""
        return self._for(sizes)(values)

    def explain(self) -> str:
        """What the latest program does."""
        if not self._known:
            return "native backend: compiled at the first call, when sizes are known"
        return list(self._known.values())[-1].explain()


class Specialised:
    """The program for one set of sizes.

    Args:
        graph: what to compute.
        donated: variables by the number of the output that is their new value.
        sizes: of the symbolic dimensions.
    """

    def __init__(
        self, graph: Graph, donated: Mapping[int, Tensor], sizes: Mapping[str, int]
    ) -> None:
        leaves = {
            x: stand_in(x, tuple(resolve(x.shape, sizes))) for x in graph.placeholders
        }
        self._rewritten = _simplified(graph, leaves, sizes)
        self.plan = Plan(self._rewritten.outputs, donated)
        order = Graph(self._rewritten.outputs).nodes
        self._leaves = [x for x in order if not x.inputs]
        back = {new: old for old, new in leaves.items()}
        self._sources = [(x, back.get(x, x)) for x in self._leaves]
        self._made = self._direct_outputs()
        tensors = [*self._leaves, *self._made]
        self._slots = slots = {x: i for i, x in enumerate(tensors)}
        slots.update({y: slots[x] for y, x in self.plan.replaced.items()})
        self._rooms: list[_Room] = []
        self._constants = {
            x: _plain(x._value, x) for x in self._leaves if x.op is CONSTANT
        }
        offsets, self._size = arena(self.plan, self._made)
        self._offsets = offsets
        assembly = assemble(self.plan, Addresses(slots, offsets, len(tensors)))
        load = _machine().load
        names = [p.name for p in assembly.parts if isinstance(p, Stretch)]
        functions = load(assembly.source, names) if names else {}
        self._parts = [
            functions[p.name] if isinstance(p, Stretch) else p for p in assembly.parts
        ]

    def _direct_outputs(self) -> list[Tensor]:
        """The tensors whose memory is handed out: outputs that are computed whole."""
        views = self.plan.views
        found = (y for y in self.plan.outputs if y.inputs and views[y].base is y)
        return list(dict.fromkeys(found))

    def __call__(self, values: Mapping[Tensor, Any]) -> list[Any]:
        """The values of the outputs, each an array of its own."""
        try:
            room = self._rooms.pop()
        except IndexError:  # another thread is at it
            room = self._furnished()
        try:
            return self._run(room, values)
        finally:
            room.release()
            self._rooms.append(room)

    def _furnished(self) -> _Room:
        """A room that holds the constants."""
        room = _Room(len(self._leaves) + len(self._made), self._size)
        for i, x in enumerate(self._leaves):
            if x in self._constants:
                room.hold(i, self._constants[x])
        return room

    def _run(self, room: _Room, values: Mapping[Tensor, Any]) -> list[Any]:
        arrays = dict(self._constants)
        for i, (x, source) in enumerate(self._sources):
            if source.op is CONSTANT:
                continue
            arrays[x] = room.hold(i, _plain(_value(source, values), x))
        for i, y in enumerate(self._made, len(self._sources)):
            place, x = i, self.plan.replaced.get(y)
            if x is None:
                made = np.empty(sizes_of(y), y.dtype)
            else:
                place = self._slots[x]
                made = arrays[x] = room.owned(place)
            arrays[y] = room.hold(place, made)
        for part in self._parts:
            if isinstance(part, Call):
                self._called(part, arrays, room.pool)
            else:
                part(room.table_address)
        handed: set[Tensor] = set()
        return [self._result(y, arrays, room.pool, handed) for y in self.plan.outputs]

    def _called(self, call: Call, arrays: dict[Tensor, Any], pool: Any) -> None:
        node = call.node
        with np.errstate(all="ignore"):  # NaN and Inf are values
            made = compute(node, [self._read(x, arrays, pool) for x in node.inputs], {})
        if node.op.multiple:
            arrays[node] = made
        else:
            self._seen(self.plan.views[node], arrays, pool)[...] = made

    def _read(self, x: Tensor, arrays: Mapping[Tensor, Any], pool: Any) -> Any:
        """What an op takes: an array, a scalar, or the results of another op."""
        if x.op.multiple:
            return arrays[x]
        array = self._seen(self.plan.views[x], arrays, pool)
        return array if array.ndim else array[()]

    def _seen(self, view: View, arrays: Mapping[Tensor, Any], pool: Any) -> Any:
        """A view of a tensor's memory, as an array."""
        base = view.base
        if base in arrays:
            flat = arrays[base].reshape(-1)
        else:
            start = self._offsets[base]
            size = entries(sizes_of(base)) * base.dtype.itemsize
            flat = pool[start : start + size].view(base.dtype)
        steps = [s * base.dtype.itemsize for s in view.strides]
        return np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, steps)

    def _result(
        self, y: Tensor, arrays: Mapping[Tensor, Any], pool: Any, handed: set[Tensor]
    ) -> Any:
        if y in arrays and y.inputs and y not in handed:
            handed.add(y)
            return arrays[y]
        return self._seen(self.plan.views[y], arrays, pool).copy()

    def explain(self) -> str:
        """The steps, and what was rewritten."""
        steps = self.plan.steps
        counts = [sum(isinstance(s, kind) for s in steps) for kind in (Loop, Product)]
        calls = [s for s in steps if isinstance(s, Call)]
        lines = [
            f"native backend: {counts[0]} loops, {counts[1]} matrix products, "
            f"{len(calls)} NumPy calls, {self._size} bytes of memory"
        ]
        lines += [f"  {_told(step)}" for step in steps]
        lines += [
            f"  rewritten: {n} × {rule}" for rule, n in self._rewritten.counts.items()
        ]
        return "\n".join(lines)


def _simplified(
    graph: Graph, leaves: Mapping[Tensor, Tensor], sizes: Mapping[str, int]
) -> Rewritten:
    """The graph of static shapes, composites opened, rewritten."""
    static = rewrite(graph.outputs, RULES, leaves, sizes)
    opened = expand(Graph(static.outputs))
    return rewrite(opened.outputs, RULES)


def _value(leaf: Tensor, values: Mapping[Tensor, Any]) -> Any:
    return values[leaf] if leaf.op is PLACEHOLDER else leaf._value


def _plain(array: Any, leaf: Tensor) -> np.ndarray:
    """An array stored row after row: itself, if it is."""
    made = np.ascontiguousarray(array)
    return made if made.shape == leaf.shape else made.reshape(sizes_of(leaf))


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _told(step: Loop | Product | Call) -> str:
    if isinstance(step, Loop):
        names = [x.op.name for x in (*step.nodes, *step.reductions)]
        return f"loop over {step.space}: {', '.join(names)}"
    if isinstance(step, Product):
        return f"product {step.left.shape} @ {step.right.shape}"
    return f"NumPy: {step.node.op.name}, as {step.reason}"
