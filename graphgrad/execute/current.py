"""Values and gradients that are always current: `tensor.value`, `tensor.backward()`.

A value is cached at its node with the moment at which it changed. Assigning a variable
begins a new moment; at the next look only nodes whose inputs changed since are
computed again.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import require_scalar
from graphgrad.autodiff.reverse import conjugated, reverse
from graphgrad.execute.scalars import backward_of_scalars
from graphgrad.graph.tensor import Clock, Tensor
from graphgrad.graph.walk import compute, dependents, leaf_value, topological

_VALUE = attrgetter("_value")
_SERIAL = attrgetter("serial")


def exposed(value: Any) -> np.ndarray:
    """A read-only array for the user, 0-d for scalars, without a copy."""
    array = np.asarray(value).view()
    array.flags.writeable = False
    return array


def value(tensor: Tensor) -> np.ndarray:
    """The current value, a read-only array (0-d for scalars).

    Raises:
        UnboundPlaceholderError: if it depends on a placeholder; the message names it.
        EvaluationError: if an op fails on its values.
    """
    refresh(tensor)
    return exposed(tensor._value)


def refresh(tensor: Tensor) -> None:
    """Bring the cached values of a tensor and all before it up to date."""
    with np.errstate(all="ignore"):
        for node in _stale(tensor):
            if not node.inputs:
                leaf_value(node)
            else:
                newest = max([x._changed for x in node.inputs])
                if node._changed < newest or node._value is None:
                    node._value = compute(node, [x._value for x in node.inputs])
                    node._changed = Clock.now
            node._checked = Clock.now


def _stale(tensor: Tensor) -> list[Tensor]:
    """The nodes that were not looked at since the last assignment, in order."""
    now = Clock.now
    if tensor._checked == now:
        return []
    stack = [tensor]
    found = {tensor}
    while stack:
        for source in stack.pop().inputs:
            if source._checked != now and source not in found:
                found.add(source)
                stack.append(source)
    return sorted(found, key=_SERIAL)


def backward(tensor: Tensor) -> None:
    """Compute the gradient of a scalar with respect to every tensor in its graph.

    Afterwards ``.grad`` of each is its gradient. It is set, not added to, so that
    calling this twice changes nothing.

    Raises:
        GradientError: if the tensor has several entries or an integer dtype.
        UnboundPlaceholderError: if it depends on a placeholder.

    Example:
        >>> import graphgrad as gg
        >>> apple, count, tax = gg.variable(100), gg.variable(2), gg.variable(1.1)
        >>> (apple * count * tax).backward()
        >>> float(apple.grad), float(count.grad), float(tax.grad)
        (2.2, 110.00000000000001, 200.0)
    """
    require_scalar(tensor)
    order = topological([tensor])
    if backward_of_scalars(tensor, order):
        return
    refresh(tensor)
    adjoints = adjoints_of(tensor, order, _VALUE)
    for node in order:
        node._gradient = adjoints.get(node)


def adjoints_of(y: Tensor, order: list[Tensor], read: Any) -> dict[Tensor, Any]:
    """The gradients of a scalar by tensor, where they flow, from recorded values."""
    wanted = dependents(order, differentiable_leaves(order))
    adjoints = {y: np.ones(np.shape(read(y)), y.dtype)[()]}
    with np.errstate(all="ignore"):
        reverse(order, adjoints, wanted, read)
    return {node: conjugated(g) for node, g in adjoints.items() if not node.op.multiple}


def differentiable_leaves(order: list[Tensor]) -> list[Tensor]:
    """Variables and placeholders that carry gradients: where these end."""
    return [
        x
        for x in order
        if not x.inputs and x.op.name != "constant" and x.differentiable
    ]


def gradient(tensor: Tensor) -> np.ndarray | None:
    """The gradient that the last `backward()` gave this tensor, a read-only array.

    None before any, and where none flows: at constants, integers, tensors outside the
    graph, and behind `stop_gradient`.
    """
    found = tensor._gradient
    return None if found is None else exposed(found)
