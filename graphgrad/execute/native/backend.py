"""The native backend: a program for each set of sizes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from graphgrad.execute.native.specialised import Specialised
from graphgrad.execute.profile import Profile
from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.tracking import no_search


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
                with no_search():
                    self._known[key] = Specialised(self._graph, self._donated, sizes)
            return self._known[key]

    def __call__(self, values: dict[Tensor, Any], sizes: dict[str, int]) -> list[Any]:
        """The values of the outputs."""
        return self._for(sizes)(values)

    def profile(
        self, values: dict[Tensor, Any], sizes: dict[str, int], rounds: int
    ) -> Profile:
        """The time of each step."""
        return self._for(sizes).profile(values, rounds)

    def lowered(self) -> Graph:
        """The latest program's graph, each step in a scope; before any, the user's."""
        known = list(self._known.values())
        return known[-1].lowered() if known else self._graph

    def explain(self) -> str:
        """What the latest program does."""
        if not self._known:
            return "native backend: compiled at the first call, when sizes are known"
        return list(self._known.values())[-1].explain()
