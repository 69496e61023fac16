"""A second catalogue, written after the checker.

The first catalogue was there while the checker was made; docs/testing.md keeps the
score of the first contact with this one, which has mended the checker since.
"""

import numpy as np
from scipy import special

from graphgrad.testing import Domain, Interval
from tests.testing.catalogue import Twin, summed

ASIDE: list[Twin] = []
REAL = Interval(-8, 8)
UNIT = Interval(0, 1)
ABOVE = Interval(0, 20)
BOTH = Domain((REAL, REAL))


def aside(name, fn, right, domain=None, **wrong):
    ASIDE.append(Twin(name, fn, right, wrong, domain or Domain((REAL,))))


def real(*inputs, **facts):
    """A domain whose functions know nothing of complex numbers."""
    return Domain(inputs or (REAL,), analytic=False, **facts)


def sigmoid(x):
    return special.expit(x)


# Activations
aside(
    "elu",
    lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    lambda g, y, x: (g * np.where(x > 0, 1.0, y + 1),),
    real(kinks=(0.0,)),
    no_one=lambda g, y, x: (g * np.where(x > 0, 1.0, y),),
    of_input=lambda g, y, x: (g * np.where(x > 0, 1.0, x + 1),),
    deep_lost=lambda g, y, x: (g * np.where(x > -6, np.where(x > 0, 1, y + 1), 0),),
)
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
aside(
    "selu",
    lambda x: SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0))),
    lambda g, y, x: (g * SCALE * np.where(x > 0, 1, ALPHA * np.exp(np.minimum(x, 0))),),
    real(kinks=(0.0,)),
    scale_once=lambda g, y, x: (
        g * np.where(x > 0, SCALE, ALPHA * np.exp(np.minimum(x, 0))),
    ),
    three_digits=lambda g, y, x: (
        g * SCALE * np.where(x > 0, 1, 1.673 * np.exp(np.minimum(x, 0))),
    ),
)
aside(
    "silu",
    lambda x: x * sigmoid(x),
    lambda g, y, x: (g * (sigmoid(x) + y * (1 - sigmoid(x))),),
    real(),
    gate_only=lambda g, y, x: (g * sigmoid(x),),
    x_for_y=lambda g, y, x: (g * (sigmoid(x) + x * (1 - sigmoid(x))),),
    zero_below=lambda g, y, x: (
        g * np.where(x < -5, 0, sigmoid(x) + y * (1 - sigmoid(x))),
    ),
)
aside(
    "softsign",
    lambda x: x / (1 + np.abs(x)),
    lambda g, y, x: (g / (1 + np.abs(x)) ** 2,),
    real(kinks=(0.0,)),
    unsquared=lambda g, y, x: (g / (1 + np.abs(x)),),
    signed=lambda g, y, x: (g / (1 + x) ** 2,),
    odd=lambda g, y, x: (g * np.sign(x) / (1 + np.abs(x)) ** 2,),
)
aside(
    "hard sigmoid",
    lambda x: np.clip(x / 6 + 0.5, 0, 1),
    lambda g, y, x: (g * (np.abs(x) < 3) / 6,),
    real(kinks=(-3.0, 3.0)),
    undivided=lambda g, y, x: (g * (np.abs(x) < 3),),
    one_side=lambda g, y, x: (g * (x < 3) / 6,),
    at_bound=lambda g, y, x: (g * np.where(np.abs(x) == 3, 1.0, (np.abs(x) < 3) / 6),),
)
aside(
    "log sigmoid",
    lambda x: -np.logaddexp(0, -x),
    lambda g, y, x: (g * sigmoid(-x),),
    real(),
    mirrored=lambda g, y, x: (g * sigmoid(x),),
    product=lambda g, y, x: (g * sigmoid(x) * sigmoid(-x),),
)
aside(
    "prelu",
    lambda x, a: np.where(x > 0, x, a * x),
    lambda g, y, x, a: (
        summed(g * np.where(x > 0, 1, a), x),
        summed(g * np.minimum(x, 0) * np.ones_like(a), a),
    ),
    real(REAL, Interval(0, 1), kinks=(0.0,)),
    slope_everywhere=lambda g, y, x, a: (
        summed(g * np.where(x > 0, 1, a), x),
        summed(g * x * np.ones_like(a), a),
    ),
    slope_frozen=lambda g, y, x, a: (
        summed(g * np.where(x > 0, 1, a), x),
        np.zeros_like(a),
    ),
    slope_mean=lambda g, y, x, a: (
        summed(g * np.where(x > 0, 1, a), x),
        summed(g * np.minimum(x, 0) * np.ones_like(a), a) / max(1, g.size // 2),
    ),
)

# Special functions
aside(
    "erf",
    special.erf,
    lambda g, y, x: (g * 2 / np.sqrt(np.pi) * np.exp(-x * x),),
    real(),
    root_lost=lambda g, y, x: (g * 2 / np.pi * np.exp(-x * x),),
    half=lambda g, y, x: (g * 2 / np.sqrt(np.pi) * np.exp(-x * x / 2),),
    four_digits=lambda g, y, x: (g * 1.1284 * np.exp(-x * x),),
)
aside(
    "log gamma",
    special.gammaln,
    lambda g, y, x: (g * special.digamma(x),),
    real(ABOVE),
    logarithm=lambda g, y, x: (g * np.log(x),),
    stirling=lambda g, y, x: (g * (np.log(x) - 1 / (2 * x) - 1 / (12 * x * x)),),
    shifted=lambda g, y, x: (g * special.digamma(x + 1),),
)
aside(
    "expm1",
    np.expm1,
    lambda g, y, x: (g * (y + 1),),
    Domain((Interval(-8, 8),)),
    itself=lambda g, y, x: (g * y,),
    flushed=lambda g, y, x: (g * np.where(np.abs(x) < 1e-6, 0, y + 1),),
)
aside(
    "log1p",
    np.log1p,
    lambda g, y, x: (g / (1 + x),),
    Domain((Interval(-1, 8),)),
    unshifted=lambda g, y, x: (g / x,),
    absolute=lambda g, y, x: (g / (1 + np.abs(x)),),
)
aside(
    "arcsin",
    np.arcsin,
    lambda g, y, x: (g / np.sqrt((1 - x) * (1 + x)),),
    Domain((Interval(-1, 1),)),
    cosine=lambda g, y, x: (-g / np.sqrt((1 - x) * (1 + x)),),
    unrooted=lambda g, y, x: (g / ((1 - x) * (1 + x)),),
    padded=lambda g, y, x: (g / np.sqrt(1 - x * x + 1e-6),),
)
aside(
    "arctan",
    np.arctan,
    lambda g, y, x: (g / (1 + x * x),),
    None,
    hyperbolic=lambda g, y, x: (g / (1 - x * x),),
    rounded=lambda g, y, x: (g / (1 + np.round(x * x, 4)),),
    quarter=lambda g, y, x: (g * np.cos(x) ** 2,),
)
aside(
    "cube root",
    np.cbrt,
    lambda g, y, x: (g / (3 * y * y),),
    real(ABOVE),
    of_input=lambda g, y, x: (g / (3 * x * x),),
    third_lost=lambda g, y, x: (g / (y * y),),
)
aside(
    "sinc",
    np.sinc,
    lambda g, y, x: (
        g
        * np.where(
            np.abs(x) < 1e-4,
            -(np.pi**2) * x / 3,
            (np.cos(np.pi * x) - np.sinc(x)) / np.where(x == 0, 1, x),
        ),
    ),
    real(),
    nan_at_zero=lambda g, y, x: (g * (np.cos(np.pi * x) - y) / x,),
    unscaled=lambda g, y, x: (
        g * (np.cos(x) - np.sinc(x / np.pi)) / np.where(x == 0, 1, x),
    ),
)
aside(
    "logit",
    special.logit,
    lambda g, y, x: (g / (x * (1 - x)),),
    real(UNIT),
    clipped=lambda g, y, x: (g / (x * (1 - x) + 1e-5),),
    half=lambda g, y, x: (g / x,),
    sign=lambda g, y, x: (g / (x * (x - 1)),),
)

# Two inputs
aside(
    "logaddexp",
    np.logaddexp,
    lambda g, y, a, b: (summed(g * np.exp(a - y), a), summed(g * np.exp(b - y), b)),
    real(REAL, REAL),
    swapped=lambda g, y, a, b: (
        summed(g * np.exp(b - y), a),
        summed(g * np.exp(a - y), b),
    ),
    winner_takes_all=lambda g, y, a, b: (
        summed(g * (a >= b), a),
        summed(g * (a < b), b),
    ),
    half_when_equal=lambda g, y, a, b: (
        summed(g * np.where(a == b, 1, np.exp(a - y)), a),
        summed(g * np.exp(b - y), b),
    ),
)
aside(
    "minimum",
    np.minimum,
    lambda g, y, a, b: (summed(g * (a <= b), a), summed(g * (a > b), b)),
    real(REAL, REAL, ties=True),
    both_at_ties=lambda g, y, a, b: (summed(g * (a <= b), a), summed(g * (b <= a), b)),
    maximum=lambda g, y, a, b: (summed(g * (a > b), a), summed(g * (a <= b), b)),
    wrong_axis=lambda g, y, a, b: (
        summed(g * (a <= b), a),
        np.broadcast_to((g * (a > b)).sum(), b.shape).copy(),
    ),
)
aside(
    "squared distance",
    lambda a, b: (a - b) ** 2,
    lambda g, y, a, b: (summed(2 * g * (a - b), a), summed(2 * g * (b - a), b)),
    BOTH,
    same_sign=lambda g, y, a, b: (
        summed(2 * g * (a - b), a),
        summed(2 * g * (a - b), b),
    ),
    factor=lambda g, y, a, b: (summed(g * (a - b), a), summed(g * (b - a), b)),
    absolute=lambda g, y, a, b: (
        summed(2 * g * np.abs(a - b), a),
        summed(2 * g * (b - a), b),
    ),
    shared_sum=lambda g, y, a, b: (
        summed(2 * g * (a - b), a),
        -summed(2 * g * (a - b), a) if a.shape == b.shape else np.zeros_like(b),
    ),
)
aside(
    "copysign",
    np.copysign,
    lambda g, y, a, b: (
        summed(g * np.where(np.signbit(a) == np.signbit(b), 1.0, -1.0), a),
        np.zeros_like(b),
    ),
    real(REAL, REAL, kinks=(0.0,)),
    sign_of_b=lambda g, y, a, b: (summed(g * np.sign(b), a), np.zeros_like(b)),
    passes=lambda g, y, a, b: (summed(g * np.ones_like(b), a), np.zeros_like(b)),
)
aside(
    "remainder",
    np.remainder,
    lambda g, y, a, b: (summed(g * np.ones_like(b), a), summed(-g * (a // b), b)),
    real(REAL, Interval(0.5, 4)),
    truncated=lambda g, y, a, b: (
        summed(g * np.ones_like(b), a),
        summed(-g * np.trunc(a / b), b),
    ),
    constant_divisor=lambda g, y, a, b: (
        summed(g * np.ones_like(b), a),
        np.zeros_like(b),
    ),
)
aside(
    "lerp",
    lambda a, b, t: a + t * (b - a),
    lambda g, y, a, b, t: (
        summed(g * (1 - t) * np.ones_like(b), a),
        summed(g * t * np.ones_like(a), b),
        summed(g * (b - a), t),
    ),
    Domain((REAL, REAL, UNIT)),
    ends_swapped=lambda g, y, a, b, t: (
        summed(g * t * np.ones_like(b), a),
        summed(g * (1 - t) * np.ones_like(a), b),
        summed(g * (b - a), t),
    ),
    weight_sign=lambda g, y, a, b, t: (
        summed(g * (1 - t) * np.ones_like(b), a),
        summed(g * t * np.ones_like(a), b),
        summed(g * (a - b), t),
    ),
    weight_frozen=lambda g, y, a, b, t: (
        summed(g * (1 - t) * np.ones_like(b), a),
        summed(g * t * np.ones_like(a), b),
        None,
    ),
)
aside(
    "huber",
    lambda x: np.where(np.abs(x) <= 1, 0.5 * x * x, np.abs(x) - 0.5),
    lambda g, y, x: (g * np.clip(x, -1, 1),),
    real(kinks=(-1.0, 1.0)),
    unclipped=lambda g, y, x: (g * x,),
    twice=lambda g, y, x: (2 * g * np.clip(x, -1, 1),),
    positive_only=lambda g, y, x: (g * np.minimum(x, 1),),
)
aside(
    "binary cross-entropy of logits",
    lambda x, t: np.logaddexp(0, x) - x * t,
    lambda g, y, x, t: (
        summed(g * (sigmoid(x) - t), x),
        summed(-g * x * np.ones_like(t), t),
    ),
    real(REAL, UNIT),
    target_sign=lambda g, y, x, t: (
        summed(g * (sigmoid(x) + t), x),
        summed(-g * x * np.ones_like(t), t),
    ),
    target_lost=lambda g, y, x, t: (summed(g * (sigmoid(x) - t), x), None),
    saturating=lambda g, y, x, t: (
        summed(g * (sigmoid(np.clip(x, -4, 4)) - t), x),
        summed(-g * x * np.ones_like(t), t),
    ),
)
aside(
    "relative entropy",
    lambda p, q: p * np.log(p / q),
    lambda g, y, p, q: (
        summed(g * (np.log(p / q) + 1), p),
        summed(-g * p / q, q),
    ),
    Domain((UNIT, UNIT)),
    one_lost=lambda g, y, p, q: (summed(g * np.log(p / q), p), summed(-g * p / q, q)),
    guarded=lambda g, y, p, q: (
        summed(g * (np.log(p / (q + 1e-8)) + 1), p),
        summed(-g * p / (q + 1e-6), q),
    ),
)
aside(
    "scaled and shifted",
    lambda x, w, b: w * x + b,
    lambda g, y, x, w, b: (summed(g * w, x), summed(g * x, w), summed(g, b)),
    Domain((REAL, REAL, REAL)),
    bias_first=lambda g, y, x, w, b: (
        summed(g * w, x),
        summed(g * x, w),
        np.broadcast_to(g.ravel()[:1].sum(), b.shape).copy(),
    ),
    bias_view=lambda g, y, x, w, b: (summed(g * w, x), summed(g * x, w), g),
    scale_of_output=lambda g, y, x, w, b: (
        summed(g * w, x),
        summed(g * y, w),
        summed(g, b),
    ),
)
