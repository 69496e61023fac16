"""Wrong gradients of every kind, for the reports of test_reports.py.

The reports show the lines of this file: it stands alone so that they seldom move.
"""

import numpy as np

import graphgrad as gg
from graphgrad.testing import Domain, check_gradients, check_vjp

A, B = np.array([0.3, 1.2, -0.7]), np.array([0.5])
LARGE = np.random.default_rng(0).normal(size=(300, 200))


def multiply(a, b):
    return a * b


def lost_sum(g, y, a, b):
    return g * b, (g * a).sum(keepdims=True) / 3


def sine(x):
    return np.sin(x)


def sign(g, y, x):
    return (-g * np.cos(x),)


def single(g, y, x):
    return ((g * np.cos(x)).astype(np.float32),)


def scalar(g, y, x):
    return ((g * np.cos(x)).sum(),)


def twice(g, y, x):
    return g * np.cos(x), None


def in_place(g, y, x):
    g *= np.cos(x)
    return (g,)


def clipped(g, y, x):
    return (np.clip(g * np.cos(x), -1e-2, 1e-2),)


def rows(g, y, x):
    return (g * np.cos(x.ravel("K").reshape(x.shape)),)


CALLS = [0]


def drifting(g, y, x):
    CALLS[0] += 1
    return (g * np.cos(x) * (1 + CALLS[0] / 100),)


def raising(g, y, x):
    return (g @ np.ones(7),)


def divided(g, y, x):
    return (g * np.cos(x) * x / x,)


def largest(x):
    return x.max()


def every_tie(g, y, x):
    return (g * (x == y),)


def trace_of_square(x):
    return np.trace(x @ x)


def untransposed(g, y, x):
    return (2 * g * x,)


def one_entry(g, y, x):
    found = g * y
    found[17, 5] *= 1.5
    return (found,)


def looked_up(g, y, x):
    return (g * (np.cos([0.3, 1.2, -0.7]) + 0.5 * (x - A)[::-1]),)


@gg.primitive(vjp=(lambda g, out, x, y: g * y, lambda g, out, x, y: 2 * g * x))
def reported_product(xp, x, y, /):
    """x · y with twice the gradient of y."""
    return x * y


@gg.composite()
def reported_layer(x, w, /):
    """A composite with a wrong op inside."""
    return gg.tanh(reported_product(x, w))


@gg.primitive(vjp=(lambda g, out, x: g * gg.cos(gg.stop_gradient(x)),))
def reported_sine(xp, x, /):
    """A sine whose second gradient is lost."""
    return xp.sin(x)


@gg.primitive(vjp=(lambda g, out, x: 2 * g - gg.stop_gradient(g),))
def reported_pass(xp, x, /):
    """Itself, by a rule whose value is right and whose derivative is not."""
    return xp.asarray(x) * 1.0


def model(op):
    x = gg.variable([1.0, 2.0, 3.0], name="x")
    w = gg.variable(np.full((2, 3), 0.5), name="w")
    return gg.sum(op(gg.sin(x), w) * x)


def of_one(op):
    x = gg.variable([1.0, 2.0], name="x")
    return gg.sum(op(x) * 2.0)


CASES = {
    "lost sum": lambda: check_vjp(multiply, lost_sum, A, B),
    "sign": lambda: check_vjp(sine, sign, A, seed=3),
    "ufunc": lambda: check_vjp(np.sin, sign, np.array([0.0, np.pi])),
    "dtype": lambda: check_vjp(sine, single, A),
    "shape": lambda: check_vjp(sine, scalar, A),
    "count": lambda: check_vjp(sine, twice, A),
    "writes to input": lambda: check_vjp(sine, in_place, A),
    "not linear": lambda: check_vjp(sine, clipped, A),
    "layout": lambda: check_vjp(sine, rows, np.arange(6.0).reshape(2, 3)),
    "not repeatable": lambda: check_vjp(sine, drifting, A),
    "raises": lambda: check_vjp(sine, raising, A),
    "nan": lambda: check_vjp(sine, divided, np.array([0.0, 1.0])),
    "ties": lambda: check_vjp(largest, every_tie, np.array([1.0, 3.0, 3.0])),
    "transpose": lambda: check_vjp(
        trace_of_square, untransposed, np.array([[0.5, 2.0], [4.0, 1.0]])
    ),
    "one of many": lambda: check_vjp(np.exp, one_entry, LARGE),
    "not symmetric": lambda: check_vjp(sine, looked_up, A, order=2),
    "domain": lambda: check_vjp(sine, sign, A, domain=Domain()),
    "op": lambda: check_gradients(reported_product, 1.0, [2.0, -1.0]),
    "node": lambda: check_gradients(model(reported_product)),
    "inside a composite": lambda: check_gradients(model(reported_layer)),
    "second order": lambda: check_gradients(of_one(reported_sine)),
    "forward mode": lambda: check_gradients(of_one(reported_pass)),
    "undecided": lambda: check_vjp(np.log, sign, np.zeros(2)),
    "all zero": lambda: check_vjp(multiply, lost_sum, np.zeros(3), np.zeros(1)),
}
