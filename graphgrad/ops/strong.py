"""Products and quotients in which 0 stays 0, whatever the other factor.

A branch that `where` did not choose gets the gradient 0. Where the slope there is
infinite or NaN, as that of √x at 0, IEEE's 0 · ∞ would make it NaN and spoil all that
is added to it; but what has no influence has the gradient 0, however steep it is.
Gradient rules whose slope may be infinite are written with these.
"""

from __future__ import annotations

from typing import Any

from graphgrad.domains import over
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.ops.comparison import equal, where


@primitive(
    vjp=(
        lambda g, out, x, y: strong_multiply(g, y),
        # Where x is 0 so is the result, for every y.
        lambda g, out, x, y: where(equal(x, 0), 0, strong_multiply(g, x)),
    ),
    domain=over((-10, 10), (-10, 10)),
    glyph="×",
)
def strong_multiply(xp: Any, x: Any, y: Any, /) -> Any:
    """x · y, and 0 wherever x is 0, even where y is infinite or NaN.

    For gradient rules: x is what arrives, y the slope.

    Example:
        >>> import graphgrad as gg
        >>> import numpy as np
        >>> gg.strong_multiply(np.array([0.0, 2.0]), np.array([np.inf, 3.0]))
        array([0., 6.])
    """
    return xp.strong(x, x * y)


@primitive(
    dtype="floating",
    vjp=(
        lambda g, out, x, y: strong_divide(g, y),
        lambda g, out, x, y: where(
            equal(x, 0), 0, -strong_multiply(strong_divide(g, y), out)
        ),
    ),
    domain=over((-10, 10), (0.1, 10)),
    glyph="÷",
)
def strong_divide(xp: Any, x: Any, y: Any, /) -> Any:
    """x / y, and 0 wherever x is 0, even where y is 0 or NaN.

    For gradient rules: x is what arrives, 1 / y the slope.
    """
    return xp.strong(x, x / y)


__all__ = declared(globals())
