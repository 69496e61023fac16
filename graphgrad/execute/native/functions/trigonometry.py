"""Sine, cosine and tangent over the whole range.

A number is m · 2ᵉ with a whole m. How many right angles that is, but for whole turns,
is m times a number that depends on e alone, which a table holds to 212 bits (Payne and
Hanek, Radian reduction for trigonometric functions, 1983). float32 is computed in
float64.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import pi

from graphgrad.execute.native.functions.derived import Pair, product, sum_of
from graphgrad.execute.native.functions.elementary import nearest, polynomial
from graphgrad.execute.native.scalar import Scalar

_PARTS = 4  # numbers per exponent
_LOWEST = -53  # of the exponents e: below, numbers are less than half a right angle
_HIGHEST = 971
_BITS = 1300  # of 2 / π: as many as the largest number needs, and 200 more
# Kernels of sine and cosine for |r| ≤ π / 4, as in fdlibm's k_sin.c and k_cos.c.
_SIN = (
    1.58969099521155010221e-10, -2.50507602534068634195e-08,
    2.75573137070700676789e-06, -1.98412698298579493134e-04,
    8.33333333332248946124e-03, -1.66666666666666324348e-01,
)  # fmt: skip
_COS = (
    -1.13596475577881948265e-11, 2.08757232129817482790e-09,
    -2.75573143513906633035e-07, 2.48015872894767294178e-05,
    -1.38888888888741095749e-03, 4.16666666666666019037e-02,
)  # fmt: skip
_RIGHT = (pi / 2, 6.123233995736766e-17)  # a right angle, in two parts


@cache
def _right_angles() -> tuple[float, ...]:
    """2ᵉ · 2 / π modulo 4 in parts, for all e."""
    unit = 1 << _BITS
    whole = _two_over_pi()
    found: list[float] = []
    for e in range(_LOWEST, _HIGHEST + 1):
        shifted = whole << e if e >= 0 else whole >> -e
        rest = Fraction(shifted % (4 * unit), unit)
        for _ in range(_PARTS):
            found.append(float(rest))
            rest -= Fraction(found[-1])
    return tuple(found)


def _two_over_pi() -> int:
    """2 / π in units of 2 to the power of minus _BITS, by Machin's formula."""
    more = _BITS + 64

    def arctangent_of_inverse(n: int) -> int:
        power = total = (1 << more) // n
        k, square = 3, n * n
        while power:
            power //= -square
            total += power // k
            k += 2
        return total

    circle = 4 * (4 * arctangent_of_inverse(5) - arctangent_of_inverse(239))
    return (1 << (more + _BITS + 1)) // circle


def _in_turns(x: Scalar, parts: int, digits: int = 53) -> tuple[Scalar, list[Scalar]]:
    """m of so many digits, and how many right angles 2ᵉ is, for |x| = m · 2ᵉ."""
    bits = x.bits()
    e = (bits.shifted(-52) & 0x7FF) - (1022 + digits)
    e = (e < _LOWEST).choose(e.const(_LOWEST), e)
    e = (e > _HIGHEST).choose(e.const(_HIGHEST), e)
    m = ((bits & ((1 << 52) - 1)) + (1 << 52)).to("float64") * 2.0 ** (digits - 53)
    at = (e - _LOWEST) * _PARTS
    table = _right_angles()
    return m, [(at + k).looked_up("right_angles", table) for k in range(parts)]


def _without_turns(x: Scalar) -> Scalar:
    return x - (x * 0.25).intrinsic("rint") * 4


def _reduced(x: Scalar) -> tuple[Scalar, Pair]:
    """n and r with |x| = n right angles + r, but for turns; r in two parts."""
    m, parts = _in_turns(x, _PARTS)
    terms: list[Scalar] = []
    for part in parts:
        whole = m * part
        terms += [whole, m.fma(part, -whole)]
    terms[0] = _without_turns(terms[0])
    n, count = nearest(terms[0] + terms[1] + terms[2])
    left = _summed([-n, *terms])
    angle = product(left, (x.const(_RIGHT[0]), x.const(_RIGHT[1])))
    size = x.intrinsic("fabs")
    small = size < 0.5
    r = small.choose(size, angle[0]), small.choose(x.const(0), angle[1])
    return small.choose(count.const(0), count), r


def _reduced_shortly(x: Scalar) -> tuple[Scalar, Scalar]:
    """The same for a number of 24 bits, r to 50 bits."""
    m, (first, second) = _in_turns(x, 2, 24)
    high = m * first
    turned = _without_turns(high)
    n, count = nearest(turned)
    left = (turned - n) + m.fma(first, -high) + m * second
    size = x.intrinsic("fabs")
    small = size < 0.5
    return small.choose(count.const(0), count), small.choose(size, left * _RIGHT[0])


def _summed(terms: list[Scalar]) -> Pair:
    """A sum as if computed with three times the digits, however much cancels.

    By error-free transformations (Ogita, Rump and Oishi, Accurate sum and dot product,
    2005).
    """
    terms = list(terms)
    for _ in range(2):
        for i in range(1, len(terms)):
            terms[i], terms[i - 1] = _with_error(terms[i], terms[i - 1])
    rest = terms[0]
    for term in terms[1:-1]:
        rest = rest + term
    return sum_of(terms[-1], rest)


def _with_error(x: Scalar, y: Scalar) -> Pair:
    """x + y, and what it lost, whichever is larger."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _sine(r: Pair) -> Scalar:
    x, low = r
    z = x * x
    cube = z * x
    tail = polynomial(z, list(_SIN[:-1]))
    return x - ((z * (low * 0.5 - cube * tail) - low) - cube * _SIN[-1])


def _cosine(r: Pair) -> Scalar:
    x, low = r
    z = x * x
    tail = z * z * polynomial(z, list(_COS))
    half = z * 0.5
    near = 1 - half
    return near + (((1 - near) - half) + (tail - x * low))


def _turned(x: Scalar, quarter: int) -> Scalar:
    """The sine of |x| and so many right angles; NaN at ∞."""
    if x.dtype.itemsize == 4:
        n, r = _reduced_shortly(x.to("float64"))
        z = r * r
        sine = (polynomial(z, list(_SIN[2:])) * z).fma(r, r)
        cosine = (z * z).fma(polynomial(z, list(_COS[2:])), z.fma(-0.5, 1.0))
    else:
        n, pair = _reduced(x)
        sine, cosine = _sine(pair), _cosine(pair)
    n = n + quarter
    made = ((n & 1) == 0).choose(sine, cosine)
    made = ((n & 2) == 0).choose(made, -made)
    return (x - x == 0).choose(made, (x - x).to("float64"))


def sin(x: Scalar) -> Scalar:
    """Sine."""
    made = _turned(x, 0)
    return x.signbit().choose(-made, made).to(x.dtype)


def cos(x: Scalar) -> Scalar:
    """Cosine."""
    return _turned(x, 1).to(x.dtype)


def tan(x: Scalar) -> Scalar:
    """Tangent."""
    made = _turned(x, 0) / _turned(x, 1)
    return x.signbit().choose(-made, made).to(x.dtype)
