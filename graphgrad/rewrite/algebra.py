"""What changes no value: x · 1, transposes of transposes, casts to the same dtype.

Exact to the last bit, at ±0, ±∞ and NaN too; so x + 0 stays, which turns -0 into 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.comparison import where
from graphgrad.ops.movement import permute_dims, reshape
from graphgrad.ops.structure import astype
from graphgrad.rewrite.engine import about


def _first(node: Tensor) -> Tensor:
    return node.inputs[0]


def _with_one(node: Tensor) -> Tensor | None:
    x, y = node.inputs
    return x if _is(y, 1) else y if _is(x, 1) else None


def _by_one(node: Tensor) -> Tensor | None:
    return node.inputs[0] if _is(node.inputs[1], 1) else None


def _less_nothing(node: Tensor) -> Tensor | None:
    return node.inputs[0] if _is(node.inputs[1], 0) else None


def _back_again(node: Tensor) -> Tensor | None:
    inner = node.inputs[0]
    return inner.inputs[0] if inner.op is node.op else None


def _unturned(node: Tensor) -> Tensor | None:
    axes = node.attrs["axes"]
    return node.inputs[0] if list(axes) == sorted(axes) else None


def _over_nothing(node: Tensor) -> Tensor | None:
    return node.inputs[0] if not node.attrs["axis"] else None


def _is(x: Tensor, number: float) -> bool:
    """Whether it is this number, and a positive zero if it is 0."""
    if x.op is not CONSTANT or x.shape != () or x.dtype.kind not in "fiu":
        return False
    value = x._value
    return bool(value == number) and not np.signbit(value)


_IDENTITIES: dict[str, Callable[[Tensor], Tensor | None]] = {
    "stop_gradient": _first,
    "with_updates": _first,
    "reshape": _first,
    "broadcast_to": _first,
    "astype": _first,
    "multiply": _with_one,
    "strong_multiply": _with_one,
    "divide": _by_one,
    "strong_divide": _by_one,
    "subtract": _less_nothing,
    "negative": _back_again,
    "permute_dims": _unturned,
    "sum": _over_nothing,
    "max": _over_nothing,
    "min": _over_nothing,
}


@about(*_IDENTITIES)
def identity(node: Tensor) -> Tensor | None:
    """The input, where the op gives it back as it is."""
    found = _IDENTITIES[node.op.name](node)
    if found is None or found.shape != node.shape or found.dtype != node.dtype:
        return None
    return found


@about("reshape", "permute_dims", "astype")
def chain(node: Tensor) -> Tensor | None:
    """One movement for two of a kind, and one cast where the first loses nothing."""
    if node.inputs[0].op is not node.op:
        return None
    inner = node.inputs[0]
    (source,) = inner.inputs
    if node.op is reshape:
        return reshape(source, node.attrs["shape"])
    if node.op is permute_dims:
        axes = inner.attrs["axes"]
        return permute_dims(source, tuple(axes[a] for a in node.attrs["axes"]))
    if node.op is astype and np.can_cast(source.dtype, inner.dtype, "safe"):
        return astype(source, node.dtype)
    return None


@about("multiply")
def masked(node: Tensor) -> Tensor | None:
    """x · m chooses between x and x · 0: what is kept for it is a mask, not numbers."""
    for x, numbers in (node.inputs, node.inputs[::-1]):
        if not _is_mask(numbers) or _is_mask(x) or node.dtype.kind != "f":
            continue
        if x.dtype == node.dtype and x.shape == numbers.shape == node.shape:
            return where(numbers.inputs[0], x, x * 0)
    return None


def _is_mask(x: Tensor) -> bool:
    """Whether it is the numbers 0 and 1 for False and True."""
    return x.op is astype and x.inputs[0].dtype.kind == "b"
