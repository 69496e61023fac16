"""A look at a part of a graph: the neighbourhood of a tensor, or the paths from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphgrad.drawing.scene import Edge, Node, Scene
from graphgrad.drawing.trace import Traced
from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import Tensor, describe


def highlighted(traced: Traced, tensors: Iterable[Tensor]) -> Traced:
    """The scene with every path from the tensors to the outputs picked out.

    Raises:
        ArgumentError: for a tensor that is not in the picture.
    """
    scene = traced.scene
    on_path = {_place(traced, t) for t in tensors}
    edges = []
    for edge in scene.edges:  # sources of an edge come before its target
        if edge.source in on_path:
            on_path.add(edge.target)
            edge = replace(edge, emphasis="path")
        edges.append(edge)
    nodes = (
        replace(node, emphasis="path") if place in on_path else node
        for place, node in enumerate(scene.nodes)
    )
    return replace(traced, scene=replace(scene, nodes=tuple(nodes), edges=tuple(edges)))


def focused(traced: Traced, t: Tensor, radius: int) -> Traced:
    """What is within so many edges of a tensor; dots stand for what is cut off.

    Raises:
        ArgumentError: for a tensor that is not in the picture.
    """
    scene = traced.scene
    near = _near(scene, _place(traced, t), radius)
    cut_in = {e.source for e in scene.edges if e.target in near} - near
    cut_out = {
        e.source for e in scene.edges if e.source in near and e.target not in near
    }
    order = [*sorted(cut_in), *sorted(near)]
    places = {place: i for i, place in enumerate(order)}
    nodes = [scene.nodes[p] if p in near else _dots(scene.nodes[p]) for p in order]
    tensors = [traced.tensors[p] for p in order]
    kept = {x: places[p] for x, p in traced.places.items() if p in near}
    edges: list[Edge] = []
    shares = []
    for edge, share in zip(scene.edges, traced.shares, strict=True):
        if edge.target in near:
            ends = places[edge.source], places[edge.target]
            edges.append(replace(edge, source=ends[0], target=ends[1]))
            shares.append(share)
    for place in sorted(cut_out):
        title = f"{scene.nodes[place].title} is used further on"
        edges.append(Edge(places[place], len(nodes), 0, title=title))
        shares.append(None)
        nodes.append(_dots(scene.nodes[place]))
        tensors.append(traced.tensors[place])
    rest = len(scene.nodes) - len(near)
    summary = f"{scene.summary}; {rest} nodes further away are left out"
    cut = replace(scene, nodes=tuple(nodes), edges=tuple(edges), summary=summary)
    return Traced(cut, tuple(tensors), kept, tuple(shares), traced.options)


def _place(traced: Traced, t: Tensor) -> int:
    if not isinstance(t, Tensor) or t not in traced.places:
        shown = describe(t) if isinstance(t, Tensor) else repr(t)
        raise ArgumentError(
            f"{shown} is not in the picture",
            remedy="name a tensor that the target depends on",
        )
    return traced.places[t]


def _near(scene: Scene, start: int, radius: int) -> set[int]:
    beside: dict[int, set[int]] = {}
    for edge in scene.edges:
        beside.setdefault(edge.source, set()).add(edge.target)
        beside.setdefault(edge.target, set()).add(edge.source)
    found = edge_of = {start}
    for _ in range(radius):
        edge_of = {n for place in edge_of for n in beside.get(place, ())} - found
        found = found | edge_of
    return found


def _dots(node: Node) -> Node:
    return Node("constant", "…", (), f"left out: {node.title}", "")
