"""A program for one set of sizes: rewrite, plan, assemble, run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from graphgrad.control.expand import opened
from graphgrad.control.scan import scan_op
from graphgrad.execute.native.assemble import Addresses, Stretch
from graphgrad.execute.native.exchange import Exchange
from graphgrad.execute.native.joining import Joined
from graphgrad.execute.native.loading import loaded
from graphgrad.execute.native.looping import Interface, Looped
from graphgrad.execute.native.memory import LINE, arena
from graphgrad.execute.native.plan import Plan
from graphgrad.execute.native.room import Room
from graphgrad.execute.native.sharing import Shared
from graphgrad.execute.native.steps import Call, Loop, Product, Scalars, Step
from graphgrad.execute.native.table import ENTRY
from graphgrad.execute.native.views import Sizes, View, entries, sizes_of
from graphgrad.execute.profile import Profile, profiled
from graphgrad.graph.body import stand_in
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import CONSTANT, PLACEHOLDER, VARIABLE
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import compute
from graphgrad.rewrite import (
    algebra,
    contraction,
    division,
    folding,
    moments,
    randomness,
    stable,
    windows,
)
from graphgrad.rewrite.engine import Rewritten, rewrite
from graphgrad.shapes import resolve

RULES = (
    folding.of_shape,
    folding.known,
    algebra.identity,
    algebra.chain,
    algebra.masked,
    moments.mean_as_sum,
    contraction.by_matmul,
    windows.fold_apart,
    randomness.by_word,
)
# On what the user wrote alone: inside of composites it is taken care of.
STABLE = (stable.stable_log, stable.expm1)


@dataclass(frozen=True)
class _Guarded:
    """A function that notes if it cannot do its work; NumPy then says why."""

    function: Callable[[int], Any]
    call: Call


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
        for old, new in leaves.items():
            new._stand_for(old)
        self._rewritten = _simplified(graph, leaves, sizes)
        self.plan = plan = Plan(self._rewritten.outputs, donated)
        back = {new: old for old, new in leaves.items()}
        kinds = (CONSTANT, VARIABLE, PLACEHOLDER)
        leaf = {kind: [x for x in plan.leaves if x.op is kind] for kind in kinds}
        self._constants = [_plain(x._value, sizes_of(x)) for x in leaf[CONSTANT]]
        made = [y for y in self._direct_outputs() if y not in plan.replaced]
        tensors = [*(x for kind in kinds for x in leaf[kind]), *made]
        self._slots = slots = {x: i for i, x in enumerate(tensors)}
        self._variables = [(slots[x], x, sizes_of(x)) for x in leaf[VARIABLE]]
        self._inputs = [(slots[x], back[x], sizes_of(x)) for x in leaf[PLACEHOLDER]]
        self._made = [(slots[y], sizes_of(y), y.dtype) for y in made]
        self._owned = [slots[x] for x in plan.replaced.values()]
        slots.update({y: slots[x] for y, x in plan.replaced.items()})
        self._rooms: list[Room] = []
        self._offsets, self._size = arena(plan, self._direct_outputs())
        self._addresses = self._laid_out(len(tensors))
        start = self._addresses.table
        self._scalars = plan.table and Exchange(plan.table, back, plan.outputs, start)
        self._parts = self._assembled(apart=False)
        self._results = self._ways_out()
        ways = enumerate(self._results)
        self._outside = [(i, way) for i, way in ways if way is not None]
        self._loops = self._compiled_loops()

    def _compiled_loops(self) -> dict[Tensor, Looped]:
        """A program for the steps of every scan."""
        calls = [step.node for step in self.plan.steps if isinstance(step, Call)]
        read: dict[Tensor, list[int]] = {x: [] for x in calls if x.op is scan_op}
        for node in calls:
            if node.op.name == "project" and node.inputs[0] in read:
                read[node.inputs[0]].append(node.attrs["index"])
        return {
            x: Looped(x, parts, lambda graph: Specialised(graph, {}, {}))
            for x, parts in read.items()
        }

    def _laid_out(self, pool: int) -> Addresses:
        """Where everything lies: values, scalars, and memory for a step to work in."""
        plan, start = self.plan, self._size
        if plan.table is not None:
            places = plan.table.places.items()
            own = {x: start + ENTRY * i for x, i in places if x.inputs}
            self._offsets.update(own)
            self._size += plan.table.size
        self._size = -(-self._size // LINE) * LINE
        return Addresses(self._slots, self._offsets, pool, self._size, start)

    def _assembled(self, apart: bool) -> list[Any]:
        """The program's parts in order: functions of the table, and calls of NumPy."""
        outline, functions = loaded(self.plan, self._addresses, apart=apart)
        self._size = self._addresses.scratch + outline.scratch
        self._split = dict(outline.split)
        return [self._part(p, functions) for p in outline.parts]

    def _part(self, part: Stretch | int, functions: Mapping[str, Any]) -> Any:
        if isinstance(part, int):
            return self.plan.steps[part]
        function = functions[part.name]
        if part.guarded is not None:
            (node,) = self.plan.made_by(self.plan.steps[part.guarded])
            return _Guarded(function, Call(node, "it cannot be computed"))
        gather = functions.get(part.gathers)
        return Shared(function, part.parts, gather) if part.parts else function

    def _direct_outputs(self) -> list[Tensor]:
        """The tensors whose memory is handed out: outputs that are computed whole."""
        plan = self.plan
        found = (y for y in plan.outputs if y.inputs and plan.views[y].base is y)
        inside = plan.table.places if plan.table else ()
        return [y for y in dict.fromkeys(found) if y not in inside]

    def _ways_out(self) -> list[int | View | None]:
        """Of each output its slot, where to copy from, or None for a scalar's place."""
        ways: list[int | View | None] = []
        inside = self.plan.table.places if self.plan.table else ()
        for y in self.plan.outputs:
            own = y.inputs and y in self._slots and self._slots[y] not in ways
            if y.inputs and y in inside:
                ways.append(None)
            else:
                ways.append(self._slots[y] if own else self.plan.views[y])
        return ways

    def __call__(self, values: Mapping[Tensor, Any]) -> list[Any]:
        """The values of the outputs, each an array of its own."""
        return self.in_a_room(lambda room: self._run(room, values))

    def interface(self) -> Interface | None:
        """Where arguments and results go; None if NumPy has a part in it."""
        outputs: list[tuple[int, int | None]] = []
        first: dict[Tensor, int] = {}
        for y, way in zip(self.plan.outputs, self._results, strict=True):
            if y in first:
                outputs.append((outputs[first[y]][0], first[y]))
            elif isinstance(way, int):
                first[y] = len(outputs)
                outputs.append((way, None))
            else:
                return None
        alone = not any(isinstance(part, Call | _Guarded) for part in self._parts)
        if self._scalars or not alone:
            return None
        return Interface(self._parts, {x: slot for slot, x, _ in self._inputs}, outputs)

    def in_a_room(self, work: Callable[[Room], Any]) -> Any:
        """What the work gives, with memory for the program to run in."""
        try:
            room = self._rooms.pop()
        except IndexError:  # the first call, or another thread is at it
            room = Room(len(set(self._slots.values())), self._size)
            for i, array in enumerate(self._constants):
                room.hold(i, array)
            if self._scalars:
                self._scalars.fill(room.pool)
        try:
            return work(room)
        finally:
            room.release(len(self._constants))
            self._rooms.append(room)

    def _run(self, room: Room, values: Mapping[Tensor, Any]) -> list[Any]:
        self._furnish(room, values)
        for slot in self._owned:
            room.own(slot)
        calls: dict[Tensor, Any] = {}
        for part in self._parts:
            self._do(part, room, calls)
        results: list[Any] = [None] * len(self._results)
        for i, way in self._outside:
            results[i] = self._result(way, room)
        if self._scalars:
            self._scalars.take(room.pool, results)
        return results

    def _furnish(self, room: Room, values: Mapping[Tensor, Any]) -> None:
        """Put everything where it is read and written."""
        for slot, x, shape in self._variables:
            room.hold_again(slot, _plain(x._value, shape))
        for slot, x, shape in self._inputs:
            room.hold(slot, _plain(values[x], shape))
        for slot, shape, dtype in self._made:
            room.hold(slot, np.empty(shape, dtype))
        if self._scalars:
            self._scalars.put(room.pool, values)

    def _do(self, part: Any, room: Room, calls: dict[Tensor, Any]) -> None:
        if isinstance(part, Call):
            self._called(part, room, calls)
        elif isinstance(part, _Guarded):
            part.function(room.table_address)
            if room.pool[self._addresses.scratch]:
                self._called(part.call, room, calls)
        else:
            part(room.table_address)

    def _result(self, way: int | View, room: Room) -> Any:
        return room.held[way] if isinstance(way, int) else self._seen(way, room).copy()

    def _called(self, call: Call, room: Room, results: dict[Tensor, Any]) -> None:
        """Let NumPy compute; several results of an op are kept by the op."""
        node = call.node
        inputs = [
            results[x]
            if x.op.multiple
            else _entry(self._seen(self.plan.views[x], room))
            for x in node.inputs
        ]
        with np.errstate(all="ignore"):  # NaN and Inf are values
            loop = self._loops.get(node)
            made = loop(inputs) if loop else compute(node, inputs, {})
        if node.op.multiple:
            # Views of what came in would change when its memory is used again.
            results[node] = [
                y.copy() if np.may_share_memory(y, room.pool) else y for y in made
            ]
        else:
            self._seen(self.plan.views[node], room)[...] = made

    def _seen(self, view: View, room: Room) -> Any:
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

    def profile(self, values: Mapping[Tensor, Any], rounds: int) -> Profile:
        """The time of each step; what it computes is forgotten."""
        texts = [self._told(k) for k in range(len(self.plan.steps))]

        def work(room: Room) -> Profile:
            self._furnish(room, values)
            for slot in self._owned:
                room.own(slot, at_once=True)
            calls: dict[Tensor, Any] = {}
            works = [
                partial(self._do, part, room, calls)
                for part in self._assembled(apart=True)
            ]
            return profiled(texts, works, rounds)

        return self.in_a_room(work)

    def lowered(self) -> Graph:
        """The graph that is run, the nodes of each step in a scope of its own."""
        nodes = Graph(self._rewritten.outputs).nodes
        new: dict[Tensor, Tensor] = {}
        for node in nodes:
            if node.op in (VARIABLE, PLACEHOLDER):
                new[node] = node
                continue
            made = new[node] = node._on(tuple(new[x] for x in node.inputs))
            made.scope = self._scope(node)
            made._value = node._value if node.op is CONSTANT else None
        return Graph([new[y] for y in self._rewritten.outputs])

    def _scope(self, node: Tensor) -> str:
        k = self.plan.step_of(node)
        return "" if k is None else f"{k + 1}: {_word(self.plan.steps[k])}"

    def _told(self, k: int) -> str:
        step = self.plan.steps[k]
        compiled = isinstance(step, Call) and step.node in self._loops
        return "scan, each step:" if compiled else told(step, self._split.get(k))

    def explain(self) -> str:
        """The steps, and what was rewritten."""
        steps = self.plan.steps
        counts = [sum(isinstance(s, kind) for s in steps) for kind in (Loop, Product)]
        calls = [s for s in steps if isinstance(s, Call) and s.node not in self._loops]
        lines = [
            f"native backend: {counts[0]} loops, {counts[1]} matrix products, "
            f"{len(calls)} NumPy calls, {self._size} bytes of memory"
        ]
        for k, step in enumerate(steps):
            lines.append(f"  {self._told(k)}")
            if isinstance(step, Call) and step.node in self._loops:
                inner = self._loops[step.node].explain().splitlines()
                lines += [f"    {line}" for line in inner]
        lines += [
            f"  rewritten: {n} × {rule}" for rule, n in self._rewritten.counts.items()
        ]
        return "\n".join(lines)


def _simplified(
    graph: Graph, leaves: Mapping[Tensor, Tensor], sizes: Mapping[str, int]
) -> Rewritten:
    """The graph of static shapes, composites opened, rewritten."""
    static = rewrite(graph.outputs, (*RULES, *STABLE), leaves, sizes)
    inside = opened(Graph(static.outputs), "checkpoint", "scan")
    made = plain = rewrite(inside.outputs, RULES)
    quotients = division.shared(plain.outputs)
    if quotients:
        made = rewrite(plain.outputs, RULES, chosen=quotients)
        made.counts = dict(Counter(plain.counts) + Counter(made.counts))
    made.counts = dict(Counter(static.counts) + Counter(made.counts))
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


def _word(step: Step) -> str:
    words = {Loop: "loop", Product: "product", Scalars: "scalars", Call: "NumPy"}
    return words.get(type(step), "joined")


def told(step: Step, parts: int | None = None) -> str:
    """A step in words; of a loop that threads may share, in how many parts."""
    if isinstance(step, Scalars):
        groups, kinds = len(step.table.groups._value), len(step.table.kinds)
        return f"{step.table.count} scalars of {kinds} kinds, in {groups} groups"
    if isinstance(step, Loop):
        names = [x.op.name for x in (*step.nodes, *step.reductions)]
        split = f" in {parts} parts" if parts else ""
        return f"loop over {step.space}{split}: {', '.join(names)}"
    if isinstance(step, Product):
        added = " added to a start" if step.start else ""
        return f"product {step.left.shape} @ {step.right.shape}{added}"
    if isinstance(step, Joined):
        picked = " by arrays" if any(p.picks for p in step.pieces) else ""
        return f"{step.node.op.name} of {len(step.pieces)} pieces{picked}"
    return f"NumPy: {step.node.op.name}, as {step.reason}"
