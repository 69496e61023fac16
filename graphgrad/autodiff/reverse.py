"""Reverse mode: one loop over the rules of the ops.

The rules are written with ops, so the loop serves twice. Read the nodes themselves and
it emits nodes: the gradient is a graph (`pullback`). Read their recorded values and it
computes: that is the fast path of `backward()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from graphgrad.errors import GraphgradError
from graphgrad.graph.declare import expansion
from graphgrad.graph.op import Op
from graphgrad.graph.remedies import no_gradient
from graphgrad.graph.tensor import Tensor, blame
from graphgrad.graph.walk import dependents, interpret, topological
from graphgrad.ops.complex import conj, real
from graphgrad.ops.movement import reshape
from graphgrad.ops.reduction import sum as sum_over
from graphgrad.ops.structure import astype, project, zeros_like

Read = Callable[[Tensor], Any]


def reverse(
    order: Sequence[Tensor],
    adjoints: dict[Tensor, Any],
    wanted: set[Tensor],
    read: Read,
) -> None:
    """Add to the adjoints of some outputs those of all wanted tensors, in place.

    Args:
        order: tensors, each after its inputs.
        adjoints: cotangents by tensor, at first of the outputs alone.
        wanted: the tensors whose adjoints matter.
        read: gives what the rules are applied to: a tensor itself, or its value.
    """
    for node in reversed(order):
        cotangent = adjoints.get(node)
        if cotangent is None or wanted.isdisjoint(node.inputs):
            continue
        if node.op is project:
            _collect(node, cotangent, adjoints, read)
            continue
        needed = [x in wanted for x in node.inputs]
        parts = sent_back(node, cotangent, read, needed)
        for source, part in zip(node.inputs, parts, strict=True):
            if part is not None:
                known = adjoints.get(source)
                adjoints[source] = part if known is None else known + part


def sent_back(
    node: Tensor, cotangent: Any, read: Read, needed: Sequence[bool] | None = None
) -> list[Any]:
    """`contributions`, also of a node of several results, some without a cotangent."""
    inputs = [read(x) for x in node.inputs]
    out = read(node)
    if node.op.multiple:
        out = _results(out)
        cotangent = _filled(cotangent, out)
    return contributions(node, cotangent, out, inputs, needed)


def contributions(
    node: Tensor,
    cotangent: Any,
    out: Any,
    inputs: Sequence[Any],
    needed: Sequence[bool] | None = None,
) -> list[Any]:
    """What one node sends back along each of its edges.

    Args:
        node: the node; its op's rules are applied.
        cotangent: the gradient that arrives at it.
        out: its value, or the node itself.
        inputs: the values of its inputs, or the inputs themselves.
        needed: which inputs matter; by default all.

    Returns:
        One gradient per input, of its shape and dtype; None where none flows.
    """
    op = node.op
    needed = [True] * len(inputs) if needed is None else needed
    rules = op.vjp
    parts: Iterable[Any]
    try:
        if rules is None:
            if not op.composite:
                raise no_gradient(op)
            parts = _derived(op, node, cotangent, inputs)
        elif isinstance(rules, tuple):
            parts = [
                rule(cotangent, out, *inputs, **node.attrs) if rule and need else None
                for rule, need in zip(rules, needed, strict=True)
            ]
        else:
            parts = rules(cotangent, out, *inputs, **node.attrs)
    except GraphgradError as error:
        raise blame(
            error, f"gradient of {op.name}", node.inputs, node.where()
        ) from None
    parts = list(parts) or [None] * len(inputs)
    return [
        _fit(part, x, source) if part is not None and need else None
        for part, x, source, need in zip(
            parts, inputs, node.inputs, needed, strict=True
        )
    ]


def conjugated(x: Any) -> Any:
    """Between a cotangent of this engine and the gradient that users see.

    The two differ for complex numbers alone: a cotangent g pairs with a tangent as
    Re(g · dz), so that rules need no conjugates; the gradient is the direction of
    steepest ascent ∂/∂Re z + i ∂/∂Im z, its conjugate.
    """
    return conj(x) if x.dtype.kind == "c" else x


def _fit(part: Any, x: Any, source: Tensor) -> Any:
    """A gradient in the shape and dtype of its input; integers have none."""
    if not source.differentiable:
        return None
    if not hasattr(part, "shape"):
        part = np.asarray(part)[()]
    if part.shape != x.shape:
        part = sum_to(part, x.shape)
    if part.dtype.kind == "c" and source.dtype.kind == "f":
        part = real(part)
    return part if part.dtype is source.dtype else astype(part, source.dtype)


def sum_to(x: Any, shape: tuple[Any, ...]) -> Any:
    """x summed over the axes along which a tensor of this shape was broadcast."""
    ahead = len(x.shape) - len(shape)
    axes = [
        i
        for i, d in enumerate(x.shape)
        if i < ahead or (shape[i - ahead] == 1 and d != 1)
    ]
    return reshape(sum_over(x, tuple(axes)), shape) if axes else reshape(x, shape)


def _collect(
    node: Tensor, cotangent: Any, adjoints: dict[Tensor, Any], read: Read
) -> None:
    """Add the adjoint of one result to its place among those of all results."""
    whole, index = node.inputs[0], node.attrs["index"]
    slots = adjoints.setdefault(whole, [None] * len(whole.shape))
    known = slots[index]
    slots[index] = cotangent if known is None else known + cotangent


def _results(out: Any) -> Any:
    """The results of an op that has several: arrays, or a tensor for each."""
    if not isinstance(out, Tensor):
        return out
    return [project.apply((out,), {"index": i}) for i in range(len(out.shape))]


def _filled(slots: Sequence[Any], results: Sequence[Any]) -> list[Any]:
    return [
        zeros_like(result) if slot is None else slot
        for slot, result in zip(slots, results, strict=True)
    ]


_PLANS: dict[Any, tuple[list[Tensor], list[Tensor], list[Tensor | None]]] = {}


def _derived(op: Op, node: Tensor, cotangent: Any, inputs: Sequence[Any]) -> list[Any]:
    """The gradient of a composite from its body, traced once for each kind of input."""
    # A symbolic dimension is known by now where values are at hand.
    kinds = tuple((x.shape, x.dtype) for x in inputs)
    key = (op, kinds, tuple(node.attrs.items()))
    if key not in _PLANS:
        leaves, results = expansion(op, kinds, node.attrs)
        seeds = [zeros_like(result) for result in results]
        wanted = [x for x in leaves if x.differentiable]
        found = dict(zip(wanted, pullback(results, wanted, seeds), strict=True))
        gradients = [found.get(x) for x in leaves]
        order = topological([g for g in gradients if g is not None])
        _PLANS[key] = [*leaves, *seeds], order, gradients
    sources, order, gradients = _PLANS[key]
    given = cotangent if op.multiple else [cotangent]
    values = dict(zip(sources, [*inputs, *given], strict=True))
    interpret(order, values)
    return [None if g is None else values[g] for g in gradients]


def pullback(
    ys: Sequence[Tensor],
    xs: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    ends: Iterable[Tensor] = (),
) -> list[Tensor | None]:
    """The gradients of ⟨ys, cotangents⟩ with respect to xs, as graphs.

    Args:
        ys: differentiable tensors; others are passed over.
        xs: what to differentiate with respect to.
        cotangents: one per y.
        ends: tensors that count as leaves, though they may have inputs.

    Returns:
        One tensor per x; None where no gradient flows.
    """
    closed = set(ends)
    order = [node for node in topological(ys, closed) if node not in closed]
    wanted = dependents(order, xs)
    adjoints: dict[Tensor, Any] = {}
    for y, g in zip(ys, cotangents, strict=True):
        if y.differentiable:
            adjoints[y] = adjoints[y] + g if y in adjoints else g
    reverse(order, adjoints, wanted, _itself)
    return [adjoints.get(x) for x in xs]


def _itself(node: Tensor) -> Tensor:
    return node
