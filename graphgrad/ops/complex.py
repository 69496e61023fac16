"""Complex numbers: their parts, angle and conjugate, element by element.

Rules are written for cotangents that pair with tangents as Re(g · dz), without a
conjugate, so that the rule of a holomorphic function is the same for real and complex
inputs. What users see is the conjugate, the direction of steepest ascent (see
docs/gradients.md).
"""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import to_floating, to_real
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.ops.comparison import equal, not_equal, where
from graphgrad.ops.structure import astype, zeros_like

_PLANE = Domain((Interval(-5, 5, "complex128"),))


@primitive(
    dtype="real",
    vjp=(lambda g, out, x: g,),
    domain=_PLANE,
    glyph="Re",
)
def real(xp: Any, x: Any, /) -> Any:
    """The real part; a real x is its own."""
    return xp.real(x)


@primitive(
    dtype="real",
    # Im z = Re(−i·z)
    vjp=(lambda g, out, x: -1j * g if x.dtype.kind == "c" else zeros_like(x),),
    domain=_PLANE,
    glyph="Im",
)
def imag(xp: Any, x: Any, /) -> Any:
    """The imaginary part; zeros for a real x."""
    return xp.imag(x)


@primitive(
    vjp=(lambda g, out, x: conj(g),),
    domain=_PLANE,
    glyph="z̄",
)
def conj(xp: Any, x: Any, /) -> Any:
    """The complex conjugate; a real x as it is."""
    return xp.conj(x) if x.dtype.kind == "c" else x


def _angle_vjp(g: Any, out: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return zeros_like(x)
    return g * (-1j / where(equal(x, 0), 1, x)) * astype(not_equal(x, 0), g.dtype)


@primitive(
    infer=lambda x: (x.shape, to_real(to_floating(x.dtype))),
    vjp=(_angle_vjp,),
    domain=_PLANE,
    glyph="∠",
    batch="elementwise",
)
def angle(xp: Any, x: Any, /) -> Any:
    """The angle of x from the real axis, in (−π, π]; the gradient at 0 is 0."""
    return xp.angle(xp.astype(xp.asarray(x), to_floating(x.dtype)))[()]


__all__ = declared(globals())
