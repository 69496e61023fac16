"""Bugs planted in ops and in the engine, for random graphs to find."""

import contextlib
import inspect

import graphgrad as gg
from graphgrad.autodiff import reverse
from graphgrad.testing.graphs import default_ops

# Without those of docstrings, which only some test processes have declared.
OPS = [op for op in default_ops() if not op.name.endswith("_example")]


@gg.primitive(vjp=(lambda g, out, x, y: g * y, lambda g, out, x, y: 2 * g * x))
def planted_twice(xp, x, y, /):
    """x · y with twice the gradient of y."""
    return x * y


@gg.primitive(vjp=(lambda g, out, x: g * gg.where(gg.abs(x) > 5, 0.0, gg.cos(x)),))
def planted_beyond(xp, x, /):
    """sin x, whose gradient is lost where |x| > 5."""
    return xp.sin(x)


@gg.primitive(vjp=(lambda g, out, x: gg.sin(g) * 2 * x,))
def planted_not_linear(xp, x, /):
    """x², whose rule is not linear in what arrives."""
    return x * x


@gg.primitive(vjp=(lambda g, out, x: g * out,))
def planted_writer(xp, x, /):
    """eˣ, written over x: whoever else uses x sees it."""
    return xp.exp(x, out=x) if x.ndim else xp.exp(x)


@contextlib.contextmanager
def broken(function, right, wrong):
    """The function of `autodiff.reverse` with a part of its source replaced."""
    source = inspect.getsource(function)
    assert source.count(right) == 1
    original = dict(vars(reverse))
    exec(source.replace(right, wrong), vars(reverse))
    reverse._PLANS.clear()  # gradients of composites, made once
    try:
        yield
    finally:
        vars(reverse).update(original)
        reverse._PLANS.clear()


@contextlib.contextmanager
def op_planted(op):
    """Nothing broken: the op itself is."""
    yield [*OPS, *[op] * 10]


@contextlib.contextmanager
def engine_broken(function, right, wrong):
    with broken(function, right, wrong):
        yield OPS


PLANTED = {
    "wrong vjp": lambda: op_planted(planted_twice),
    "wrong beyond 5": lambda: op_planted(planted_beyond),
    "not linear": lambda: op_planted(planted_not_linear),
    "aliasing write": lambda: op_planted(planted_writer),
    "accumulation": lambda: engine_broken(
        reverse.reverse, "part if known is None else known + part", "part"
    ),
    "broadcast sum": lambda: engine_broken(
        reverse.sum_to,
        "sum_over(x, tuple(axes))",
        "x[tuple(0 if i in axes else slice(None) for i in range(len(x.shape)))]",
    ),
}
