"""Step two: the graph cut into columns, so that every wire spans only one gap.

A value that is used further right runs there as one trunk, with a waypoint in each
column; its uses branch off just before their operators. So a shared weight costs one
wire, not one per use, and the branches meet where its gradients add up.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphgrad.drawing.layered.scopes import ScopeTree
from graphgrad.drawing.scene import Scene

_LEAST_WAYPOINTS = 40_000
_WAYPOINTS_PER_NODE = 3


@dataclass(slots=True)
class Network:
    """Nodes and waypoints in columns.

    Args:
        columns: the items of each column, top to bottom.
        parents: for each item, what it is wired to in the column before, in the
            order of an operator's arguments.
        block: for each item the block it belongs to, whose items share one place in
            the order. A node and its trunk are one, and have the node's number; what
            of a trunk lies in a frame that the node is not in is another.
        home: for each block the innermost scope that it keeps to, or -1.
    """

    columns: list[list[int]]
    parents: list[list[int]]
    block: list[int]
    home: list[int]


def build_network(scene: Scene, tree: ScopeTree, rank: list[int]) -> Network:
    """Cut `scene` into columns, not yet in order."""
    count = len(scene.nodes)
    last = list(rank)
    for edge in scene.edges:
        last[edge.source] = max(last[edge.source], rank[edge.target] - 1)
    _shorten(rank, last)
    columns: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    parents: list[list[int]] = [[] for _ in range(count)]
    block = list(range(count))
    home = list(tree.home)
    entries = _entries(scene, tree, rank, last)
    first_waypoint = [0] * count
    for node in range(count):
        columns[rank[node]].append(node)
        first_waypoint[node] = len(parents)
        for column in range(rank[node] + 1, last[node] + 1):
            item = len(parents)
            columns[column].append(item)
            parents.append([node if column == rank[node] + 1 else item - 1])
            scope = entries[node].get(column, -1) if node in entries else -1
            if scope >= 0 and (column == rank[node] + 1 or home[block[-1]] != scope):
                home.append(scope)
            block.append(len(home) - 1 if scope >= 0 else node)
    for edge in scene.edges:
        wanted = rank[edge.target] - 1 - rank[edge.source]
        steps = min(wanted, last[edge.source] - rank[edge.source])
        item = first_waypoint[edge.source] + steps - 1 if steps else edge.source
        parents[edge.target].append(item)
    return Network(columns, parents, block, home)


def _entries(
    scene: Scene, tree: ScopeTree, rank: list[int], last: list[int]
) -> dict[int, dict[int, int]]:
    """Where trunks run in frames of scopes that their node is not in.

    From the column on in which a scope begins, a trunk that is used further right in
    this scope alone keeps within its frame.

    Returns:
        For nodes, and columns of their trunks, the innermost such scope.
    """
    if not tree.paths:
        return {}
    first = [len(rank)] * len(tree.paths)
    for node, scope in enumerate(tree.home):
        for around in tree.chain(scope):
            first[around] = min(first[around], rank[node])
    users: dict[int, list[tuple[int, int]]] = {}
    for edge in scene.edges:
        if rank[edge.target] > rank[edge.source] + 1:
            end = min(rank[edge.target] - 1, last[edge.source])
            users.setdefault(edge.source, []).append((end, tree.home[edge.target]))
    entries: dict[int, dict[int, int]] = {}
    for node, uses in users.items():
        uses.sort()
        common = list(tree.chain(uses[-1][1]))
        around = set(tree.chain(tree.home[node]))
        for column in range(last[node], rank[node], -1):
            while uses and uses[-1][0] >= column:
                among = set(tree.chain(uses.pop()[1]))
                common = [scope for scope in common if scope in among]
            within = [s for s in common if first[s] <= column and s not in around]
            if within:
                entries.setdefault(node, {})[column] = within[0]
    return entries


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
