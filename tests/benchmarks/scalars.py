"""A net scalar by scalar, as micrograd's demo has it, beside it and PyTorch.

Two moons, 100 samples, layers of 2, 16, 16 and 1: some 65,000 nodes. graphgrad builds
the graph at every step and calls `backward`, or compiles it once, with the update.
"""

from rounds import optional, race, report  # isort: skip  it sets the BLAS threads
import math
import random
from itertools import pairwise

import numpy as np

import graphgrad as gg

SIZES = (2, 16, 16, 1)
RATE = 0.1


class Value:
    """A scalar that remembers what it was made of (the idea is micrograd's)."""

    __slots__ = ("back", "data", "grad", "sources")

    def __init__(self, data, sources=()):
        self.data, self.grad, self.sources, self.back = data, 0.0, sources, None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.back = back
        return out

    def relu(self):
        out = Value(max(self.data, 0.0), (self,))

        def back():
            self.grad += (out.data > 0) * out.grad

        out.back = back
        return out

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen, stack = [], set(), [(self, iter(self.sources))]
        while stack:
            node, rest = stack[-1]
            for source in rest:
                if source not in seen:
                    seen.add(source)
                    stack.append((source, iter(source.sources)))
                    break
            else:
                order.append(node)
                stack.pop()
        self.grad = 1.0
        for node in reversed(order):
            if node.back:
                node.back()


def moons():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, math.pi, 100)
    sign = np.where(np.arange(100) % 2, 1.0, -1.0)
    x = np.stack([sign * np.cos(angle) + (sign > 0), sign * np.sin(angle)], 1)
    return (x + rng.normal(size=x.shape) * 0.1).tolist(), sign.tolist()


def start():
    source = random.Random(0)
    return [
        [[source.uniform(-1, 1) for _ in range(m)] + [0.0] for _ in range(n)]
        for m, n in pairwise(SIZES)
    ]


def loss_of(layers, x, y):
    """Hinge loss and weight decay, from scalars of any kind with + * and relu."""
    total = 0.0
    for row, label in zip(x, y, strict=True):
        h = row
        for k, layer in enumerate(layers):
            made = []
            for *weights, bias in layer:
                s = bias
                for w, value in zip(weights, h, strict=True):
                    s = s + w * value
                made.append(s.relu() if k + 1 < len(layers) else s)
            h = made
        total = total + (h[0] * -label + 1.0).relu()
    decay = 0.0
    for p in flat(layers):
        decay = decay + p * p
    return total * (1 / len(x)) + decay * 1e-4


def flat(layers):
    return [p for layer in layers for neuron in layer for p in neuron]


def made(kind):
    return [[[kind(p) for p in neuron] for neuron in layer] for layer in start()]


def scalar_engine(kind, x, y):
    layers = made(kind)

    def step():
        loss = loss_of(layers, x, y)
        for p in flat(layers):
            p.grad = 0.0
        loss.backward()
        for p in flat(layers):
            p.data -= RATE * p.grad
        return loss.data

    return step


def rebuilt(x, y):
    layers = made(gg.variable)

    def step():
        loss = loss_of(layers, x, y)
        loss.backward()
        found = float(loss.value)
        for p in flat(layers):
            p.assign(p.value - RATE * p.grad)
        return found

    return step


def compiled(x, y):
    layers = made(gg.variable)
    loss = loss_of(layers, x, y)
    parameters = flat(layers)
    slopes = gg.grad(loss, parameters)
    updates = {p: p - RATE * g for p, g in zip(parameters, slopes, strict=True)}
    return gg.compile(loss, [], updates, backend="native")


def pytorch(torch, x, y):
    torch.set_num_threads(1)
    layers = made(lambda p: torch.tensor(p, requires_grad=True))

    def step():
        loss = loss_of(layers, x, y)
        slopes = torch.autograd.grad(loss, flat(layers))
        with torch.no_grad():
            for p, g in zip(flat(layers), slopes, strict=True):
                p -= RATE * g
        return loss.item()

    return step


def main():
    torch, micrograd = optional("torch"), optional("micrograd.engine")
    facts = moons()
    first = {
        "scalar engine": scalar_engine(Value, *facts),
        "graphgrad": rebuilt(*facts),
    }
    if micrograd:
        first["micrograd"] = scalar_engine(micrograd.engine.Value, *facts)
    if torch:
        first["PyTorch"] = pytorch(torch, *facts)
    losses = {
        name: [round(step(), 6) for _ in range(2)] for name, step in first.items()
    }
    print(losses)
    report("two moons, scalar by scalar, rebuilt at every step", race(first))
    first["graphgrad"] = compiled(*facts)
    report("two moons, compiled once by graphgrad", race(first))


if __name__ == "__main__":
    main()
