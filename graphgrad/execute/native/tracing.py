"""An elementwise op as instructions: its forward rule, applied to scalars."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.namespace import SCALARS
from graphgrad.execute.native.scalar import (
    BIT,
    BYTE,
    Scalar,
    Unsupported,
    register_type,
)
from graphgrad.graph.tensor import Tensor


def unfit(node: Tensor) -> str | None:
    """Why there is no code for an op; None if it is elementwise and there is."""
    if node.op.batch != "elementwise" and node.op.name != "reshape":
        return "it is no elementwise op"
    try:
        code_of(node, [_anything(x.dtype) for x in node.inputs])
    except Unsupported as refusal:
        return str(refusal)
    except Exception as error:  # a forward rule that asks for more than arithmetic
        return f"its rule does not take scalars: {error}"
    return None


def code_of(node: Tensor, inputs: list[Scalar]) -> Scalar:
    """The op's forward rule, applied to scalars."""
    register_type(node.dtype)
    made = node.op.forward(SCALARS, *inputs, **node.attrs)
    if not isinstance(made, Scalar):
        raise Unsupported("its value does not depend on its inputs")
    return made.to(node.dtype)


def _anything(dtype: np.dtype) -> Scalar:
    """A scalar in a function of its own, to try a rule on."""
    kind = register_type(dtype)
    function = ir.Function(ir.Module(), ir.FunctionType(kind, [kind]), "trial")
    return Scalar(ir.IRBuilder(function.append_basic_block()), function.args[0], dtype)


def from_memory(builder: ir.IRBuilder, loaded: Any, dtype: np.dtype) -> Scalar:
    """An entry of an array that was loaded."""
    if dtype == np.bool_:
        return Scalar(builder, builder.trunc(loaded, BIT), dtype)
    return Scalar(builder, loaded, dtype)


def to_memory(x: Scalar) -> Any:
    """What is stored for a scalar."""
    return x.builder.zext(x.value, BYTE) if x.dtype == np.bool_ else x.value
