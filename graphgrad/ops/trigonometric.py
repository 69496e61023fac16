"""Trigonometric and hyperbolic functions and their inverses, element by element."""

from __future__ import annotations

from typing import Any

from graphgrad.domains import over
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.ops.arithmetic import square
from graphgrad.ops.exponential import sqrt
from graphgrad.ops.strong import strong_divide, strong_multiply


@primitive(
    dtype="floating", vjp=(lambda g, out, x: strong_multiply(g, cos(x)),), glyph="sin"
)
def sin(xp: Any, x: Any, /) -> Any:
    """Sine of x in radians."""
    return xp.sin(x)


@primitive(
    dtype="floating", vjp=(lambda g, out, x: -strong_multiply(g, sin(x)),), glyph="cos"
)
def cos(xp: Any, x: Any, /) -> Any:
    """Cosine of x in radians."""
    return xp.cos(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, 1 + square(out)),),
    domain=over((-1.4, 1.4)),
)
def tan(xp: Any, x: Any, /) -> Any:
    """Tangent of x in radians."""
    return xp.tan(x)


# (1 − x)(1 + x) keeps the digits that 1 − x² loses near ±1.
@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, sqrt((1 - x) * (1 + x))),),
    domain=over((-0.9, 0.9)),
)
def asin(xp: Any, x: Any, /) -> Any:
    """Inverse sine, in [−π/2, π/2]."""
    return xp.asin(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: -strong_divide(g, sqrt((1 - x) * (1 + x))),),
    domain=over((-0.9, 0.9)),
)
def acos(xp: Any, x: Any, /) -> Any:
    """Inverse cosine, in [0, π]."""
    return xp.acos(x)


@primitive(dtype="floating", vjp=(lambda g, out, x: strong_divide(g, 1 + square(x)),))
def atan(xp: Any, x: Any, /) -> Any:
    """Inverse tangent, in [−π/2, π/2]."""
    return xp.atan(x)


@primitive(
    real=True,
    dtype="floating",
    vjp=(
        lambda g, out, y, x: strong_divide(
            strong_multiply(g, x), square(x) + square(y)
        ),
        lambda g, out, y, x: (
            -strong_divide(strong_multiply(g, y), square(x) + square(y))
        ),
    ),
    domain=over((0.1, 10), (0.1, 10), analytic=False),
)
def atan2(xp: Any, y: Any, x: Any, /) -> Any:
    """Angle of the point (x, y), in [−π, π]; the gradient at the origin is 0."""
    return xp.atan2(y, x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, cosh(x)),),
    domain=over((-5, 5)),
)
def sinh(xp: Any, x: Any, /) -> Any:
    """Hyperbolic sine (eˣ − e⁻ˣ) / 2."""
    return xp.sinh(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, sinh(x)),),
    domain=over((-5, 5)),
)
def cosh(xp: Any, x: Any, /) -> Any:
    """Hyperbolic cosine (eˣ + e⁻ˣ) / 2."""
    return xp.cosh(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, (1 - out) * (1 + out)),),
    domain=over((-3, 3)),
    glyph="tanh",
    method=True,
)
def tanh(xp: Any, x: Any, /) -> Any:
    """Hyperbolic tangent, an activation between −1 and 1 (book §6.2.2)."""
    return xp.tanh(x)


@primitive(
    dtype="floating", vjp=(lambda g, out, x: strong_divide(g, sqrt(square(x) + 1)),)
)
def asinh(xp: Any, x: Any, /) -> Any:
    """Inverse hyperbolic sine."""
    return xp.asinh(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, sqrt((x - 1) * (x + 1))),),
    domain=over((1.1, 10)),
)
def acosh(xp: Any, x: Any, /) -> Any:
    """Inverse hyperbolic cosine of x ≥ 1."""
    return xp.acosh(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, (1 - x) * (1 + x)),),
    domain=over((-0.9, 0.9)),
)
def atanh(xp: Any, x: Any, /) -> Any:
    """Inverse hyperbolic tangent of −1 < x < 1."""
    return xp.atanh(x)


__all__ = declared(globals())
