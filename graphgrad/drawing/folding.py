"""A scene with some of its groups folded into one box each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

from graphgrad.drawing.flows import added
from graphgrad.drawing.groups import Group, Grouping, group
from graphgrad.drawing.scene import Edge, Emphasis, Node, Scene
from graphgrad.drawing.trace import Traced, told

# What a box is picked out for, if its nodes are for several reasons.
_PICKED: tuple[Emphasis, ...] = ("fault", "changed", "added", "removed", "path")
MOST = 80  # nodes and boxes that a picture shows before it folds by itself


def folded(traced: Traced, depth: float | None) -> Scene:
    """What is to be shown of a scene.

    Args:
        traced: the scene, with what flows along its edges.
        depth: how many groups within each other are open; by itself a scene of more
            than `MOST` nodes is folded, and a small one not at all.
    """
    if depth is None and len(traced.scene.nodes) <= MOST:
        return traced.scene  # at no cost
    grouping = group(traced.scene)
    return fold(traced, grouping, opened(grouping, depth))


def opened(grouping: Grouping, depth: float | None) -> set[int]:
    """The groups that are open at a depth.

    Without a depth, level by level as many as leave no more than `MOST` nodes and
    boxes; rows of alike parts stay closed.
    """
    levels = _levels(grouping)
    if depth is not None:
        return {g for g, level in enumerate(levels) if level < depth}
    if len(grouping.of) <= MOST:
        return set(range(len(levels)))
    shown: set[int] = set()
    for level in range(max(levels, default=-1) + 1):
        more = {
            g
            for g, found in enumerate(grouping.groups)
            if levels[g] == level
            and found.kind != "repeat"
            and (not level or found.parent in shown)
        }
        if _visible(grouping, shown | more) > MOST:
            break
        shown |= more
    return shown


def _levels(grouping: Grouping) -> list[int]:
    levels: list[int] = []
    for found in grouping.groups:
        levels.append(levels[found.parent] + 1 if found.parent >= 0 else 0)
    return levels


def _visible(grouping: Grouping, open_: Set[int]) -> int:
    """How many nodes and boxes there are to be seen."""
    return len({_item(grouping, node, open_) for node in range(len(grouping.of))})


def _item(grouping: Grouping, node: int, open_: Set[int]) -> tuple[bool, int]:
    """What stands for a node: itself, or (True, group) for the outermost closed one."""
    for index in grouping.chain(node):
        if index not in open_:
            return True, index
    return False, node


@dataclass(slots=True)
class _Bundle:
    """Uses of one value by one box: one edge."""

    edge: Edge
    shares: list[Any]


def fold(traced: Traced, grouping: Grouping, open_: Set[int]) -> Scene:
    """The scene with every group folded that is not open, or is in one that is not."""
    scene = traced.scene
    items = [_item(grouping, node, open_) for node in range(len(scene.nodes))]
    members: dict[tuple[bool, int], list[int]] = {}
    for node, item in enumerate(items):
        members.setdefault(item, []).append(node)
    bundles = _bundles(traced, items)
    order = _order(members, bundles)
    places = {item: place for place, item in enumerate(order)}
    nodes = [
        _box(scene, grouping.groups[item[1]], members[item])
        if item[0]
        else scene.nodes[item[1]]
        for item in order
    ]
    edges: list[Edge] = []
    slots: Counter[int] = Counter()
    wanted = sorted(
        bundles, key=lambda b: (places[items[b.edge.target]], b.edge.target)
    )
    for bundle in wanted:
        edge, target = bundle.edge, places[items[bundle.edge.target]]
        gradient, (is_box, index) = edge.gradient, items[edge.target]
        if len(bundle.shares) > 1:
            total = added(bundle.shares)
            gradient = None if total is None else traced.options.flow(total)
        if is_box:
            ends = f"{scene.nodes[edge.source].text} to {grouping.groups[index].name}"
            edge = replace(edge, local="", title=ends + told(edge.value, gradient))
        edges.append(
            replace(
                edge,
                source=places[items[edge.source]],
                target=target,
                slot=slots[target],
                gradient=gradient,
            )
        )
        slots[target] += 1
    shown = sum(item[0] for item in order)
    summary = f"{scene.summary}; {shown} boxes stand for what is folded"
    return replace(scene, nodes=tuple(nodes), edges=tuple(edges), summary=summary)


def _bundles(traced: Traced, items: list[tuple[bool, int]]) -> list[_Bundle]:
    """The edges between what is shown; uses of one value in one box are one."""
    bundles: dict[Any, _Bundle] = {}
    for index, edge in enumerate(traced.scene.edges):
        source, target = items[edge.source], items[edge.target]
        if source == target:
            continue
        key = (edge.source, target) if target[0] else index
        bundle = bundles.setdefault(key, _Bundle(edge, []))
        bundle.shares.append(traced.shares[index])
    return list(bundles.values())


def _order(
    members: dict[tuple[bool, int], list[int]], bundles: list[_Bundle]
) -> list[tuple[bool, int]]:
    """Items after what flows into them, else in the order of their last nodes."""
    import networkx as nx

    owner = {node: item for item, nodes in members.items() for node in nodes}
    flow = nx.DiGraph()
    flow.add_nodes_from(members)
    flow.add_edges_from((owner[b.edge.source], owner[b.edge.target]) for b in bundles)
    last = {item: nodes[-1] for item, nodes in members.items()}
    return list(nx.lexicographical_topological_sort(flow, key=last.__getitem__))


def _box(scene: Scene, found: Group, members: list[int]) -> Node:
    """The box of a folded group."""
    drawn = [scene.nodes[n] for n in members]
    ops = Counter(node.text for node in drawn if node.kind == "op")
    common = ", ".join(op for op, _ in ops.most_common(3))
    what = f"{len(drawn)} nodes"
    outside = found.path.rpartition("/")[0] if found.kind != "stage" else found.path
    number = f", {found.count} alike" if found.count > 1 else ""
    title = f"{found.name}: {what} folded{number}; {common}"
    marks = ", ".join(dict.fromkeys(node.mark for node in drawn if node.mark))
    kinds = {node.emphasis for node in drawn if node.emphasis}
    reasons: list[Emphasis] = [kind for kind in _PICKED if kind in kinds]
    picked: Emphasis = reasons[0] if reasons else ""
    if {"added", "removed"} & kinds and len(kinds) > 1:
        picked = "changed"
    return Node(
        "module", found.name, (what,), title, outside, found.count, picked, marks
    )
