"""Graphs that the tests of the page look at."""

import contextlib

import numpy as np

import graphgrad as gg
from graphgrad.train import Recording


def fruit():
    """The book's apples and oranges, and a value that is used twice."""
    apple, apples = gg.variable(100.0, name="apple"), gg.variable(2.0, name="n_apple")
    orange = gg.variable(150.0, name="orange")
    oranges = gg.variable(3.0, name="n_orange")
    tax, x = gg.variable(1.1, name="tax"), gg.variable(3.0, name="x")
    return ((apple * apples + orange * oranges) * tax + x * x).named("y")


def net(layers=2, width=6):
    """Inputs, labels and loss of a net with a scope around each layer."""
    rng = np.random.default_rng(0)
    x = gg.placeholder((5, 8), name="x")
    labels = gg.placeholder((5,), dtype="int64", name="t")
    sizes = [8, *(width,) * (layers - 1), 3]
    h = x
    for i in range(layers):
        with gg.scope(f"layer{i + 1}"):
            weight = gg.variable(rng.normal(size=sizes[i : i + 2]), name=f"W{i + 1}")
            bias = gg.variable(np.zeros(sizes[i + 1]), name=f"b{i + 1}")
            h = h @ weight + bias
            if i < layers - 1:
                h = gg.nn.relu(h)
    return x, labels, gg.nn.softmax_cross_entropy(h, labels).named("loss")


def run_of(x, labels, loss, scale=1.0):
    rng = np.random.default_rng(1)
    bound = {x: scale * rng.normal(size=x.shape), labels: rng.integers(0, 3, 5)}
    run = gg.run(loss, bound)
    run.backward(loss)
    return run


def broken():
    """NaN forward, NaN backward, and a gradient of exactly zero."""
    x = gg.variable([1.0, 0.0, -1.0, 4.0], name="x")
    w = gg.variable([1.0, 2.0, 0.0, 0.5], name="w")
    z = gg.variable(0.0, name="z")
    return (gg.sqrt(x * w) * gg.log(x)).sum() + z * 0.0


def chain(length):
    x = gg.variable(1.0, name="x")
    for _ in range(length):
        x = gg.sin(x)
    return x


def tangle(count, seed, scopes=("", "a", "a/b", "c")):
    """Scalars that use each other at random, in scopes that are entered again."""
    rng = np.random.default_rng(seed)
    made = [gg.variable(float(v), name=f"v{v}") for v in (1, 2, 3)]
    for i in range(count):
        a, b = (made[-1 - min(len(made) - 1, int(rng.integers(0, 9)))] for _ in "ab")
        path = scopes[(i // 5) % len(scopes)]
        with contextlib.ExitStack() as stack:
            for part in path.split("/") if path else ():
                stack.enter_context(gg.scope(part))
            op = (gg.sin, gg.tanh, gg.add, gg.multiply)[int(rng.integers(0, 4))]
            made.append(op(a) if op in (gg.sin, gg.tanh) else op(a, b))
    return sum(made[-6:-1], made[-1])


def recording():
    """A made-up training: five moments, two parameters, two layers."""
    edges = np.linspace(-1.0, 1.0, 5).tolist()
    return Recording(
        steps=[1, 11, 21, 31, 41],
        parameters=["W1", "<b>W2</b>"],
        layers=["hidden", "출력"],
        losses=[2.0, 1.0, 0.5, 0.25, 0.125],
        gradients=[[1.0, 0.1], [0.5, 0.05], [0.2, 0.0], [0.1, 0.01], [0.05, 0.001]],
        weights=[[10.0, 1.0]] * 5,
        updates=[[0.01 * k, 0.002] for k in (1, 2, 3, 4, 5)],
        means=[[0.0, 0.1 * k] for k in range(5)],
        deviations=[[1.0, 0.5]] * 5,
        zeros=[[0.1 * k, 0.0] for k in range(5)],
        dead=[[0.0, 0.05 * k] for k in range(5)],
        saturated=[[0.25, 0.0]] * 5,
        edges=[edges, edges],
        histograms=[[[0.25] * 4, [0.1 * k, 0.5, 0.5 - 0.1 * k, 0.0]] for k in range(5)],
    )
