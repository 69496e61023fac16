"""A loop over the first axis, with a state that is carried from step to step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt
from typing import Any
from weakref import WeakKeyDictionary

from graphgrad.autodiff.vmap import map_body, spread, stand_in_row
from graphgrad.control.adjoint import adjoint, flowing, placed
from graphgrad.control.checkpoint import example, kinds, require_fit
from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.body import Body, body_of, stand_in
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.trees import flatten
from graphgrad.ops.arithmetic import add, multiply
from graphgrad.ops.arranging import moveaxis
from graphgrad.ops.movement import concat, reshape
from graphgrad.ops.structure import zeros_like
from graphgrad.ops.trigonometric import tanh


def parts_of(
    inputs: Sequence[Any], attrs: Any
) -> tuple[list[Any], list[Any], list[Any]]:
    """What is taken from outside, the state at the start, and what is looped over."""
    rows = len(inputs) - attrs["sequences"]
    taken = rows - attrs["carries"]
    return list(inputs[:taken]), list(inputs[taken:rows]), list(inputs[rows:])


def _infer(*inputs: Tensor, **attrs: Any) -> tuple[Any, Any]:
    taken, start, rows = parts_of(inputs, attrs)
    require_fit([*taken, *start, *map(stand_in_row, rows)], attrs["body"])
    length = rows[0].shape[0] if rows else attrs["length"]
    state = attrs["body"].outputs[: attrs["carries"]]
    made = attrs["body"].outputs[attrs["carries"] :]
    kept = (*made, *state) if attrs["history"] else made
    dtypes = kinds((*state, *kept))[1]
    return (*kinds(state)[0], *((length, *x.shape) for x in kept)), dtypes


_STEPS: WeakKeyDictionary[Body, dict[int, Body]] = WeakKeyDictionary()


def _step_back(body: Body, carries: int, sequences: int) -> Body:
    """One step of the loop that computes the gradient.

    It carries the cotangent of the state, and the sums of what flows to tensors from
    outside; it runs over the states before each step, the rows, and the cotangents of
    the results and of those states.
    """
    known = _STEPS.setdefault(body, {})
    if carries not in known:
        back = adjoint(body)
        inputs = back.inputs[: len(body.inputs)]
        cotangents = back.inputs[len(body.inputs) :]
        taken, state, _ = parts_of(inputs, {"carries": carries, "sequences": sequences})
        sources = len(flowing(tuple(taken)))
        flows = len(flowing(tuple(state)))
        sums = [stand_in(g) for g in back.outputs[:sources]]
        later = [stand_in(g) for g in back.outputs[sources : sources + flows]]
        added = [
            g + h for g, h in zip(back.outputs, [*sums, *later], strict=False)
        ]  # what is left are the gradients of the rows
        known[carries] = Body(
            [
                *taken,
                *cotangents[:flows],
                *sums,
                *inputs[len(taken) :],
                *cotangents[flows:],
                *later,
            ],
            [*added[sources:], *added[:sources], *back.outputs[sources + flows :]],
        )
    return known[carries]


def _scan_vjp(g: Any, out: Any, *inputs: Any, **attrs: Any) -> list[Any]:
    """The gradient of a loop is a loop over its body's gradient, the other way."""
    body, carries = attrs["body"], attrs["carries"]
    ends = len(body.outputs)
    if not attrs["history"]:
        out = scan_op.apply(inputs, {**attrs, "history": True})
        g = [*g, *map(zeros_like, out[ends:])]
    taken, state, rows = parts_of(inputs, attrs)
    flows = [i for i in flowing(body.outputs) if i < carries]
    made = [i for i in flowing(body.outputs) if i >= carries]
    sources = zip(taken, body.inputs, strict=False)
    sums = [zeros_like(x) for x, y in sources if y.differentiable]
    back = scan_op.apply(
        (
            *taken,
            *(g[i] for i in flows),
            *sums,
            *out[ends:],
            *rows,
            *(g[i] for i in made),
            *(g[ends + i] for i in flows),
        ),
        {
            "body": _step_back(body, carries, attrs["sequences"]),
            "carries": len(flows) + len(sums),
            "sequences": len(state) + len(rows) + len(made) + len(flows),
            "length": attrs["length"],
            "reverse": not attrs["reverse"],
            "history": False,
        },
    )
    of_state, of_taken = back[: len(flows)], back[len(flows) : len(flows) + len(sums)]
    found = [*of_taken, *of_state, *back[len(flows) + len(sums) :]]
    return placed(found, body.inputs)


def _batched(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    """Every state has the new axis; rows have it behind the axis of the loop."""
    pairs = list(zip(inputs, mapped, strict=True))
    taken, state, rows = parts_of(pairs, attrs)
    flags = [m for _, m in taken] + [True] * len(state) + [m for _, m in rows]
    given = (
        *(x for x, _ in taken),
        *(spread(pair, size) for pair in state),
        *(moveaxis(x, 1, 0) if m else x for x, m in rows),
    )
    body = map_body(attrs["body"], flags, size)
    made = scan_op.apply(given, {**attrs, "body": body})
    count = attrs["carries"]
    return [*made[:count], *(moveaxis(y, 1, 0) for y in made[count:])]


def _example(w: Any, state: Any, row: Any) -> dict[str, Any]:
    new = tanh(add(multiply(w, state), row))
    facts = {"carries": 1, "sequences": 1, "length": None, "reverse": False}
    return {
        "body": Body([w, state, row], [new, multiply(new, w)]),
        **facts,
        "history": True,
    }


_EXAMPLE = _example(*example((), (2,), (2,)))


@primitive(
    name="scan",
    infer=_infer,
    vjp=_scan_vjp,
    multiple=True,
    batch=_batched,
    domain=Domain(
        (Interval(-2, 2), Interval(-2, 2), Interval(-2, 2)),
        signature="(),(2),(4,2)",
        options=(_EXAMPLE, {**_EXAMPLE, "reverse": True, "history": False}),
        valid=lambda w, state, rows: w.ndim == 0 and state.ndim + rows.ndim == 3,
    ),
    glyph="⟲",
)
def scan_op(
    xp: Any,
    *inputs: Any,
    body: Body,
    carries: int,
    sequences: int,
    length: Any,
    reverse: bool,
    history: bool,
) -> Any:
    """The last state, the results of all steps, and the states before each; `scan`."""
    attrs = {"carries": carries, "sequences": sequences}
    taken, state, rows = parts_of(inputs, attrs)
    count = rows[0].shape[0] if rows else length
    kept: list[Any] = [None] * count
    for i in reversed(range(count)) if reverse else range(count):
        found = body(*taken, *state, *[x[i] for x in rows])
        kept[i] = (*found[carries:], *state) if history else found[carries:]
        state = found[:carries]
    if not count:
        made = (*body.outputs[carries:], *(body.outputs[:carries] if history else ()))
        return *state, *(xp.empty((0, *y.shape), dtype=y.dtype) for y in made)
    return *state, *(xp.stack(column) for column in zip(*kept, strict=True))


def scan(
    function: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    *,
    reverse: bool = False,
    checkpoint: bool = False,
) -> tuple[Any, Any]:
    """A loop whose steps hand a state on: recurrent nets, series, simulations.

    The function is called once; its graph is one node of the whole. The gradient is a
    loop the other way, which computes again what a step made of its state: memory grows
    as the states do, or as the square root of their number if checkpointed.

    Args:
        function: takes the state and a row of xs, gives the new state and a result
            (None for none); it may use tensors from outside, such as weights.
        init: the first state: a tensor, or nested lists, tuples and dicts.
        xs: what to loop over, along the first axis: as init, or None.
        length: the number of steps, if there are no xs.
        reverse: whether to start at the end.
        checkpoint: whether to keep only every √length-th state.

    Returns:
        The last state, and the results of all steps along a new first axis.

    Raises:
        ArgumentError: if the function does not give a state and a result.
        ShapeError: if a state changes its shape or dtype, or xs differ in length.

    Example:
        >>> import graphgrad as gg
        >>> rate = gg.variable(1.5)
        >>> year = lambda wealth, gain: (wealth * rate + gain,) * 2
        >>> last, path = gg.scan(year, 100.0, gg.asarray([0.0, 10.0]))
        >>> last.backward()
        >>> path.value, float(rate.grad)
        (array([150., 235.]), 300.0)
    """
    return _traced(function, init, xs, length, bool(reverse), checkpoint)


def _traced(
    function: Callable[..., Any],
    init: Any,
    xs: Any,
    length: int | None,
    reverse: bool,
    checkpoint: bool,
) -> tuple[Any, Any]:
    state, rebuild_state = _tensors(init)
    rows, rebuild_rows = _tensors(xs)
    count = _length(rows, length)
    before, row = [stand_in(x) for x in state], [stand_in_row(x) for x in rows]
    arguments = rebuild_state(before), rebuild_rows(row)
    step = _step(function, before)
    body, taken, shape_up = body_of(step, [*before, *row], arguments)
    _require_same_state(before, body.outputs)
    attrs = {
        "body": body,
        "carries": len(state),
        "sequences": len(rows),
        "length": None if rows else count,
        "reverse": reverse,
        "history": True,
    }
    loop = _in_segments if checkpoint else _in_one
    return shape_up(loop(taken, state, rows, count, attrs)[: len(body.outputs)])


def _tensors(tree: Any) -> tuple[list[Tensor], Callable[..., Any]]:
    leaves, rebuild = flatten(tree)
    return [lift([x])[0] for x in leaves], rebuild


def _length(rows: list[Tensor], length: int | None) -> Any:
    lengths = {x.shape[0] if x.shape else None for x in rows}
    if length is not None:
        lengths.add(length)
    if len(lengths) != 1 or None in lengths:
        given = ", ".join(describe(x) for x in rows) or "none"
        raise ShapeError(
            f"scan needs one number of steps; xs: {given}; length: {length}",
            remedy="all xs have one first axis, or length says how many steps to take",
        )
    return lengths.pop()


def _step(function: Callable[..., Any], before: list[Tensor]) -> Callable[..., Any]:
    """The user's function, which must give a state of the same form, and a result."""

    def step(state: Any, row: Any) -> Any:
        made = function(state, row)
        if not isinstance(made, tuple) or len(made) != 2:
            raise ArgumentError(
                f"the function of a scan gave {type(made).__name__}",
                remedy="return the new state and a result: return state, None",
            )
        if len(flatten(made[0])[0]) != len(before):
            raise ArgumentError(
                f"the state began as {len(before)} tensors and became "
                f"{len(flatten(made[0])[0])}",
                remedy="return the state in the form of init",
            )
        return made

    return step


def _require_same_state(before: list[Tensor], outputs: tuple[Tensor, ...]) -> None:
    for x, y in zip(before, outputs, strict=False):
        if x.shape != y.shape or x.dtype != y.dtype:
            raise ShapeError(
                f"the state began as {describe(x)} and became {describe(y)}",
                remedy="a state keeps its shape and dtype: give init those of the "
                "result, e.g. with gg.zeros",
            )


def _in_one(taken: Any, state: Any, rows: Any, count: Any, attrs: Any) -> list[Any]:
    return scan_op.apply((*taken, *state, *rows), attrs)


def _in_segments(
    taken: Any, state: Any, rows: Any, count: Any, attrs: Any
) -> list[Any]:
    """A loop over segments of √count steps each; a shorter one takes what is left."""
    if not isinstance(count, int):
        raise ShapeError("a checkpointed scan needs a number of steps that is known")
    size = isqrt(count)
    if size < 2:
        return _in_one(taken, state, rows, count, attrs)
    whole = count - count % size
    inside = [stand_in(x, (size, *x.shape[1:])) for x in rows]
    outside = [stand_in(x) for x in (*taken, *state)]
    within = {**attrs, "length": attrs["length"] and size, "history": False}
    segment = Body([*outside, *inside], scan_op.apply((*outside, *inside), within))
    stacked = [reshape(x[:whole], (whole // size, size, *x.shape[1:])) for x in rows]
    tail = [x[whole:] for x in rows]
    long = {**attrs, "body": segment, "length": attrs["length"] and whole // size}
    short = {**attrs, "length": attrs["length"] and count - whole}
    carries, ends = attrs["carries"], len(attrs["body"].outputs)

    def run_long(state: list[Any]) -> tuple[list[Any], list[Any]]:
        made = scan_op.apply((*taken, *state, *stacked), long)
        flat = [reshape(y, (whole, *y.shape[2:])) for y in made[carries:ends]]
        return made[:carries], flat

    def run_short(state: list[Any]) -> tuple[list[Any], list[Any]]:
        made = scan_op.apply((*taken, *state, *tail), short)
        return made[:carries], made[carries:ends]

    if whole == count:
        state, made = run_long(state)
        return [*state, *made]
    order = (run_short, run_long) if attrs["reverse"] else (run_long, run_short)
    state, first = order[0](state)
    state, second = order[1](state)
    if attrs["reverse"]:
        first, second = second, first
    return [*state, *(concat(pair) for pair in zip(first, second, strict=True))]
