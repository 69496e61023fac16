"""Checkpointing: memory for time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphgrad.autodiff.vmap import map_body
from graphgrad.control.adjoint import adjoint, flowing, placed
from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.body import Body, body_of, stand_in
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.trees import flatten
from graphgrad.ops.arithmetic import add, multiply
from graphgrad.ops.trigonometric import sin


def example(*shapes: tuple[int, ...]) -> list[Any]:
    """Placeholders for the body that an op is tested with.

    Such a body is made at import, before tensors have operators.
    """
    return [stand_in(np.empty(shape)) for shape in shapes]


def kinds(outputs: Sequence[Any]) -> tuple[Any, Any]:
    """The shapes and dtypes of several results, as a shape rule gives them."""
    return tuple(y.shape for y in outputs), tuple(y.dtype for y in outputs)


def require_fit(inputs: Sequence[Any], body: Body) -> None:
    """Refuse inputs that are not of the shapes and dtypes that a body takes.

    Raises:
        ShapeError: for these.
    """
    if kinds(inputs) != kinds(body.inputs):
        raise ShapeError(
            f"the body takes {', '.join(map(describe, body.inputs))}, got "
            + ", ".join(map(describe, inputs)),
            remedy="a body is of the inputs that it was traced with",
        )


def _called(*inputs: Tensor, body: Body) -> tuple[Any, Any]:
    require_fit(inputs, body)
    return kinds(body.outputs)


def _sine(x: Any, y: Any) -> Body:
    return Body([x, y], [multiply(sin(x), y), add(x, y)])


def _call_vjp(g: Any, out: Any, *inputs: Any, body: Body) -> list[Any]:
    cotangents = [g[i] for i in flowing(body.outputs)]
    back = call.apply((*inputs, *cotangents), {"body": adjoint(body)})
    return placed(back, body.inputs)


def _map_call(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    return call.apply(inputs, {"body": map_body(attrs["body"], mapped, size)})


@primitive(
    name="checkpoint",
    infer=_called,
    vjp=_call_vjp,
    multiple=True,
    batch=_map_call,
    domain=Domain(
        (Interval(-3, 3), Interval(-3, 3)),
        signature="(3),(3)",
        options=({"body": _sine(*example((3,), (3,)))},),
        valid=lambda x, y: x.shape == y.shape == (3,),
    ),
    glyph="⟳",
)
def call(xp: Any, *inputs: Any, body: Body) -> Any:
    """The outputs of a body; its interior is computed again for the gradient."""
    return tuple(body(*inputs))


def checkpoint(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with less memory held for its gradient and more time spent on it.

    What the function makes on the way is one node of the graph. Its values are not
    kept; the backward pass computes them again from the inputs (Griewank and Walther
    2000; Chen et al. 2016).

    Args:
        function: takes tensors, or nested lists, tuples and dicts of them, and gives
            the same. It may use tensors from outside.

    Returns:
        A function with the same arguments and results.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(0.5)
        >>> y = gg.checkpoint(lambda x: gg.exp(gg.sin(x)))(x)
        >>> y.backward()
        >>> len(gg.Graph(y)), round(float(x.grad), 6)
        (3, 1.417424)
    """
    if not callable(function):
        raise ArgumentError(f"a function is checkpointed, not {function!r:.40}")

    def checkpointed(*arguments: Any) -> Any:
        leaves, rebuild = flatten(arguments)
        tensors = [lift([x])[0] for x in leaves]
        inputs = [stand_in(x) for x in tensors]
        body, taken, shape_up = body_of(function, inputs, rebuild(inputs))
        return shape_up(call.apply((*taken, *tensors), {"body": body}))

    return checkpointed
