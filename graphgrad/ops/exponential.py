"""Exponentials, logarithms, roots and the error function, element by element."""

from __future__ import annotations

import math
from typing import Any

from graphgrad.domains import over
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.ops.comparison import equal, isfinite, where
from graphgrad.ops.strong import strong_divide, strong_multiply


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, out),),
    domain=over((-10, 10)),
    method=True,
    glyph="exp",
)
def exp(xp: Any, x: Any, /) -> Any:
    """Exponential eˣ."""
    return xp.exp(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, out * math.log(2)),),
    domain=over((-10, 10)),
)
def exp2(xp: Any, x: Any, /) -> Any:
    """Power of two 2ˣ."""
    return xp.exp2(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, exp(x)),),
    domain=over((-10, 10)),
)
def expm1(xp: Any, x: Any, /) -> Any:
    """eˣ − 1, precise for small x."""
    return xp.expm1(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, x),),
    domain=over((0.1, 10)),
    glyph="log",
    method=True,
)
def log(xp: Any, x: Any, /) -> Any:
    """Natural logarithm; −∞ at 0 and NaN below."""
    return xp.log(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, x * math.log(2)),),
    domain=over((0.1, 10)),
)
def log2(xp: Any, x: Any, /) -> Any:
    """Logarithm to base 2."""
    return xp.log2(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, x * math.log(10)),),
    domain=over((0.1, 10)),
)
def log10(xp: Any, x: Any, /) -> Any:
    """Logarithm to base 10."""
    return xp.log10(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, 1 + x),),
    domain=over((-0.9, 10)),
)
def log1p(xp: Any, x: Any, /) -> Any:
    """log(1 + x), precise for small x."""
    return xp.log1p(x)


def _share(x: Any, y: Any, out: Any) -> Any:
    """eˣ / (eˣ + eʸ); where that is ∞ / ∞, all to the infinite one, or half to each."""
    infinite = where(equal(x, math.inf), where(equal(x, y), 0.5, 1.0), 0.0)
    return where(isfinite(out), exp(x - out), infinite)


@primitive(
    real=True,
    dtype="floating",
    vjp=(
        lambda g, out, x, y: strong_multiply(g, _share(x, y, out)),
        lambda g, out, x, y: strong_multiply(g, _share(y, x, out)),
    ),
    domain=over((-10, 10), (-10, 10), analytic=False),
)
def logaddexp(xp: Any, x: Any, y: Any, /) -> Any:
    """log(eˣ + eʸ), without overflow."""
    return xp.logaddexp(x, y)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, 2 * out),),
    domain=over((0.1, 10)),
    glyph="√",
    method=True,
)
def sqrt(xp: Any, x: Any, /) -> Any:
    """Square root; the gradient at 0 is ∞, as its slope is."""
    return xp.sqrt(x)


@primitive(
    real=True,
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, 3 * (out * out)),),
    domain=over((0.1, 10), analytic=False),
    glyph="∛",
)
def cbrt(xp: Any, x: Any, /) -> Any:
    """Cube root, of negative x too."""
    return xp.cbrt(x)


@primitive(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, 2 / math.sqrt(math.pi) * exp(-(x * x))),),
    domain=over((-3, 3)),
    like="scipy.special.erf",
)
def erf(xp: Any, x: Any, /) -> Any:
    """Error function 2/√π ∫₀ˣ exp(−t²) dt."""
    return xp.erf(x)


@primitive(
    dtype="floating",
    vjp=(
        lambda g, out, x: -strong_multiply(g, 2 / math.sqrt(math.pi) * exp(-(x * x))),
    ),
    domain=over((-3, 3)),
    like="scipy.special.erfc",
)
def erfc(xp: Any, x: Any, /) -> Any:
    """1 − erf(x), precise for large x."""
    return xp.erfc(x)


__all__ = declared(globals())
