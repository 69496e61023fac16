"""Activation functions of neural networks (book §3.2, §6.2)."""

from __future__ import annotations

import math
from typing import Any

from graphgrad.domains import Domain, Interval, over
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.arithmetic import abs, maximum, minimum, square
from graphgrad.ops.comparison import greater, where
from graphgrad.ops.exponential import erfc, exp, expm1, log1p
from graphgrad.ops.reduction import largest, logsumexp, sum
from graphgrad.ops.strong import strong_divide, strong_multiply
from graphgrad.ops.structure import zeros_like
from graphgrad.shapes import normalise_axis

_KINK = over((-5, 5), kinks=(0.0,), analytic=False)


@primitive(
    real=True,
    vjp=(lambda g, out, x: zeros_like(x),),
    domain=_KINK,
)
def step(xp: Any, x: Any, /) -> Any:
    """1 where x > 0, else 0 (book §3.2.2); its zero gradient cannot train anything."""
    return xp.astype(xp.asarray(x) > 0, x.dtype)[()]


@composite(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, out * sigmoid(-x)),),
    method=True,
    like="scipy.special.expit",
)
def sigmoid(x: Any, /) -> Any:
    """Logistic function 1 / (1 + e⁻ˣ) (book §3.2.4), with gradient y(1 − y)."""
    return 1 / (1 + exp(-x))


@composite(
    vjp=(lambda g, out, x: where(greater(x, 0), g, 0),),
    domain=_KINK,
    method=True,
    like="torch.nn.functional.relu",
)
def relu(x: Any, /) -> Any:
    """Rectifier max(x, 0) (book §3.2.7); the gradient at 0 is 0."""
    return maximum(x, 0)


@composite(
    vjp=(lambda g, out, x, slope: where(greater(x, 0), g, strong_multiply(g, slope)),),
    domain=_KINK,
    like="torch.nn.functional.leaky_relu",
)
def leaky_relu(x: Any, /, slope: float = 0.01) -> Any:
    """x above 0, slope · x below; the gradient at 0 is the slope."""
    return where(greater(x, 0), x, x * slope)


@composite(
    vjp=(
        lambda g, out, x, slope: where(greater(x, 0), g, strong_multiply(g, slope)),
        lambda g, out, x, slope: strong_multiply(g, minimum(x, 0)),
    ),
    domain=over((-5, 5), (0.1, 1), kinks=(0.0,), analytic=False),
)
def prelu(x: Any, slope: Any, /) -> Any:
    """leaky_relu whose slope is learned; it broadcasts against x."""
    return where(greater(x, 0), x, x * slope)


@composite(
    dtype="floating",
    vjp=(
        lambda g, out, x, alpha: strong_multiply(
            g, where(greater(x, 0), 1, alpha * _decay(x))
        ),
    ),
    domain=_KINK,
    like="torch.nn.functional.elu",
)
def elu(x: Any, /, alpha: float = 1.0) -> Any:
    """x above 0, α(eˣ − 1) below; the gradient at 0 is α."""
    return where(greater(x, 0), x, alpha * expm1(minimum(x, 0)))


def _decay(x: Any) -> Any:
    """eˣ of the negative part; of the positive part it would overflow."""
    return exp(where(greater(x, 0), 0, x))


_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


@composite(
    dtype="floating",
    domain=_KINK,
    like="torch.nn.functional.selu",
)
def selu(x: Any, /) -> Any:
    """Scaled ELU that keeps mean 0 and variance 1 (Klambauer et al. 2017)."""
    return _SELU_SCALE * elu(x, alpha=_SELU_ALPHA)


# 0 · ∞ is 0 in the tails: both vanish faster than x grows.
def _gelu_slope(x: Any) -> Any:
    density = exp(square(x) * -0.5) / math.sqrt(2 * math.pi)
    return 0.5 * erfc(x * -math.sqrt(0.5)) + strong_multiply(density, x)


@composite(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, _gelu_slope(x)),),
    domain=over((-5, 5), analytic=False),
    like="torch.nn.functional.gelu",
)
def gelu(x: Any, /) -> Any:
    """x · Φ(x) with the normal distribution Φ (Hendrycks and Gimpel 2016), exact."""
    return strong_multiply(0.5 * erfc(x * -math.sqrt(0.5)), x)


def _silu_slope(x: Any) -> Any:
    part = sigmoid(x)
    return part + strong_multiply(part * sigmoid(-x), x)


@composite(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, _silu_slope(x)),),
    like="torch.nn.functional.silu",
)
def silu(x: Any, /) -> Any:
    """x · sigmoid(x), also called swish."""
    return strong_multiply(sigmoid(x), x)


@composite(
    dtype="floating",
    vjp=(lambda g, out, x: strong_multiply(g, sigmoid(x)),),
    domain=over((-10, 10), analytic=False),
    like="torch.nn.functional.softplus",
)
def softplus(x: Any, /) -> Any:
    """log(1 + eˣ), without overflow; its gradient is the sigmoid."""
    return maximum(x, 0) + log1p(exp(-abs(x)))


@composite(
    real=True,
    dtype="floating",
    vjp=(lambda g, out, x: strong_divide(g, square(1 + abs(x))),),
    domain=_KINK,
    like="torch.nn.functional.softsign",
)
def softsign(x: Any, /) -> Any:
    """x / (1 + |x|), an activation whose tails are slow."""
    return x / (1 + abs(x))


def _as_axis(x: Any, /, axis: int = -1) -> Any:
    return (x,), {"axis": normalise_axis(axis, x.ndim)}


_ROWS = Domain(
    (Interval(-10, 10),),
    signature="(n,m)",
    options=({}, {"axis": 0}),
    analytic=False,
)


@composite(
    dtype="floating",
    vjp=(lambda g, out, x, axis: out * (g - sum(g * out, axis, keepdims=True)),),
    prepare=_as_axis,
    domain=_ROWS,
    like="scipy.special.softmax",
)
def softmax(x: Any, /, axis: int = -1) -> Any:
    """eˣ over its sum along the axis (book §3.5), without overflow."""
    powers = exp(x - largest(x, axis))
    return powers / sum(powers, axis, keepdims=True)


@composite(
    dtype="floating",
    vjp=(lambda g, out, x, axis: g - exp(out) * sum(g, axis, keepdims=True),),
    prepare=_as_axis,
    domain=_ROWS,
    like="scipy.special.log_softmax",
)
def log_softmax(x: Any, /, axis: int = -1) -> Any:
    """The logarithm of softmax, precise where softmax is near 0."""
    return x - logsumexp(x, axis, keepdims=True)


__all__ = declared(globals())
