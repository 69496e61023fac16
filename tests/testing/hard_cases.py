"""Right gradients at hard inputs: the checker must not call any of them wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Hard:
    """A function, its right vjp, and a point at which checkers stumble."""

    name: str
    fn: Callable[..., Any]
    vjp: Callable[..., Any]
    inputs: tuple[Any, ...]


HARD: list[Hard] = []


def hard(name, fn, vjp, *inputs):
    HARD.append(Hard(name, fn, vjp, inputs))


def elementwise(name, fn, slope, *points):
    """One case per point; the slope is a function of x."""
    for x in points:
        x = np.asarray(x)
        shown = x.tolist() if x.size < 4 else x.shape
        hard(f"{name} at {shown}", fn, lambda g, y, x: (g * slope(x),), x)


RNG = np.random.default_rng(7)
MIXED = np.array([1e-300, -1e-20, 1e-8, -1e-4, 1.0, -1e4, 1e8])

# Magnitudes
elementwise(
    "square", lambda x: x * x, lambda x: 2 * x, 1e-300, 1e-20, 1e8, 1e150, MIXED
)
elementwise("cube", lambda x: x**3, lambda x: 3 * x**2, 1e-100, 1e-8, 1e8, MIXED)
elementwise(
    "log", np.log, lambda x: 1 / x, 1e-300, 1e-20, 1e-8, 1e8, 1e300, np.abs(MIXED)
)
elementwise(
    "sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), 1e-300, 1e-12, 1e12, 0.0, np.abs(MIXED)
)
elementwise(
    "reciprocal", lambda x: 1 / x, lambda x: -1 / x**2, 1e-100, 1e-8, 1e8, MIXED[1:]
)
elementwise("exp", np.exp, np.exp, -700.0, 700.0, 1e-300, -1e4, np.array([-30.0, 30.0]))
elementwise(
    "affine", lambda x: 1e8 + x, np.ones_like, 1e-8, 1.0, np.array([1.0, 1e-20])
)
elementwise("far sine", np.sin, np.cos, 1e4, 1e8, 1e12)
elementwise("log1p", np.log1p, lambda x: 1 / (1 + x), 1e-18, -0.999999999, 1e10)
elementwise("power", lambda x: x**2.5, lambda x: 2.5 * x**1.5, 0.0, 1e-10, 1e6)

# Cancellation
elementwise(
    "(1 - cos x) / x²",
    lambda x: (1 - np.cos(x)) / x**2,
    lambda x: (x * np.sin(x) - 2 * (1 - np.cos(x))) / x**3,
    1.0,
    1e-1,
    1e-2,
    1e-3,
    1e-4,
    1e-5,
)
elementwise(
    "(exp x - 1) / x",
    lambda x: (np.exp(x) - 1) / x,
    lambda x: (x * np.exp(x) - np.exp(x) + 1) / x**2,
    1e-1,
    1e-3,
    1e-5,
)
elementwise(
    "root difference",
    lambda x: np.sqrt(x + 1) - np.sqrt(x),
    lambda x: 0.5 / np.sqrt(x + 1) - 0.5 / np.sqrt(x),
    1e4,
    1e8,
)
elementwise(
    "x - sin x", lambda x: x - np.sin(x), lambda x: 1 - np.cos(x), 1e-1, 1e-3, 1e-6
)
elementwise(
    "huge offset", lambda x: (x + 1e8) ** 2 - 1e16 - 2e8 * x, lambda x: 2 * x, 0.7, 3.0
)
elementwise(
    "expanded (x - 1)⁵",
    lambda x: x**5 - 5 * x**4 + 10 * x**3 - 10 * x**2 + 5 * x - 1,
    lambda x: 5 * x**4 - 20 * x**3 + 30 * x**2 - 20 * x + 5,
    1.01,
    1.001,
    1.0,
)
hard(
    "variance far from zero",
    np.var,
    lambda g, y, x: (2 * g * (x - x.mean()) / x.size,),
    1e8 + np.arange(5.0),
)

# Oscillation and plateaus
for w in (1e3, 1e6, 1e9):
    elementwise(
        f"sin {w:g} x",
        lambda x, w=w: np.sin(w * x),
        lambda x, w=w: w * np.cos(w * x),
        0.3,
        np.array([1.7, -2.1]),
    )
elementwise(
    "sin 1/x", lambda x: np.sin(1 / x), lambda x: -np.cos(1 / x) / x**2, 0.1, 1e-3
)
elementwise(
    "x sin 1/x",
    lambda x: x * np.sin(1 / x),
    lambda x: np.sin(1 / x) - np.cos(1 / x) / x,
    0.1,
    1e-3,
)
elementwise(
    "ripple",
    lambda x: x + 1e-6 * np.sin(1e7 * x),
    lambda x: 1 + 10 * np.cos(1e7 * x),
    0.4,
)
elementwise(
    "steep tanh",
    lambda x: np.tanh(50 * x),
    lambda x: 50 / np.cosh(50 * x) ** 2,
    0.0,
    0.3,
    2.0,
)
elementwise(
    "gauss",
    lambda x: np.exp(-x * x),
    lambda x: -2 * x * np.exp(-x * x),
    0.0,
    5.0,
    26.0,
    40.0,
)
elementwise(
    "logistic",
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: 1 / (np.exp(x / 2) + np.exp(-x / 2)) ** 2,
    -800.0,
    -40.0,
    40.0,
    800.0,
)
elementwise(
    "narrow peak",
    lambda x: 1 / (1 + (1e4 * x) ** 2),
    lambda x: -2e8 * x / (1 + (1e4 * x) ** 2) ** 2,
    0.0,
    1e-4,
    0.5,
)

# Steps
for f in (np.floor, np.ceil, np.round, np.sign):
    elementwise(
        f.__name__, f, np.zeros_like, 2.3, 1.9999999, np.array([0.2, 7.7, -3.1]), 2.0
    )
elementwise(
    "heaviside", lambda x: np.heaviside(x, 0.5), np.zeros_like, 0.0, 1e-7, -1e-7
)
elementwise("sawtooth", lambda x: x - np.floor(x), np.ones_like, 0.25, 3.9999999, 1.0)

# Rounding to stairs
elementwise(
    "sine in single precision",
    lambda x: np.sin(np.float32(x)).astype(np.float64),
    np.cos,
    0.3,
    np.array([1.0, 2.0]),
)
elementwise("rounded to 1e-6", lambda x: np.round(np.exp(x), 6), np.exp, 0.3, 2.0)
elementwise(
    "input in single precision",
    lambda x: np.asarray(x, np.float32).astype(np.float64) ** 2,
    lambda x: 2 * x,
    0.3,
    17.0,
)
elementwise(
    "sine with noise",
    lambda x: np.sin(x) + 1e-9 * np.sin(1e15 * x),
    np.cos,
    0.3,
    np.array([1.0, 2.0, 3.0]),
)
elementwise(
    "both in single precision",
    lambda x: np.exp(np.float32(x)).astype(np.float64),
    lambda x: np.exp(np.float32(x)).astype(np.float64),
    0.4,
    3.0,
)

# Kinks
NEAR = np.array([0.0, -0.0, 1e-7, -1e-7, 1e-300, 1.0])
elementwise("relu", lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, NEAR, 0.0)
elementwise(
    "relu, other choice",
    lambda x: np.maximum(x, 0),
    lambda x: (x >= 0) * 1.0,
    NEAR,
    0.0,
)
elementwise(
    "relu, middle", lambda x: np.maximum(x, 0), lambda x: np.heaviside(x, 0.5), NEAR
)
elementwise("abs", np.abs, np.sign, NEAR, 0.0, 1e-300)
elementwise(
    "leaky",
    lambda x: np.where(x > 0, x, 0.01 * x),
    lambda x: np.where(x > 0, 1, 0.01),
    NEAR,
)
elementwise(
    "clip",
    lambda x: np.clip(x, -1, 1),
    lambda x: (np.abs(x) < 1) * 1.0,
    np.array([1.0, -1.0, 1 + 1e-7, 1 - 1e-7]),
)
elementwise(
    "huber",
    lambda x: np.where(np.abs(x) < 1, 0.5 * x * x, np.abs(x) - 0.5),
    lambda x: np.clip(x, -1, 1),
    np.array([1.0, -1.0, 1 + 1e-9, 0.0, 3.0]),
)
elementwise(
    "hat",
    lambda x: np.maximum(1 - np.abs(x), 0),
    lambda x: -np.sign(x) * (np.abs(x) < 1),
    np.array([0.0, 1.0, -1.0, 0.5]),
)
elementwise(
    "|x|^1.5",
    lambda x: np.abs(x) ** 1.5,
    lambda x: 1.5 * np.sign(x) * np.abs(x) ** 0.5,
    0.0,
    1e-300,
    1e-8,
    NEAR,
)
elementwise("x |x|", lambda x: x * np.abs(x), lambda x: 2 * np.abs(x), 0.0, 1e-9, NEAR)
elementwise("cube root", np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), 0.0, 1e-12, 8.0)
elementwise(
    "x² sin 1/x",
    lambda x: np.where(x == 0, 0, x * x * np.sin(1 / x)),
    lambda x: np.zeros_like(x),
    0.0,
)
elementwise(
    "two kinks close by",
    lambda x: np.abs(x) + np.abs(x - 1e-6),
    lambda x: np.sign(x) + np.sign(x - 1e-6),
    0.0,
    5e-7,
    1e-6,
)
TIES = (
    np.array([2.0, 2.0, 1.0]),
    np.full(4, 3.0),
    np.zeros(3),
    np.array([1.0, 1.0 + 1e-9]),
)
for x in TIES:
    n = x.size
    hard(
        f"max, first, of {x}",
        np.max,
        lambda g, y, x: (g * (np.arange(x.size) == x.argmax()),),
        x,
    )
    hard(
        f"max, shared, of {x}",
        np.max,
        lambda g, y, x: (g * (x == y) / (x == y).sum(),),
        x,
    )
    hard(
        f"sort of {x}",
        np.sort,
        lambda g, y, x: (g[np.argsort(np.argsort(x, kind="stable"))],),
        x,
    )
    hard(
        f"norm of {x}",
        lambda x: np.sqrt((x * x).sum()),
        lambda g, y, x: (g * x / (y or 1),),
        x,
    )
    hard(
        f"range of {x}",
        np.ptp,
        lambda g, y, x: (
            g
            * (
                (np.arange(x.size) == x.argmax()) * 1.0
                - (np.arange(x.size) == x.argmin())
            ),
        ),
        x,
    )
hard(
    "maximum of equals",
    np.maximum,
    lambda g, y, a, b: (g * np.heaviside(a - b, 0.5), g * np.heaviside(b - a, 0.5)),
    np.array([1.0, 0.0, -2.0]),
    np.array([1.0, 0.0, 5.0]),
)
hard(
    "distance of equals",
    lambda a, b: np.abs(a - b).sum(),
    lambda g, y, a, b: (g * np.sign(a - b), -g * np.sign(a - b)),
    np.array([1.0, 2.0]),
    np.array([1.0, 3.0]),
)
hard(
    "median of ties",
    np.median,
    lambda g, y, x: (
        g * (np.arange(x.size) == np.argsort(x, kind="stable")[x.size // 2]),
    ),
    np.array([1.0, 1.0, 1.0, 0.0, 5.0]),
)
hard("hypot at the origin", np.hypot, lambda g, y, a, b: (0 * g, 0 * g), 0.0, 0.0)
hard(
    "two relus",
    lambda x: np.maximum(x, 0) + np.maximum(-x, 0),
    lambda g, y, x: (g * ((x > 0) * 1.0 - (x < 0)),),
    NEAR,
)
hard(
    "100 kinks",
    lambda x: np.maximum(x, 0),
    lambda g, y, x: (g * (x > 0),),
    np.where(RNG.random(100) < 0.5, 0.0, RNG.normal(size=100)),
)

# Precision
for dtype in (np.float32, np.float16):
    x = RNG.normal(size=(2, 3)).astype(dtype)
    hard(f"tanh in {dtype.__name__}", np.tanh, lambda g, y, x: (g * (1 - y * y),), x)
    hard(
        f"softmax in {dtype.__name__}",
        lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
        lambda g, y, x: (y * (g - (g * y).sum()),),
        x,
    )
    hard(
        f"mean in {dtype.__name__}",
        lambda x: x.mean(-1, dtype=x.dtype),
        lambda g, y, x: ((g[..., None] / x.dtype.type(3) * np.ones_like(x)),),
        x,
    )
    hard(
        f"relu in {dtype.__name__}",
        lambda x: np.maximum(x, 0),
        lambda g, y, x: (g * (x > 0),),
        np.array([0, 1, -1], dtype),
    )
hard(
    "variance in single, far",
    lambda x: x.var(),
    lambda g, y, x: (2 * g * (x - x.mean()) / x.dtype.type(x.size),),
    (1e3 + np.arange(6)).astype(np.float32),
)

# Conditioning
HILBERT = 1 / (np.arange(6)[:, None] + np.arange(6) + 1.0)
for name, a in {"hilbert": HILBERT, "random": RNG.normal(size=(6, 6))}.items():
    hard(f"inverse, {name}", np.linalg.inv, lambda g, y, a: (-y.T @ g @ y.T,), a)
    hard(
        f"solve, {name}",
        np.linalg.solve,
        lambda g, y, a, b: (
            -np.outer(np.linalg.solve(a.T, g), y),
            np.linalg.solve(a.T, g),
        ),
        a,
        np.ones(6),
    )
    hard(
        f"determinant, {name}",
        np.linalg.det,
        lambda g, y, a: (g * y * np.linalg.inv(a).T,),
        a,
    )
    hard(
        f"log determinant, {name}",
        lambda a: np.linalg.slogdet(a)[1],
        lambda g, y, a: (g * np.linalg.inv(a).T,),
        a,
    )
hard("long product", np.prod, lambda g, y, x: (g * y / x,), RNG.uniform(0.1, 5, 30))
hard(
    "softmax, large logits",
    lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
    lambda g, y, x: (y * (g - (g * y).sum()),),
    np.array([1e4, 1e4 + 1, -1e4]),
)
hard(
    "log sum exp, large",
    lambda x: np.logaddexp.reduce(x),
    lambda g, y, x: (g * np.exp(x - y),),
    np.array([1e3, 1e3 + 2, 900.0]),
)
hard("sum of mixed magnitudes", np.sum, lambda g, y, x: (g * np.ones_like(x),), MIXED)
hard(
    "product of mixed magnitudes",
    lambda a, b: a * b,
    lambda g, y, a, b: (g * b, g * a),
    MIXED,
    MIXED[::-1].copy(),
)

# Shapes and dtypes
hard("empty", lambda x: x * 2, lambda g, y, x: (2 * g,), np.zeros((0, 3)))
hard("sum of nothing", np.sum, lambda g, y, x: (g * np.ones_like(x),), np.zeros(0))
hard(
    "nothing from something",
    lambda x: x[:0],
    lambda g, y, x: (np.zeros_like(x),),
    np.ones(3),
)
hard("0-d", lambda x: x * x, lambda g, y, x: (2 * g * x,), np.array(3.0))
hard("Python number", lambda x: x * x, lambda g, y, x: (2 * g * x,), 3.0)
hard(
    "integers beside",
    lambda x, i: x[i],
    lambda g, y, x, i: (np.bincount(i, g, minlength=x.size), None),
    np.arange(3.0),
    np.array([2, 0, 2]),
)
hard("only integers", lambda i: i * 2, lambda g, y, i: (None,), np.arange(3))
hard(
    "flags beside",
    lambda m, x: np.where(m, x, 0),
    lambda g, y, m, x: (None, g * m),
    np.array([True, False]),
    np.array([1.0, 2.0]),
)
hard(
    "integer output",
    np.argmax,
    lambda g, y, x: (np.zeros_like(x),),
    np.array([1.0, 3.0]),
)
hard("constant", lambda x: np.full(2, 7.0), lambda g, y, x: (None,), np.ones(2))
hard(
    "softmax summed",
    lambda x: (np.exp(x) / np.exp(x).sum()).sum(),
    lambda g, y, x: (np.zeros_like(x),),
    np.array([0.1, 0.7, 2.0]),
)
hard("Python list answer", lambda a, b: a + b, lambda g, y, a, b: [g, g], 1.0, 2.0)
hard("returns its cotangent", lambda a: a + 1, lambda g, y, a: (g,), np.ones(3))
hard(
    "many entries", np.tanh, lambda g, y, x: (g * (1 - y * y),), RNG.normal(size=10_000)
)
hard(
    "many entries, sorted",
    np.sort,
    lambda g, y, x: (g[np.argsort(np.argsort(x))],),
    RNG.normal(size=2000),
)
hard(
    "lookup",
    lambda x: np.interp(x, [0, 1, 2], [0, 1, 0]),
    lambda g, y, x: (g * np.where(x < 1, 1.0, -1.0),),
    np.array([0.5, 1.0, 1.5]),
)
elementwise(
    "(1 - cos x) / x², tiny x,",
    lambda x: (1 - np.cos(x)) / x**2,
    lambda x: (x * np.sin(x) - 2 * (1 - np.cos(x))) / x**3,
    3e-6,
    1e-6,
    3e-7,
)
