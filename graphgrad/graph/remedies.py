"""What to write where a user's op lacks a rule: errors that show the lines."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.errors import DTypeError, GradientError, ShapeError
from graphgrad.shapes import show

if TYPE_CHECKING:
    from graphgrad.graph.op import Op


def no_gradient(op: Op) -> GradientError:
    """The error for a gradient through an op that was declared without a rule."""
    names = _inputs(op)
    arguments = ", ".join(["g", "out", *names, *op.parameters])
    if op.arity is None:
        rules = f"lambda {arguments}: [g * ... for x in {names[0][1:]}]"
        none = "lambda *_, **__: []"
    else:
        rules = "".join(
            f"\n    lambda {arguments}: g * ...,  # times ∂{op.name}/∂{x}"
            for x in names
        )
        rules, none = f"({rules}\n)", f"({', '.join(['None'] * op.arity)},)"
    return GradientError(
        "it has no gradient rule",
        remedy=f"write one of ops, which may be differentiated again:\n"
        f"@gg.primitive(vjp={rules}, ...)\n{_head(op)}\n"
        f"or say that no gradient flows: vjp={none}",
    )


def advised(infer: Callable[..., Any], op_of: Callable[[], Op]) -> Callable[..., Any]:
    """The rule of elementwise ops, with advice for ops that are not."""

    @functools.wraps(infer)
    def rule(*inputs: Any, **attrs: Any) -> Any:
        try:
            return infer(*inputs, **attrs)
        except ShapeError as error:
            advice = f"; or, if it is not elementwise, {_shape_rule(op_of())}"
            remedy = error.remedy + advice
            raise ShapeError(error.problem, remedy=remedy) from None

    return rule


def held(forward: Callable[..., Any], op_of: Callable[[], Op]) -> Callable[..., Any]:
    """The forward rule, held to what the shape rule says.

    Ops of the package itself are held to it by its tests.
    """

    @functools.wraps(forward)
    def rule(xp: Any, *arrays: Any, **attrs: Any) -> Any:
        made, op = forward(xp, *arrays, **attrs), op_of()
        known = [x if hasattr(x, "shape") else np.asarray(x) for x in arrays]
        shape, dtype = op.infer(*known, **attrs)
        if op.multiple:
            for y, *kind in zip(made, shape, dtype, strict=True):
                _require(op, y, *kind)
        else:
            _require(op, made, shape, dtype)
        return made

    return rule


def _require(op: Op, made: Any, shape: Any, dtype: Any) -> None:
    if np.shape(made) != tuple(shape):
        raise ShapeError(
            f"its forward rule gives shape {show(np.shape(made))}, and its shape rule "
            f"says {show(shape)}",
            remedy=_shape_rule(op),
        )
    if np.result_type(made) != dtype:
        raise DTypeError(
            f"its forward rule gives dtype {np.result_type(made)}, and its shape rule "
            f"says {dtype}",
            remedy='declare it, dtype="floating", "real" or "bool", or cast the result',
        )


def _shape_rule(op: Op) -> str:
    names = _inputs(op)
    first = "xs[0]" if op.arity is None else names[0]
    return (
        "write a shape rule:\n"
        f"def shape_rule({', '.join([*names, *op.parameters])}):\n"
        f"    return (..., ...), {first}.dtype  # in terms of {first}.shape\n"
        f"@gg.primitive(infer=shape_rule, ...)\n{_head(op)}"
    )


def _inputs(op: Op) -> list[str]:
    names = list(inspect.signature(op.forward).parameters)[1:]
    return ["*xs"] if op.arity is None else names[: op.arity]


def _head(op: Op) -> str:
    return f"def {op.name}(xp, {str(op.signature)[1:-1]}):"
