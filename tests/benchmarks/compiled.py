"""Compiled programs beside their peers: training steps, and an elementwise million.

Every contender has the same arrays, the same update, one BLAS thread; what is printed
is the median time, and how many times longer each takes than graphgrad.
"""

from rounds import (  # isort: skip  it sets the BLAS threads
    eager_descent,
    jitted_descent,
    optional,
    race,
    report,
    tell_memory,
    with_memory,
)
from itertools import pairwise

import numpy as np

import graphgrad as gg

RATE = np.float32(0.01)
NETS = {  # sizes of the layers, and of the batch
    "784-50-10, batch 100": ((784, 50, 10), 100),
    "784-100×6-10, batch 100": ((784, *(100,) * 6, 10), 100),
    "784-1024-1024-10, batch 256": ((784, 1024, 1024, 10), 256),
}


def start(sizes, batch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, sizes[0])).astype("float32")
    t = rng.integers(0, sizes[-1], batch)
    layers = [
        (
            (rng.normal(size=pair) * np.sqrt(2 / pair[0])).astype("float32"),
            np.zeros(pair[1], "float32"),
        )
        for pair in pairwise(sizes)
    ]
    return x, t, layers


def program(x, t, layers, backend="native"):
    """A step of SGD for arrays like these."""
    images = gg.placeholder(x.shape, dtype="float32")
    labels = gg.placeholder(t.shape, dtype="int64")
    flat = [gg.variable(p) for pair in layers for p in pair]
    h = images
    for k in range(0, len(flat), 2):
        h = h @ flat[k] + flat[k + 1]
        h = gg.relu(h) if k + 2 < len(flat) else h
    loss = gg.softmax_cross_entropy(h, labels)
    slopes = gg.grad(loss, flat)
    updates = {p: p - RATE * g for p, g in zip(flat, slopes, strict=True)}
    return gg.compile(loss, [images, labels], updates, backend=backend)


def own(x, t, layers, backend):
    return with_memory(program(x, t, layers, backend), x, t)


def by_hand(x, t, layers):
    """Careful NumPy: in place, nothing computed twice."""
    layers = [(w.copy(), b.copy()) for w, b in layers]
    rows = np.arange(len(t))
    kept = [np.empty((len(x), w.shape[1]), "float32") for w, _ in layers]
    back = [np.empty_like(h) for h in kept]
    slopes = [np.empty_like(w) for w, _ in layers]

    def step():
        h = x
        for (w, b), out in zip(layers, kept, strict=True):
            np.matmul(h, w, out=out)
            out += b
            if out is not kept[-1]:
                np.maximum(out, 0, out=out)
            h = out
        h -= h.max(axis=1, keepdims=True)
        g = back[-1]
        np.exp(h, out=g)
        total = g.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - h[rows, t]).mean()
        g /= total
        g[rows, t] -= 1
        g /= len(t)
        for k in range(len(layers) - 1, -1, -1):
            (w, b), source = layers[k], kept[k - 1] if k else x
            if k:
                np.matmul(g, w.T, out=back[k - 1])
                back[k - 1] *= source > 0
            np.matmul(source.T, g, out=slopes[k])
            slopes[k] *= RATE
            w -= slopes[k]
            b -= RATE * g.sum(axis=0)
            g = back[k - 1]
        return loss

    step.memory = sum(a.nbytes for a in (*kept, *back, *slopes))
    return step


def pytorch(torch, x, t, layers):
    torch.set_num_threads(1)
    x, t = torch.tensor(x), torch.tensor(t)

    def loss(flat):
        h = x
        for k in range(0, len(flat), 2):
            h = torch.addmm(flat[k + 1], h, flat[k])
            h = torch.relu(h) if k + 2 < len(flat) else h
        return torch.nn.functional.cross_entropy(h, t)

    return eager_descent(torch, [p for pair in layers for p in pair], loss, RATE)


def jitted(jax, x, t, layers, **options):
    jnp = jax.numpy

    def loss(flat, x, t):
        h = x
        for k in range(0, len(flat), 2):
            h = h @ flat[k] + flat[k + 1]
            h = jax.nn.relu(h) if k + 2 < len(flat) else h
        return -jax.nn.log_softmax(h)[jnp.arange(len(t)), t].mean()

    flat = [p for pair in layers for p in pair]
    return jitted_descent(jax, flat, loss, RATE, x, t, **options)


def steps(torch, jax):
    for name, (sizes, batch) in NETS.items():
        facts = start(sizes, batch)
        contenders = {
            "graphgrad": own(*facts, "native"),
            "graphgrad, reference": own(*facts, "reference"),
            "NumPy by hand": by_hand(*facts),
        }
        if torch:
            contenders["PyTorch eager"] = pytorch(torch, *facts)
        if jax:
            contenders["jax.jit, donated"] = jitted(jax, *facts)
        tell_memory(contenders)
        number = 5 if sizes[1] > 1000 else 50
        report(f"{name}: SGD step", race(contenders, rounds=9, number=number))


def million(torch, jax):
    x = np.random.default_rng(0).normal(size=1_000_000).astype("float32")
    place = gg.placeholder(x.shape, dtype="float32")

    def formula(xp, x):
        size = xp.abs(x)
        return xp.sum(xp.tanh(x) / (1 + xp.exp(-x)) + xp.log1p(xp.exp(-size)))

    y = formula(gg, place)
    program = gg.compile([y, gg.grad(y, place)], [place], backend="native")
    contenders = {"graphgrad": lambda: program(x)}
    if torch:
        torch.set_num_threads(1)
        given = torch.tensor(x, requires_grad=True)

        def eager():
            value = formula(torch, given)
            return value.item(), torch.autograd.grad(value, given)

        contenders["PyTorch eager"] = eager
    if jax:
        compiled = jax.jit(jax.value_and_grad(lambda x: formula(jax.numpy, x)))
        array = jax.numpy.asarray(x)
        contenders["jax.jit"] = lambda: jax.block_until_ready(compiled(array))
    report(
        "sum(tanh(x)/(1+exp(-x)) + log1p(exp(-|x|))) and its gradient, a million",
        race(contenders, rounds=9, number=5),
    )


def main():
    torch, jax = optional("torch"), optional("jax")
    steps(torch, jax)
    million(torch, jax)


if __name__ == "__main__":
    main()
