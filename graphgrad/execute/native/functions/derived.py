"""Functions made of the elementary ones, or that need more than one number holds.

float32 is computed in float64, which leaves one rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import factorial, log, pi, sqrt

import numpy as np

from graphgrad.execute.native.functions import elementary
from graphgrad.execute.native.functions.elementary import LN2, clamped, polynomial
from graphgrad.execute.native.scalar import Scalar, Unsupported

Pair = tuple[Scalar, Scalar]  # a number in two parts: its value, and what that lost


def in_double(function: Callable[..., Scalar]) -> Callable[..., Scalar]:
    """The function, for float32 by way of float64."""

    def computed(*values: Scalar) -> Scalar:
        if not all(x.is_float for x in values):
            raise Unsupported("an elementary function of whole numbers")
        dtype = np.result_type(*(x.dtype for x in values))
        return function(*(x.to("float64") for x in values)).to(dtype)

    return computed


@in_double
def exp2(x: Scalar) -> Scalar:
    """2ˣ."""
    inside = clamped(x, -1080, 1025)
    n, k = elementary.nearest(inside)
    return elementary.scaled(elementary.exp_less_1((inside - n) * log(2)) + 1, k)


def _by_parts(x: Scalar, unit: float, factor: float) -> Scalar:
    """k · unit + factor · ln(1 + f), of x > 0 in its parts; as `log` elsewhere."""
    k, f = elementary.parted_any(x)
    n = k.to("float64")
    high = float(np.float32(unit))  # n · high is exact
    made = n.fma(high, n.fma(unit - high, elementary.log1p(f) * factor))
    return ((x > 0) & (x < np.inf)).choose(made, elementary.log(x))


@in_double
def log2(x: Scalar) -> Scalar:
    """Logarithm to base 2."""
    return _by_parts(x, 1.0, 1 / log(2))


@in_double
def log10(x: Scalar) -> Scalar:
    """Logarithm to base 10."""
    return _by_parts(x, log(2) / log(10), 1 / log(10))


@in_double
def sinh(x: Scalar) -> Scalar:
    """Hyperbolic sine."""
    size = x.intrinsic("fabs")
    t = elementary.expm1(size)
    root = elementary.exp(size * 0.5)
    made = (size > 30).choose(root * 0.5 * root, (t + t / (t + 1)) * 0.5)
    return made.intrinsic("copysign", x)


@in_double
def cosh(x: Scalar) -> Scalar:
    """Hyperbolic cosine."""
    size = x.intrinsic("fabs")
    e, root = elementary.exp(size), elementary.exp(size * 0.5)
    return (size > 30).choose(root * 0.5 * root, e * 0.5 + 0.5 / e)


@in_double
def logaddexp(x: Scalar, y: Scalar) -> Scalar:
    """ln(eˣ + eʸ)."""
    gap = x - y
    larger = (x > y).choose(x, y)
    made = larger + elementary.log1p(elementary.exp(-gap.intrinsic("fabs")))
    made = (gap == gap).choose(made, gap + larger)  # noqa: PLR0124 NaN
    return (x == y).choose(x + log(2), made)  # also where both are infinite


@cache
def _erf_terms() -> list[float]:
    """erf(x) / x in powers of x² for |x| ≤ 1."""
    return elementary.economised(
        lambda k: 2 / sqrt(pi) * (-1) ** k / (factorial(k) * (2 * k + 1)), 0.0, 1.0, 14
    )


@in_double
def erf(x: Scalar) -> Scalar:
    """The error function: its series below 1, and 1 less `erfc` above."""
    size = x.intrinsic("fabs")
    far = 1 - _erfc_from_half(clamped(size, 1.0, 6.0))
    made = (size < 1.0).choose(_erf_near_0(size), far)
    made = (size == size).choose(made, size)  # noqa: PLR0124 NaN
    return made.intrinsic("copysign", x)


@in_double
def erfc(x: Scalar) -> Scalar:
    """1 − erf x, to its last digits also where little is left."""
    size = x.intrinsic("fabs")
    far = _erfc_from_half(clamped(size, 0.5, 28.0))
    small = _erf_near_0(size).intrinsic("copysign", x)
    made = (size < 0.5).choose(1 - small, (x < 0).choose(2 - far, far))
    return (x == x).choose(made, x)  # noqa: PLR0124 NaN


def _erf_near_0(x: Scalar) -> Scalar:
    """The error function for 0 ≤ x ≤ 1."""
    z = clamped(x, 0.0, 1.0)
    return z * polynomial(z * z, _erf_terms())


# x exp(x²) erfc(x) in powers of (x − 2) / (x + 2) for ½ ≤ x ≤ 28: through its values at
# Chebyshev's points, computed with 200 bits.
_ERFC = (
    -1.1195699033833073e-08, -2.1900896784048933e-08, 9.995263848580474e-08,
    1.1826840429923699e-07, -2.0560080377471985e-07, -4.924618285730967e-07,
    -2.43849421130519e-07, 1.0187355551067117e-06, 2.800755800026758e-06,
    1.255840586562496e-06, -8.615735982984809e-06, -1.8908378026268697e-05,
    6.224682528655973e-06, 8.930987014821671e-05, 8.942132845709419e-05,
    -0.0003143510453266095, -0.0007501848047995308, 0.001126657999257763,
    0.0047848985645251646, -0.007515738410909161, -0.02897644669820922,
    0.12151493052458848, -0.20384429592887768, 0.1672110104141062, 0.5107913526210115,
)  # fmt: skip


def _erfc_from_half(x: Scalar) -> Scalar:
    """1 − erf x for ½ ≤ x ≤ 28."""
    t = (x - 2) / (x + 2)
    square = x * x
    lost = x.fma(x, -square)
    e = elementary.exp(-square)
    return (e - e * lost) * polynomial(t, list(_ERFC)) / x


def sum_of(x: Scalar, y: Scalar) -> Pair:
    """x + y for |x| ≥ |y|."""
    total = x + y
    return total, y - (total - x)


def product(x: Pair, y: Pair) -> Pair:
    """x · y of numbers in two parts."""
    high = x[0] * y[0]
    low = x[0].fma(y[0], -high) + x[0].fma(y[1], x[1] * y[0])
    return sum_of(high, low)


@cache
def _log_terms() -> list[float]:
    """Σ 2 / (2k + 5) zᵏ, for z = s² and s = f / (2 + f) as in a logarithm."""
    return elementary.economised(lambda k: 2 / (2 * k + 5), 0.0, 0.0295, 8)


def _log_twice_as_long(x: Scalar) -> Pair:
    """ln x of a positive number, to some 65 bits."""
    k, f = elementary.parted_any(x)
    n = k.to("float64")
    d = f + 2
    s = f / d
    rest = (-s).fma(d, f) - s * (f - (d - 2))
    s = s, rest / d
    z = product(s, s)
    # ln((1 + s) / (1 − s)) = 2 s + ⅔ s³ + …, the first coefficient in two parts.
    q, lost = sum_of(x.const(2 / 3), z[0] * polynomial(z[0], _log_terms()))
    cube = product(product(s, z), (q, lost + 2 / 3 * 2.0**-54))
    high, low = LN2["float64"]
    total, lost = sum_of(s[0] * 2, cube[0])
    lost = lost + (s[1] * 2 + cube[1])
    big = n * high
    whole, more = sum_of(big, total)
    # For n = 0 the larger of the two is the second.
    whole, more = (n == 0).choose(total, whole), (n == 0).choose(x.const(0), more)
    return sum_of(whole, more + n.fma(low, lost))


@in_double
def power(x: Scalar, y: Scalar) -> Scalar:
    """x to the power of y, as C defines it at special values."""
    size = x.intrinsic("fabs")
    high, low = _log_twice_as_long(size)
    p = high * y
    lost = high.fma(y, -p) + low * y
    inside = clamped(p, -750.0, 711.0)
    k, r = elementary.halved(inside)
    r = r + ((p == inside) & (p == p)).choose(lost, 0.0)  # noqa: PLR0124
    made = elementary.scaled(elementary.exp_less_1(r) + 1, k)
    made = _at_ends(size, y, made)
    whole = y.intrinsic("trunc") == y
    odd = whole & ((y * 0.5).intrinsic("trunc") != y * 0.5)
    made = ((x.signbit()) & odd).choose(-made, made)
    made = ((x < 0) & ~whole & (x > -np.inf)).choose(x.const(np.nan), made)
    nan = (x != x) | (y != y)  # noqa: PLR0124
    made = nan.choose(x.const(np.nan), made)
    return ((y == 0) | (x == 1)).choose(x.const(1), made)


def _at_ends(size: Scalar, y: Scalar, made: Scalar) -> Scalar:
    """The power of |x| where |x| is 0 or ∞, or y is infinite."""
    infinite, nothing = made.const(np.inf), made.const(0)
    grows = ((size > 1) & (y > 0)) | ((size < 1) & (y < 0))
    extreme = grows.choose(infinite, nothing)
    ends = (size == 0) | (size == np.inf)
    made = (ends | (y.intrinsic("fabs") == np.inf)).choose(extreme, made)
    return ((size == 1) & (y.intrinsic("fabs") == np.inf)).choose(made.const(1), made)
