"""The chain rule along each path from a tensor to another, in numbers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from graphgrad.autodiff.derivatives import grad, require_differentiable
from graphgrad.autodiff.reverse import contributions
from graphgrad.errors import GradientError
from graphgrad.execute.current import refresh
from graphgrad.graph.graph import as_outputs
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import dependents, topological
from graphgrad.insight.flow import Flow, label
from graphgrad.insight.formula import formula
from graphgrad.insight.zero import why_zero


class Step(NamedTuple):
    """One edge of a path: where it leads, through which argument, and its factor."""

    source: Tensor
    target: Tensor
    argument: int
    factor: float


def explain(y: Tensor, *, wrt: Tensor, most: int = 20) -> str:
    """The chain rule from x to y: a line per path, with its factors and their product.

    Args:
        y: a scalar; of a graph of scalars it has a value.
        wrt: a tensor that y depends on.
        most: how many paths to show, the largest products first; the sum is over all.

    Returns:
        Text. A path is written from x to y; each factor is the derivative of a node
        with respect to the input on the path. Where tensors on the way have several
        entries, factors would be matrices: then the gradient is written as a formula.

    Raises:
        GradientError: if x is not in the graph of y, or y has several entries.
        UnboundPlaceholderError: if y has no value.
        ArgumentError: if y or x is no tensor.

    Example:
        >>> import graphgrad as gg
        >>> apple = gg.variable(100, name="apple")
        >>> tax = gg.variable(1.1, name="tax")
        >>> price = (apple * 2 * tax).named("price")
        >>> print(gg.explain(price, wrt=apple))
        d price / d apple = 2.2
          apple → × → price   2 · 1.1 = 2.2
        >>> scores = gg.placeholder(("n", 10), name="scores")
        >>> labels = gg.placeholder(("n",), dtype="int64", name="labels")
        >>> loss = gg.nn.softmax_cross_entropy(scores, labels).named("loss")
        >>> print(gg.explain(loss, wrt=scores))
        d loss / d scores = (softmax(scores) − one_hot(labels)) / n
    """
    as_outputs([y, wrt])
    order = topological([y])
    _require_path(order, y, wrt)
    wanted = dependents(order, [wrt])
    if any(x.shape != () for x in wanted):
        slope = grad(y, wrt)
        return formula(slope, called=f"d {label(y)} / d {label(wrt)}")
    refresh(y)
    edges = _local_derivatives(order, wrt)
    slope, count = _total(order, y, wrt, edges)
    paths = _paths(y, wrt, edges)
    shown = heapq.nlargest(most, paths, key=lambda path: abs(_product(path)))
    lines = _written(y, wrt, slope, count, shown)
    if slope == 0 and (reason := why_zero(Flow(y, y), wrt)):
        lines.append(f"  {reason}")
    return "\n".join(lines)


def _require_path(order: list[Tensor], y: Tensor, x: Tensor) -> None:
    if x not in set(order):
        raise GradientError(
            f"{describe(x)} is not in the graph of {describe(y)}",
            remedy="explain with respect to a tensor that it was made from",
        )
    for end in (y, x):
        require_differentiable(end, "the gradient of")


def _written(
    y: Tensor, wrt: Tensor, slope: float, count: int, shown: list[list[Step]]
) -> list[str]:
    lines = [f"d {label(y)} / d {label(wrt)} = {slope:.4g}"]
    routes = [" → ".join([label(wrt), *(label(s.target) for s in p)]) for p in shown]
    width = max(map(len, routes), default=0)
    for route, path in zip(routes, shown, strict=True):
        factors = " · ".join(f"{step.factor:.4g}" for step in path) or "1"
        lines.append(f"  {route:<{width}}   {factors} = {_product(path):.4g}")
    if count > len(shown):
        lines.append(f"  … and {count - len(shown)} more paths")
    if count > 1:
        products = " + ".join(f"{_product(p):.4g}" for p in shown)
        rest = " + …" if count > len(shown) else ""
        lines.append(f"  sum over {count} paths: {products}{rest} = {slope:.4g}")
    return lines


def _product(path: list[Step]) -> float:
    return float(np.prod([step.factor for step in path]))


def _local_derivatives(order: list[Tensor], x: Tensor) -> dict[Tensor, list[Step]]:
    """For every node that depends on x, its edges on the way and their factors."""
    wanted = dependents(order, [x])
    edges: dict[Tensor, list[Step]] = {}
    for node in order:
        if node is x or wanted.isdisjoint(node.inputs):
            continue
        for scalar in (node, *(i for i in node.inputs if i in wanted)):
            _require_number(scalar)
        inputs = [i._value for i in node.inputs]
        with np.errstate(all="ignore"):
            parts = contributions(node, node.dtype.type(1), node._value, inputs)
        edges[node] = [
            Step(source, node, i, float(part))
            for i, (source, part) in enumerate(zip(node.inputs, parts, strict=True))
            if source in wanted and part is not None
        ]
    return edges


def _require_number(node: Tensor) -> None:
    if node.dtype.kind == "c":
        raise GradientError(
            f"{describe(node)} is complex: the factors on a path through it are "
            "no numbers",
            remedy="explain a graph of real scalars",
        )


def _total(
    order: list[Tensor], y: Tensor, x: Tensor, edges: dict[Tensor, list[Step]]
) -> tuple[float, int]:
    """The derivative and the number of paths, in one pass, however many there are."""
    slopes = {y: 1.0}
    counts = {y: 1}
    for node in reversed(order):
        for step in edges.get(node, ()) if node in slopes else ():
            slopes[step.source] = slopes.get(step.source, 0.0) + (
                slopes[node] * step.factor
            )
            counts[step.source] = counts.get(step.source, 0) + counts[node]
    return slopes.get(x, 0.0), counts.get(x, 0)


_BUDGET = 10_000  # paths looked at; their number can grow exponentially


def _paths(
    y: Tensor, x: Tensor, edges: dict[Tensor, list[Step]]
) -> Iterator[list[Step]]:
    stack: list[tuple[Tensor, tuple[Step, ...]]] = [(y, ())]
    found = 0
    while stack and found < _BUDGET:
        node, path = stack.pop()
        if node is x:
            found += 1
            yield list(path)
            continue
        for step in reversed(edges.get(node, ())):
            stack.append((step.source, (step, *path)))
