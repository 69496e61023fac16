"""Code that runs a check again, and the place of what was checked."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from graphgrad.graph.op import Op
from graphgrad.graph.place import capture, is_ours, locate
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.catalogue import path
from graphgrad.testing.problem import Array

_MOST = 24  # entries that are written out


def check_vjp_code(
    fn: Callable[..., Any],
    vjp: Callable[..., Any],
    arrays: Sequence[Array],
    **more: int,
) -> str:
    """The call of `check_vjp` that gives the same verdict."""
    own = f"np.{fn.__name__}" if isinstance(fn, np.ufunc) else name_of(fn, "fn")
    names = f"{own}, {name_of(vjp, 'vjp')}"
    return _call("check_vjp", names, arrays, {"order": 1, "seed": 0}, more)


def check_op_code(node: Tensor, arrays: Sequence[Array], **more: int) -> str:
    """The call of `check_gradients` for the op of a node alone."""
    op = node.op
    name = f"gg.{path(op)}" if op.module.startswith("graphgrad.") else op.name
    if node.attrs:
        attrs = ", ".join(f"{k}={_value_code(v)}" for k, v in node.attrs.items())
        name = f"lambda *xs: {name}(*xs, {attrs})"
    return _call("check_gradients", name, arrays, {"order": 2, "seed": 0}, more)


def check_function_code(target: Any, inputs: Sequence[Any], **more: int) -> str:
    """The call of `check_gradients` for a function, or for the graph of the verdict."""
    name = name_of(target, "f") if callable(target) else "verdict.graph"
    arrays = [np.asarray(x) for x in inputs]
    return _call("check_gradients", name, arrays, {"order": 2, "seed": 0}, more)


def _call(
    check: str, first: str, arrays: Sequence[Array], usual: dict[str, int], more: Any
) -> str:
    values = [array_code(x, f"verdict.inputs[{i}]") for i, x in enumerate(arrays)]
    extra = [f"{k}={v}" for k, v in more.items() if v != usual[k]]
    return f"gg.testing.{check}({', '.join([first, *values, *extra])})"


def array_code(x: Array, otherwise: str) -> str:
    """An expression for an array, exact to the last bit; a large one has a name.

    Example:
        >>> array_code(np.array([1.0, np.inf]), "x")
        "np.array([1.0, np.inf], 'float64')"
        >>> array_code(np.zeros((0, 3), "float32"), "x")
        "np.zeros((0, 3), 'float32')"
        >>> array_code(np.arange(100.0), "x")
        'x'
    """
    kind = f"{x.dtype.name!r}"
    if x.size == 0:
        return f"np.zeros({x.shape}, {kind})"
    if x.size > _MOST:
        return otherwise
    return f"np.array({_value_code(x.tolist())}, {kind})"


def _value_code(value: Any) -> str:
    """Its repr, in which numbers that are not finite and dtypes are NumPy's."""
    if isinstance(value, np.dtype):
        return f"np.dtype({value.name!r})"
    if isinstance(value, str):
        return repr(value)
    return re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value))


def name_of(function: Any, fallback: str) -> str:
    """What a function is called, if it can be called so."""
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else fallback


def place_of(function: Any) -> str:
    """Where the user wrote a function, or else the line that called the checker."""
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, Op):
        function = function.forward
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None or is_ours(code):
        return str(locate(*capture()))
    return str(locate(code, -1))
