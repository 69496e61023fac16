"""Several quotients by one denominator are products with its reciprocal.

A division takes as long as eight products. The denominator must be bounded away from 0,
by a number known before the program runs, so that its reciprocal is finite: 1 + exp(x),
or the √v + ε of Adam. The product is within 2 units in the last place of the quotient
(5 where the denominator exceeds 2¹²⁶, whose reciprocal is denormal).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import topological
from graphgrad.ops.arithmetic import multiply, reciprocal
from graphgrad.ops.strong import strong_multiply
from graphgrad.rewrite.engine import Rule

_DEPTH = 12  # ops that a bound is sought through


def shared(outputs: Sequence[Tensor]) -> dict[Tensor, Rule]:
    """What to do with the quotients whose denominator has others."""
    found: dict[Tensor, list[Tensor]] = {}
    for node in topological(outputs):
        if node.op.name in _PRODUCTS and node.dtype == node.inputs[1].dtype:
            found.setdefault(node.inputs[1], []).append(node)
    rules: dict[Tensor, Rule] = {}
    for denominator, quotients in found.items():
        if len(quotients) > 1 and _is_far_from_0(denominator):
            rules.update(dict.fromkeys(quotients, _rule()))
    return rules


def _rule() -> Rule:
    """The rule for the quotients by one denominator, which have one reciprocal."""
    known: dict[Tensor, Tensor] = {}

    def by_reciprocal(node: Tensor) -> Tensor | None:
        product = _PRODUCTS.get(node.op.name)
        if product is None:  # it is done already
            return None
        x, denominator = node.inputs
        if denominator not in known:
            known[denominator] = reciprocal(denominator)
        return product(x, known[denominator])

    return by_reciprocal


_PRODUCTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "divide": multiply,
    "strong_divide": strong_multiply,
}


def _is_far_from_0(x: Tensor) -> bool:
    if x.dtype.name not in ("float32", "float64"):
        return False
    bound = _least(x, _DEPTH)
    return bound is not None and bound >= 4 * np.finfo(x.dtype).smallest_normal


def _least(x: Tensor, depth: int) -> float | None:
    """A number that no entry is below, NaN aside; None if none is known."""
    if x.op.multiple or x.dtype.kind == "c":
        return None
    if x.op is CONSTANT:
        return float(x._value.min()) if x._value.size else None
    if depth == 0 or not x.inputs:
        return None
    if x.op.name in _NOT_NEGATIVE or _is_square(x):
        return 0.0
    known = [_least(y, depth - 1) for y in x.inputs]
    if x.op.name == "maximum":
        return max((b for b in known if b is not None), default=None)
    bounds = [b for b in known if b is not None]
    if len(bounds) < len(known):
        return None
    if x.op.name in _SAME:
        return bounds[0]
    if x.op.name == "add":
        return sum(bounds)
    if x.op.name == "sqrt":
        return float(np.sqrt(max(bounds[0], 0)))
    if x.op.name in {"multiply", "strong_multiply", "divide", "sum"}:
        return 0.0 if min(bounds) >= 0 else None
    return None


def _is_square(x: Tensor) -> bool:
    return x.op.name == "multiply" and x.inputs[0] is x.inputs[1]


_NOT_NEGATIVE = {"exp", "abs", "square"}
_SAME = {"broadcast_to", "reshape", "expand_dims", "squeeze", "permute_dims"}
