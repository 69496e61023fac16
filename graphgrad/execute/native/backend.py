"""The native backend: specialise, rewrite, plan, assemble, run."""

from __future__ import annotations

import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from graphgrad.control.expand import expand
from graphgrad.execute.native import blas
from graphgrad.execute.native.assemble import Addresses, Stretch, assemble
from graphgrad.execute.native.machine import Machine
from graphgrad.execute.native.memory import arena
from graphgrad.execute.native.plan import Call, Loop, Plan, Product
from graphgrad.execute.native.products import scratch
from graphgrad.execute.native.views import Sizes, View, entries, sizes_of
from graphgrad.graph.body import stand_in
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import CONSTANT, PLACEHOLDER, VARIABLE
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import compute
from graphgrad.rewrite import algebra, division, folding
from graphgrad.rewrite.engine import Rewritten, rewrite
from graphgrad.shapes import resolve

RULES = (folding.of_shape, folding.known, algebra.identity, algebra.chain)
_ALIGNMENT = 64
# Of an array that a variable alone has: it, the room, and the call that counts.
_OWNERS = 3


@cache
def _machine() -> Machine:
    blas.link()
    return Machine()


class _Room:
    """What one call needs: the table of addresses, and memory of the program's own.

    Attributes:
        held: the arrays, by their places in the table.
        pool: the program's own memory.
        table_address: where the table is.
    """

    def __init__(self, slots: int, size: int) -> None:
        memory = np.empty(size + _ALIGNMENT, np.uint8)
        self.pool = memory[-_address(memory) % _ALIGNMENT :]
        self._table = np.zeros(slots + 1, np.uintp)
        self._table[slots] = _address(self.pool)
        self.table_address = _address(self._table)
        self.held: list[Any] = [None] * slots
        self._seen: list[Callable[[], Any]] = [_nothing] * slots

    def hold(self, slot: int, array: np.ndarray) -> None:
        """Put an array's address into the table; it is kept until the call ends."""
        self.held[slot] = array
        self._table[slot] = _address(array)

    def hold_again(self, slot: int, array: np.ndarray) -> None:
        """The same; quickly if it is the array of the call before."""
        self.held[slot] = array
        # Only a weak reference, as who else has an array must be known; see `own`.
        if self._seen[slot]() is not array:
            self._table[slot] = _address(array)
            self._seen[slot] = weakref.ref(array)

    def own(self, slot: int) -> None:
        """Copy a slot's array unless a variable alone has it."""
        # Who else has it would see it change.
        shared = sys.getrefcount(self.held[slot]) > _OWNERS
        if shared or not self.held[slot].flags.owndata:
            self.hold_again(slot, self.held[slot].copy())

    def release(self, slots: int) -> None:
        """Let go of the arrays, but for those of the first slots."""
        self.held[slots:] = [None] * (len(self.held) - slots)


def _nothing() -> None:
    return None


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
        found = [x for x in Graph(self._rewritten.outputs).nodes if not x.inputs]
        back = {new: old for old, new in leaves.items()}
        kinds = (CONSTANT, VARIABLE, PLACEHOLDER)
        leaf = {kind: [x for x in found if x.op is kind] for kind in kinds}
        self._constants = [_plain(x._value, sizes_of(x)) for x in leaf[CONSTANT]]
        made = [y for y in self._direct_outputs() if y not in self.plan.replaced]
        tensors = [*(x for kind in kinds for x in leaf[kind]), *made]
        self._slots = slots = {x: i for i, x in enumerate(tensors)}
        self._variables = [(slots[x], x, sizes_of(x)) for x in leaf[VARIABLE]]
        self._inputs = [(slots[x], back[x], sizes_of(x)) for x in leaf[PLACEHOLDER]]
        self._made = [(slots[y], sizes_of(y), y.dtype) for y in made]
        self._owned = [slots[x] for x in self.plan.replaced.values()]
        slots.update({y: slots[x] for y, x in self.plan.replaced.items()})
        self._rooms: list[_Room] = []
        self._offsets, self._size = arena(self.plan, self._direct_outputs())
        self._parts = self._assembled(len(tensors))
        self._results = self._ways_out()

    def _assembled(self, pool: int) -> list[Any]:
        """The program's parts in order: functions of the table, and calls of NumPy."""
        needed = (scratch(s) for s in self.plan.steps if isinstance(s, Product))
        addresses = Addresses(self._slots, self._offsets, pool, self._size)
        self._size += max(needed, default=0)
        assembly = assemble(self.plan, addresses)
        names = [p.name for p in assembly.parts if isinstance(p, Stretch)]
        functions = _machine().load(assembly.source, names) if names else {}
        return [
            functions[p.name] if isinstance(p, Stretch) else p for p in assembly.parts
        ]

    def _direct_outputs(self) -> list[Tensor]:
        """The tensors whose memory is handed out: outputs that are computed whole."""
        views = self.plan.views
        found = (y for y in self.plan.outputs if y.inputs and views[y].base is y)
        return list(dict.fromkeys(found))

    def _ways_out(self) -> list[int | View]:
        """Of each output its slot, or where to copy from if it has none of its own."""
        ways: list[int | View] = []
        for y in self.plan.outputs:
            own = y.inputs and y in self._slots and self._slots[y] not in ways
            ways.append(self._slots[y] if own else self.plan.views[y])
        return ways

    def __call__(self, values: Mapping[Tensor, Any]) -> list[Any]:
        """The values of the outputs, each an array of its own."""
        try:
            room = self._rooms.pop()
        except IndexError:  # the first call, or another thread is at it
            room = _Room(len(set(self._slots.values())), self._size)
            for i, array in enumerate(self._constants):
                room.hold(i, array)
        try:
            return self._run(room, values)
        finally:
            room.release(len(self._constants))
            self._rooms.append(room)

    def _run(self, room: _Room, values: Mapping[Tensor, Any]) -> list[Any]:
        for slot, x, shape in self._variables:
            room.hold_again(slot, _plain(x._value, shape))
        for slot, x, shape in self._inputs:
            room.hold(slot, _plain(values[x], shape))
        for slot, shape, dtype in self._made:
            room.hold(slot, np.empty(shape, dtype))
        for slot in self._owned:
            room.own(slot)
        calls: dict[Tensor, Any] = {}
        for part in self._parts:
            if isinstance(part, Call):
                self._called(part, room, calls)
            else:
                part(room.table_address)
        held = room.held
        return [
            held[way] if isinstance(way, int) else self._seen(way, room).copy()
            for way in self._results
        ]

    def _called(self, call: Call, room: _Room, results: dict[Tensor, Any]) -> None:
        """Let NumPy compute; several results of an op are kept by the op."""
        node = call.node
        inputs = [
            results[x]
            if x.op.multiple
            else _entry(self._seen(self.plan.views[x], room))
            for x in node.inputs
        ]
        with np.errstate(all="ignore"):  # NaN and Inf are values
            made = compute(node, inputs, {})
        if node.op.multiple:
            results[node] = made
        else:
            self._seen(self.plan.views[node], room)[...] = made

    def _seen(self, view: View, room: _Room) -> Any:
        """A view of a tensor's memory, as an array."""
        base = view.base
        if base in self._slots:
            flat = room.held[self._slots[base]].reshape(-1)
        else:
            start = self._offsets[base]
            size = entries(sizes_of(base)) * base.dtype.itemsize
            flat = room.pool[start : start + size].view(base.dtype)
        steps = [s * base.dtype.itemsize for s in view.strides]
        return np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, steps)

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
    plain = rewrite(opened.outputs, RULES)
    made = rewrite(plain.outputs, RULES, chosen=division.shared(plain.outputs))
    made.counts = dict(Counter(plain.counts) + Counter(made.counts))
    return made


def _plain(array: Any, shape: Sizes) -> np.ndarray:
    """An array stored row after row: itself, if it is."""
    if type(array) is np.ndarray and array.flags.c_contiguous and array.shape == shape:
        return array
    made = np.ascontiguousarray(array)
    return made if made.shape == shape else made.reshape(shape)


def _entry(array: np.ndarray) -> Any:
    """What an op takes: an array, or a scalar."""
    return array if array.ndim else array[()]


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def _told(step: Loop | Product | Call) -> str:
    if isinstance(step, Loop):
        names = [x.op.name for x in (*step.nodes, *step.reductions)]
        return f"loop over {step.space}: {', '.join(names)}"
    if isinstance(step, Product):
        added = " added to a start" if step.start else ""
        return f"product {step.left.shape} @ {step.right.shape}{added}"
    return f"NumPy: {step.node.op.name}, as {step.reason}"
