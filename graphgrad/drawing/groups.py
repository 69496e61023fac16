"""Which nodes fold into one box: scopes, rows of alike layers, stages of flat graphs.

Groups form a tree. Whatever of it is folded, what is left has no circle: a scope that
is left and entered again counts as several groups, and what else is folded is always
a stretch of a topological order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from graphgrad.drawing.periods import repetitions
from graphgrad.drawing.scene import Scene

# Above this many items side by side, ordinary nodes are folded into stages.
_CROWD = 400
_STAGES = 24
# Fewer alike stretches of single nodes are chance.
_LEAST = 4


@dataclass(slots=True)
class Group:
    """A box that nodes fold into.

    Args:
        kind: a "scope" of the user's, a "repeat" of alike parts one after the other,
            or a "stage", a stretch of nodes.
        name: what the box is called.
        path: of the scope that it is, or is in.
        parent: index of the group around it, -1 for none.
        count: how many alike parts a repeat holds.
        size: number of nodes inside, at any depth.
    """

    kind: Literal["scope", "repeat", "stage"]
    name: str
    path: str
    parent: int
    count: int = 1
    size: int = 0


@dataclass(slots=True)
class Grouping:
    """The tree of a scene's groups.

    Args:
        groups: each after its parent.
        of: for each node its innermost group, -1 for none.
    """

    groups: list[Group] = field(default_factory=list)
    of: list[int] = field(default_factory=list)

    def chain(self, node: int) -> list[int]:
        """The groups around a node, from the outermost."""
        found = []
        group = self.of[node]
        while group >= 0:
            found.append(group)
            group = self.groups[group].parent
        return found[::-1]


def group(scene: Scene) -> Grouping:
    """The groups of a scene."""
    found = Grouping(of=[-1] * len(scene.nodes))
    following: list[list[int]] = [[] for _ in scene.nodes]
    for edge in scene.edges:
        following[edge.source].append(edge.target)
    grouper = _Grouper(scene, following, found)
    grouper.pending.append((list(range(len(scene.nodes))), "", -1))
    while grouper.pending:
        grouper.split(*grouper.pending.pop())
    return _numbered(found)


def _numbered(found: Grouping) -> Grouping:
    """The same tree with every group after its parent, and with sizes."""
    inner: dict[int, list[int]] = defaultdict(list)
    for index, made in enumerate(found.groups):
        inner[made.parent].append(index)
    order: list[int] = []
    pending = inner[-1][::-1]
    while pending:
        index = pending.pop()
        order.append(index)
        pending += reversed(inner[index])
    places = {index: place for place, index in enumerate(order)} | {-1: -1}
    groups = [found.groups[index] for index in order]
    of = [places[index] for index in found.of]
    for index in of:
        if index >= 0:
            groups[index].size += 1
    for made in groups:
        made.parent = places[made.parent]
    for made in reversed(groups):
        if made.parent >= 0:
            groups[made.parent].size += made.size
    return Grouping(groups, of)


class _Item(NamedTuple):
    """A scope, or a node that is in none."""

    path: str
    nodes: list[int]


@dataclass(slots=True)
class _Grouper:
    scene: Scene
    following: list[list[int]]
    found: Grouping
    pending: list[tuple[list[int], str, int]] = field(default_factory=list)

    def split(self, members: list[int], path: str, parent: int) -> None:
        """Put the members of a group into groups within it."""
        items = self._items(members, path)
        codes = self._codes(items)
        direct = 0
        for start, period, count in repetitions(codes):
            run = items[start : start + period * count]
            if count == 1 or not self._is_row(run, period):
                direct += self._take(run, parent)
            else:
                self._add_row(run, period, path, parent)
                direct += 1
        self._adopt(members, parent)
        if direct > _CROWD:
            self._add_stages(members, path, parent)

    def _items(self, members: list[int], path: str) -> list[_Item]:
        """Scopes below the path and nodes that compute, each after what it needs."""
        depth = path.count("/") + 2 if path else 1
        scopes: dict[str, list[int]] = {}
        loose: list[_Item] = []
        for node in members:
            drawn = self.scene.nodes[node]
            if drawn.scope and drawn.scope != path:
                whole = "/".join(drawn.scope.split("/")[:depth])
                scopes.setdefault(whole, []).append(node)
            elif drawn.kind == "op":
                loose.append(_Item("", [node]))
        if not scopes:
            return loose
        import networkx as nx

        items = [*self._apart(members, scopes), *loose]
        owner = {node: i for i, item in enumerate(items) for node in item.nodes}
        last = [item.nodes[-1] for item in items]
        flow = self._flow(owner)
        order = nx.lexicographical_topological_sort(flow, key=last.__getitem__)
        return [items[i] for i in order]

    def _flow(self, owner: Mapping[int, Any]) -> Any:
        """What flows between the items that nodes belong to, as a graph of networkx."""
        import networkx as nx

        flow = nx.DiGraph()
        flow.add_nodes_from(owner.values())
        for node, item in owner.items():
            users = (owner.get(user, item) for user in self.following[node])
            flow.add_edges_from((item, user) for user in users if user != item)
        return flow

    def _apart(
        self, members: Sequence[int], scopes: dict[str, list[int]]
    ) -> list[_Item]:
        """Scopes that feed each other in a circle, cut where one is left and entered.

        Along a path through such scopes every change from one to another begins a new
        phase; equal phases of a scope can be folded without a circle.
        """
        import networkx as nx

        owner: dict[int, str | int] = {node: node for node in members}
        owner.update({n: path for path, nodes in scopes.items() for n in nodes})
        circles = nx.strongly_connected_components(self._flow(owner))
        circle_of = {x: i for i, c in enumerate(circles) if len(c) > 1 for x in c}
        phase: dict[int, int] = defaultdict(int)
        parts: dict[tuple[str | int, int], list[int]] = {}
        for node in members:
            here = owner[node]
            if here != node:
                parts.setdefault((here, phase[node]), []).append(node)
            for user in self.following[node] if here in circle_of else ():
                there = owner.get(user)
                if there in circle_of and circle_of[there] == circle_of[here]:
                    phase[user] = max(phase[user], phase[node] + (there != here))
        return [_Item(str(path), nodes) for (path, _), nodes in parts.items()]

    def _codes(self, items: Sequence[_Item]) -> list[int]:
        """Equal numbers for items that are alike."""
        known: dict[object, int] = {}
        return [known.setdefault(self._form(item), len(known)) for item in items]

    def _form(self, item: _Item) -> object:
        """What is alike in alike layers: ops, kinds of leaves and how they are wired.

        Leaves count by their use, since their order is that of their making.
        """
        if not item.path:
            return self._sign(item.nodes[0])
        inside = set(item.nodes)
        kinds = {n: (self.scene.nodes[n].kind, self._sign(n)) for n in item.nodes}
        wires = Counter(
            (kinds[n], kinds[user])
            for n in item.nodes
            for user in self.following[n]
            if user in inside
        )
        counts = Counter(kinds.values())
        return frozenset(counts.items()), frozenset(wires.items())

    def _sign(self, node: int) -> str:
        drawn = self.scene.nodes[node]
        return drawn.text if drawn.kind == "op" else ""

    def _is_row(self, run: Sequence[_Item], period: int) -> bool:
        """Whether each part of a run feeds the next one, as layers do."""
        if not any(item.path for item in run) and len(run) < _LEAST * period:
            return False
        parts = [
            {node for item in run[i : i + period] for node in item.nodes}
            for i in range(0, len(run), period)
        ]
        return all(
            any(user in after for node in before for user in self.following[node])
            for before, after in pairwise(parts)
        )

    def _take(self, run: Sequence[_Item], parent: int) -> int:
        """Make groups of the scopes of a run; how many items it has."""
        for path, nodes in run:
            if path:
                name = path.rpartition("/")[2]
                self._append(Group("scope", name, path, parent), nodes)
                self.pending.append((nodes, path, len(self.found.groups) - 1))
        return len(run)

    def _add_row(
        self, run: Sequence[_Item], period: int, path: str, parent: int
    ) -> None:
        """A group around alike parts, which are groups of their own."""
        count = len(run) // period
        row = self._append(Group("repeat", self._called(run), path, parent, count), ())
        for start in range(0, len(run), period):
            part = run[start : start + period]
            around = row
            if period > 1:
                names = dict.fromkeys(map(self._name, part))
                around = self._append(Group("stage", ", ".join(names), path, row), ())
            for item in part:
                if not item.path:
                    self.found.of[item.nodes[0]] = around
            self._take(part, around)
        if count > _CROWD:
            inside = sorted(node for item in run for node in item.nodes)
            self._add_stages(inside, path, row)

    def _called(self, run: Sequence[_Item]) -> str:
        """The first and the last scope, or what single nodes do."""
        names = [path.rpartition("/")[2] for path, _ in run if path]
        if names:
            return " … ".join(dict.fromkeys((names[0], names[-1])))
        return self._common([node for item in run for node in item.nodes])

    def _name(self, item: _Item) -> str:
        return item.path.rpartition("/")[2] or self._sign(item.nodes[0])

    def _common(self, nodes: Iterable[int]) -> str:
        ops = Counter(self._sign(n) for n in nodes if self._sign(n))
        return ", ".join(op for op, _ in ops.most_common(3))

    def _append(self, made: Group, nodes: Sequence[int]) -> int:
        index = len(self.found.groups)
        self.found.groups.append(made)
        for node in nodes:
            self.found.of[node] = index
        return index

    def _adopt(self, members: Iterable[int], parent: int) -> None:
        """Leaves that one group alone uses are folded with it."""
        of, inside = self.found.of, set(members)
        for node in inside:
            kind = self.scene.nodes[node].kind
            if of[node] != parent or kind not in ("parameter", "constant"):
                continue
            users = self.following[node]
            if inside.issuperset(users) and len({of[user] for user in users}) == 1:
                of[node] = of[users[0]]

    def _add_stages(self, members: Iterable[int], path: str, parent: int) -> None:
        """Cut a crowd of nodes and boxes into stretches of about equal length.

        Stretches of one topological order never feed each other in a circle. What is
        of one level stands together, leaves beside their first use.
        """
        of, groups = self.found.of, self.found.groups
        boxed: dict[int, int] = {}  # node to the box that it is in, side by side
        for node in members:
            around = of[node]
            while around != parent and groups[around].parent != parent:
                around = groups[around].parent
            if around != parent:
                boxed[node] = -1 - around
        shown = (n for n in members if self.scene.nodes[n].kind != "output")
        items = {n: boxed.get(n, n) for n in shown}
        row = self._in_levels(items)
        length = -(-len(row) // _STAGES)
        for start in range(0, len(row), length):
            part = set(row[start : start + length])
            nodes = [n for n, item in items.items() if item in part]
            loose = [n for n in nodes if n not in boxed]
            stage = Group("stage", self._common(nodes) or "leaves", path, parent)
            index = self._append(stage, loose)
            for item in part:
                if item < 0:
                    groups[-1 - item].parent = index
            if len(part) > _CROWD:
                self._add_stages(nodes, path, index)

    def _in_levels(self, items: dict[int, int]) -> list[int]:
        """The items of nodes in a topological order, level by level."""
        import networkx as nx

        flow = self._flow(items)
        level = {
            item: float(i)
            for i, generation in enumerate(nx.topological_generations(flow))
            for item in generation
        }
        for item in items.values():
            if item >= 0 and self.scene.nodes[item].kind != "op" and flow[item]:
                level[item] = min(level[user] for user in flow[item]) - 0.5
        first = {item: node for node, item in reversed(items.items())}
        return sorted(level, key=lambda item: (level[item], first[item]))
