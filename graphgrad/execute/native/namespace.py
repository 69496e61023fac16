"""The array namespace that forward rules write code with: of scalars in registers."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from graphgrad.execute.native.functions import (
    derived,
    elementary,
    inverse,
    trigonometry,
)
from graphgrad.execute.native.scalar import Scalar, Unsupported


def _floating(function: Callable[[Scalar], Scalar]) -> Callable[[Scalar], Scalar]:
    def checked(x: Scalar) -> Scalar:
        if not x.is_float:
            raise Unsupported("an elementary function of whole numbers")
        return function(x)

    return checked


def _intrinsic(name: str) -> Callable[[Scalar], Scalar]:
    return _floating(lambda x: x.intrinsic(name))


class ScalarNamespace:
    """What forward rules of elementwise ops ask of ``xp``; anything else is refused."""

    exp = staticmethod(_floating(elementary.exp))
    expm1 = staticmethod(_floating(elementary.expm1))
    log = staticmethod(_floating(elementary.log))
    log1p = staticmethod(_floating(elementary.log1p))
    tanh = staticmethod(_floating(elementary.tanh))
    exp2 = staticmethod(derived.exp2)
    log2 = staticmethod(derived.log2)
    log10 = staticmethod(derived.log10)
    sinh = staticmethod(derived.sinh)
    cosh = staticmethod(derived.cosh)
    sin = staticmethod(_floating(trigonometry.sin))
    cos = staticmethod(_floating(trigonometry.cos))
    tan = staticmethod(_floating(trigonometry.tan))
    asin = staticmethod(inverse.asin)
    acos = staticmethod(inverse.acos)
    atan = staticmethod(inverse.atan)
    asinh = staticmethod(inverse.asinh)
    acosh = staticmethod(inverse.acosh)
    atanh = staticmethod(inverse.atanh)
    erf = staticmethod(derived.erf)
    erfc = staticmethod(derived.erfc)
    sqrt = staticmethod(_intrinsic("sqrt"))
    floor = staticmethod(_intrinsic("floor"))
    ceil = staticmethod(_intrinsic("ceil"))
    trunc = staticmethod(_intrinsic("trunc"))
    round = staticmethod(_intrinsic("rint"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked for by tools that look at the object
            raise AttributeError(name)
        raise Unsupported(f"no code for xp.{name}")

    @staticmethod
    def abs(x: Scalar) -> Scalar:
        """Absolute value."""
        if x.is_float:
            return x.intrinsic("fabs")
        return (x < 0).choose(-x, x)

    @staticmethod
    def _extreme(x: Scalar, y: Scalar, first: Scalar) -> Scalar:
        made = first.choose(x, y)
        if not made.is_float:
            return made
        return (x != x).choose(x, made)  # noqa: PLR0124 NaN goes through

    def maximum(self, x: Scalar, y: Scalar) -> Scalar:
        """The larger; NaN if either is."""
        x, y = x.pair(y)
        return self._extreme(x, y, x > y)

    def minimum(self, x: Scalar, y: Scalar) -> Scalar:
        """The smaller; NaN if either is."""
        x, y = x.pair(y)
        return self._extreme(x, y, x < y)

    @staticmethod
    def copysign(x: Scalar, y: Scalar) -> Scalar:
        """x with the sign of y."""
        x, y = x.pair(y)
        if not x.is_float:
            raise Unsupported("copysign of whole numbers")
        return x.intrinsic("copysign", y)

    @staticmethod
    def sign(x: Scalar) -> Scalar:
        """-1, 0 or 1; NaN stays."""
        made = (x > 0).choose(x.const(1), (x < 0).choose(x.const(-1), x.const(0)))
        return (x == x).choose(made, x)  # noqa: PLR0124

    signbit = staticmethod(Scalar.signbit)
    real = staticmethod(lambda x: x)
    imag = staticmethod(lambda x: x.const(0))

    @staticmethod
    def pow(x: Scalar, y: Scalar) -> Scalar:
        """x to the power of y."""
        return derived.power(*x.pair(y))

    @staticmethod
    def logaddexp(x: Scalar, y: Scalar) -> Scalar:
        """ln(eˣ + eʸ)."""
        return derived.logaddexp(*x.pair(y))

    bitwise_and = staticmethod(lambda x, y: operator.and_(*x.pair(y)))
    bitwise_or = staticmethod(lambda x, y: operator.or_(*x.pair(y)))
    bitwise_xor = staticmethod(lambda x, y: operator.xor(*x.pair(y)))
    bitwise_invert = staticmethod(operator.invert)
    bitwise_left_shift = staticmethod(operator.lshift)
    bitwise_right_shift = staticmethod(operator.rshift)

    equal = staticmethod(lambda x, y: x == y)
    not_equal = staticmethod(lambda x, y: x != y)
    less = staticmethod(lambda x, y: x < y)
    less_equal = staticmethod(lambda x, y: x <= y)
    greater = staticmethod(lambda x, y: x > y)
    greater_equal = staticmethod(lambda x, y: x >= y)
    logical_and = staticmethod(lambda x, y: x.to("bool") & y.to("bool"))
    logical_or = staticmethod(lambda x, y: x.to("bool") | y.to("bool"))
    logical_xor = staticmethod(lambda x, y: x.to("bool") ^ y.to("bool"))
    logical_not = staticmethod(lambda x: ~x.to("bool"))

    @staticmethod
    def isnan(x: Scalar) -> Scalar:
        """Whether it is NaN."""
        return x != x  # noqa: PLR0124

    @staticmethod
    def isfinite(x: Scalar) -> Scalar:
        """Whether it is neither NaN nor infinite."""
        return (x - x) == 0 if x.is_float else x.const(1, "bool")

    @staticmethod
    def isinf(x: Scalar) -> Scalar:
        """Whether it is infinite."""
        if not x.is_float:
            return x.const(0, "bool")
        return x.intrinsic("fabs") == np.inf

    @staticmethod
    def where(condition: Scalar, x: Any, y: Any) -> Scalar:
        """x where the condition holds, y elsewhere."""
        return condition.to("bool").choose(x, y)

    @staticmethod
    def strong(x: Scalar, product: Scalar) -> Scalar:
        """The product, and 0 where x is 0."""
        return (x == 0).choose(product.const(0), product)

    asarray = staticmethod(lambda x: x)
    reshape = staticmethod(lambda x, shape: x)  # of which loops make a copy
    dtype = staticmethod(np.dtype)
    uint32, uint64 = np.dtype(np.uint32), np.dtype(np.uint64)

    @staticmethod
    def astype(x: Scalar, dtype: Any) -> Scalar:
        """The value in another dtype."""
        return x.to(dtype)

    @staticmethod
    def zeros_like(x: Scalar, dtype: Any = None) -> Scalar:
        """0."""
        return x.const(0, dtype or x.dtype)

    @staticmethod
    def ones_like(x: Scalar, dtype: Any = None) -> Scalar:
        """1."""
        return x.const(1, dtype or x.dtype)


SCALARS = ScalarNamespace()
