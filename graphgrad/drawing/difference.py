"""Two graphs in one picture: what was added, what is gone, what has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graphgrad.drawing.options import Options
from graphgrad.drawing.scene import Edge, Emphasis, Node, Scene
from graphgrad.drawing.trace import Traced, called, homes, node_of
from graphgrad.graph.compare import Difference
from graphgrad.graph.tensor import Tensor

_MARKS: dict[Emphasis, str] = {"added": "+", "removed": "−", "changed": "~"}


def traced_difference(found: Difference, options: Options) -> Traced:
    """The graph after, with what is gone drawn beside it.

    Args:
        found: what `Graph.diff` gave.
        options: what to show; there are no values, as the graphs have two.
    """
    return _Comparison(found, options).traced()


class _Comparison:
    def __init__(self, found: Difference, options: Options) -> None:
        self._found, self._options = found, options
        kept = [*found.same, *((c.before, c.after) for c in found.changed)]
        # Every node goes by its tensor after, or before if it is gone.
        self._now = dict(kept)
        self._now.update((t, t) for t in found.removed)
        self._before = {after: before for before, after in kept}
        self._what: dict[Tensor, tuple[Emphasis, str]] = {}
        self._what.update((t, ("added", "")) for t in found.added)
        self._what.update((t, ("removed", "")) for t in found.removed)
        for c in found.changed:
            self._what[c.after] = "changed", ", ".join(c.what)

    def traced(self) -> Traced:
        edges, order = self._ordered()
        places = {t: i for i, t in enumerate(order)}
        scopes = homes(order)
        nodes = [self._node(t, scopes.get(t, t.scope)) for t in order]
        drawn: list[Edge] = []
        slots: dict[Tensor, int] = {}
        ranked = sorted(edges, key=lambda e: (places[e[1]], e[2] == "removed"))
        for source, target, emphasis in ranked:
            slot = slots[target] = slots.get(target, -1) + 1
            ends = places[source], places[target], slot
            title = f"{emphasis or 'the same'}: {called(source)} to {called(target)}"
            gone = emphasis == "removed"
            drawn.append(Edge(*ends, title=title, emphasis=emphasis, dashed=gone))
        counts = dict.fromkeys(_MARKS, 0)
        for kind, _ in self._what.values():
            counts[kind] += 1
        notes = tuple(
            f"{_MARKS[kind]}  {count} {kind}" for kind, count in counts.items() if count
        )
        summary = "Difference of two graphs: " + (", ".join(notes) or "none")
        title = self._options.title
        scene = Scene(tuple(nodes), tuple(drawn), title, summary, notes)
        shares = (None,) * len(drawn)
        return Traced(scene, tuple(order), places, shares, self._options)

    def _ordered(self) -> tuple[list[tuple[Tensor, Tensor, Emphasis]], list[Tensor]]:
        """The edges, and the nodes with each after its inputs.

        What is gone may have stood on the other side of what stayed: then the edges
        out of what is gone are left out.
        """
        edges = [*self._edges_after(), *self._edges_before()]
        order = self._sorted(edges)
        if order is None:
            gone = set(self._found.removed)
            edges = [e for e in edges if e[0] not in gone or e[1] in gone]
            order = self._sorted(edges)
        if order is None:
            edges = self._edges_after()
            order = self._sorted(edges) or []
        return edges, order

    def _sorted(self, edges: list[Any]) -> list[Tensor] | None:
        import networkx as nx

        flow: Any = nx.DiGraph()
        flow.add_nodes_from(self._what)
        flow.add_nodes_from(self._now.values())
        flow.add_edges_from((source, target) for source, target, _ in edges)
        try:
            key = {t: i for i, t in enumerate(flow)}.__getitem__
            return list(nx.lexicographical_topological_sort(flow, key=key))
        except nx.NetworkXUnfeasible:
            return None

    def _edges_after(self) -> list[tuple[Tensor, Tensor, Emphasis]]:
        found: list[tuple[Tensor, Tensor, Emphasis]] = []
        for t in (*self._before, *self._found.added):
            was = self._before.get(t)
            old = {self._now[x] for x in was.inputs} if was is not None else set()
            for x in t.inputs:
                found.append((x, t, "" if x in old else "added"))
        return found

    def _edges_before(self) -> list[tuple[Tensor, Tensor, Emphasis]]:
        found: list[tuple[Tensor, Tensor, Emphasis]] = []
        gone = set(self._found.removed)
        for before, now in self._now.items():
            kept = set() if before in gone else set(now.inputs)
            for x in before.inputs:
                if self._now[x] not in kept:
                    found.append((self._now[x], now, "removed"))
        return found

    def _node(self, t: Tensor, scope: str) -> Node:
        node = node_of(t, self._options, scope, False)
        emphasis, what = self._what.get(t, ("", ""))
        if not emphasis:
            return node
        captions = (*node.captions, *((what,) if what else ()))
        title = f"{emphasis} {what}: {node.title}".replace(" :", ":")
        mark = _MARKS[emphasis]
        return replace(
            node, emphasis=emphasis, mark=mark, title=title, captions=captions
        )
