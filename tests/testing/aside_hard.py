"""Right gradients at hard inputs, written after the checker; see aside.py."""

import numpy as np
from scipy import special

from tests.testing.hard_cases import Hard

ASIDE_HARD: list[Hard] = []


def hard(name, fn, vjp, *inputs):
    ASIDE_HARD.append(Hard(name, fn, vjp, tuple(np.asarray(x) for x in inputs)))


def slopes(name, fn, slope, *points):
    for x in points:
        hard(f"{name} at {x}", fn, lambda g, y, x: (np.asarray(g * slope(x)),), x)


# Near poles, ends of domains, in tails
slopes("tan", np.tan, lambda x: 1 + np.tan(x) ** 2, 1.57, -1.5707, 4.7)
slopes("arcsin", np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), 1 - 1e-9, -0.9999)
slopes("arccosh", np.arccosh, lambda x: 1 / np.sqrt((x - 1) * (x + 1)), 1 + 1e-8, 1e10)
slopes("arctanh", np.arctanh, lambda x: 1 / ((1 - x) * (1 + x)), 1 - 1e-10, 1e-12)
slopes(
    "gamma",
    special.gamma,
    lambda x: special.gamma(x) * special.digamma(x),
    1e-5,
    -0.999,
    150.0,
    -3.5,
)
slopes("log gamma", special.gammaln, special.digamma, 1e-8, 1e12, 1.4616321449683623)
slopes(
    "erfc",
    special.erfc,
    lambda x: -2 / np.sqrt(np.pi) * np.exp(-x * x),
    0.0,
    5.0,
    20.0,
    -9.0,
)
slopes(
    "log of the normal tail",
    special.log_ndtr,
    lambda x: np.exp(-x * x / 2 - special.log_ndtr(x)) / np.sqrt(2 * np.pi),
    -30.0,
    -1.0,
    9.0,
)
slopes("logit", special.logit, lambda x: 1 / (x * (1 - x)), 1e-12, 0.5, 1 - 1e-9)
slopes(
    "x log x",
    lambda x: special.xlogy(x, x),
    lambda x: np.log(x) + 1,
    1e-200,
    0.36787944117144233,
    1e15,
)
slopes("power 0.3", lambda x: x**0.3, lambda x: 0.3 * x**-0.7, 1e-30, 1e30)
slopes("power -7", lambda x: x**-7.0, lambda x: -7 * x**-8.0, 1e-4, -3.0, 1e5)
slopes("Bessel", special.j0, lambda x: -special.j1(x), 0.0, 3.8317059702075125, 1e3)
slopes("exponential", np.exp, np.exp, 700.0, -740.0, 1e-20)
slopes(
    "softplus of 20 x",
    lambda x: np.logaddexp(0, 20 * x) / 20,
    lambda x: special.expit(20 * x),
    -2.0,
    0.0,
    40.0,
)
slopes(
    "normal density",
    lambda x: np.exp(-x * x / 2),
    lambda x: -x * np.exp(-x * x / 2),
    0.0,
    8.0,
    38.0,
)

# Wiggles, plateaus, breaks close by
slopes(
    "chirp", lambda x: np.sin(x * x), lambda x: 2 * x * np.cos(x * x), 0.0, 30.0, 200.0
)
slopes(
    "fast cosine",
    lambda x: np.cos(1e5 * x),
    lambda x: -1e5 * np.sin(1e5 * x),
    0.3,
    1e-6,
)
slopes(
    "ramp beside a jump",
    lambda x: np.floor(x) + 0.5 * x,
    lambda x: 0.5 + 0 * x,
    1.0001,
    2.999,
    -0.5,
)
slopes("step far off", lambda x: x + 1e3 * (x > 0.51), np.ones_like, 0.5, 0.509)
slopes(
    "plateau",
    lambda x: np.where(np.abs(x) < 1, 0.0, (np.abs(x) - 1) ** 2),
    lambda x: np.where(np.abs(x) < 1, 0, 2 * np.sign(x) * (np.abs(x) - 1)),
    0.0,
    0.999,
    1.0,
    1.001,
)
slopes(
    "smooth bump",
    lambda x: np.where(np.abs(x) < 1, np.exp(-1 / np.maximum(1 - x * x, 1e-300)), 0),
    lambda x: np.where(
        np.abs(x) < 1,
        -2
        * x
        * np.exp(-1 / np.maximum(1 - x * x, 1e-300))
        / np.maximum(1 - x * x, 1e-150) ** 2,
        0,
    ),
    0.0,
    0.95,
    0.999,
    1.0,
    2.0,
)
slopes(
    "sharp relu",
    lambda x: np.maximum(x, 1e6 * x),
    lambda x: np.where(x > 0, 1e6, 1.0),
    0.0,
    1e-9,
    -1e-9,
)
slopes(
    "dead zone",
    lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.1, 0),
    lambda x: (np.abs(x) > 0.1) * 1.0,
    0.1,
    -0.1,
    0.1 + 1e-9,
    0.0,
)
slopes(
    "triangle wave",
    lambda x: np.abs((x + 1) % 2 - 1),
    lambda x: np.where((x % 2) < 1, 1.0, -1.0),
    0.0,
    1.0,
    17.0,
    0.25,
)
slopes(
    "abs of sine",
    lambda x: np.abs(np.sin(x)),
    lambda x: np.sign(np.sin(x)) * np.cos(x),
    0.0,
    3.141592653589793,
    2.0,
)
slopes(
    "sqrt of abs",
    lambda x: np.sqrt(np.abs(x)),
    lambda x: 0.5 * np.sign(x) / np.sqrt(np.abs(x)),
    1e-14,
    -2.0,
)

# Cancellation and rounding
slopes(
    "difference of squares",
    lambda x: (x + 1e6) ** 2 - x**2 - 1e12,
    lambda x: 2e6 + 0 * x,
    0.3,
    5.0,
)
slopes("shifted by 1e8", lambda x: (1e8 + x) - 1e8, np.ones_like, 0.1)
slopes("expm1 by hand", lambda x: np.exp(x) - 1, np.exp, 1e-9, 1e-15)
slopes("log1p by hand", lambda x: np.log(1 + x), lambda x: 1 / (1 + x), 1e-8, 1e-14)
slopes(
    "polynomial at a root",
    lambda x: x**5 - 5 * x**4 + 10 * x**3 - 10 * x**2 + 5 * x - 1,
    lambda x: 5 * (x - 1) ** 4,
    1.0,
    1.001,
    1.05,
)
slopes(
    "rounded to half precision",
    lambda x: np.sin(x).astype(np.float16).astype(float),
    np.cos,
    np.array([0.3]),
    np.array([1.0, 2.0]),
)


def newton(x):
    y = np.ones_like(x)
    for _ in range(60):
        y = 0.5 * (y + x / y)
    return y


def bisected(x):
    low, high = np.zeros_like(x), x + 1
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (
            np.where(middle**2 < x, middle, low),
            np.where(middle**2 < x, high, middle),
        )
    return (low + high) / 2


slopes("root by Newton", newton, lambda x: 0.5 / np.sqrt(x), 2.0, 1e-6, 1e9)
slopes("root by bisection to 1e-9", bisected, lambda x: 0.5 / np.sqrt(x), 2.0, 0.1)
slopes(
    "integral by Simpson",
    lambda x: sum(
        w * np.exp(-((x * t) ** 2)) * x
        for t, w in zip(
            np.linspace(0, 1, 401), np.r_[1, [4, 2] * 199, 4, 1] / 1200, strict=True
        )
    ),
    lambda x: np.exp(-x * x),
    0.5,
    1.5,
)

# Vectors
RNG = np.random.default_rng(11)
SAMPLE = RNG.normal(size=7)
for offset in (0.0, 1e6, 1e8):
    hard(
        f"variance about {offset:g}",
        np.var,
        lambda g, y, x: (2 * g * (x - x.mean()) / x.size,),
        SAMPLE + offset,
    )
    hard(
        f"softmax about {offset:g}",
        special.softmax,
        lambda g, y, x: (y * (g - (g * y).sum()),),
        SAMPLE + offset,
    )
hard(
    "variance of equals",
    np.var,
    lambda g, y, x: (2 * g * (x - x.mean()) / x.size,),
    np.full(4, 2.5),
)
hard(
    "deviation of equals, 0 chosen",
    np.std,
    lambda g, y, x: (np.zeros_like(x),),
    np.full(4, 2.5),
)


def pull_product(g, y, x):
    return (g * np.array([np.prod(np.delete(x, i)) for i in range(x.size)]),)


hard("product with one zero", np.prod, pull_product, np.array([2.0, 0.0, -3.0]))
hard("product with two zeros", np.prod, pull_product, np.array([2.0, 0.0, 0.0, 5.0]))
hard("product, near overflow", np.prod, pull_product, np.full(30, 1e10))
hard(
    "sum of a million, alternating",
    np.sum,
    lambda g, y, x: (np.full(x.shape, g),),
    np.resize([1e8, -1e8, 1.0], 3 * 10**5),
)
hard(
    "log of a mean of exponentials",
    lambda x: special.logsumexp(x) - np.log(x.size),
    lambda g, y, x: (g * special.softmax(x),),
    np.array([-1e3, 0.0, 1e3, 999.0]),
)
hard(
    "log softmax, far apart",
    special.log_softmax,
    lambda g, y, x: (g - special.softmax(x) * g.sum(),),
    np.array([0.0, 50.0, -700.0]),
)
for x in ([1.0, 1.0], [0.0, 0.0, 0.0], [3.0, 3.0 - 1e-12, 1.0], [2.0, 2.0, 2.0, 1.0]):
    x = np.array(x)
    hard(
        f"min, last, of {x}",
        np.min,
        lambda g, y, x: (g * (np.arange(x.size) == x.size - 1 - x[::-1].argmin()),),
        x,
    )
    hard(
        f"largest two of {x}",
        lambda x: np.sort(x)[-2:],
        lambda g, y, x: (np.bincount(np.argsort(x, kind="stable")[-2:], g, x.size),),
        x,
    )
    hard(
        f"running maximum of {x}",
        np.maximum.accumulate,
        lambda g, y, x: (
            np.array(
                [
                    g[y == v].sum() * (np.flatnonzero(x == v)[0] == i)
                    for i, v in enumerate(x)
                ]
            ),
        ),
        x,
    )
    hard(
        f"sum of gaps of {x}",
        lambda x: np.abs(x[:, None] - x).sum(),
        lambda g, y, x: (2 * g * np.sign(x[:, None] - x).sum(1),),
        x,
    )
    hard(
        f"largest norm of {x}",
        lambda x: np.abs(x).max(),
        lambda g, y, x: (g * np.sign(x) * (np.arange(x.size) == np.abs(x).argmax()),),
        x,
    )
hard(
    "median of an even number",
    np.median,
    lambda g, y, x: (g * np.isin(np.arange(4), np.argsort(x)[1:3]) / 2,),
    np.array([1.0, 4.0, 2.0, 2.0]),
)
hard(
    "quartile at an entry",
    lambda x: np.quantile(x, 0.25),
    lambda g, y, x: (g * (np.arange(5) == np.argsort(x)[1]),),
    np.array([5.0, 1, 4, 2, 3]),
)
hard(
    "interpolation at a knot",
    lambda x: np.interp(x, [0, 1, 3], [0, 2, 1]),
    lambda g, y, x: (g * np.where(x < 1, 2, -0.5),),
    np.array([1.0, 0.5, 2.0]),
)
hard(
    "hinge at its corner",
    lambda a, b: np.maximum(0, 1 - a * b),
    lambda g, y, a, b: (-g * b * (a * b < 1), -g * a * (a * b < 1)),
    np.array([0.5, 1.0]),
    np.array([2.0, 1.0]),
)
hard(
    "clip with equal bounds",
    lambda x, lo, hi: np.minimum(np.maximum(x, lo), hi),
    lambda g, y, x, lo, hi: (0 * g, 0 * g, g),
    *np.array([[1.0, 2.0], [1.5, 1.5], [1.5, 1.5]]),
)
hard(
    "maximum of three equals",
    lambda a, b, c: np.maximum(np.maximum(a, b), c),
    lambda g, y, a, b, c: (g / 3, g / 3, g / 3),
    2.0,
    2.0,
    2.0,
)
hard(
    "where on its own condition",
    lambda x: np.where(x > 0.5, x * x, x / 2),
    lambda g, y, x: (g * np.where(x > 0.5, 2 * x, 0.5),),
    np.array([0.5, 0.5 + 1e-9, 0.4]),
)
hard(
    "masked logarithm",
    lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0),
    lambda g, y, x: (np.where(x > 0, g / np.where(x > 0, x, 1), 0),),
    np.array([1e-9, -1.0, 2.0]),
)
hard("tiny beside huge", lambda a, b: a + b, lambda g, y, a, b: (g, g), 1e16, 1e-3)
hard(
    "ratio of tiny",
    lambda a, b: a / b,
    lambda g, y, a, b: (g / b, -g * y / b),
    1e-200,
    1e-180,
)

# Matrices
NEAR = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-7]])
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
SYMMETRIC = np.diag([1.0, 1.0 + 1e-6, 3.0])
hard("inverse, condition 4e7", np.linalg.inv, lambda g, y, a: (-y.T @ g @ y.T,), NEAR)
hard(
    "determinant of a singular matrix",
    np.linalg.det,
    lambda g, y, a: (g * np.array([[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]]),),
    SINGULAR,
)
hard(
    "sum of eigenvalues, nearly equal",
    lambda a: np.linalg.eigvalsh((a + a.T) / 2).sum(),
    lambda g, y, a: (g * np.eye(3),),
    SYMMETRIC,
)
hard(
    "largest singular value",
    lambda a: np.linalg.svd(a)[1][0],
    lambda g, y, a: (g * np.outer(np.linalg.svd(a)[0][:, 0], np.linalg.svd(a)[2][0]),),
    RNG.normal(size=(4, 3)),
)
hard(
    "Cholesky, determinant",
    lambda a: np.log(np.diag(np.linalg.cholesky((a + a.T) / 2))).sum(),
    lambda g, y, a: (g * np.linalg.inv((a + a.T) / 2) / 2,),
    np.eye(3) + 0.1,
)
hard(
    "least squares",
    lambda a, b: np.linalg.lstsq(a, b)[0],
    lambda g, y, a, b: _pull_least(g, y, a, b),
    RNG.normal(size=(6, 2)),
    RNG.normal(size=6),
)


def _pull_least(g, y, a, b):
    back = np.linalg.solve(a.T @ a, g)
    return np.outer(b - a @ y, back) - np.outer(a @ back, y), a @ back


hard(
    "real part of a transform",
    lambda x: np.fft.fft(x).real,
    lambda g, y, x: (np.fft.fft(g).real,),
    SAMPLE,
)
hard(
    "power spectrum",
    lambda x: np.abs(np.fft.rfft(x)) ** 2,
    lambda g, y, x: (_pull_spectrum(g, x),),
    SAMPLE,
)


def _pull_spectrum(g, x):
    n = np.arange(x.size)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(g.size), n) / x.size)
    return ((2 * g * np.conj(waves @ x)) @ waves).real


# Precision, size, form
for dtype in (np.float32, np.float16):
    x = RNG.normal(size=(3, 4)).astype(dtype)
    hard(
        f"logistic in {dtype.__name__}",
        lambda x: 1 / (1 + np.exp(-x)),
        lambda g, y, x: (g * y * (1 - y),),
        x,
    )
    hard(
        f"variance in {dtype.__name__}",
        lambda x: x.var(-1),
        lambda g, y, x: (
            2 * g[:, None] * (x - x.mean(-1, keepdims=True)) / x.dtype.type(4),
        ),
        x,
    )
    hard(
        f"maximum in {dtype.__name__}",
        lambda x: x.max(-1),
        lambda g, y, x: (g[:, None] * (x == y[:, None]),),
        x,
    )
    hard(
        f"tiny in {dtype.__name__}",
        lambda x: x * x,
        lambda g, y, x: (2 * g * x,),
        np.array([1e-4, 0, 2e-3], dtype),
    )
hard(
    "product in two precisions",
    lambda a, b: a * b,
    lambda g, y, a, b: ((g * b).astype(np.float32), g * a),
    np.array([1.5, 2.5], np.float32),
    np.array([0.1, 0.2]),
)
hard(
    "picked by numbers",
    lambda x, i: np.take_along_axis(x, i, 1),
    lambda g, y, x, i: (_put_back(g, x, i), None),
    RNG.normal(size=(3, 5)),
    RNG.integers(-5, 5, (3, 4)),
)


def _put_back(g, x, i):
    out = np.zeros_like(x)
    np.add.at(out, (np.arange(len(x))[:, None], i), g)
    return out


LARGE = RNG.normal(size=(300, 400))
hard("relu of many", lambda x: np.maximum(x, 0), lambda g, y, x: (g * (x > 0),), LARGE)
hard(
    "rounded relu of many",
    lambda x: np.maximum(x, 0),
    lambda g, y, x: (g * (x > 0),),
    LARGE.round(1),
)
hard(
    "maximum of many",
    lambda x: x.max(1),
    lambda g, y, x: (g[:, None] * (np.arange(400) == x.argmax(1)[:, None]),),
    LARGE,
)
hard(
    "row maximum, rounded",
    lambda x: x.max(1),
    lambda g, y, x: (g[:, None] * (np.arange(400) == x.argmax(1)[:, None]),),
    LARGE.round(1),
)
hard(
    "softmax of many",
    lambda x: special.softmax(x, 1),
    lambda g, y, x: (y * (g - (g * y).sum(1, keepdims=True)),),
    10 * LARGE,
)
hard(
    "norm of many",
    lambda x: np.sqrt((x * x).sum()),
    lambda g, y, x: (g * x / y,),
    LARGE,
)
hard(
    "scaled many",
    lambda x, s: x * s,
    lambda g, y, x, s: (g * s, (g * x).sum()),
    LARGE,
    1e-5,
)
hard("a Python number", lambda x: float(x) ** 2, lambda g, y, x: (2 * g * x,), 1.5)
hard(
    "nothing and something",
    lambda a, b: np.concatenate([a, b]),
    lambda g, y, a, b: (g[:0], g.copy()),
    np.zeros(0),
    np.ones(2),
)


# What a third catalogue brought to light
for size in (25.0, 36.0, 60.0):
    slopes(
        "log of the logistic",
        lambda x: -np.log(special.expit(x)),
        lambda x: -special.expit(-x),
        size,
    )
    slopes(
        "log1p of exp by hand", lambda x: np.log(1 + np.exp(x)), special.expit, -size
    )
    slopes("1 - tanh", lambda x: 1 - np.tanh(x), lambda x: -1 / np.cosh(x) ** 2, size)
    hard(
        f"confident logits, {size}",
        lambda x: special.logsumexp(x) - x[0],
        lambda g, y, x: (g * (special.softmax(x) - (np.arange(3) == 0)),),
        np.array([size, 0.0, 1.0]),
    )
for tiny in (1e-9, 1e-17, 1e-20, 1e-50):
    slopes("1 - cos x", lambda x: 1 - np.cos(x), np.sin, tiny)
    slopes("log(1 + x)", lambda x: np.log(1 + x), lambda x: 1 / (1 + x), tiny)
    slopes(
        "sqrt(1 + x²) - 1",
        lambda x: np.sqrt(1 + x * x) - 1,
        lambda x: x / np.sqrt(1 + x * x),
        tiny,
    )
    if tiny < 1e-9:  # where it is noise, and not stairs of the same size
        slopes(
            "x - log(1 + x)", lambda x: x - np.log(1 + x), lambda x: x / (1 + x), tiny
        )
for gap in (1e-11, 1e-13):
    slopes("arctanh", np.arctanh, lambda x: 1 / ((1 - x) * (1 + x)), 1 - gap)
    slopes("arccos", np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)), 1 - gap)
    slopes("log1p", np.log1p, lambda x: 1 / (1 + x), gap - 1)
for dtype, points in (
    (np.float16, [40.0, 6.0, -3.0]),
    (np.float32, [88.0, -100.0, 0.0]),
):
    hard(
        f"square in {dtype.__name__}, near overflow",
        lambda x: x * x,
        lambda g, y, x: (2 * g * x,),
        np.array(points, dtype),
    )
hard(
    "exp in float32, near both ends",
    np.exp,
    lambda g, y, x: (g * y,),
    np.array([88.0, -100.0, 0.0, -120.0], np.float32),
)
hard(
    "tanh in float32, saturated",
    np.tanh,
    lambda g, y, x: (g * (1 - y * y),),
    np.array([7.8, 12.0], np.float32),
)
hard(
    "sine of big-endian numbers",
    np.sin,
    lambda g, y, x: (g * np.cos(x),),
    np.array([0.3, 1.2], ">f8"),
)
