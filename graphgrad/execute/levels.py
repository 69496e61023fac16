"""Scalars in groups: nodes of one kind whose inputs are there at the same time.

A graph of scalars has few kinds of op, so that a few thousand nodes are a few dozen
groups, each of which is one operation on entries of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphgrad.graph.tensor import Tensor


@dataclass(slots=True)
class Group:
    """Nodes of one kind.

    Args:
        kind: what they have in common.
        start: entry of the first; the others follow.
        nodes: tensors.
        columns: entries of their first inputs, of their second ones, and so on.
    """

    kind: Any
    start: int
    nodes: list[Tensor]
    columns: list[list[int]]


@dataclass
class Levels:
    """Where scalars stand in a table, and in which order groups are computed.

    Args:
        places: entry of each scalar; leaves come first.
        leaves: scalars without inputs.
        groups: each after those that it reads.
    """

    places: dict[Tensor, int] = field(default_factory=dict)
    leaves: list[Tensor] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


def kind_of(node: Tensor) -> Any:
    """Equal for nodes of one op, attrs, and dtypes of inputs."""
    if not node.attrs:
        return node.op, *[x.dtype for x in node.inputs]
    attrs = tuple(sorted((k, repr(v)) for k, v in node.attrs.items()))
    return node.op, tuple(x.dtype for x in node.inputs), attrs


def levels_of(order: Sequence[Tensor], takes: Callable[[Tensor], bool]) -> Levels:
    """The scalars of a graph that depend on scalars alone.

    Args:
        order: tensors, each after its inputs.
        takes: whether a leaf, or a node of some kind, may be in a table.
    """
    levels: dict[Tensor, int] = {}
    members: dict[tuple[int, Any], list[Tensor]] = {}
    kinds: dict[Any, int | None] = {}
    for node in order:
        inputs = node.inputs
        if not inputs:
            if node.shape == () and takes(node):
                levels[node] = 0
            continue
        if node.shape != ():
            continue
        key = kind_of(node)
        if key not in kinds:
            kinds[key] = len(kinds) if takes(node) else None
        kind = kinds[key]
        if kind is None:
            continue
        try:
            level = 1 + max([levels[x] for x in inputs])
        except KeyError:
            continue
        levels[node] = level
        members.setdefault((level, kind), []).append(node)
    return _placed(levels, members)


def _placed(
    levels: dict[Tensor, int], members: dict[tuple[int, Any], list[Tensor]]
) -> Levels:
    used = {x for nodes in members.values() for node in nodes for x in node.inputs}
    leaves = [x for x, level in levels.items() if not level and x in used]
    places = {x: i for i, x in enumerate(leaves)}
    groups = []
    for (_, kind), nodes in sorted(members.items(), key=lambda item: item[0]):
        sources = zip(*[node.inputs for node in nodes], strict=True)
        columns = [[places[x] for x in column] for column in sources]
        groups.append(Group(kind, len(places), nodes, columns))
        places.update(
            zip(nodes, range(len(places), len(places) + len(nodes)), strict=True)
        )
    return Levels(places, leaves, groups)
