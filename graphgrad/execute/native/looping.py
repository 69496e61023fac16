"""Loops whose step is a program: between the steps only addresses change.

States and results are written where they are kept, one row per step, so nothing is
copied or stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from graphgrad.control.scan import parts_of
from graphgrad.execute.native.room import Room, address_of
from graphgrad.execute.native.views import sizes_of
from graphgrad.graph.body import Body, stand_in
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor


@dataclass(frozen=True)
class Interface:
    """Where a program takes arguments and leaves results, if it is machine code alone.

    Args:
        functions: to be called one after the other.
        inputs: places in the table of addresses, by placeholder.
        outputs: of each output its place, or the earlier output that it equals.
    """

    functions: Sequence[Callable[[int], Any]]
    inputs: Mapping[Tensor, int]
    outputs: Sequence[tuple[int, int | None]]


class Stepper(Protocol):
    """A program for known sizes."""

    def __call__(self, values: Mapping[Tensor, Any]) -> list[Any]:
        """The outputs for the values of the placeholders."""
        ...

    def interface(self) -> Interface | None:
        """Where arguments and results go; None if NumPy has a part in it."""
        ...

    def in_a_room(self, work: Callable[[Room], Any]) -> Any:
        """What the work gives, with memory for the program to run in."""
        ...

    def explain(self) -> str:
        """What it does, as text."""
        ...


class Looped:
    """A `scan` whose step is compiled.

    Args:
        node: the scan's.
        parts: the numbers of its results that are read.
        program: makes a program of a graph.
    """

    def __init__(
        self, node: Tensor, parts: Iterable[int], program: Callable[[Graph], Stepper]
    ) -> None:
        body: Body = node.attrs["body"]
        kept = node.attrs["history"] and max(parts, default=0) >= len(body.outputs)
        self._op, self._attrs = node.op, {**node.attrs, "history": kept}
        self._inputs = [stand_in(x) for x in body.inputs]
        self._outputs = lift(body(*self._inputs))
        self._program = program(Graph(self._outputs))
        self._interface = self._program.interface()

    def explain(self) -> str:
        """What a step does, as text."""
        return self._program.explain()

    def __call__(self, inputs: Sequence[Any]) -> Any:
        """The last state, the results of all steps, and the states before each."""
        taken, state, rows = parts_of(inputs, self._attrs)
        count = len(rows[0]) if rows else self._attrs["length"]
        if not count:
            # Copies: what comes in lies in memory that is soon used again.
            found = self._op.apply(inputs, self._attrs)
            return tuple(np.array(y) for y in found)
        if self._interface is None:
            return self._one_by_one(taken, state, rows, count)
        flow = _Flow(self._interface, self._attrs, self._outputs, count)
        start = flow.starting(state)
        return self._program.in_a_room(
            lambda room: flow.run(room, self._inputs, [*taken, *start, *rows])
        )

    def _one_by_one(
        self, taken: list[Any], state: list[Any], rows: list[Any], count: int
    ) -> tuple[Any, ...]:
        """Each step as a call of its own."""
        carries, reverse = self._attrs["carries"], self._attrs["reverse"]
        kept: list[Any] = [None] * count
        for i in reversed(range(count)) if reverse else range(count):
            given = (*taken, *state, *(x[i] for x in rows))
            found = self._program(dict(zip(self._inputs, given, strict=True)))
            before = state if self._attrs["history"] else ()
            kept[i] = (*found[carries:], *before)
            state = found[:carries]
        return *state, *(np.stack(column) for column in zip(*kept, strict=True))


class _Flow:
    """The memory of one run of a loop, and the address of every row at every step."""

    def __init__(
        self,
        interface: Interface,
        attrs: Mapping[str, Any],
        outputs: Sequence[Tensor],
        count: int,
    ) -> None:
        self._interface, self._attrs, self._count = interface, attrs, count
        self._carries = attrs["carries"]
        self._places = np.arange(count)
        if attrs["reverse"]:
            self._places = self._places[::-1]
        shared = {same for _, same in interface.outputs if same is not None}
        # A state that nobody asks for again is kept for two steps.
        self._whole = shared.union(range(self._carries) if attrs["history"] else ())
        self._states = [
            np.empty((count + 1 if k in self._whole else 2, *sizes_of(y)), y.dtype)
            for k, y in enumerate(outputs[: self._carries])
        ]
        self._made = {
            k: np.empty((count, *sizes_of(y)), y.dtype)
            for k, y in enumerate(outputs)
            if k >= self._carries and interface.outputs[k][1] is None
        }

    def _row(self, k: int, step: int) -> int:
        """Which row of a state's memory holds it before a step, counted as run."""
        if k not in self._whole:
            return step % 2
        return self._count - step if self._attrs["reverse"] else step

    def starting(self, state: Sequence[Any]) -> list[np.ndarray]:
        """The memory of the states, with the first one in place."""
        for k, (buffer, x) in enumerate(zip(self._states, state, strict=True)):
            buffer[self._row(k, 0)] = x
        return self._states

    def run(self, room: Room, inputs: Sequence[Tensor], given: Sequence[Any]) -> Any:
        """Call the functions once per step."""
        slots, columns = self._addresses(room, inputs, given)
        copies = self._copies()
        table, address = room.table, room.table_address
        functions = self._interface.functions
        for step, row in enumerate(np.stack(columns, axis=1) if columns else ()):
            table[slots] = row
            for function in functions:
                function(address)
            for source, target in copies:
                now = self._states[source][self._row(source, step + 1)]
                self._states[target][self._row(target, step + 1)] = now
        return self._results()

    def _addresses(
        self, room: Room, inputs: Sequence[Tensor], given: Sequence[Any]
    ) -> tuple[list[int], list[np.ndarray]]:
        """Places in the table, and what stands there at each step."""
        slots: list[int] = []
        columns: list[np.ndarray] = []

        def moving(slot: int, array: np.ndarray, places: Any) -> None:
            slots.append(slot)
            first, stride = address_of(array), array.strides[0]
            columns.append((first + stride * np.asarray(places)).astype(np.uintp))

        taken = len(inputs) - self._attrs["sequences"] - self._carries
        for k, (x, value) in enumerate(zip(inputs, given, strict=True)):
            slot = self._interface.inputs.get(x)
            if slot is None:  # it has no influence
                continue
            array = np.ascontiguousarray(value)
            room.hold(slot, array)
            if taken <= k < taken + self._carries:
                steps = range(self._count)
                moving(slot, array, [self._row(k - taken, i) for i in steps])
            elif k >= taken:
                moving(slot, array, self._places)
        for k, (slot, same) in enumerate(self._interface.outputs):
            if same is None and k < self._carries:
                buffer = self._states[k]
                steps = range(1, self._count + 1)
                moving(slot, buffer, [self._row(k, i) for i in steps])
            elif same is None:
                moving(slot, self._made[k], self._places)
        return slots, columns

    def _copies(self) -> list[tuple[int, int]]:
        """States that are equal to earlier ones."""
        pairs = enumerate(self._interface.outputs[: self._carries])
        return [(same, k) for k, (_, same) in pairs if same is not None]

    def _results(self) -> tuple[Any, ...]:
        last = [b[self._row(k, self._count)] for k, b in enumerate(self._states)]
        kept = [
            self._kept(k, same)
            for k, (_, same) in enumerate(self._interface.outputs)
            if k >= self._carries
        ]
        history = self._states if self._attrs["history"] else []
        back = int(self._attrs["reverse"])
        return *last, *kept, *(b[back : back + self._count] for b in history)

    def _kept(self, k: int, same: int | None) -> Any:
        if same is None:
            return self._made[k]
        if same >= self._carries:
            return self._made[same]
        ahead = int(not self._attrs["reverse"])
        return self._states[same][ahead : ahead + self._count]
