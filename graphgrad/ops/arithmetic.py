"""Arithmetic, element by element, with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import over
from graphgrad.dtypes import FLOAT, iinfo
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import CONSTANT, declared
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.comparison import equal, greater, less, logical_and, where
from graphgrad.ops.complex import conj, real
from graphgrad.ops.exponential import log
from graphgrad.ops.strong import strong_divide, strong_multiply
from graphgrad.ops.structure import ones_like, zeros_like

_PAIR = over((-10, 10), (-10, 10))


@primitive(
    vjp=(lambda g, out, x, y: g, lambda g, out, x, y: g),
    domain=_PAIR,
    glyph="+",
    operators=("__add__", "__radd__"),
)
def add(xp: Any, x: Any, y: Any, /) -> Any:
    """Sum x + y. The gradient passes to both unchanged (book §5.3.1)."""
    return x + y


@primitive(
    vjp=(lambda g, out, x, y: g, lambda g, out, x, y: -g),
    domain=_PAIR,
    glyph="−",
    operators=("__sub__", "__rsub__"),
)
def subtract(xp: Any, x: Any, y: Any, /) -> Any:
    """Difference x − y."""
    return x - y


@primitive(
    vjp=(
        lambda g, out, x, y: strong_multiply(g, y),
        lambda g, out, x, y: strong_multiply(g, x),
    ),
    domain=_PAIR,
    glyph="×",
    operators=("__mul__", "__rmul__"),
)
def multiply(xp: Any, x: Any, y: Any, /) -> Any:
    """Product x · y. What arrives is multiplied by the other factor (book §5.3.2)."""
    return x * y


@primitive(
    dtype="floating",
    vjp=(
        lambda g, out, x, y: strong_divide(g, y),
        lambda g, out, x, y: -strong_multiply(strong_divide(g, y), out),
    ),
    domain=over((-10, 10), (0.1, 10)),
    glyph="÷",
    operators=("__truediv__", "__rtruediv__"),
)
def divide(xp: Any, x: Any, y: Any, /) -> Any:
    """Quotient x / y; integers are divided as float64."""
    return x / y


@primitive(vjp=(lambda g, out, x: -g,), glyph="neg", operators=("__neg__",))
def negative(xp: Any, x: Any, /) -> Any:
    """Negation −x."""
    return -x


@primitive(vjp=(lambda g, out, x: g,), operators=("__pos__",))
def positive(xp: Any, x: Any, /) -> Any:
    """The value itself, +x."""
    return +x


def _power_of_base(g: Any, out: Any, x: Any, y: Any) -> Any:
    """y · xʸ⁻¹, without the NaN of 0 · 0⁻¹ where x and y are 0: x⁰ is constant."""
    if isinstance(y, Tensor) and y.op is CONSTANT:
        y = y._value  # a number in the derivative's graph, not a calculation
    if isinstance(y, Tensor) or not np.all(y):
        x = where(logical_and(equal(x, 0), equal(y, 0)), 1, x)
    return strong_multiply(g, y * x ** (y - 1))


# log(0) · 0ʸ would be NaN too, where the derivative by the exponent is 0.
@primitive(
    dtype="number",
    vjp=(
        _power_of_base,
        lambda g, out, x, y: strong_multiply(g, out * log(where(equal(x, 0), 1, x))),
    ),
    domain=over((0.1, 5), (-3, 3)),
    glyph="pow",
    operators=("__pow__", "__rpow__"),
)
def power(xp: Any, x: Any, y: Any, /) -> Any:
    """Power xʸ. The gradient of a negative x's exponent is NaN; that of x⁰ is 0."""
    return xp.pow(x, y)


pow = power  # as the array API standard calls it


@primitive(
    dtype="number",
    real=True,
    vjp=(
        lambda g, out, x, y: g,
        lambda g, out, x, y: -strong_multiply(g, floor_divide(x, y)),
    ),
    domain=over((0.1, 0.9), (1.1, 2)),
    glyph="mod",
    operators=("__mod__", "__rmod__"),
)
def remainder(xp: Any, x: Any, y: Any, /) -> Any:
    """Remainder x − y⌊x / y⌋, with the sign of y; its jumps carry no gradient."""
    return xp.remainder(x, y)


@primitive(
    dtype="number",
    real=True,
    vjp=(
        lambda g, out, x, y: zeros_like(out),
        lambda g, out, x, y: zeros_like(out),
    ),
    domain=over((0.1, 0.9), (1.1, 2)),
    operators=("__floordiv__", "__rfloordiv__"),
)
def floor_divide(xp: Any, x: Any, y: Any, /) -> Any:
    """⌊x / y⌋; the gradient is zero, at the jumps too."""
    return xp.floor_divide(x, y)


@primitive(vjp=(lambda g, out, x: strong_multiply(g, 2 * x),), glyph="x²", method=True)
def square(xp: Any, x: Any, /) -> Any:
    """Square x²."""
    return x * x


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: -strong_multiply(g, out * out),),
    domain=over((0.1, 10)),
    glyph="1/x",
)
def reciprocal(xp: Any, x: Any, /) -> Any:
    """Reciprocal 1 / x."""
    return 1 / x


# In a complex z, d|z| = Re(z̄/|z| dz), and z̄/|z| = sign(z)* is the sign for a real z.
@primitive(
    dtype="real",
    vjp=(lambda g, out, x: strong_multiply(g, conj(sign(x))),),
    domain=over((-10, 10), kinks=(0.0,), analytic=False),
    glyph="|x|",
    operators=("__abs__",),
    method=True,
)
def abs(xp: Any, x: Any, /) -> Any:
    """Absolute value |x|; the gradient at 0 is 0, the mean of the slopes."""
    return xp.abs(x)


def _sign_vjp(g: Any, out: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return zeros_like(x)
    # eⁱᶿ moves by i·eⁱᶿ dθ, and dθ = Re(−i dz / z).
    return real(1j * g * out) * (-1j / where(equal(x, 0), 1, x))


@primitive(
    vjp=(_sign_vjp,),
    domain=over((-10, 10), kinks=(0.0,), analytic=False),
    method=True,
)
def sign(xp: Any, x: Any, /) -> Any:
    """−1, 0 or 1 by the sign of x, z/|z| of a complex z; the gradient at 0 is zero."""
    return xp.sign(x)


def _share(g: Any, ahead: Any, tied: Any) -> Any:
    return where(ahead, g, where(tied, g * 0.5, 0))


@primitive(
    real=True,
    vjp=(
        lambda g, out, x, y: _share(g, greater(x, y), equal(x, y)),
        lambda g, out, x, y: _share(g, greater(y, x), equal(x, y)),
    ),
    domain=over((-10, 10), (-10, 10), ties=True, analytic=False),
    glyph="max",
)
def maximum(xp: Any, x: Any, y: Any, /) -> Any:
    """The larger of x and y; a tie shares the gradient, half to each."""
    return xp.maximum(x, y)


@primitive(
    real=True,
    vjp=(
        lambda g, out, x, y: _share(g, less(x, y), equal(x, y)),
        lambda g, out, x, y: _share(g, less(y, x), equal(x, y)),
    ),
    domain=over((-10, 10), (-10, 10), ties=True, analytic=False),
    glyph="min",
)
def minimum(xp: Any, x: Any, y: Any, /) -> Any:
    """The smaller of x and y; a tie shares the gradient, half to each."""
    return xp.minimum(x, y)


def _bounds(x: Any, /, min: Any = None, max: Any = None) -> Any:
    lowest, highest = -float("inf"), float("inf")
    if getattr(x, "dtype", FLOAT).kind in "iu":  # infinity would widen them
        lowest, highest = iinfo(x).min, iinfo(x).max
    return (x, lowest if min is None else min, highest if max is None else max), {}


@composite(
    prepare=_bounds,
    domain=over(
        (-10, 10),
        (-5, 0),
        (1, 5),
        valid=lambda x, low, high: bool(np.all(np.less(low, high))),
        ties=True,
        analytic=False,
    ),
    method=True,
)
def clip(x: Any, min: Any, max: Any, /) -> Any:
    """x kept within [min, max]; at a bound x and the bound share the gradient.

    Either bound may be left out.
    """
    return minimum(maximum(x, min), max)


# At the origin the slope depends on the direction; 0 is the mean of all.
def _of_size(x: Any, out: Any) -> Any:
    return x / where(equal(out, 0), 1, out)


@primitive(
    real=True,
    dtype="floating",
    vjp=(
        lambda g, out, x, y: strong_multiply(g, _of_size(x, out)),
        lambda g, out, x, y: strong_multiply(g, _of_size(y, out)),
    ),
    domain=over((0.1, 10), (0.1, 10), analytic=False),
)
def hypot(xp: Any, x: Any, y: Any, /) -> Any:
    """√(x² + y²), without overflow on the way; the gradient at (0, 0) is 0."""
    return xp.hypot(x, y)


@primitive(
    real=True,
    dtype="floating",
    vjp=(
        lambda g, out, x, y: strong_multiply(
            g, copysign(ones_like(x), x) * copysign(1.0, y)
        ),
        lambda g, out, x, y: zeros_like(out),
    ),
    domain=over((0.1, 10), (0.1, 10), analytic=False),
)
def copysign(xp: Any, x: Any, y: Any, /) -> Any:
    """|x| with the sign of y."""
    return xp.copysign(x, y)


@primitive(
    real=True,
    dtype="floating",
    vjp=(lambda g, out, x, y: g, lambda g, out, x, y: zeros_like(out)),
    domain=over((0.1, 10), (0.1, 10), analytic=False),
)
def nextafter(xp: Any, x: Any, y: Any, /) -> Any:
    """The number next to x on the way to y; it moves as x does."""
    return xp.nextafter(x, y)


def _step(name: str, doc: str) -> Any:
    def forward(xp: Any, x: Any, /) -> Any:
        return getattr(xp, name)(x) if x.dtype.kind in "fc" else x

    forward.__name__, forward.__doc__ = name, doc
    return primitive(
        vjp=(lambda g, out, x: zeros_like(x),),
        domain=over((0.6, 0.9), analytic=False),
        real=name != "round",
    )(forward)


floor = _step("floor", "⌊x⌋; the gradient is zero, at the jumps too.")
ceil = _step("ceil", "⌈x⌉; the gradient is zero, at the jumps too.")
trunc = _step("trunc", "x without its fraction; the gradient is zero.")
round = _step("round", "The nearest integer, halves to even; the gradient is zero.")

__all__ = declared(globals())
