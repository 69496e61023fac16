"""Step two: the graph cut into columns, so that every wire spans only one gap.

A value that is used further right runs there as one trunk, with a waypoint in each
column; its uses branch off just before their operators. So a shared weight costs one
wire, not one per use, and the branches meet where its gradients add up.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphgrad.drawing.scene import Scene

_LEAST_WAYPOINTS = 10_000
_WAYPOINTS_PER_NODE = 3


@dataclass(slots=True)
class Network:
    """Nodes and waypoints in columns.

    Args:
        columns: the items of each column, top to bottom.
        parents: for each item, what it is wired to in the column before, in the
            order of an operator's arguments.
        owner: for each item the node whose value it carries (itself for a node).
    """

    columns: list[list[int]]
    parents: list[list[int]]
    owner: list[int]

    def children(self) -> list[list[tuple[int, float]]]:
        """For each item its uses in the next column: (item, port from -0.5 to 0.5)."""
        children: list[list[tuple[int, float]]] = [[] for _ in self.parents]
        for item, parents in enumerate(self.parents):
            for slot, parent in enumerate(parents):
                offset = (slot + 0.5) / len(parents) - 0.5
                children[parent].append((item, offset))
        return children


def build_network(scene: Scene, rank: list[int]) -> Network:
    """Cut `scene` into columns; columns start in reading order."""
    count = len(scene.nodes)
    last = list(rank)
    for edge in scene.edges:
        last[edge.source] = max(last[edge.source], rank[edge.target] - 1)
    _shorten(rank, last)
    columns: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    parents: list[list[int]] = [[] for _ in range(count)]
    owner = list(range(count))
    first_waypoint = [0] * count
    for node in _reading_order(scene):
        columns[rank[node]].append(node)
        first_waypoint[node] = len(parents)
        for column in range(rank[node] + 1, last[node] + 1):
            item = len(parents)
            columns[column].append(item)
            parents.append([node if column == rank[node] + 1 else item - 1])
            owner.append(node)
    for edge in scene.edges:
        wanted = rank[edge.target] - 1 - rank[edge.source]
        steps = min(wanted, last[edge.source] - rank[edge.source])
        item = first_waypoint[edge.source] + steps - 1 if steps else edge.source
        parents[edge.target].append(item)
    return Network(columns, parents, owner)


def _shorten(rank: list[int], last: list[int]) -> None:
    """Let the longest trunks end early if there would be too many waypoints.

    A deep graph whose values are used far away has quadratically many; beyond the end
    of its trunk a wire runs on to its use without keeping clear of what it crosses.
    """
    most = _LEAST_WAYPOINTS + _WAYPOINTS_PER_NODE * len(rank)
    reach = max((b - a for a, b in zip(rank, last, strict=True)), default=0)
    while sum(min(b - a, reach) for a, b in zip(rank, last, strict=True)) > most:
        reach //= 2
    for node, start in enumerate(rank):
        last[node] = min(last[node], start + reach)


def _reading_order(scene: Scene) -> list[int]:
    """Nodes as a reader meets them who follows arguments back from the outputs."""
    arguments: list[list[int]] = [[] for _ in scene.nodes]
    used = [False] * len(scene.nodes)
    for edge in scene.edges:
        arguments[edge.target].append(edge.source)
        used[edge.source] = True
    seen = [False] * len(scene.nodes)
    order: list[int] = []
    pending = [n for n in range(len(used) - 1, -1, -1) if not used[n]]
    while pending:
        node = pending.pop()
        if not seen[node]:
            seen[node] = True
            order.append(node)
            pending.extend(reversed(arguments[node]))
    return order
