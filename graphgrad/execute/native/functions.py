"""Elementary functions of scalars, as straight code that vectorises.

Each is reduced to a short interval and a polynomial there (Taylor's, or fdlibm's for
the logarithm), exact at ±0, ±∞ and NaN, over denormal numbers too.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from graphgrad.execute.native.scalar import Scalar, register_type

# ln 2 in two parts: n · high is exact for every exponent n.
_LN2 = {
    "float32": (0.693359375, -2.12194440e-4),
    "float64": (6.93147180369123816490e-01, 1.90821492927058770002e-10),
}
_TERMS = {"float32": 7, "float64": 13}
# ln((1 + s) / (1 − s)) − 2s = s · Σ c s^(2k), as in fdlibm's e_log.c.
_LOG = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
    2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
    1.479819860511658591e-01,
)  # fmt: skip
# (tanh x − x) / x³ in powers of x² for |x| < 0.625, as in Cephes' tanhf.c.
_TANH = (
    -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1,
    -3.33332819422e-1,
)  # fmt: skip


def _polynomial(x: Scalar, coefficients: list[float]) -> Scalar:
    """Horner's scheme, the coefficient of the highest power first."""
    total = x.const(coefficients[0])
    for c in coefficients[1:]:
        total = total.fma(x, c)
    return total


def _halved(x: Scalar) -> tuple[Scalar, Scalar]:
    """n and r with x = n ln 2 + r and |r| ≤ ln 2 / 2, for x between the bounds."""
    high, low = _LN2[x.dtype.name]
    n = (x * (1 / (high + low))).intrinsic("rint")
    return n, n.fma(-low, n.fma(-high, x))


def _power_of_2(n: Scalar) -> Scalar:
    """2ⁿ for a whole floating number within the range of normal exponents."""
    size = n.dtype.itemsize
    bias, places = (127, 23) if size == 4 else (1023, 52)
    whole = np.dtype(f"int{8 * size}")
    n = (n == n).choose(n, 0.0)  # noqa: PLR0124 the conversion of NaN is undefined
    k = n.make(n.builder.fptosi(n.value, register_type(whole)), whole)
    return (k + bias).shifted(places).from_bits()


def _clamped(x: Scalar, low: float, high: float) -> Scalar:
    """x between two bounds; NaN stays."""
    x = (x < low).choose(x.const(low), x)
    return (x > high).choose(x.const(high), x)


def exp(x: Scalar) -> Scalar:
    """eˣ."""
    inside = _clamped(x, *((-105, 90) if x.dtype.itemsize == 4 else (-750, 711)))
    n, r = _halved(inside)
    terms = [1 / factorial(k) for k in range(_TERMS[x.dtype.name], -1, -1)]
    # Two factors: 2ⁿ alone may lie outside of what a number can hold.
    half = (n * 0.5).intrinsic("rint")
    return _polynomial(r, terms) * _power_of_2(half) * _power_of_2(n - half)


def expm1(x: Scalar) -> Scalar:
    """eˣ − 1, exact to rounding near 0."""
    inside = _clamped(x, *((-20, 89) if x.dtype.itemsize == 4 else (-40, 710)))
    n, r = _halved(inside)
    terms = [1 / factorial(k) for k in range(_TERMS[x.dtype.name] + 1, 1, -1)]
    rest = (_polynomial(r, terms) * r).fma(r, r)  # r itself is exact
    scale = _power_of_2(n - 1)
    made = (rest.fma(scale, scale - 0.5)) * 2
    return (x == 0).choose(x, made)


def log(x: Scalar) -> Scalar:
    """ln x; −∞ at 0, NaN below."""
    n, s, f, h = _mantissa(x)
    square = s * s
    rest = square * _polynomial(square, list(reversed(_LOG)))
    high, low = _LN2[x.dtype.name]
    made = n.fma(high, f - (h - s.fma(h + rest, n * low)))
    made = (x == 0).choose(x.const(-np.inf), made)
    made = (x < 0).choose(x.const(np.nan), made)
    usual = x < np.inf  # neither ∞ nor NaN
    return usual.choose(made, (x != x).choose(x, x.const(np.inf)))  # noqa: PLR0124


def _mantissa(x: Scalar) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """n, s, f, h of x = 2ⁿ (1 + f), √½ ≤ 1 + f < √2, s = f / (2 + f), h = f² / 2."""
    single = x.dtype.itemsize == 4
    places, bias = (23, 127) if single else (52, 1023)
    tiny = x < float(np.finfo(x.dtype).smallest_normal)
    scaled = tiny.choose(x * float(2.0 ** (places + 2)), x)
    bits = scaled.bits()
    # Adding what is missing to √½'s bits carries into the exponent above √2.
    root = np.asarray(np.sqrt(0.5), x.dtype).view(bits.dtype).item()
    one = np.asarray(1.0, x.dtype).view(bits.dtype).item()
    moved = bits + (one - root)
    exponent = moved.shifted(-places) - bias
    fraction = (moved & ((1 << places) - 1)) + root
    n = exponent.to(x.dtype) - tiny.choose(x.const(places + 2), x.const(0))
    f = fraction.from_bits() - 1
    s = f / (f + 2)
    return n, s, f, f * f * 0.5


def log1p(x: Scalar) -> Scalar:
    """ln(1 + x), exact to rounding near 0."""
    u = x + 1
    lost = (x - (u - 1)) / u
    made = log(u) + (u < np.inf).choose(lost, x.const(0))
    made = (u == 0).choose(x.const(-np.inf), made)
    return (x == 0).choose(x, made)


def tanh(x: Scalar) -> Scalar:
    """Hyperbolic tangent, by e²ˣ − 1."""
    size = x.intrinsic("fabs")
    t = expm1(_clamped(size, 0.0, 22.0) * 2)
    made = t / (t + 2)
    if x.dtype.itemsize == 4:
        square = size * size
        small = (_polynomial(square, list(_TANH)) * square).fma(size, size)
        made = (size < 0.625).choose(small, made)
    return made.intrinsic("copysign", x)
