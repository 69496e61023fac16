"""Formulas that lose all digits, as ops that do not.

log(softmax(x)) is −∞ where an entry lies 750 below the largest, log(Σ exp x) is ∞ where
x is 710, and log(1 + x) is 0 for small x. What stands for them is right to rounding
wherever the true value is finite. (The idea is PyTensor's.)
"""

from __future__ import annotations

from collections.abc import Callable

from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.activation import log_softmax, softplus
from graphgrad.ops.arithmetic import negative
from graphgrad.ops.exponential import expm1 as exp_less_1
from graphgrad.ops.exponential import log1p
from graphgrad.ops.reduction import logsumexp
from graphgrad.rewrite.engine import about


@about("log")
def stable_log(node: Tensor) -> Tensor | None:
    """The logarithm of a softmax, a sigmoid, a sum of powers of e, or 1 + x."""
    (x,) = node.inputs
    find = _LOGS.get(x.op.name)
    made = find(x) if find and node.dtype.kind == "f" else None
    return None if made is None else _like(made, node)


@about("subtract")
def expm1(node: Tensor) -> Tensor | None:
    """eˣ − 1."""
    x, y = node.inputs
    if x.op.name != "exp" or not _is_one(y) or x.dtype.kind != "f":
        return None
    made = exp_less_1(x.inputs[0])
    return _like(made, node)


def _of_sum(x: Tensor) -> Tensor | None:
    (y,) = x.inputs
    if y.op.name != "exp":
        return None
    return logsumexp(y.inputs[0], x.attrs["axis"], keepdims=x.attrs["keepdims"])


def _of_successor(x: Tensor) -> Tensor | None:
    left, right = x.inputs
    if _is_one(left):
        return log1p(right)
    return log1p(left) if _is_one(right) else None


def _of_rest(x: Tensor) -> Tensor | None:
    """log(1 − sigmoid(y))."""
    left, right = x.inputs
    if not _is_one(left) or right.op.name != "sigmoid":
        return None
    return negative(softplus(right.inputs[0]))


def _like(made: Tensor, x: Tensor) -> Tensor | None:
    same = made.shape == x.shape and made.dtype == x.dtype
    return made if same else None


def _is_one(x: Tensor) -> bool:
    return x.op is CONSTANT and x.shape == () and bool(x._value == 1)


_LOGS: dict[str, Callable[[Tensor], Tensor | None]] = {
    "softmax": lambda x: log_softmax(x.inputs[0], **x.attrs),
    "sigmoid": lambda x: negative(softplus(negative(x.inputs[0]))),
    "sum": _of_sum,
    "add": _of_successor,
    "subtract": _of_rest,
}
