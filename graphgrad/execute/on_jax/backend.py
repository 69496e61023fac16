"""The JAX backend: one compiled function per set of sizes, variables donated."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import numpy as np

from graphgrad.control.expand import opened
from graphgrad.control.loop import not_ended
from graphgrad.execute.on_jax.lowering import evaluate, overdue
from graphgrad.execute.profile import Profile, profiled
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import VARIABLE
from graphgrad.graph.tensor import Tensor


class JaxBackend:
    """Lowers a graph to a function that JAX compiles for its default device."""

    name = "jax"

    def lower(self, graph: Graph, donated: Mapping[int, Tensor]) -> JaxExecutable:
        """The graph as an executable."""
        return JaxExecutable(graph, donated)


class JaxExecutable:
    """A graph as a JAX function of its placeholders and variables.

    Args:
        graph: what to compute.
        donated: variables by the number of the output that is their new value.
    """

    def __init__(self, graph: Graph, donated: Mapping[int, Tensor]) -> None:
        self._outputs = opened(graph).outputs
        self._placeholders = graph.placeholders
        leaves = Graph(self._outputs).nodes
        changed = set(donated.values())
        variables = [x for x in leaves if x.op is VARIABLE]
        # What is donated may be written over, so it is an argument of its own.
        self._changed = [x for x in variables if x in changed]
        self._kept = [x for x in variables if x not in changed]
        self._known: dict[tuple[tuple[str, int], ...], Any] = {}
        self._overdue: list[int] = []
        self._turn = threading.Lock()

    def _for(self, sizes: Mapping[str, int]) -> Any:
        key = tuple(sorted(sizes.items()))
        if key not in self._known:

            def function(inputs: Any, kept: Any, changed: Any) -> Any:
                leaves = [*self._placeholders, *self._kept, *self._changed]
                values = zip(leaves, [*inputs, *kept, *changed], strict=True)
                return evaluate(self._outputs, dict(values), sizes)

            self._known[key] = jax.jit(function, donate_argnums=2)
        return self._known[key]

    def __call__(self, values: dict[Tensor, Any], sizes: dict[str, int]) -> list[Any]:
        """The values of the outputs, copied from JAX's device.

        Raises:
            EvaluationError: if a loop has not ended at its bound.
        """
        with self._turn, jax.enable_x64(True):
            self._overdue.clear()
            overdue.set(self._overdue)
            inputs = [_placed(values[x], x) for x in self._placeholders]
            kept = [_placed(x._value, x) for x in self._kept]
            changed = [_placed(x._value, x) for x in self._changed]
            made = [np.array(y) for y in self._for(sizes)(inputs, kept, changed)]
            jax.effects_barrier()
            if self._overdue:
                raise not_ended(self._overdue[0])
            return made

    def profile(
        self, values: dict[Tensor, Any], sizes: dict[str, int], rounds: int
    ) -> Profile:
        """The time of a call: JAX's function is one step."""
        self(values, sizes)  # compiled
        return profiled(["one function"], [partial(self, values, sizes)], rounds)

    def lowered(self) -> Graph:
        """The graph that JAX is given."""
        return Graph(self._outputs)

    def explain(self) -> str:
        """Where it runs, and how many ops JAX is given."""
        device = jax.devices()[0]
        count = sum(bool(node.inputs) for node in Graph(self._outputs).nodes)
        return f"jax backend: {count} ops in one function, on {device.platform}"


def _placed(array: Any, leaf: Tensor) -> Any:
    """A copy on the device: what is donated must not be the caller's memory."""
    return jax.device_put(np.asarray(array, leaf.dtype), may_alias=False)
