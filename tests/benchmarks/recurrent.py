"""An LSTM over 28 rows of 28 pixels, batch 100: one step of SGD beside its peers."""

from rounds import beside_peers, eager_descent, jitted_descent, with_memory  # isort: skip  it sets the BLAS threads
import numpy as np

import graphgrad as gg

RATE = np.float32(0.01)
STEPS, BATCH, INPUTS, UNITS = 28, 100, 28, 64
SHAPES = ((INPUTS, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,), (UNITS, 10), (10,))


def start():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS, BATCH, INPUTS)).astype("float32")
    flat = [(rng.normal(size=s) * 0.1).astype("float32") for s in SHAPES]
    return x, rng.integers(0, 10, BATCH), flat


def own(x, t, flat):
    rows = gg.placeholder(x.shape, dtype="float32")
    labels = gg.placeholder(t.shape, dtype="int64")
    parameters = [gg.variable(p) for p in flat]
    w, u, b, v, c = parameters

    def step(state, row):
        h, memory = state
        gates = row + h @ u
        i, f, g, o = (gates[:, k * UNITS : (k + 1) * UNITS] for k in range(4))
        memory = gg.sigmoid(f) * memory + gg.sigmoid(i) * gg.tanh(g)
        return (gg.sigmoid(o) * gg.tanh(memory), memory), None

    none = gg.zeros((BATCH, UNITS), dtype="float32")
    (h, _), _ = gg.scan(step, (none, none), rows @ w + b)
    loss = gg.softmax_cross_entropy(h @ v + c, labels)
    slopes = gg.grad(loss, parameters)
    updates = {p: p - RATE * g for p, g in zip(parameters, slopes, strict=True)}
    program = gg.compile(loss, [rows, labels], updates, backend="native")
    return with_memory(program, x, t)


def pytorch(torch, x, t, flat):
    """Its own LSTM, whose gates stand in the same order."""
    torch.set_num_threads(1)
    x, t = torch.tensor(x), torch.tensor(t)

    def loss(parameters):
        w, u, b, v, c = parameters
        weights = (w.T.contiguous(), u.T.contiguous(), b, torch.zeros_like(b))
        none = torch.zeros(1, BATCH, UNITS)
        facts = (True, 1, 0.0, False, False, False)
        _, h, _ = torch._VF.lstm(x, (none, none), weights, *facts)
        return torch.nn.functional.cross_entropy(torch.addmm(c, h[0], v), t)

    return eager_descent(torch, flat, loss, RATE)


def jitted(jax, x, t, flat):
    jnp = jax.numpy

    def loss(flat, x, t):
        w, u, b, v, c = flat

        def step(state, row):
            h, memory = state
            i, f, g, o = jnp.split(row + h @ u, 4, axis=1)
            memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(memory), memory), None

        none = jnp.zeros((BATCH, UNITS), "float32")
        (h, _), _ = jax.lax.scan(step, (none, none), x @ w + b)
        return -jax.nn.log_softmax(h @ v + c)[jnp.arange(BATCH), t].mean()

    return jitted_descent(jax, flat, loss, RATE, x, t)


def main():
    title = f"LSTM of {UNITS} units over {STEPS} rows, batch {BATCH}"
    beside_peers(title, start(), own, pytorch, jitted, number=5)


if __name__ == "__main__":
    main()
