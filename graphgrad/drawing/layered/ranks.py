"""Step one: which column each node stands in.

The longest path gives the first answer; then nodes move right, next to their first
use, wherever that makes no wire longer (Gansner et al., "A technique for drawing
directed graphs", 1993, calls the aim the same and solves it by network simplex).
"""

from __future__ import annotations

from graphgrad.drawing.scene import Scene


def assign_ranks(scene: Scene) -> list[int]:
    """The column of each node, counted from 0 at the left."""
    nodes, edges = scene.nodes, scene.edges
    spans = [_least_span(scene, e.source, e.target) for e in edges]
    incoming: list[list[tuple[int, int]]] = [[] for _ in nodes]
    outgoing: list[list[tuple[int, int]]] = [[] for _ in nodes]
    for edge, span in zip(edges, spans, strict=True):
        incoming[edge.target].append((edge.source, span))
        outgoing[edge.source].append((edge.target, span))
    rank = [0] * len(nodes)
    for node, uses in enumerate(incoming):
        rank[node] = max((rank[s] + span for s, span in uses), default=0)
    pull = [_pull(incoming[n], outgoing[n], incoming) for n in range(len(nodes))]
    for node in range(len(nodes) - 1, -1, -1):
        if pull[node]:
            rank[node] = min(rank[t] - span for t, span in outgoing[node])
    first = min(rank, default=0)
    return [r - first for r in rank]


def _pull(
    incoming: list[tuple[int, int]],
    outgoing: list[tuple[int, int]],
    sources: list[list[tuple[int, int]]],
) -> bool:
    """True if moving the node right makes no more wires longer than shorter.

    Leaves come along when their consumer moves, so wires from them do not count; all
    uses of one value share a wire, so the uses count once.
    """
    if not outgoing:
        return False
    return len({s for s, _ in incoming if sources[s]}) <= 1


def _least_span(scene: Scene, source: int, target: int) -> int:
    """How many columns an edge crosses at least.

    An edge into or out of a scope crosses two, which leaves a free column between
    the frames of neighbouring scopes.
    """
    tail, head = scene.nodes[source], scene.nodes[target]
    return 1 if tail.scope == head.scope or head.kind == "output" else 2
