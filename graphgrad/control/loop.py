"""A loop that ends when a condition no longer holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from graphgrad.autodiff.vmap import map_body, spread
from graphgrad.control.checkpoint import example, kinds, require_fit
from graphgrad.control.cond import cond_op
from graphgrad.control.scan import scan_op
from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import BOOL
from graphgrad.errors import ArgumentError, EvaluationError, GradientError, ShapeError
from graphgrad.graph.body import Body, body_of, stand_in
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.trees import flatten
from graphgrad.ops.arithmetic import multiply
from graphgrad.ops.comparison import less, where
from graphgrad.ops.movement import reshape
from graphgrad.ops.reduction import any as any_over
from graphgrad.ops.reduction import sum as sum_over


def _step(condition: Body, body: Body, carries: int) -> Body:
    """One step of a loop of known length: the body, or nothing once it has ended."""
    state = body.inputs[len(body.inputs) - carries :]
    taken = body.inputs[: len(body.inputs) - carries]
    stay = Body(body.inputs, state)
    (runs,) = condition(*body.inputs)
    return Body(
        [*taken, *state],
        cond_op.apply((runs, *taken, *state), {"true": body, "false": stay}),
    )


def _loop_vjp(g: Any, out: Any, *inputs: Any, **attrs: Any) -> list[Any]:
    if attrs["bound"] is None:
        raise GradientError(
            "the gradient of a while_loop needs a bound on its steps",
            remedy="write gg.while_loop(condition, body, init, bound=100), or use "
            "gg.scan",
        )
    carries = attrs["carries"]
    facts = {
        "body": _step(attrs["condition"], attrs["body"], carries),
        "carries": carries,
        "sequences": 0,
        "length": attrs["bound"],
        "reverse": False,
        "history": False,
    }
    return list(scan_op.vjp(g, out, *inputs, **facts))  # type: ignore[misc, operator]


def _batched(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    """The loop runs until it has ended for every entry; ended ones keep their state."""
    carries = attrs["carries"]
    taken = len(inputs) - carries
    flags = [*mapped[:taken], *[True] * carries]
    given = [
        *inputs[:taken],
        *(
            spread(pair, size)
            for pair in zip(inputs[taken:], mapped[taken:], strict=True)
        ),
    ]
    condition = map_body(attrs["condition"], flags, size)
    body = map_body(attrs["body"], flags, size)
    stand_ins = body.inputs
    (runs,) = condition(*stand_ins)
    made = [
        where(reshape(runs, (size, *(1,) * (new.ndim - 1))), new, old)
        for new, old in zip(body.outputs, stand_ins[taken:], strict=True)
    ]
    some = Body(condition.inputs, [any_over(condition.outputs[0])])
    mapped_attrs = {"condition": some, "body": Body(stand_ins, made)}
    return loop_op.apply(given, {**attrs, **mapped_attrs})


def _looped(*inputs: Tensor, body: Body, **_: Any) -> Any:
    require_fit(inputs, body)
    return kinds(body.outputs)


def _example(w: Any, x: Any) -> dict[str, Any]:
    condition = Body([w, x], [less(sum_over(x), 60.0)])
    return {
        "condition": condition,
        "body": Body([w, x], [multiply(x, w)]),
        "carries": 1,
    }


_EXAMPLE = {**_example(*example((), (3,))), "bound": 8}


def not_ended(steps: int) -> EvaluationError:
    """The error for a loop that reached its bound."""
    return EvaluationError(
        f"the loop has not ended after {steps} steps",
        remedy="give a larger bound, or a condition that ends it",
    )


@primitive(
    name="while_loop",
    infer=_looped,
    vjp=_loop_vjp,
    multiple=True,
    batch=_batched,
    domain=Domain(
        (Interval(1.6, 2.4), Interval(3.0, 3.5)),
        signature="(),(3)",
        options=(_EXAMPLE,),
        valid=lambda w, x: (w.shape, x.shape) == ((), (3,)),
        analytic=False,
    ),
    glyph="⟲?",
)
def loop_op(
    xp: Any, *inputs: Any, condition: Body, body: Body, carries: int, bound: int | None
) -> Any:
    """The state at which a condition no longer holds; see `while_loop`."""
    taken, state = inputs[: len(inputs) - carries], inputs[len(inputs) - carries :]
    steps = 0
    while condition(*taken, *state)[0]:
        if steps == bound:
            raise not_ended(steps)
        state = tuple(body(*taken, *state))
        steps += 1
    return tuple(state)


def while_loop(
    condition: Callable[[Any], Any],
    body: Callable[[Any], Any],
    init: Any,
    *,
    bound: int | None = None,
) -> Any:
    """Change a state step by step for as long as a condition holds.

    Forward the loop takes as many steps as it needs. Its gradient runs the loop again
    with a record of its states, ``bound`` steps long, and then back.

    Args:
        condition: takes the state, gives a boolean without axes.
        body: takes the state, gives the next one, of the same form. Both may use
            tensors from outside.
        init: the state at the start: a tensor, or nested lists, tuples and dicts.
        bound: the most steps that it may take; needed for gradients.

    Returns:
        The last state.

    Raises:
        ArgumentError: if the condition gives something else than a boolean.
        ShapeError: if the state changes its form, shape or dtype.
        EvaluationError: at run time, if the bound is passed.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0)
        >>> y = gg.while_loop(lambda y: y < 20, lambda y: y * x, x, bound=10)
        >>> y.backward()
        >>> float(y), float(x.grad)  # x³
        (27.0, 27.0)
    """
    leaves, rebuild = flatten(init)
    state = [lift([x])[0] for x in leaves]
    before = [stand_in(x) for x in state]
    test = body_of(condition, before, (rebuild(before),))
    step = body_of(body, before, (rebuild(before),))
    _require_loop(test[0].outputs, before, step[0].outputs)
    taken = list(dict.fromkeys((*test[1], *step[1])))
    bodies = [Body([*taken, *before], b.outputs) for b in (test[0], step[0])]
    attrs = {"condition": bodies[0], "body": bodies[1]}
    made = loop_op.apply(
        (*taken, *state), {**attrs, "carries": len(state), "bound": bound}
    )
    return step[2](made)


def _require_loop(
    runs: Sequence[Tensor], before: Sequence[Tensor], after: Sequence[Tensor]
) -> None:
    if len(runs) != 1 or runs[0].dtype != BOOL or runs[0].shape:
        raise ArgumentError(
            "the condition of a loop gives " + ", ".join(map(describe, runs)),
            remedy="give one boolean without axes, e.g. gg.any(x > 0)",
        )
    if kinds(after) != kinds(before):
        raise ShapeError(
            f"the state began as {', '.join(map(describe, before))} and became "
            + ", ".join(map(describe, after)),
            remedy="a state keeps its form, shapes and dtypes",
        )
