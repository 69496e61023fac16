"""The paths from a tensor to another: how many there are, and which weigh most.

Their number can grow exponentially with the depth of a graph. No function here looks at
them one by one: each passes over the nodes once, and keeps a few paths at each.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphgrad.autodiff.reverse import contributions, sent_back
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import dependents
from graphgrad.insight.flow import norm

Read = Callable[[Tensor], Any]


class Edge(NamedTuple):
    """A use of a tensor by an op, as one of its arguments."""

    source: Tensor
    target: Tensor
    argument: int


class Path(NamedTuple):
    """A path, from x to y.

    Attributes:
        edges: in the order in which values pass them.
        sent: by edge, the local derivative (scalars), or the norm of the gradient that
            arrives at its source along this path alone (tensors); none without values.
        arrives: of tensors, the gradient that arrives at x along this path alone.
    """

    edges: tuple[Edge, ...]
    sent: tuple[float, ...]
    arrives: Any = None


Edges = Mapping[Tensor, Sequence[Edge]]
Factors = Mapping[Edge, float]


def edges_between(order: Sequence[Tensor], x: Tensor) -> dict[Tensor, list[Edge]]:
    """For each node that depends on x, the edges on which a gradient can flow to x."""
    wanted = dependents(order, [x])
    found: dict[Tensor, list[Edge]] = {}
    for node in order:
        if node is x or wanted.isdisjoint(node.inputs):
            continue
        found[node] = [
            Edge(source, node, i)
            for i, source in enumerate(node.inputs)
            if source in wanted and _passes(node, i)
        ]
    return found


def _passes(node: Tensor, argument: int) -> bool:
    """Whether an op's rules send anything back to one of its inputs."""
    if not (_differentiable(node) and _differentiable(node.inputs[argument])):
        return False
    rules = node.op.vjp
    if isinstance(rules, tuple):
        return rules[argument] is not None
    if node.op.name == "with_updates":
        return argument == 0
    return rules is not None or node.op.composite or node.op.name == "project"


def _differentiable(node: Tensor) -> bool:
    return node.op.multiple or node.differentiable


def count_paths(order: Sequence[Tensor], y: Tensor, x: Tensor, edges: Edges) -> int:
    """The number of paths along these edges."""
    counts = {y: 1}
    for node in reversed(order):
        if node is x:
            break
        number = counts.pop(node, 0)  # numbers of paths are long: none is kept
        for edge in edges.get(node, ()) if number else ():
            counts[edge.source] = counts.get(edge.source, 0) + number
    return counts.get(x, 0)


def first_paths(y: Tensor, x: Tensor, edges: Edges, most: int) -> list[Path]:
    """Some paths, where there are no values to choose by."""
    useful = {x}
    for node in edges:  # in topological order
        if any(edge.source in useful for edge in edges[node]):
            useful.add(node)
    stack: list[tuple[Tensor, Any]] = [(y, ())] if y in useful else []
    found: list[Path] = []
    while stack and len(found) < most:
        node, after = stack.pop()
        if node is x:
            found.append(Path(tuple(e for e, _ in _linked(after)), ()))
            continue
        for edge in reversed(edges[node]):
            if edge.source in useful:
                stack.append((edge.source, (edge, None, after)))
    return found


def _linked(link: Any) -> list[tuple[Edge, Any]]:
    """The entries of a linked list, first to last."""
    found = []
    while link:
        edge, sent, link = link
        found.append((edge, sent))
    return found


def factors(edges: Edges, read: Read) -> dict[Edge, float]:
    """The derivative of each node by each of its inputs, in a graph of scalars."""
    found: dict[Edge, float] = {}
    for node, own in edges.items():
        inputs = [read(x) for x in node.inputs]
        with np.errstate(all="ignore"):
            parts = contributions(node, node.dtype.type(1), read(node), inputs)
        for edge in own:
            part = parts[edge.argument]
            found[edge] = 0.0 if part is None else float(part)
    return found


def largest_products(
    y: Tensor, x: Tensor, edges: Edges, known: Factors, most: int
) -> list[Path]:
    """The paths whose products of factors are the largest in size, exactly.

    Sizes are multiplied, and so a largest path goes on from a largest path: each node
    needs no more than the best few from x to it.
    """
    # Of a node: how large a path is, as a logarithm, its last edge, and which of the
    # paths to that edge's source it goes on from.
    best: dict[Tensor, list[tuple[float, Edge | None, int]]] = {x: [(0.0, None, 0)]}
    for node, own in edges.items():
        if node is x:
            continue
        tries = []
        for edge in own:
            size = _log(known[edge])
            for rank, (so_far, *_) in enumerate(best.get(edge.source, ())):
                total = so_far + size
                tries.append((math.inf if math.isnan(total) else total, edge, rank))
        if tries:
            best[node] = heapq.nlargest(most, tries, key=lambda t: t[0])
    found = []
    for rank in range(len(best.get(y, ()))):
        path: list[Edge] = []
        node = y
        while (edge := best[node][rank][1]) is not None:
            rank = best[node][rank][2]
            path.append(edge)
            node = edge.source
        path.reverse()
        found.append(Path(tuple(path), tuple(known[e] for e in path)))
    return found


def _log(factor: float) -> float:
    if factor == 0:
        return -math.inf
    return math.inf if math.isnan(factor) else math.log(abs(factor))


def total(
    order: Sequence[Tensor], y: Tensor, x: Tensor, edges: Edges, known: Factors
) -> float:
    """The sum of the products over all paths."""
    slopes = {y: 1.0}
    for node in reversed(order):
        if node is x or node not in slopes:
            continue
        slope = slopes.pop(node)
        for edge in edges.get(node, ()):
            before = slopes.get(edge.source, 0.0)
            slopes[edge.source] = before + slope * known[edge]
    return slopes.get(x, 0.0)


class _Part(NamedTuple):
    """A path from y that is not at its end yet, as a linked list, and what arrives."""

    size: float
    cotangent: Any
    link: Any

    def weight(self) -> float:
        """What it is chosen by."""
        return math.inf if math.isnan(self.size) else self.size

    def path(self) -> Path:
        """The path, from where it has come to."""
        links = _linked(self.link)
        edges, sizes = tuple(e for e, _ in links), tuple(s for _, s in links)
        return Path(edges, sizes, self.cotangent)


_CALLS = 200_000  # of gradient rules, about a few seconds of small ones


class Pushed(NamedTuple):
    """What came of sending a gradient back.

    Attributes:
        total: what arrives at x along all paths together; None if nothing does.
        paths: the largest found.
        edges: those along which something is sent.
    """

    total: Any
    paths: list[Path]
    edges: dict[Tensor, list[Edge]]


def push(
    order: Sequence[Tensor], y: Tensor, x: Tensor, edges: Edges, read: Read, most: int
) -> Pushed:
    """Send the gradient of y back to x, along all paths together and along the largest.

    A beam search: at each node the partial paths on which most arrives go on, no more
    than twice as many as are asked for, each with what arrives along it alone. Where no
    node has more of them, the paths found are the largest.

    Args:
        order: nodes, each after its inputs.
        y: where it begins, with ones.
        x: where it ends.
        edges: where it may go.
        read: the values of nodes.
        most: how many paths to return.
    """
    count = sum(map(len, edges.values()))
    width = min(2 * most, max(1, _CALLS // max(count, 1)))
    one = np.ones(np.shape(read(y)), y.dtype)[()]
    totals: dict[Tensor, Any] = {y: one}
    partial = {y: [_Part(1.0, one, ())]}
    carried: dict[Tensor, list[Edge]] = {}
    for node in reversed(order):
        if node is x or node not in partial:
            continue
        own, total = edges.get(node, ()), totals.pop(node)
        whole = _sent(node, total, read, own)
        carried[node] = [edge for edge in own if whole[edge.argument] is not None]
        for edge in carried[node]:
            _add(totals, edge.source, whole[edge.argument])
        arriving = heapq.nlargest(width, partial.pop(node), key=_Part.weight)
        for _, cotangent, link in arriving:
            alone = len(arriving) == 1 and cotangent is total
            parts = whole if alone else _sent(node, cotangent, read, own)
            for edge in carried[node]:
                size = norm(parts[edge.argument])
                entry = _Part(size, parts[edge.argument], (edge, size, link))
                partial.setdefault(edge.source, []).append(entry)
    found = heapq.nlargest(most, partial.get(x, ()), key=_Part.weight)
    return Pushed(totals.get(x), [part.path() for part in found], carried)


def _sent(node: Tensor, cotangent: Any, read: Read, edges: Sequence[Edge]) -> list[Any]:
    """What a node sends back; one of several results to its place among them."""
    if node.op.name == "project":
        slots: list[Any] = [None] * len(node.inputs[0].shape)
        slots[node.attrs["index"]] = cotangent
        return [slots]
    needed = [False] * len(node.inputs)
    for edge in edges:
        needed[edge.argument] = True
    with np.errstate(all="ignore"):
        return sent_back(node, cotangent, read, needed)


def _add(totals: dict[Tensor, Any], x: Tensor, part: Any) -> None:
    """Add to what arrives at a tensor, result by result where it has several."""
    known = totals.get(x)
    if known is None:
        totals[x] = part
    elif isinstance(part, list):
        pairs = zip(known, part, strict=True)
        totals[x] = [b if a is None else a if b is None else a + b for a, b in pairs]
    else:
        totals[x] = known + part
