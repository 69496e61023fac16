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


@primitive(
    vjp=(
        lambda g, out, x, y, both: strong_multiply(g, y, both=both),
        # Where x is 0 so is the result for every y: this 0 is as strong as that of g.
        lambda g, out, x, y, both: strong_multiply(g, x, both=True),
    ),
    domain=over((-10, 10), (-10, 10), options=({}, {"both": True})),
    glyph="×",
)
def strong_multiply(xp: Any, x: Any, y: Any, /, *, both: bool = False) -> Any:
    """x · y, and 0 wherever x is 0, even where y is infinite or NaN.

    For gradient rules: x is what arrives, y the slope.

    Args:
        x: the factor whose zeros count.
        y: the other factor.
        both: whether its zeros count too.

    Example:
        >>> import graphgrad as gg
        >>> import numpy as np
        >>> gg.strong_multiply(np.array([0.0, 2.0]), np.array([np.inf, 3.0]))
        array([0., 6.])
    """
    product = xp.strong(x, x * y)
    return xp.strong(y, product) if both else product


@primitive(
    dtype="floating",
    vjp=(
        lambda g, out, x, y: strong_divide(g, y),
        lambda g, out, x, y: -strong_multiply(strong_divide(g, y), out, both=True),
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
