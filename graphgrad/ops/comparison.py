"""Comparison, logic and choice, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import BOOL, promote
from graphgrad.errors import DTypeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.shapes import broadcast

_PAIR = Domain((Interval(-3, 3, "int64"), Interval(-3, 3, "int64")), analytic=False)
_TRUTHS = Domain((Interval(0, 2, "bool"), Interval(0, 2, "bool")), analytic=False)


@primitive(dtype="bool", domain=_PAIR, glyph="=", operators=("__eq__",))
def equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether x = y; NaN equals nothing."""
    return xp.equal(x, y)


@primitive(dtype="bool", domain=_PAIR, glyph="≠", operators=("__ne__",))
def not_equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether x ≠ y."""
    return xp.not_equal(x, y)


@primitive(real=True, dtype="bool", domain=_PAIR, glyph="<", operators=("__lt__",))
def less(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether x < y."""
    return xp.less(x, y)


@primitive(real=True, dtype="bool", domain=_PAIR, glyph="≤", operators=("__le__",))
def less_equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether x ≤ y."""
    return xp.less_equal(x, y)


@primitive(real=True, dtype="bool", domain=_PAIR, glyph=">", operators=("__gt__",))
def greater(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether x > y."""
    return xp.greater(x, y)


@primitive(real=True, dtype="bool", domain=_PAIR, glyph="≥", operators=("__ge__",))
def greater_equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether x ≥ y."""
    return xp.greater_equal(x, y)


@primitive(dtype="bool", domain=_TRUTHS, glyph="∧")
def logical_and(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether both are true."""
    return xp.logical_and(x, y)


@primitive(dtype="bool", domain=_TRUTHS, glyph="∨")
def logical_or(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether one is true, or both."""
    return xp.logical_or(x, y)


@primitive(dtype="bool", domain=_TRUTHS)
def logical_xor(xp: Any, x: Any, y: Any, /) -> Any:
    """Whether one is true and the other is not."""
    return xp.logical_xor(x, y)


@primitive(
    dtype="bool",
    domain=Domain((Interval(0, 2, "bool"),), analytic=False),
    glyph="¬",
)
def logical_not(xp: Any, x: Any, /) -> Any:
    """Whether x is false."""
    return xp.logical_not(x)


@primitive(dtype="bool")
def isfinite(xp: Any, x: Any, /) -> Any:
    """Whether x is neither NaN nor ±∞."""
    return xp.isfinite(x)


@primitive(dtype="bool")
def isinf(xp: Any, x: Any, /) -> Any:
    """Whether x is ±∞."""
    return xp.isinf(x)


@primitive(dtype="bool")
def isnan(xp: Any, x: Any, /) -> Any:
    """Whether x is NaN."""
    return xp.isnan(x)


@primitive(real=True, dtype="bool")
def signbit(xp: Any, x: Any, /) -> Any:
    """Whether the sign of x is −, that of −0 too."""
    return xp.signbit(x)


def _choice(condition: Any, x: Any, y: Any) -> Any:
    if condition.dtype != BOOL:
        raise DTypeError(
            f"the condition has dtype {condition.dtype}, not bool",
            remedy="compare it with something: where(c != 0, x, y)",
        )
    return broadcast(condition.shape, x.shape, y.shape), promote(x.dtype, y.dtype)


def _as_choice(condition: Any, x: Any, y: Any, /) -> Any:
    # A Python bool beside floats would be weak, and become one of them.
    return (np.bool_(condition) if isinstance(condition, bool) else condition, x, y), {}


@primitive(
    infer=_choice,
    prepare=_as_choice,
    vjp=(
        None,
        lambda g, out, condition, x, y: where(condition, g, 0),
        lambda g, out, condition, x, y: where(condition, 0, g),
    ),
    domain=Domain((Interval(0, 2, "bool"), Interval(-10, 10), Interval(-10, 10))),
    batch="elementwise",
)
def where(xp: Any, condition: Any, x: Any, y: Any, /) -> Any:
    """x where the condition holds, y elsewhere; so flows the gradient too."""
    return xp.where(condition, x, y)


__all__ = declared(globals())
