"""Step one: which column each node stands in.

The longest path gives the first answer; then nodes move right, next to their first
use, wherever that makes no wire longer (Gansner et al., "A technique for drawing
directed graphs", 1993, calls the aim the same and solves it by network simplex).
"""

from __future__ import annotations

from graphgrad.drawing.scene import Scene

# Arguments or uses of a node, each with the columns that its wire spans at least.
Ends = list[tuple[int, int]]


def assign_ranks(scene: Scene) -> list[int]:
    """The column of each node, counted from 0 at the left."""
    incoming, outgoing = _ends(scene)
    count = len(scene.nodes)
    rank = [0] * count
    for node, uses in enumerate(incoming):
        rank[node] = max((rank[s] + span for s, span in uses), default=0)
    pull = [_pull(incoming[n], outgoing[n], incoming) for n in range(count)]
    for node in range(count - 1, -1, -1):
        if pull[node]:
            rank[node] = min(rank[t] - span for t, span in outgoing[node])
    first = min(rank, default=0)
    return [r - first for r in rank]


def _ends(scene: Scene) -> tuple[list[Ends], list[Ends]]:
    """For each node its arguments and its uses."""
    scopes = [node.scope for node in scene.nodes]
    leaf = [True] * len(scopes)
    for edge in scene.edges:
        leaf[edge.target] = False
    # A leaf in its user's scope needs a column that the scope before does not reach.
    fed = [False] * len(scopes)
    for edge in scene.edges:
        if leaf[edge.source] and scopes[edge.source] == scopes[edge.target]:
            fed[edge.target] = True
    incoming: list[Ends] = [[] for _ in scopes]
    outgoing: list[Ends] = [[] for _ in scopes]
    for edge in scene.edges:
        tail, head = edge.source, edge.target
        apart = fed[head] and scopes[tail] != scopes[head]
        incoming[head].append((tail, 1 + apart))
        outgoing[tail].append((head, 1 + apart))
    return incoming, outgoing


def _pull(incoming: Ends, outgoing: Ends, sources: list[Ends]) -> bool:
    """True if moving the node right makes no more wires longer than shorter.

    Leaves come along when their consumer moves, so wires from them do not count; all
    uses of one value share a wire, so the uses count once.
    """
    if not outgoing:
        return False
    return len({s for s, _ in incoming if sources[s]}) <= 1
