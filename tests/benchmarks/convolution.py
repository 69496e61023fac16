"""The book's small conv net, batch 100: one step of SGD beside PyTorch and JAX."""

from rounds import beside_peers, eager_descent, jitted_descent, with_memory  # isort: skip  it sets the BLAS threads
import numpy as np

import graphgrad as gg

RATE = np.float32(0.01)
SHAPES = ((30, 1, 5, 5), (30,), (30 * 12 * 12, 100), (100,), (100, 10), (10,))


def start():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 1, 28, 28)).astype("float32")
    flat = [(rng.normal(size=s) * 0.05).astype("float32") for s in SHAPES]
    return x, rng.integers(0, 10, 100), flat


def own(x, t, flat):
    images = gg.placeholder(x.shape, dtype="float32")
    labels = gg.placeholder(t.shape, dtype="int64")
    parameters = [gg.variable(p) for p in flat]
    filters, shifts, w, b, v, c = parameters
    h = gg.conv2d(images, filters) + gg.reshape(shifts, (30, 1, 1))
    h = gg.reshape(gg.max_pool2d(gg.relu(h), 2), (100, -1))
    loss = gg.softmax_cross_entropy(gg.relu(h @ w + b) @ v + c, labels)
    slopes = gg.grad(loss, parameters)
    updates = {p: p - RATE * g for p, g in zip(parameters, slopes, strict=True)}
    step = gg.compile(loss, [images, labels], updates, backend="native")
    return with_memory(step, x, t)


def pytorch(torch, x, t, flat):
    torch.set_num_threads(1)
    f = torch.nn.functional
    x, t = torch.tensor(x), torch.tensor(t)

    def loss(parameters):
        filters, shifts, w, b, v, c = parameters
        h = f.max_pool2d(torch.relu(f.conv2d(x, filters, shifts)), 2).reshape(100, -1)
        h = torch.addmm(c, torch.relu(torch.addmm(b, h, w)), v)
        return f.cross_entropy(h, t)

    return eager_descent(torch, flat, loss, RATE)


def jitted(jax, x, t, flat):
    jnp, lax = jax.numpy, jax.lax

    def loss(flat, x, t):
        filters, shifts, w, b, v, c = flat
        h = lax.conv(x, filters, (1, 1), "VALID") + shifts[:, None, None]
        sizes = (1, 1, 2, 2)
        h = lax.reduce_window(jax.nn.relu(h), -jnp.inf, lax.max, sizes, sizes, "VALID")
        h = jax.nn.relu(h.reshape(100, -1) @ w + b) @ v + c
        return -jax.nn.log_softmax(h)[jnp.arange(100), t].mean()

    return jitted_descent(jax, flat, loss, RATE, x, t)


def main():
    beside_peers("the book's conv net", start(), own, pytorch, jitted)


if __name__ == "__main__":
    main()
