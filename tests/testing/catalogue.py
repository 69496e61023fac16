"""Functions with their right vjp and with subtly wrong ones: the tester is tested.

A wrong vjp counts as caught when the checker says "wrong" to it and not to its right
twin, at the same inputs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.testing import Domain, Interval

REAL = Interval(-10, 10)
POSITIVE = Interval(0, 10)
SINGLE = Interval(-10, 10, "float32")
COLUMN = "(n)->()"
MATRIX = "(n,m)->()"


@dataclass(frozen=True)
class Twin:
    """A function, its right vjp, and wrong ones by the name of their fault."""

    name: str
    fn: Callable[..., Any]
    right: Callable[..., Any]
    wrong: dict[str, Callable[..., Any]]
    domain: Domain


TWINS: list[Twin] = []


def twin(name, fn, right, domain=None, **wrong):
    TWINS.append(Twin(name, fn, right, wrong, domain or Domain((REAL,))))


def summed(g, x):
    """The sum over the axes along which x was broadcast."""
    g = g.sum(axis=tuple(range(g.ndim - x.ndim)))
    axes = tuple(i for i, n in enumerate(x.shape) if n == 1)
    return g.sum(axis=axes, keepdims=True)


def first_slice(g, x):
    """What is left when the sum over a broadcast axis is forgotten."""
    g = g[(0,) * (g.ndim - x.ndim)] if all(g.shape) else summed(g, x)
    return g[tuple(slice(0, n) for n in x.shape)]


def leading_only(g, x):
    """Sums leading axes and forgets axes of size 1."""
    g = g.sum(axis=tuple(range(g.ndim - x.ndim)))
    return g[tuple(slice(0, n) for n in x.shape)]


def averaged(g, x):
    return summed(g, x) * (x.size / max(g.size, 1))


TWO = Domain((REAL, REAL))

twin(
    "multiply",
    lambda a, b: a * b,
    lambda g, y, a, b: (summed(g * b, a), summed(g * a, b)),
    TWO,
    swapped=lambda g, y, a, b: (summed(g * a, a), summed(g * b, b)),
    no_sum=lambda g, y, a, b: (first_slice(g * b, a), first_slice(g * a, b)),
    leading=lambda g, y, a, b: (leading_only(g * b, a), leading_only(g * a, b)),
    mean=lambda g, y, a, b: (averaged(g * b, a), averaged(g * a, b)),
    unsummed=lambda g, y, a, b: (g * b, g * a),
    one_shape=lambda g, y, a, b: (summed(g * b, a), g * a),
    by_division=lambda g, y, a, b: (summed(g * y / a, a), summed(g * a, b)),
    same_when_equal=lambda g, y, a, b: (
        summed(g * b, a),
        summed(g * a, b) if a.size != b.size or not np.array_equal(a, b) else g * 2 * a,
    ),
    aliased_g=lambda g, y, a, b: (
        summed(g * b, a),
        summed(np.multiply(g, a, out=g), b),
    ),
)
twin(
    "subtract",
    lambda a, b: a - b,
    lambda g, y, a, b: (summed(g, a), -summed(g, b)),
    TWO,
    sign=lambda g, y, a, b: (summed(g, a), summed(g, b)),
    ignores_cotangent=lambda g, y, a, b: (
        summed(np.ones_like(g), a),
        -summed(np.ones_like(g), b),
    ),
    one_gradient=lambda g, y, a, b: (summed(g, a),),
    three=lambda g, y, a, b: (summed(g, a), -summed(g, b), None),
    second_lost=lambda g, y, a, b: (summed(g, a), None),
)
twin(
    "divide",
    lambda a, b: a / b,
    lambda g, y, a, b: (summed(g / b, a), summed(-g * y / b, b)),
    Domain((REAL, POSITIVE)),
    sign=lambda g, y, a, b: (summed(g / b, a), summed(g * y / b, b)),
    square_lost=lambda g, y, a, b: (summed(g / b, a), summed(-g * a / b, b)),
    guarded=lambda g, y, a, b: (summed(g / (b + 1e-4), a), summed(-g * y / b, b)),
)
twin(
    "power",
    lambda x, p: x**p,
    lambda g, y, x, p: (
        summed(g * p * x ** (p - 1), x),
        summed(g * y * np.log(x), p),
    ),
    Domain((POSITIVE, Interval(-3, 3))),
    log_lost=lambda g, y, x, p: (summed(g * p * x ** (p - 1), x), summed(g * y, p)),
    log10=lambda g, y, x, p: (
        summed(g * p * x ** (p - 1), x),
        summed(g * y * np.log10(x), p),
    ),
    no_lowering=lambda g, y, x, p: (
        summed(g * p * x**p, x),
        summed(g * y * np.log(x), p),
    ),
)
twin(
    "sin",
    np.sin,
    lambda g, y, x: (g * np.cos(x),),
    sign=lambda g, y, x: (-g * np.cos(x),),
    itself=lambda g, y, x: (g * y,),
    from_output=lambda g, y, x: (g * np.sqrt(1 - y * y),),
    series=lambda g, y, x: (
        g * (1 - x**2 / 2 + x**4 / 24 - x**6 / 720 + x**8 / 40320),
    ),
    first_entry=lambda g, y, x: (
        g * np.cos(x) * (np.arange(x.size).reshape(x.shape) != 0),
    ),
)
twin(
    "exp",
    np.exp,
    lambda g, y, x: (g * y,),
    input_times=lambda g, y, x: (g * x,),
    nearly=lambda g, y, x: (g * y * (1 + 1e-5),),
    clipped=lambda g, y, x: (g * np.exp(np.minimum(x, 5)),),
    writes_cotangent=lambda g, y, x: (np.multiply(g, y, out=g),),
    writes_output=lambda g, y, x: (np.multiply(g, y, out=y),),
    writes_input=lambda g, y, x: (np.multiply(g, np.exp(x, out=x), out=x),),
    single=lambda g, y, x: ((g * y).astype(np.float32),),
    squared_cotangent=lambda g, y, x: (np.abs(g) * g * y,),
    clipped_gradient=lambda g, y, x: (np.clip(g * y, -100, 100),),
    flushed=lambda g, y, x: (np.where(np.abs(g) < 1e-2, 0, g * y),),
    constant_term=lambda g, y, x: (g * y + 1e-3,),
)
twin(
    "log",
    np.log,
    lambda g, y, x: (g / x,),
    Domain((POSITIVE,)),
    epsilon=lambda g, y, x: (g / (x + 1e-5),),
    base_10=lambda g, y, x: (g / x / np.log(10),),
    below_one=lambda g, y, x: (g / np.maximum(x, 1e-3),),
)
twin(
    "tanh",
    np.tanh,
    lambda g, y, x: (g * (1 - y * y),),
    unsquared=lambda g, y, x: (g * (1 - y),),
    of_input=lambda g, y, x: (g * (1 - x * x),),
    saturated=lambda g, y, x: (g * (1 - y * y) * (np.abs(x) < 4),),
)
twin(
    "sigmoid",
    lambda x: 0.5 * (1 + np.tanh(x / 2)),
    lambda g, y, x: (g * y * (1 - y),),
    half=lambda g, y, x: (g * y,),
    twice=lambda g, y, x: (2 * g * y * (1 - y),),
    of_sigmoid=lambda g, y, x: (g / (2 + np.exp(-y) + np.exp(y)),),
)
twin(
    "relu",
    lambda x: np.maximum(x, 0),
    lambda g, y, x: (g * (x > 0),),
    Domain((REAL,), kinks=(0.0,)),
    leaky=lambda g, y, x: (g * np.where(x > 0, 1, 0.01),),
    late=lambda g, y, x: (g * (x > 0.1),),
    beyond_5=lambda g, y, x: (g * ((x > 0) & (x < 5)),),
    at_zero=lambda g, y, x: (g * np.where(x == 0, 2, x > 0),),
    nan_at_zero=lambda g, y, x: (g * (y / x),),
    of_cotangent=lambda g, y, x: (g * (g > 0) * (x > 0),),
    negative=lambda g, y, x: (g * (x < 0),),
)
twin(
    "abs",
    np.abs,
    lambda g, y, x: (g * np.sign(x),),
    Domain((REAL,), kinks=(0.0,), analytic=False),
    one=lambda g, y, x: (g * np.ones_like(x),),
    nan_at_zero=lambda g, y, x: (g * x / np.abs(x),),
    near_zero=lambda g, y, x: (g * np.where(np.abs(x) < 1e-6, 0, np.sign(x)),),
)
twin(
    "sqrt",
    np.sqrt,
    lambda g, y, x: (g / (2 * y),),
    Domain((POSITIVE,)),
    of_input=lambda g, y, x: (g / (2 * x),),
    factor=lambda g, y, x: (g / y,),
    epsilon=lambda g, y, x: (g / (2 * np.sqrt(x + 1e-6)),),
)
twin(
    "maximum",
    np.maximum,
    lambda g, y, a, b: (summed(g * (a > b), a), summed(g * (a <= b), b)),
    Domain((REAL, REAL), ties=True, analytic=False),
    both=lambda g, y, a, b: (summed(g * (a >= b), a), summed(g * (a <= b), b)),
    neither=lambda g, y, a, b: (summed(g * (a > b), a), summed(g * (a < b), b)),
    swapped=lambda g, y, a, b: (summed(g * (a < b), a), summed(g * (a >= b), b)),
)
twin(
    "clip",
    lambda x: np.clip(x, -1, 1),
    lambda g, y, x: (g * (np.abs(x) <= 1),),
    Domain((REAL,), kinks=(-1.0, 1.0), analytic=False),
    passes=lambda g, y, x: (g.copy(),),
    lower_only=lambda g, y, x: (g * (x >= -1),),
    twice_at_bound=lambda g, y, x: (
        g * ((x <= 1) * 1.0 + (x >= -1) - 1) * (1 + (x == 1)),
    ),
)
twin(
    "softplus",
    lambda x: np.logaddexp(0, x),
    lambda g, y, x: (g * np.exp(x - y),),
    Domain((REAL,), analytic=False),
    mirrored=lambda g, y, x: (g * np.exp(-y),),
    overflows=lambda g, y, x: (g * np.exp(90 * x) / np.exp(90 * x) * np.exp(x - y),),
)
twin(
    "hypot",
    np.hypot,
    lambda g, y, a, b: tuple(
        summed(g * np.divide(x, y, out=np.zeros_like(y), where=y != 0), x)
        for x in (a, b)
    ),
    Domain((REAL, REAL), analytic=False),
    nan_at_origin=lambda g, y, a, b: (summed(g * a / y, a), summed(g * b / y, b)),
    unrooted=lambda g, y, a, b: (summed(2 * g * a, a), summed(2 * g * b, b)),
)
twin(
    "arctan2",
    np.arctan2,
    lambda g, y, a, b: (
        summed(g * b / (a * a + b * b), a),
        summed(-g * a / (a * a + b * b), b),
    ),
    Domain((POSITIVE, POSITIVE), analytic=False),
    arguments=lambda g, y, a, b: (
        summed(-g * a / (a * a + b * b), a),
        summed(g * b / (a * a + b * b), b),
    ),
    sign=lambda g, y, a, b: (
        summed(g * b / (a * a + b * b), a),
        summed(g * a / (a * a + b * b), b),
    ),
)


def _gelu_slope(x, constant=0.044715, root=(2 / np.pi) ** 0.5):
    t = np.tanh(root * (x + constant * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * constant * x**2)


twin(
    "gelu",
    lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    lambda g, y, x: (g * _gelu_slope(x),),
    constant=lambda g, y, x: (g * _gelu_slope(x, 0.0447),),
    digits=lambda g, y, x: (g * _gelu_slope(x, root=0.79788),),
    cubic_lost=lambda g, y, x: (g * _gelu_slope(x, 0.0),),
)
twin(
    "cube",
    lambda x: x * x * x,
    lambda g, y, x: (3 * g * x * x,),
    beyond_5=lambda g, y, x: (3 * g * np.where(np.abs(x) > 5, 5 * np.abs(x), x * x),),
    at_one=lambda g, y, x: (3 * g * np.where(x == 1, 0, x * x),),
    odd=lambda g, y, x: (3 * g * x * np.abs(x),),
    difference=lambda g, y, x: (g * ((x + 1e-3) ** 3 - (x - 1e-3) ** 3) / 2e-3,),
    negative_zero=lambda g, y, x: (
        g * np.where(np.signbit(x) & (x == 0), 1, 3 * x * x),
    ),
    from_root=lambda g, y, x: (
        3 * g * np.abs(y) ** (2 / 3) * np.where(x < -6, 0.9, 1),
    ),
    tiny=lambda g, y, x: (np.where(np.abs(x) < 1e-7, 0, 3 * g * x * x) * 1.0,),
)
twin(
    "reciprocal of one plus square",
    lambda x: 1 / (1 + x * x),
    lambda g, y, x: (-2 * g * x * y * y,),
    power=lambda g, y, x: (-2 * g * x * y,),
    integer_x=lambda g, y, x: (-2 * g * np.round(x) * y * y,),
    size_one=lambda g, y, x: (-2 * g * x * y * y * (0.5 if x.size == 1 else 1),),
    zero_d=lambda g, y, x: (-2 * g * x * y * y * (2 if x.ndim == 0 else 1),),
    fortran=lambda g, y, x: (
        (-2 * g * x * y * y).ravel("K").reshape(x.shape)
        if x.flags.f_contiguous and x.ndim > 1
        else -2 * g * x * y * y,
    ),
    reversed=lambda g, y, x: (
        -2 * g * (x[::-1] if x.ndim and x.strides[0] < 0 else x) * y * y,
    ),
    stride_0=lambda g, y, x: (
        -2 * g * x * y * y * (1 + (g.size > 1 and g.strides[-1:] == (0,))),
    ),
    shape_of_empty=lambda g, y, x: (
        -2 * g * x * y * y if x.size else np.zeros(0, x.dtype),
    ),
    integer_dtype=lambda g, y, x: ((-2 * g * x * y * y).astype(np.int64),),
)
twin(
    "single square",
    lambda x: x * x,
    lambda g, y, x: (2 * g * x,),
    Domain((SINGLE,)),
    widened=lambda g, y, x: (2 * g.astype(np.float64) * x,),
    half_precision=lambda g, y, x: (
        (2 * g * x.astype(np.float16)).astype(x.dtype) * 1.1,
    ),
    single_only=lambda g, y, x: (2 * g * x * (1 if x.dtype == np.float64 else 1.5),),
    factor=lambda g, y, x: (g * x,),
    nan_in_single=lambda g, y, x: (2 * g * x * (x.dtype.type(1e30) ** 2 * 0 + 1),),
)
