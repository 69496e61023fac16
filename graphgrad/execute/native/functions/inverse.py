"""Inverse trigonometric and hyperbolic functions; float32 by way of float64."""

from __future__ import annotations

from functools import cache
from math import log, pi

import numpy as np

from graphgrad.execute.native.functions import elementary
from graphgrad.execute.native.functions.derived import in_double
from graphgrad.execute.native.functions.elementary import clamped, polynomial
from graphgrad.execute.native.scalar import Scalar

_LOST = 6.123233995736766e-17  # of π / 2 by its float64
_EIGHTH = 0.41421356237309503  # tan(π / 8)
_HUGE = 2.0**28  # whose square plus 1 is its square


@cache
def _atan_terms() -> list[float]:
    """(atan(x) − x) / x³ in powers of x² for |x| ≤ tan(π / 8)."""
    square = _EIGHTH**2
    return elementary.economised(lambda k: -((-1) ** k) / (2 * k + 3), 0.0, square, 11)


def _atan_of_ratio(y: Scalar, x: Scalar) -> Scalar:
    """The angle of (x, y) for x, y ≥ 0, not both 0 or infinite."""
    swapped = y > x
    small, large = swapped.choose(x, y), swapped.choose(y, x)
    high = small > large * _EIGHTH
    # atan(s / l) = π / 4 + atan((s − l) / (s + l))
    z = high.choose(small - large, small) / high.choose(small + large, large)
    square = z * z
    made = (polynomial(square, _atan_terms()) * square).fma(z, z)
    made = high.choose((made + _LOST / 2) + pi / 4, made)
    return swapped.choose((_LOST - made) + pi / 2, made)


@in_double
def atan(x: Scalar) -> Scalar:
    """Inverse tangent."""
    size = x.intrinsic("fabs")
    bounded = clamped(size, 0.0, 2.0**60)
    return _atan_of_ratio(bounded, x.const(1.0)).intrinsic("copysign", x)


@in_double
def asin(x: Scalar) -> Scalar:
    """Inverse sine; NaN outside of [−1, 1]."""
    size = x.intrinsic("fabs")
    other = ((1 - size) * (1 + size)).intrinsic("sqrt")
    return _atan_of_ratio(size, other).intrinsic("copysign", x)


@in_double
def acos(x: Scalar) -> Scalar:
    """Inverse cosine; NaN outside of [−1, 1]."""
    return _atan_of_ratio((1 - x).intrinsic("sqrt"), (1 + x).intrinsic("sqrt")) * 2


@in_double
def asinh(x: Scalar) -> Scalar:
    """Inverse hyperbolic sine."""
    size = x.intrinsic("fabs")
    z = clamped(size, 0.0, _HUGE)
    square = z * z
    near = elementary.log1p(z + square / ((square + 1).intrinsic("sqrt") + 1))
    far = elementary.log(size) + log(2)
    return (size > _HUGE).choose(far, near).intrinsic("copysign", x)


@in_double
def acosh(x: Scalar) -> Scalar:
    """Inverse hyperbolic cosine; NaN below 1."""
    z = (x > _HUGE).choose(x.const(_HUGE), x)
    t = z - 1
    near = elementary.log1p(t + (t * (t + 2)).intrinsic("sqrt"))
    near = (x < 1).choose(x.const(np.nan), near)
    return (x > _HUGE).choose(elementary.log(x) + log(2), near)


@in_double
def atanh(x: Scalar) -> Scalar:
    """Inverse hyperbolic tangent; infinite at ±1, NaN outside."""
    size = x.intrinsic("fabs")
    twice = size + size
    ratio = (size < 0.5).choose((twice * size / (1 - size)) + twice, twice / (1 - size))
    made = (size > 1).choose(x.const(np.nan), elementary.log1p(ratio) * 0.5)
    return made.intrinsic("copysign", x)
