"""Compiling: a graph declared once becomes a program that is called many times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from graphgrad.errors import ArgumentError, BackendError, BindingError
from graphgrad.execute.binding import bind
from graphgrad.execute.profile import Profile
from graphgrad.execute.reference import ReferenceBackend
from graphgrad.graph.graph import Graph, as_outputs
from graphgrad.graph.op import PLACEHOLDER, VARIABLE
from graphgrad.graph.tensor import Clock, Tensor, describe
from graphgrad.ops.updates import new_values, updates_of


class Executable(Protocol):
    """A lowered graph: values of placeholders in, values of the outputs out."""

    def __call__(self, values: dict[Tensor, Any], sizes: dict[str, int]) -> list[Any]:
        """The values of the graph's outputs, each an array that nobody else has."""
        ...

    def explain(self) -> str:
        """What is done, as text."""
        ...

    def lowered(self) -> Graph:
        """The graph that is run, for pictures."""
        ...

    def profile(
        self, values: dict[Tensor, Any], sizes: dict[str, int], rounds: int
    ) -> Profile:
        """Where the time goes; no variable changes."""
        ...


class Backend(Protocol):
    """What turns a graph into an executable: reference, native code, JAX."""

    name: str

    def lower(self, graph: Graph, donated: Mapping[int, Tensor]) -> Executable:
        """Make an executable of a graph.

        Args:
            graph: what to compute.
            donated: variables by the number of the output that is their new value;
                it may be put where the old one is, if nobody else has that array.
        """
        ...


def _native() -> Backend:
    try:
        from graphgrad.execute.native.backend import NativeBackend
    except ImportError as error:
        raise _missing("native", "llvmlite", error) from None
    return NativeBackend()


def _jax() -> Backend:
    try:
        from graphgrad.execute.on_jax.backend import JaxBackend
    except ImportError as error:
        raise _missing("jax", "jax", error) from None
    return JaxBackend()


def _missing(backend: str, package: str, error: ImportError) -> BackendError:
    return BackendError(
        f"the {backend} backend is not there: {error}",
        remedy=f'pip install {package}, or backend="reference"',
    )


_BACKENDS: dict[str, Callable[[], Backend]] = {
    "reference": ReferenceBackend,
    "native": _native,
    "jax": _jax,
}


@dataclass(frozen=True, slots=True)
class _Updates:
    variables: tuple[Tensor, ...]
    values: tuple[Tensor, ...]


class Program:
    """A compiled graph, called with arrays; made by `compile`.

    A program may be called from several threads; calls with updates take turns.

    Attributes:
        graph: the `Graph` of its outputs and updates.
        inputs: the placeholders, in the order of the arguments.
        backend: the name of the backend that runs it.
    """

    def __init__(
        self,
        outputs: Any,
        inputs: tuple[Tensor, ...],
        updates: _Updates,
        backend: Backend,
    ) -> None:
        self.outputs = _as_outputs(outputs, updates.variables)
        self._single = isinstance(outputs, Tensor)
        self.inputs = inputs
        self._updates = updates
        self.graph = Graph([*self.outputs, *updates.values])
        self.backend = backend.name
        count = len(self.outputs)
        donated = {count + i: x for i, x in enumerate(updates.variables)}
        self._executable = backend.lower(self.graph, donated)
        self._turn = threading.Lock()
        self._fitting: dict[Any, dict[str, int]] = {}

    def __call__(self, *arrays: Any) -> Any:
        """Run the program.

        Args:
            *arrays: one per input.

        Returns:
            A new array for one output, a list of arrays for a list of outputs.

        Raises:
            BindingError: for a wrong number of arrays, or a wrong shape or dtype;
                then no variable changes.
        """
        values, sizes = self._fitted(arrays)
        if not self._updates.variables:
            return self._results(self._executable(values, sizes))
        with self._turn:
            found = self._executable(values, sizes)
            count = len(self.outputs)
            results = self._results(found[:count])
            # All new values are there before the first variable changes.
            Clock.tick()
            for x, new in zip(self._updates.variables, found[count:], strict=True):
                x._hold(new if new.dtype is x.dtype else new.astype(x.dtype))
        return results

    @property
    def variables(self) -> list[Tensor]:
        """All variables that it reads or writes, in the order they were made."""
        read = (x for x in self.graph.nodes if x.op is VARIABLE)
        found = {*read, *self._updates.variables}
        return sorted(found, key=lambda x: x.serial)

    @property
    def updates(self) -> list[Tensor]:
        """The variables that a call changes; their new values are outputs too."""
        return list(self._updates.variables)

    def _fitted(
        self, arrays: Sequence[Any]
    ) -> tuple[dict[Tensor, Any], dict[str, int]]:
        """Values and sizes for as many arrays as there are inputs."""
        if len(arrays) != len(self.inputs):
            wanted = ", ".join(describe(x) for x in self.inputs) or "none"
            raise BindingError(
                f"the program takes {len(self.inputs)} arrays, got {len(arrays)}",
                remedy=f"its inputs: {wanted}",
            )
        return self._bound(arrays)

    def _bound(self, arrays: Sequence[Any]) -> tuple[dict[Tensor, Any], dict[str, int]]:
        """Values and sizes; quickly for arrays like those of an earlier call."""
        key = tuple(
            [(type(a), getattr(a, "dtype", 0), getattr(a, "shape", ())) for a in arrays]
        )
        sizes = self._fitting.get(key)
        if sizes is not None:
            return dict(zip(self.inputs, arrays, strict=True)), sizes
        values, sizes = bind(zip(self.inputs, arrays, strict=True), self.inputs)
        # What was not converted need not be looked at again, nor copied.
        if all(type(a) is np.ndarray for a in arrays) and all(
            x.dtype == a.dtype for x, a in zip(self.inputs, arrays, strict=True)
        ):
            self._fitting[key] = sizes
        return values, sizes

    def _results(self, values: Sequence[Any]) -> Any:
        arrays = [x if type(x) is np.ndarray else np.asarray(x) for x in values]
        return arrays[0] if self._single else arrays

    def profile(self, *arrays: Any, rounds: int = 9) -> Profile:
        """Time each step of the program; no variable changes.

        Args:
            *arrays: one per input.
            rounds: how often; what is told are medians.

        Raises:
            BindingError: for arrays that do not fit.

        Example:
            >>> import graphgrad as gg
            >>> x = gg.placeholder((1000,), name="x")
            >>> program = gg.compile(gg.sum(gg.exp(x)), [x], backend="native")
            >>> [text for text, seconds in program.profile([0.0] * 1000).steps]
            ['loop over (1000,): exp, sum']
        """
        values, sizes = self._fitted(arrays)
        with self._turn:
            return self._executable.profile(values, sizes, rounds)

    def lowered(self) -> Graph:
        """The graph that the backend runs, after its rewrites.

        Nodes of one step of a native program are in one scope, which `gg.render` draws
        as a frame. A program of symbolic sizes is lowered when it is called.
        """
        return self._executable.lowered()

    def explain(self) -> str:
        """What the backend does, as text."""
        return self._executable.explain()

    def __repr__(self) -> str:
        return f"<Program of {len(self.graph)} nodes on {self.backend}>"


def compile(
    outputs: Tensor | list[Tensor],
    inputs: Tensor | Sequence[Tensor] | None = None,
    updates: Mapping[Tensor, Any] | None = None,
    backend: str = "auto",
) -> Program:
    """Make a program of a graph.

    Args:
        outputs: a tensor or a list of tensors; it may be empty if there are updates.
        inputs: placeholders in the order of the program's arguments; by default all
            of the graph, in the order they were made.
        updates: new values by variable, applied after each call, all at once, with
            those that `with_updates` put into the graph.
        backend: "native" (machine code, by LLVM), which is what "auto" stands for;
            "reference" (NumPy, op by op); "jax" (one function that JAX compiles for its
            device).

    Raises:
        BackendError: for a backend that is not there.
        BindingError: for inputs that are not placeholders, or that leave one out.
        ArgumentError: for updates of something that is not a variable.
        ShapeError: for an update of another shape than its variable.

    Example:
        >>> import graphgrad as gg
        >>> x, w = gg.placeholder(name="x"), gg.variable(1.0, name="w")
        >>> loss = (w * x - 6) ** 2
        >>> step = gg.compile(loss, [x], {w: w - 0.1 * gg.grad(loss, w)})
        >>> [round(float(step(2.0)), 3) for _ in range(3)]
        [16.0, 0.64, 0.026]
    """
    chosen = "native" if backend == "auto" else backend
    if chosen not in _BACKENDS:
        known = ", ".join(["auto", *_BACKENDS])
        raise BackendError(
            f"there is no backend {backend!r}", remedy=f"choose one of: {known}"
        )
    wanted = _as_outputs(outputs, updates)
    whole = [*wanted, *new_values(updates or {}).values()]
    new = _gathered(updates or {}, Graph(whole).nodes)
    graph = Graph([*wanted, *new.values])
    given = _as_inputs(inputs, graph)
    return Program(outputs, given, new, _BACKENDS[chosen]())


def _as_outputs(outputs: Any, updates: Any) -> tuple[Tensor, ...]:
    """The outputs, of which a program that updates variables needs none."""
    none = isinstance(outputs, list | tuple) and not outputs
    return () if none and updates else as_outputs(outputs)


def _as_inputs(inputs: Any, graph: Graph) -> tuple[Tensor, ...]:
    if inputs is None:
        return graph.placeholders
    given = as_outputs(inputs) if inputs else ()
    seen: set[Tensor] = set()
    for x in given:
        if x.op is not PLACEHOLDER or x in seen:
            fault = "is given twice" if x in seen else "is not a placeholder"
            raise BindingError(
                f"input {describe(x)} {fault}",
                remedy="give each placeholder of the graph once",
            )
        seen.add(x)
    missing = [x for x in graph.placeholders if x not in seen]
    if missing:
        raise BindingError(
            "the graph needs "
            + ", ".join(f"{describe(x)}, made at {x.where()}" for x in missing),
            remedy="name it among the inputs",
        )
    return given


def _gathered(given: Mapping[Tensor, Any], nodes: Sequence[Tensor]) -> _Updates:
    """The updates that are given, and those that nodes of the graph carry.

    Raises:
        ArgumentError: if a variable would get two values.
    """
    found = new_values(given)
    for node in nodes:
        for x, new in updates_of(node).items():
            if found.setdefault(x, new) is not new:
                raise ArgumentError(
                    f"{describe(x)} is updated twice, by {describe(found[x])} and by "
                    f"{describe(new)}",
                    remedy="a variable gets one new value per call",
                )
    return _Updates(tuple(found), tuple(found.values()))
