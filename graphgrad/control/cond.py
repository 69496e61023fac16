"""One of two functions, by a truth value that is known when the graph is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphgrad.autodiff.vmap import map_body
from graphgrad.control.adjoint import adjoint, flowing, placed
from graphgrad.control.checkpoint import example, kinds, require_fit
from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import BOOL
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.body import Body, body_of, stand_in
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.trees import flatten
from graphgrad.ops.arithmetic import multiply
from graphgrad.ops.comparison import where
from graphgrad.ops.movement import reshape
from graphgrad.ops.trigonometric import sin


def _cond_vjp(
    g: Any, out: Any, condition: Any, *inputs: Any, true: Body, false: Body
) -> list[Any]:
    cotangents = [g[i] for i in flowing(true.outputs)]
    back = cond_op.apply(
        (condition, *inputs, *cotangents),
        {"true": adjoint(true), "false": adjoint(false)},
    )
    return [None, *placed(back, true.inputs)]


def _batched(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    """With a truth value for each entry both functions are computed, and chosen of."""
    flags = mapped[1:]
    bodies = {k: map_body(body, flags, size) for k, body in attrs.items()}
    if not mapped[0]:
        return cond_op.apply(inputs, bodies)
    condition, *rest = inputs
    pairs = zip(bodies["true"](*rest), bodies["false"](*rest), strict=True)
    return [
        where(reshape(condition, (size, *(1,) * (x.ndim - 1))), x, y) for x, y in pairs
    ]


def _chosen(condition: Tensor, *inputs: Tensor, true: Body, false: Body) -> Any:
    require_fit(inputs, true)
    require_fit(inputs, false)
    return kinds(true.outputs)


def _example(x: Any, y: Any) -> dict[str, Body]:
    return {
        "true": Body([x, y], [multiply(sin(x), y)]),
        "false": Body([x, y], [multiply(x, x)]),
    }


@primitive(
    name="cond",
    infer=_chosen,
    vjp=_cond_vjp,
    multiple=True,
    batch=_batched,
    domain=Domain(
        (Interval(0, 2, "bool"), Interval(-3, 3), Interval(-3, 3)),
        signature="(),(3),(3)",
        options=(_example(*example((3,), (3,))),),
        valid=lambda condition, x, y: (
            condition.ndim == 0 and x.shape == y.shape == (3,)
        ),
    ),
    glyph="if",
)
def cond_op(xp: Any, *inputs: Any, true: Body, false: Body) -> Any:
    """The outputs of one of two bodies; see `cond`."""
    chosen = true if inputs[0] else false
    return tuple(chosen(*inputs[1:]))


def cond(
    condition: Any,
    true: Callable[..., Any],
    false: Callable[..., Any],
    *operands: Any,
) -> Any:
    """The result of one function or another; only that one is run.

    Args:
        condition: a boolean without axes.
        true: called if the condition holds; takes the operands. It may use tensors
            from outside.
        false: called if it does not; gives results of the same form.
        *operands: tensors, or nested lists, tuples and dicts of them.

    Returns:
        What the function gives.

    Raises:
        ArgumentError: if the condition is not a boolean without axes.
        ShapeError: if the results of the two differ in form, shape or dtype.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0)
        >>> y = gg.cond(x > 2, lambda x: x * x, lambda x: -x, x)
        >>> y.backward()
        >>> float(y), float(x.grad)
        (9.0, 6.0)
    """
    (chosen,) = lift([condition])
    if chosen.dtype != BOOL or chosen.shape:
        raise ArgumentError(
            f"the condition is {describe(chosen)}",
            remedy="give a boolean without axes; gg.where chooses entry by entry",
        )
    leaves, rebuild = flatten(operands)
    tensors = [lift([x])[0] for x in leaves]
    inputs = [stand_in(x) for x in tensors]
    bodies = [body_of(branch, inputs, rebuild(inputs)) for branch in (true, false)]
    taken = list(dict.fromkeys(x for _, outside, _ in bodies for x in outside))
    one, other = (Body([*taken, *inputs], body.outputs) for body, _, _ in bodies)
    _require_alike(one.outputs, other.outputs)
    made = cond_op.apply((chosen, *taken, *tensors), {"true": one, "false": other})
    return bodies[0][2](made)


def _require_alike(one: Sequence[Tensor], other: Sequence[Tensor]) -> None:
    first, second = kinds(one), kinds(other)
    if first != second:
        shown = [", ".join(describe(y) for y in ys) for ys in (one, other)]
        raise ShapeError(
            f"one function gives {shown[0]}, the other {shown[1]}",
            remedy="both give results of the same form, shapes and dtypes",
        )
