"""The reference backend: NumPy, one op after the other, the oracle for all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from graphgrad.execute.profile import Profile, profiled
from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import interpret


class ReferenceBackend:
    """Lowers a graph to nothing: it is interpreted as it stands."""

    name = "reference"

    def lower(self, graph: Graph, donated: Mapping[int, Tensor]) -> ReferenceExecutable:
        """The graph as an executable; what is donated is left alone."""
        return ReferenceExecutable(graph)


class ReferenceExecutable:
    """A graph that NumPy evaluates in order, with no state between calls."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._order = graph.nodes

    def __call__(self, values: dict[Tensor, Any], sizes: dict[str, int]) -> list[Any]:
        """The values of the outputs; `values` gets those of all other nodes too."""
        interpret(self._order, values, sizes)
        # Copies: outputs may be views of inputs, or of each other.
        return [np.array(values[y]) for y in self._graph.outputs]

    def profile(
        self, values: dict[Tensor, Any], sizes: dict[str, int], rounds: int
    ) -> Profile:
        """The time of each op."""
        nodes = [node for node in self._order if node not in values]
        works = [partial(interpret, [node], values, sizes) for node in nodes]

        def again(node: Tensor, work: Callable[[], object]) -> None:
            values.pop(node, None)
            work()

        works = [partial(again, n, w) for n, w in zip(nodes, works, strict=True)]
        return profiled([describe(node) for node in nodes], works, rounds)

    def lowered(self) -> Graph:
        """The graph as it stands."""
        return self._graph

    def explain(self) -> str:
        """The ops that are called, and how often."""
        counts = Counter(node.op.name for node in self._order if node.inputs)
        lines = [f"reference backend: {sum(counts.values())} NumPy calls"]
        lines += [f"  {count:6} × {name}" for name, count in counts.most_common()]
        return "\n".join(lines)
