"""Elementary functions of scalars, as straight code that vectorises.

Each is reduced to a short interval and a polynomial there, exact at ±0, ±∞ and NaN,
over denormal numbers too. Polynomials come from power series by Chebyshev's economy:
cut where it costs least over the whole interval, not near 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import factorial

import numpy as np

from graphgrad.execute.native.scalar import Scalar, has_scaling

_TERMS = 45  # of a power series, of which all that matters is in fewer
# ln 2 in two parts: n · high is exact for every exponent n.
LN2 = {
    "float32": (0.693359375, -2.12194440e-4),
    "float64": (6.93147180369123816490e-01, 1.90821492927058770002e-10),
}
# ln((1 + s) / (1 − s)) − 2s = s · Σ c s^(2k), as in fdlibm's e_log.c.
LOG = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
)  # fmt: skip
# (tanh x − x) / x³ in powers of x² for |x| < 0.625, as in Cephes' tanhf.c.
_TANH = (
    -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
    -3.33332819422e-1,
)  # fmt: skip


def economised(
    series: Callable[[int], float], low: float, high: float, degree: int
) -> list[float]:
    """A power series over an interval as a polynomial, its highest power first.

    Horner's scheme in Chebyshev's polynomials T gives the series there; Clenshaw's
    recurrence of 1955 turns what is kept of it into powers again.
    """
    middle, half = (low + high) / 2, (high - low) / 2
    long = np.zeros(_TERMS + 1)
    for k in reversed(range(_TERMS)):
        beside = half / 2 * long  # x Tₙ = middle Tₙ + half (Tₙ₊₁ + Tₙ₋₁) / 2
        long *= middle
        long[1:] += beside[:-1]
        long[:-1] += beside[1:]
        long[1] += beside[0]
        long[0] += series(k)
    u = np.array([1, -middle]) / half
    last, total = np.zeros(1), np.zeros(1)
    for c in long[degree:0:-1]:
        last, total = total, np.polysub(np.polyadd(np.polymul(2 * u, total), c), last)
    made = np.polyadd(np.polysub(np.polymul(u, total), last), long[0])
    return [float(c) for c in made]


@cache
def _exp_terms(dtype: np.dtype) -> list[float]:
    """(eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2."""
    degree = 4 if dtype.itemsize == 4 else 9
    return economised(lambda k: 1 / factorial(k + 2), -0.3466, 0.3466, degree)


@cache
def _log_terms() -> list[float]:
    """(ln(1 + f) − f + f² / 2) / f³ for √½ ≤ 1 + f ≤ √2, to float32's precision."""
    return economised(lambda k: (-1) ** k / (k + 3), -0.2929, 0.4143, 8)


def polynomial(x: Scalar, coefficients: list[float]) -> Scalar:
    """Horner's scheme, the coefficient of the highest power first."""
    total = x.const(coefficients[0])
    for c in coefficients[1:]:
        total = total.fma(x, c)
    return total


def _layout(x: Scalar) -> tuple[int, int]:
    """The places of the fraction, and the exponent's bias."""
    return (23, 127) if x.dtype.itemsize == 4 else (52, 1023)


def _power_of_2(k: Scalar, like: Scalar) -> Scalar:
    """2ᵏ for a whole number within the range of normal exponents."""
    places, bias = _layout(like)
    return (k + bias).shifted(places).from_bits()


def nearest(x: Scalar, factor: float = 1.0) -> tuple[Scalar, Scalar]:
    """The whole number nearest to x · factor, of moderate size: as a float, as integer.

    A number so large that it has no places left for a fraction is added: the sum's
    last bits are the integer's. (Of NaN they are any number.)
    """
    large = x.const(1.5 * 2 ** _layout(x)[0])
    rounded = x.fma(factor, large)
    return rounded - large, rounded.bits() - large.bits()


def halved(x: Scalar) -> tuple[Scalar, Scalar]:
    """k, whole, and r with x = k ln 2 + r, |r| ≤ ln 2 / 2; x is of moderate size."""
    high, low = LN2[x.dtype.name]
    n, k = nearest(x, 1 / (high + low))
    return k, n.fma(-low, n.fma(-high, x))


def exp_less_1(r: Scalar) -> Scalar:
    """eʳ − 1 for |r| ≤ ln 2 / 2."""
    return (polynomial(r, _exp_terms(r.dtype)) * r).fma(r, r)  # r itself is exact


def clamped(x: Scalar, low: float, high: float) -> Scalar:
    """x between two bounds; NaN stays."""
    x = (x < low).choose(x.const(low), x)
    return (x > high).choose(x.const(high), x)


def scaled(x: Scalar, k: Scalar) -> Scalar:
    """x · 2ᵏ, where 2ᵏ alone may lie outside of what a number can hold."""
    if has_scaling():
        return x.scaled(k)
    half = k.shifted(-1)
    return x * _power_of_2(half, x) * _power_of_2(k - half, x)


def exp(x: Scalar) -> Scalar:
    """eˣ."""
    k, r = halved(clamped(x, *((-105, 90) if x.dtype.itemsize == 4 else (-750, 711))))
    made = scaled(exp_less_1(r) + 1, k)
    return made.within(0.0, np.inf if x.high > 0 else 1.0)


def expm1(x: Scalar) -> Scalar:
    """eˣ − 1, exact to rounding near 0."""
    k, r = halved(clamped(x, *((-20, 89) if x.dtype.itemsize == 4 else (-40, 710))))
    scale = _power_of_2(k - 1, x)
    made = exp_less_1(r).fma(scale, scale - 0.5) * 2
    return (x == 0).choose(x, made)


def log(x: Scalar) -> Scalar:
    """ln x; −∞ at 0, NaN below."""
    made = (x == 0).choose(x.const(-np.inf), _log_of_parts(*parted_any(x)))
    made = (x < 0).choose(x.const(np.nan), made)
    return (x < np.inf).choose(made, x)  # else ∞ or NaN


def log1p(x: Scalar) -> Scalar:
    """ln(1 + x), exact to rounding near 0."""
    u = x + 1
    k, f = parted(u)
    # What 1 + x lost in rounding goes into the fraction.
    whole = (x - (u - 1)).fma(_power_of_2(-k, x), f)
    made = _log_of_parts(k, (u >= 2.0 ** (_layout(x)[0] + 1)).choose(f, whole))
    made = (u == 0).choose(x.const(-np.inf), made)
    made = (u < 0).choose(x.const(np.nan), made)
    made = (x >= np.inf).choose(x, made)
    return (x == 0).choose(x, made)


def parted(x: Scalar) -> tuple[Scalar, Scalar]:
    """k, whole, and f of x = 2ᵏ (1 + f) with √½ ≤ 1 + f < √2, for normal x > 0."""
    places, bias = _layout(x)
    bits = x.bits()
    # Adding what is missing to √½'s bits carries into the exponent above √2.
    root = np.asarray(np.sqrt(0.5), x.dtype).view(bits.dtype).item()
    one = np.asarray(1.0, x.dtype).view(bits.dtype).item()
    moved = bits + (one - root)
    fraction = (moved & ((1 << places) - 1)) + root
    return moved.shifted(-places) - bias, fraction.from_bits() - 1


def parted_any(x: Scalar) -> tuple[Scalar, Scalar]:
    """The same for denormal numbers too."""
    places, _ = _layout(x)
    tiny = x < float(np.finfo(x.dtype).smallest_normal)
    k, f = parted(tiny.choose(x * 2.0 ** (places + 2), x))
    return k - tiny.choose(k.const(places + 2), k.const(0)), f


def _log_of_parts(k: Scalar, f: Scalar) -> Scalar:
    """k ln 2 + ln(1 + f)."""
    n, (high, low) = k.to(f.dtype), LN2[f.dtype.name]
    square = f * f
    if f.dtype.itemsize == 4:
        rest = n.fma(low, square * f * polynomial(f, _log_terms()))
        return n.fma(high, f + square.fma(-0.5, rest))
    s, half = f / (f + 2), square * 0.5
    z = s * s
    rest = half + z * polynomial(z, list(reversed(LOG)))
    return n.fma(high, f - (half - s.fma(rest, n * low)))


def tanh(x: Scalar) -> Scalar:
    """Hyperbolic tangent: by e²ˣ, and near 0 by its series."""
    size = x.intrinsic("fabs")
    if x.dtype.itemsize == 8:
        t = expm1(clamped(size, 0.0, 22.0) * 2)
        return (t / (t + 2)).intrinsic("copysign", x)
    k, r = halved(clamped(size, 0.0, 10.0) * 2)
    made = -2 / ((exp_less_1(r) + 1) * _power_of_2(k, x) + 1) + 1
    square = size * size
    near = (polynomial(square, list(_TANH)) * square).fma(size, size)
    return (size < 0.625).choose(near, made).intrinsic("copysign", x)
