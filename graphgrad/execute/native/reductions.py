"""Reductions within loops: what they start from, and how one more value joins."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.scalar import Scalar, memory_type
from graphgrad.execute.native.tracing import from_memory, to_memory
from graphgrad.graph.tensor import Tensor

_ORDERED = ("sum", "max", "min")
_LOGICAL = ("any", "all")
_NUMBERS = ("float32", "float64", "int32", "int64")


def is_reduction(node: Tensor) -> bool:
    """Whether a loop can take an op in, as a reduction."""
    if not node.inputs or not node.inputs[0].shape:
        return False
    kind = node.inputs[0].dtype
    if node.op.name in _LOGICAL:
        return kind.name in (*_NUMBERS, "bool")
    return node.op.name in _ORDERED and kind.name in _NUMBERS and node.dtype == kind


def wide(y: Tensor) -> np.dtype:
    """The dtype in which stretches of the innermost axis are brought together."""
    single = y.op.name == "sum" and y.dtype.kind == "f"
    return np.dtype("float64") if single else y.dtype


def start(y: Tensor, dtype: np.dtype) -> ir.Constant:
    """What a reduction of nothing is, as it is stored."""
    whole = dtype.kind in "iu"
    least, most = (
        (np.iinfo(dtype).min, np.iinfo(dtype).max) if whole else (-np.inf, np.inf)
    )
    numbers = {"sum": 0, "max": least, "min": most, "any": 0, "all": 1}
    number = numbers[y.op.name]
    is_float = dtype.kind == "f"
    return ir.Constant(memory_type(dtype), float(number) if is_float else int(number))


def join(
    builder: ir.IRBuilder, y: Tensor, dtype: np.dtype, place: Any, value: Scalar
) -> None:
    """Write how one more value joins what is at a place, which is of a dtype."""
    known = from_memory(builder, builder.load(place), dtype)
    builder.store(to_memory(_joined(y.op.name, known, value.to(dtype))), place)


def _joined(name: str, known: Scalar, value: Scalar) -> Scalar:
    """Both in one. Sums may be taken in any order, so in vectors."""
    if name == "any":
        return known | value
    if name == "all":
        return known & value
    if known.is_float:
        if name == "sum":
            b = known.builder
            return known.make(b.fadd(known.value, value.value, flags=("reassoc",)))  # type: ignore[call-arg]
        return known.intrinsic({"max": "maximum", "min": "minimum"}[name], value)
    if name == "sum":
        return known + value
    first = known > value if name == "max" else known < value
    return first.choose(known, value)
