"""The checker of graphs: a graph becomes a pair, and a fault is traced to its op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from graphgrad.control.expand import expand
from graphgrad.errors import ArgumentError
from graphgrad.execute.binding import bind
from graphgrad.graph.graph import Graph
from graphgrad.graph.leaves import placeholder, variable
from graphgrad.graph.op import VARIABLE, Op, constant
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import compute, interpret
from graphgrad.testing.graph_pair import GraphPair
from graphgrad.testing.numeric import check_pair, faulty
from graphgrad.testing.problem import Array, Fault
from graphgrad.testing.reproduce import check_function_code, check_op_code, place_of
from graphgrad.testing.verdict import Verdict

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
        target: a tensor, a graph (variables at their values), an op or a function.
        inputs: arrays; for a tensor or graph one per placeholder, in the order they
            were made; for an op or a function its arguments.
        wrt: what to differentiate by, by default all that is floating: leaves of a
            graph, positions of a function's arguments.
        order: 1, or 2 to check the gradient's own gradient as well.
        seed: of the random cotangents and directions.

    Returns:
        A verdict; a wrong one names the culprit: every node is then checked alone.

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
    code = check_function_code(target, inputs, order=order, seed=seed)
    verdict = replace(
        verdict, where=place_of(target), inputs=tuple(arrays), reproduce=code
    )
    if isinstance(target, Op) and not target.multiple:
        return replace(verdict, graph=Graph(pair.outputs))
    return _traced(verdict, pair, arrays, order, seed)


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
    """The verdict on the first order, on forward mode, and on the second order."""
    names = [x.name or "" for x in pair.leaves]
    first = check_pair(pair.fn, pair.vjp, arrays, name=name, names=names, seed=seed)
    if order == 1 or not first.ok or not pair.sources:
        return first
    try:
        pair.check_transposed(arrays, seed)
    except Fault as fault:
        return faulty(name, fault, names)
    slope = pair.derivative(arrays, seed)
    second = check_pair(slope.fn, slope.vjp, arrays, name=name, names=names, seed=seed)
    if second.ok or second.kind == "all zero":
        return replace(first, entries=first.entries + second.entries)
    if second.verdict == "wrong":
        return replace(second, kind="second order")
    return replace(second, reason=f"second order: {second.reason}")


def _traced(
    verdict: Verdict, pair: GraphPair, arrays: Sequence[Array], order: int, seed: int
) -> Verdict:
    """The verdict with the culprit, or with what is at fault if every op is right."""
    verdict = replace(verdict, graph=Graph(pair.outputs))
    doubts: list[str] = []
    found = _culprit(pair, arrays, order, seed, doubts)
    if found is not None:
        return found
    if doubts:
        names = ", ".join(sorted(set(doubts)))
        said = f"no op is wrong alone, but nothing can be said here of {names}"
        return replace(verdict, reason=said)
    reason = "every op is right alone: what a shared value sends back is not summed?"
    return replace(verdict, kind="accumulation", reason=reason)


def _culprit(
    pair: GraphPair,
    arrays: Sequence[Array],
    order: int,
    seed: int,
    doubts: list[str],
) -> Verdict | None:
    """The verdict on the first node that is wrong on its own; others are doubted."""
    values = pair.values(arrays)
    for node in pair.order:
        if not node.inputs or node.op.name == "project":
            continue
        given = [np.asarray(values[x]) for x in node.inputs]
        alone, graph = _alone(node, given, pair.sizes)
        if not any(y.differentiable for y in alone.outputs):
            continue
        found = _judge(node.op.name, alone, given, order, seed)
        if found.verdict == "inconclusive" and found.kind != "all zero":
            doubts.append(node.op.name)
        if found.verdict != "wrong":
            continue
        where = str(node.where())
        if inner := _inside(graph, alone, given, order, seed):
            said = f"inside `{node.op.name}`{inner.reason and ': '}{inner.reason}"
            return replace(inner, where=where, reason=said)
        return replace(
            found,
            where=where,
            graph=graph,
            inputs=tuple(given),
            reproduce=check_op_code(node, given, order=order, seed=seed),
        )
    return None


def _inside(
    graph: Graph, alone: GraphPair, arrays: Sequence[Array], order: int, seed: int
) -> Verdict | None:
    """The culprit among what a composite, a branch or a loop is made of."""
    opened = expand(graph)
    if len(opened) <= len(graph):
        return None
    pair = GraphPair(opened.outputs, alone.leaves, {}, {})
    return _culprit(pair, arrays, order, seed, [])


def _alone(
    node: Tensor, arrays: Sequence[Array], sizes: dict[str, int]
) -> tuple[GraphPair, Graph]:
    """The op of a node alone: as a pair, and as a graph with the values in it."""
    leaves = []
    for x, array in zip(node.inputs, arrays, strict=True):
        moved = array.dtype.kind == "f"
        leaf = variable(array) if moved else constant(array)
        leaf.name = x.name
        leaves.append(leaf)
    made = compute(node, leaves, sizes)
    outputs = [made] if isinstance(made, Tensor) else list(made)
    return GraphPair(outputs, leaves, {}, {}), Graph(outputs)
