"""A graph as a function of JAX arrays, which JAX traces once.

Every op is its forward rule, applied to JAX's namespace; only the ops that apply a
graph of their own (`cond`, `while_loop`, `scan`) have a form of their own in JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from graphgrad.control.expand import opened
from graphgrad.control.scan import parts_of
from graphgrad.execute.on_jax.namespace import JAX
from graphgrad.graph.body import Body
from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import compute, topological
from graphgrad.shapes import learn

Sizes = Mapping[str, int]
# Bounds that loops reached while a function ran: nothing can be raised from inside one.
overdue: ContextVar[list[int]] = ContextVar("overdue")


def evaluate(outputs: Iterable[Tensor], values: dict[Tensor, Any], sizes: Sizes) -> Any:
    """The outputs' values, for values of the leaves that are not constants.

    Raises:
        EvaluationError: for an op that JAX cannot do; it names the user's line.
    """
    for node in topological(outputs, values):
        if node in values:
            continue
        if not node.inputs:
            values[node] = jnp.asarray(node._value)
            continue
        inputs = [values[x] for x in node.inputs]
        values[node] = compute(node, inputs, sizes, _applied)
    return [values[y] for y in outputs]


def _applied(node: Tensor, inputs: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
    if node.op.name in _CONTROL:
        made = _CONTROL[node.op.name](*inputs, **attrs)
    else:
        made = node.op.forward(JAX, *_promoted(node, inputs), **attrs)
    if node.op.multiple:
        kinds: Sequence[np.dtype] = node.dtype  # type: ignore[assignment]
        return tuple(_of(x, kind) for x, kind in zip(made, kinds, strict=True))
    return _of(made, node.dtype)


def _of(x: Any, dtype: np.dtype) -> Any:
    return jnp.asarray(x).astype(dtype)


def _promoted(node: Tensor, inputs: Sequence[Any]) -> Sequence[Any]:
    """Inputs in one dtype, as NumPy finds it: JAX keeps float32 beside int64."""
    if node.op.batch != "elementwise" and node.op.name not in _OF_ONE_KIND:
        return inputs
    kinds = {x.dtype for x in inputs if x.dtype != np.bool_}
    if len(kinds) < 2:
        return inputs
    common = np.result_type(*kinds)
    return [x if x.dtype == np.bool_ else x.astype(common) for x in inputs]


_OF_ONE_KIND = {"matmul", "concat", "stack"}


def _function(body: Body) -> Callable[..., list[Any]]:
    """A body as a function of JAX arrays."""
    outputs = opened(Graph(body.outputs)).outputs if body.outputs else ()

    def run(*arrays: Any) -> list[Any]:
        sizes: dict[str, int] = {}
        for x, array in zip(body.inputs, arrays, strict=True):
            learn(x.shape, array.shape, sizes)
        return evaluate(outputs, dict(zip(body.inputs, arrays, strict=True)), sizes)

    return run


def _cond(condition: Any, *inputs: Any, true: Body, false: Body) -> Any:
    return jax.lax.cond(condition, _function(true), _function(false), *inputs)


def _while(
    *inputs: Any, condition: Body, body: Body, carries: int, bound: int | None
) -> Any:
    cut = len(inputs) - carries
    taken = inputs[:cut]
    goes_on, step = _function(condition), _function(body)
    if bound is None:
        return jax.lax.while_loop(
            lambda state: goes_on(*taken, *state)[0],
            lambda state: tuple(step(*taken, *state)),
            inputs[cut:],
        )
    _, *state = jax.lax.while_loop(
        lambda state: goes_on(*taken, *state[1:])[0] & (state[0] < bound),
        lambda state: (state[0] + 1, *step(*taken, *state[1:])),
        (jnp.asarray(0), *inputs[cut:]),
    )
    found = overdue.get()
    late = goes_on(*taken, *state)[0]
    jax.debug.callback(lambda late: found.append(bound) if late else None, late)
    return state


def _scan(
    *inputs: Any,
    body: Body,
    carries: int,
    sequences: int,
    length: Any,
    reverse: bool,
    history: bool,
) -> Any:
    attrs = {"carries": carries, "sequences": sequences}
    taken, state, rows = parts_of(inputs, attrs)
    step = _function(body)

    def one(before: Any, row: Any) -> Any:
        found = step(*taken, *before, *row)
        return found[:carries], (*found[carries:], *(before if history else ()))

    last, made = jax.lax.scan(
        one, list(state), tuple(rows), None if rows else length, reverse=reverse
    )
    return (*last, *made)


_CONTROL: dict[str, Callable[..., Any]] = {
    "cond": _cond,
    "while_loop": _while,
    "scan": _scan,
    "checkpoint": lambda *inputs, body: jax.checkpoint(_function(body))(*inputs),
}
