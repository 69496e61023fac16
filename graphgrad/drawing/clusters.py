"""Scopes as clusters of Graphviz, which keeps what is in one together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from graphgrad.drawing.scene import Edge, Scene, enclosing


def cluster_lines(
    scene: Scene, has_label: Callable[[Edge], bool], attributes: Callable[[str], str]
) -> list[str]:
    """Source that puts nodes n0, n1, … and labels e0, e1, … into nested clusters.

    A label belongs to the scope that its edge enters.

    Args:
        scene: what is drawn.
        has_label: whether an edge has a label, which is a node of its own.
        attributes: of the cluster of a scope.
    """
    scopes = [node.scope for node in scene.nodes]
    members: dict[str, list[str]] = {}
    for index, scope in enumerate(scopes):
        members.setdefault(scope, []).append(f"n{index}")
    for index, edge in enumerate(scene.edges):
        if has_label(edge):
            members.setdefault(scopes[edge.target], []).append(f"e{index}")
    children: dict[str, dict[str, None]] = {}
    for scope in dict.fromkeys(scopes):
        for path in enclosing(scope):
            children.setdefault(path.rpartition("/")[0], {})[path] = None
    numbers = count()

    def within(scope: str) -> list[str]:
        lines = []
        for child in children.get(scope, ()):
            lines += [f"subgraph cluster_{next(numbers)} {{", attributes(child)]
            lines += [*members.get(child, ()), *within(child), "}"]
        return lines

    return within("")
