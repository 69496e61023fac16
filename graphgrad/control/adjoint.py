"""The gradient of a body, as a body."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from graphgrad.autodiff.reverse import pullback
from graphgrad.graph.body import Body, stand_in
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.structure import zeros_like

_ADJOINTS: WeakKeyDictionary[Body, Body] = WeakKeyDictionary()


def flowing(tensors: tuple[Tensor, ...]) -> list[int]:
    """The places of those that carry gradients."""
    return [i for i, x in enumerate(tensors) if x.differentiable]


def adjoint(body: Body) -> Body:
    """The body that gives the gradients of a body's inputs.

    Its inputs are those of the body and a cotangent for each output that carries
    gradients; its outputs the gradients of the inputs that do.
    """
    if body not in _ADJOINTS:
        ys = [body.outputs[i] for i in flowing(body.outputs)]
        xs = [body.inputs[i] for i in flowing(body.inputs)]
        cotangents = [stand_in(y) for y in ys]
        found = pullback(ys, xs, cotangents, body.inputs)
        gradients = [
            zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)
        ]
        _ADJOINTS[body] = Body([*body.inputs, *cotangents], gradients)
    return _ADJOINTS[body]


def placed(gradients: list, tensors: tuple[Tensor, ...]) -> list:
    """Gradients of the tensors that carry any in their places, None in the others."""
    rest = iter(gradients)
    return [next(rest) if x.differentiable else None for x in tensors]
