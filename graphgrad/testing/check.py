"""The checker of graphs: a graph becomes a pair, and a fault is traced to its op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import vjp as pull_back
from graphgrad.errors import ArgumentError
from graphgrad.execute.binding import bind
from graphgrad.graph.graph import Graph
from graphgrad.graph.leaves import placeholder
from graphgrad.graph.op import PLACEHOLDER, VARIABLE, Op
from graphgrad.graph.tensor import NO_ATTRS, Tensor
from graphgrad.graph.walk import compute, interpret, topological
from graphgrad.testing.numeric import check_pair
from graphgrad.testing.problem import Array, weights_like
from graphgrad.testing.verdict import Verdict, arrays_text

Target = Tensor | Graph | Op | Callable[..., Any]


def check_gradients(
    target: Target,
    *inputs: Any,
    wrt: Sequence[Any] | None = None,
    order: int = 2,
    seed: int = 0,
) -> Verdict:
    """Judge the gradients that graphgrad derives, of any order up to 2.

    Args:
        target: a tensor or a graph, or an op or a function of tensors. Variables are
            taken at their values.
        inputs: arrays; for a tensor or graph one per placeholder, in the order in
            which these were made; for an op or a function its arguments. Floating
            inputs of any shape; integers carry no gradient.
        wrt: what to differentiate by: leaves of a tensor or graph, positions of an
            op's or function's arguments. By default everything that is floating.
        order: 1, or 2 to check the gradient's own gradient as well.
        seed: of the random cotangents and directions.

    Returns:
        A verdict. If it is "wrong", every node has been checked alone at its recorded
        values, so that ``op`` and ``where`` name the culprit.

    Raises:
        ArgumentError: for a wrt that is not a leaf of the graph, or another order.
        BindingError: for inputs that do not fit the placeholders.
        GradientError: for a target that carries no gradient.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0])
        >>> check_gradients(gg.exp(x) * x).verdict
        'right'
        >>> check_gradients(lambda a, b: a / b, [1.0, 2.0], 3.0).verdict
        'right'
    """
    if order not in (1, 2):
        raise ArgumentError(f"check_gradients: order is {order!r}", remedy="use 1 or 2")
    if isinstance(target, Tensor | Graph):
        name, pair, arrays = _of_graph(target, inputs, wrt)
    else:
        name, pair, arrays = _of_function(target, inputs, wrt)
    verdict = _judge(name, pair, arrays, order, seed)
    if verdict.verdict != "wrong":
        return verdict
    return _traced(verdict, pair, arrays, order, seed, isinstance(target, Op))


class GraphPair:
    """A graph as the pair ``(fn, vjp)`` that the checker of pairs takes.

    Args:
        outputs: tensors; several are joined into one vector.
        leaves: the tensors that the arrays stand for.
        known: values of further leaves.
        sizes: of the symbolic dimensions.
    """

    def __init__(
        self,
        outputs: Sequence[Tensor],
        leaves: Sequence[Tensor],
        known: dict[Tensor, Any],
        sizes: dict[str, int],
    ) -> None:
        self.outputs = [y for y in outputs if y.differentiable] or list(outputs)
        self.leaves = list(leaves)
        self.known = known
        self.sizes = sizes
        self.order = topological(self.outputs)
        reached = set(self.order)
        self.sources = [x for x in leaves if x in reached and x.differentiable]
        self.cotangents = [
            Tensor(PLACEHOLDER, (), NO_ATTRS, y.shape, y.dtype) for y in self.outputs
        ]
        self.gradients: list[Tensor] = []
        if self.sources:
            self.gradients = pull_back(self.outputs, self.sources, self.cotangents)
        self._backward = topological(self.gradients)

    def values(self, arrays: Sequence[Array]) -> dict[Tensor, Any]:
        """The value of every node."""
        values = {**self.known, **dict(zip(self.leaves, arrays, strict=True))}
        interpret(self.order, values, self.sizes)
        return values

    def fn(self, *arrays: Array) -> Array:
        """The output, or all outputs as one vector."""
        values = self.values(arrays)
        return _joined([np.asarray(values[y]) for y in self.outputs])

    def vjp(
        self, cotangent: Array, output: Array, *arrays: Array
    ) -> list[Array | None]:
        """Gradients in the leaves' order, by way of the derivative graph."""
        values = self.values(arrays)
        shapes = [np.shape(values[y]) for y in self.outputs]
        values.update(zip(self.cotangents, _split(cotangent, shapes), strict=True))
        interpret(self._backward, values, self.sizes)
        found = dict(zip(self.sources, self.gradients, strict=True))
        return [
            np.asarray(values[found[x]]) if x in found else None for x in self.leaves
        ]

    def derivative(self, arrays: Sequence[Array], seed: int) -> GraphPair:
        """The pair of the gradient itself, for one random cotangent."""
        rng = np.random.default_rng(seed)
        values = self.values(arrays)
        weights = [weights_like(np.asarray(values[y]), rng) for y in self.outputs]
        known = {**self.known, **dict(zip(self.cotangents, weights, strict=True))}
        return GraphPair(self.gradients, self.leaves, known, self.sizes)


def _joined(arrays: Sequence[Array]) -> Array:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([a.ravel() for a in arrays])


def _split(joined: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    if len(shapes) == 1:
        return [joined]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(joined, ends)
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _of_graph(
    target: Tensor | Graph, inputs: Sequence[Any], wrt: Sequence[Any] | None
) -> tuple[str, GraphPair, list[Array]]:
    graph = target if isinstance(target, Graph) else Graph(target)
    pairs = list(zip(graph.placeholders, inputs, strict=False))
    if len(inputs) != len(graph.placeholders):
        raise ArgumentError(
            f"check_gradients: {len(inputs)} arrays for "
            f"{len(graph.placeholders)} placeholders",
            remedy="give one array per placeholder, in the order they were made",
        )
    values, sizes = bind(pairs, graph.placeholders)
    interpret([t for t in graph.nodes if t.op is VARIABLE], values, sizes)
    leaves = [x for x in values if x.differentiable] if wrt is None else list(wrt)
    for x in leaves:
        if x not in values:
            raise ArgumentError(
                f"check_gradients: {x!r} is not a variable or placeholder of the graph",
                remedy="choose wrt among its leaves",
            )
    moved = set(leaves)  # tensors compare by entries, but hash by identity
    known = {x: v for x, v in values.items() if x not in moved}
    name = graph.outputs[0].name or graph.outputs[0].op.name
    pair = GraphPair(graph.outputs, leaves, known, sizes)
    return name, pair, [np.asarray(values[x]) for x in leaves]


def _of_function(
    target: Callable[..., Any], inputs: Sequence[Any], wrt: Sequence[Any] | None
) -> tuple[str, GraphPair, list[Array]]:
    if not callable(target):
        raise ArgumentError(
            f"check_gradients: {target!r:.40} is no graph, op or function",
            remedy="give a tensor, or a function and its arrays",
        )
    arrays = [np.asarray(x) for x in inputs]
    places = range(len(arrays)) if wrt is None else wrt
    if not all(isinstance(i, int) and 0 <= i < len(arrays) for i in places):
        raise ArgumentError(
            f"check_gradients: wrt is {wrt!r} for {len(arrays)} inputs",
            remedy="give positions of the function's arguments",
        )
    leaves = [placeholder(x.shape, dtype=x.dtype.name) for x in arrays]
    made = target(*leaves)
    outputs = [made] if isinstance(made, Tensor) else list(made)
    known = {leaves[i]: x for i, x in enumerate(arrays) if i not in places}
    name = getattr(target, "__name__", "function").strip("<>")
    pair = GraphPair(outputs, [leaves[i] for i in places], known, {})
    return name, pair, [arrays[i] for i in places]


def _judge(
    name: str, pair: GraphPair, arrays: Sequence[Array], order: int, seed: int
) -> Verdict:
    """The verdict on the first order, and then on the second."""
    names = [x.name or "" for x in pair.leaves]
    first = check_pair(pair.fn, pair.vjp, arrays, name=name, names=names, seed=seed)
    if order == 1 or not first.ok or not pair.sources:
        return first
    slope = pair.derivative(arrays, seed)
    second = check_pair(slope.fn, slope.vjp, arrays, name=name, names=names, seed=seed)
    if second.ok or second.kind == "all zero":
        return replace(first, entries=first.entries + second.entries)
    reason = f"second order: {second.reason}" if second.reason else "second order"
    if second.verdict == "wrong":
        return replace(second, kind="second order", reason=reason)
    return replace(second, reason=reason)


def _traced(
    verdict: Verdict,
    pair: GraphPair,
    arrays: Sequence[Array],
    order: int,
    seed: int,
    is_op: bool,
) -> Verdict:
    """The verdict with the culprit: the first node that is wrong on its own."""
    values = pair.values(arrays)
    for node in pair.order:
        if not node.inputs or node.op.name == "project":
            continue
        given = [np.asarray(values[x]) for x in node.inputs]
        leaves = [placeholder(x.shape, dtype=x.dtype.name) for x in given]
        for leaf, x in zip(leaves, node.inputs, strict=True):
            leaf.name = x.name
        made = compute(node, leaves, pair.sizes)
        outputs = [made] if isinstance(made, Tensor) else made
        if not any(y.differentiable for y in outputs):
            continue
        alone = GraphPair(outputs, leaves, {}, {})
        found = _judge(node.op.name, alone, given, order, seed)
        if found.verdict == "wrong":
            return replace(
                found,
                where="" if is_op else str(node.where()),
                graph=_drawn(node, given),
                reproduce=_call(node, given),
            )
    if is_op:
        return verdict
    reason = "every op is right alone: what a shared value sends back is not summed?"
    return replace(verdict, kind="accumulation", reason=reason)


def _call(node: Tensor, inputs: Sequence[Array]) -> str:
    """The check of the node's op alone."""
    op = node.op.name
    if node.attrs:
        attrs = ", ".join(f"{k}={v!r}" for k, v in node.attrs.items())
        op = f"lambda *xs: {op}(*xs, {attrs})"
    return f"gg.testing.check_gradients({op}, {arrays_text(inputs)})"


def _drawn(node: Tensor, inputs: Sequence[Array]) -> str:
    """The node and its inputs, as a small picture in text."""
    names = [x.name or f"x{i}" for i, x in enumerate(node.inputs)]
    labels = [
        f"{name}[{', '.join(map(str, x.shape))}]" if x.shape else name
        for name, x in zip(names, inputs, strict=True)
    ]
    width = max(map(len, labels))
    lines = [f"{label:<{width}} ─┐" for label in labels]
    joint = "─┴" if len(labels) > 1 else "──"
    lines[-1] = f"{labels[-1]:<{width}} {joint} {node.op.name} → v0"
    for i in range(1, len(lines) - 1):
        lines[i] = lines[i][:-1] + "┤"
    return "\n".join(lines)
