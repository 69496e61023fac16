"""Products that gradient rules make, recognised as what a book writes for them.

Looked for among nodes, not in text: two expressions that read the same may differ in
what formulas leave out.
"""

from __future__ import annotations

from collections.abc import Callable

from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor

Same = Callable[[Tensor], Tensor]


def of_one_less_square(node: Tensor) -> Tensor | None:
    """h, of (1 − h) · (1 + h)."""
    pairs = {x.op.name: x.inputs for x in node.inputs}
    if pairs.keys() != {"add", "subtract"}:
        return None
    (one, h), (first, second) = pairs["subtract"], pairs["add"]
    ones = is_number(one, 1) and (is_number(first, 1) or is_number(second, 1))
    return h if ones and (h is first or h is second) else None


def of_logistic_slope(node: Tensor, same: Same) -> Tensor | None:
    """y, of y · sigmoid(−x), where y is sigmoid(x).

    Args:
        node: a product.
        same: gives the op that a stand-in stands for.
    """
    for y, other in (node.inputs, node.inputs[::-1]):
        made = same(y)
        if made.op.name != "sigmoid" or other.op.name != "sigmoid":
            continue
        (turned,) = other.inputs
        if turned.op.name == "negative" and turned.inputs[0] is made.inputs[0]:
            return y
    return None


def of_guard(node: Tensor) -> Tensor | None:
    """x, of where(x = 0, 1, x), which keeps a rule from dividing by 0."""
    condition, first, x = node.inputs
    conditions = condition.inputs if condition.op.name == "logical_and" else [condition]
    for c in conditions:
        if c.op.name == "equal" and c.inputs[0] is x and is_number(c.inputs[1], 0):
            return x if is_number(first, 1) else None
    return None


def is_number(x: Tensor, number: float) -> bool:
    """Whether a tensor is a constant of this one number."""
    return x.op is CONSTANT and x._value.size == 1 and bool((x._value == number).all())
