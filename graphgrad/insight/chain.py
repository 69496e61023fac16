"""The chain rule along each path from a tensor to another, in formulas and numbers."""

from __future__ import annotations

from typing import Any

from graphgrad.autodiff.derivatives import require_scalar
from graphgrad.errors import ArgumentError, UnboundPlaceholderError
from graphgrad.execute.current import refresh
from graphgrad.execute.run import Run
from graphgrad.graph.graph import as_outputs
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import topological
from graphgrad.insight import paths, telling
from graphgrad.insight.explanation import Explanation, Line
from graphgrad.insight.flow import Flow, is_zero
from graphgrad.insight.zero import unreached, why_zero


def explain(
    y: Tensor, *, wrt: Tensor, run: Run | None = None, most: int = 10
) -> Explanation:
    """The chain rule from x to y: each path, its local derivatives, and their sum.

    Along a path of scalars the local derivatives are multiplied; they are told as
    formulas and as numbers. Along a path of tensors the gradient is sent back from y,
    step by step: each is told as a formula of g, the gradient that arrives, and by the
    norm of what it sends on. The share of a path is its projection on the gradient:
    those of all paths add up to 1. Where the gradient is zero the reason is told.

    Args:
        y: a scalar.
        wrt: the tensor to differentiate by.
        run: where values are from; by default the current ones. Where placeholders
            have none there are formulas alone.
        most: how many paths to show, the largest first. Of tensors these are found by
            a beam search, which may miss some if there are more than twice as many.

    Returns:
        Text, with the methods ``to_markdown()`` and ``to_latex()``.

    Raises:
        GradientError: if y has several entries, or an integer dtype.
        ArgumentError: if y or x is no tensor, or y is not part of the run.

    Example:
        >>> import graphgrad as gg
        >>> apple = gg.variable(100, name="apple")
        >>> tax = gg.variable(1.1, name="tax")
        >>> price = (apple * 2 * tax).named("price")
        >>> print(gg.explain(price, wrt=apple))
        d price / d apple = tax · 2 = 2.2
          apple → × → price   2 · 1.1 = 2.2
            d × / d apple = 2
            d price / d × = tax = 1.1
        >>> scores = gg.placeholder(("n", 10), name="scores")
        >>> labels = gg.placeholder(("n",), dtype="int64", name="labels")
        >>> loss = gg.nn.softmax_cross_entropy(scores, labels).named("loss")
        >>> print(gg.explain(loss, wrt=scores))
        d loss / d scores = (softmax(scores) − one_hot(labels)) / n
    """
    as_outputs([y, wrt])
    require_scalar(y)
    if most < 1:
        raise ArgumentError(f"most is {most}, and one path at least is shown")
    order = topological([y])
    edges = paths.edges_between(order, wrt) if wrt in set(order) else {}
    story = telling.Story(y, wrt, edges, paths.count_paths(order, y, wrt, edges))
    return Explanation(_told(story, order, run, most))


def _told(
    story: telling.Story, order: list[Tensor], run: Run | None, most: int
) -> list[Line]:
    y, x, edges, count = story
    if known_before := unreached(y, x, order):
        return telling.nothing(story, known_before)
    read = _reader(y, run)
    if isinstance(read, str):
        found = paths.first_paths(y, x, edges, most)
        return telling.without_values(story, found, read)
    total: Any = None
    lines = []
    if count and _are_numbers([x, *edges]):
        known = paths.factors(edges, read)
        total = paths.total(order, y, x, edges, known)
        found = paths.largest_products(y, x, edges, known, most)
        lines = telling.of_scalars(story, found, total)
    elif count:
        total, found, carried = paths.push(order, y, x, edges, read, most)
        number = paths.count_paths(order, y, x, carried)
        story = story._replace(count=number)
        lines = telling.of_tensors(story, found, total) if number else []
    if total is not None and not is_zero(total):
        return lines
    reason = str(why_zero(Flow(y if run is None else run, y, x), x))
    return [*lines, Line(1, (reason,))] if lines else telling.nothing(story, reason)


def _are_numbers(nodes: list[Tensor]) -> bool:
    return all(
        not x.op.multiple and x.shape == () and x.dtype.kind == "f" for x in nodes
    )


def _reader(y: Tensor, run: Run | None) -> paths.Read | str:
    """What gives the values of nodes; if there are none, why."""
    if run is not None:
        if y not in run:
            raise ArgumentError(
                f"{describe(y)} is not part of the run",
                remedy="run it: gg.run([y, tensor], ...)",
            )
        return run._values.__getitem__
    try:
        refresh(y)
    except UnboundPlaceholderError as error:
        called = error.problem.partition(", made at")[0]
        return f"without numbers: {called} has no value; give run=gg.run(y, ...)"
    return _value


def _value(node: Tensor) -> Any:
    return node._value
