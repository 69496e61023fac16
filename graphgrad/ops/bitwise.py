"""Bits of integers and booleans, element by element; no gradient flows."""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import DTypeError
from graphgrad.graph.declare import elementwise, primitive
from graphgrad.graph.op import declared
from graphgrad.graph.tensor import Tensor

_PAIR = Domain((Interval(-9, 9, "int64"), Interval(-9, 9, "int64")), analytic=False)
_SHIFTS = Domain((Interval(-9, 9, "int64"), Interval(-1, 9, "int64")), analytic=False)


def _whole(kinds: str) -> Any:
    def infer(*inputs: Tensor) -> Any:
        for x in inputs:
            if x.dtype.kind not in kinds:
                raise DTypeError(
                    f"dtype {x.dtype} has no bits to work on",
                    remedy='cast it to an integer, e.g. x.astype("int64")',
                )
        return elementwise(*inputs)

    return infer


@primitive(
    infer=_whole("biu"),
    domain=_PAIR,
    glyph="&",
    operators=("__and__", "__rand__"),
    batch="elementwise",
)
def bitwise_and(xp: Any, x: Any, y: Any, /) -> Any:
    """Bits set in both; of booleans whether both are true."""
    return xp.bitwise_and(x, y)


@primitive(
    infer=_whole("biu"),
    domain=_PAIR,
    glyph="|",
    operators=("__or__", "__ror__"),
    batch="elementwise",
)
def bitwise_or(xp: Any, x: Any, y: Any, /) -> Any:
    """Bits set in either; of booleans whether one is true, or both."""
    return xp.bitwise_or(x, y)


@primitive(
    infer=_whole("biu"),
    domain=_PAIR,
    glyph="^",
    operators=("__xor__", "__rxor__"),
    batch="elementwise",
)
def bitwise_xor(xp: Any, x: Any, y: Any, /) -> Any:
    """Bits that differ; of booleans whether one is true and the other is not."""
    return xp.bitwise_xor(x, y)


@primitive(
    infer=_whole("biu"),
    domain=Domain((Interval(-9, 9, "int64"),), analytic=False),
    glyph="~",
    operators=("__invert__",),
    batch="elementwise",
)
def bitwise_invert(xp: Any, x: Any, /) -> Any:
    """Every bit turned over; of booleans whether x is false."""
    return xp.bitwise_invert(x)


@primitive(
    infer=_whole("iu"),
    domain=_SHIFTS,
    glyph="<<",
    operators=("__lshift__", "__rlshift__"),
    batch="elementwise",
)
def bitwise_left_shift(xp: Any, x: Any, y: Any, /) -> Any:
    """x · 2ʸ, bits beyond the width of the dtype dropped."""
    return xp.bitwise_left_shift(x, y)


@primitive(
    infer=_whole("iu"),
    domain=_SHIFTS,
    glyph=">>",
    operators=("__rshift__", "__rrshift__"),
    batch="elementwise",
)
def bitwise_right_shift(xp: Any, x: Any, y: Any, /) -> Any:
    """⌊x / 2ʸ⌋, the sign kept."""
    return xp.bitwise_right_shift(x, y)


__all__ = declared(globals())
