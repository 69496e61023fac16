"""784-100×6-10 with batch normalisation and Adam, beside its peers."""

from rounds import beside_peers, eager, temporary, with_memory  # isort: skip  it sets the BLAS threads
import numpy as np
from compiled import start

import graphgrad as gg

F = np.float32
RATE, DECAY, DECAY_2, TINY = F(1e-3), F(0.9), F(0.999), F(1e-8)


def parameters(layers):
    """Weights, biases, and scales and shifts of all layers but the last."""
    found = []
    for k, (w, b) in enumerate(layers):
        found += [w, b]
        if k + 1 < len(layers):
            found += [np.ones_like(b), np.zeros_like(b)]
    return found


def own(x, t, layers):
    images = gg.placeholder(x.shape, dtype="float32")
    labels = gg.placeholder(t.shape, dtype="int64")
    flat = [gg.variable(p) for p in parameters(layers)]
    rest, h = iter(flat), images
    for k in range(len(layers)):
        h = h @ next(rest) + next(rest)
        if k + 1 < len(layers):
            h, *_ = gg.batch_norm(h, next(rest), next(rest))
            h = gg.relu(h)
    loss = gg.softmax_cross_entropy(h, labels)
    count = gg.variable(F(0))
    updates = {count: count + F(1)}
    rate = RATE * gg.sqrt(1 - DECAY_2 ** (count + F(1))) / (1 - DECAY ** (count + F(1)))
    for p, g in zip(flat, gg.grad(loss, flat), strict=True):
        m, v = (gg.variable(np.zeros(p.shape, F)) for _ in range(2))
        updates[m] = m + (1 - DECAY) * (g - m)
        updates[v] = v + (1 - DECAY_2) * (g * g - v)
        updates[p] = p - rate * updates[m] / (gg.sqrt(updates[v]) + TINY)
    step = gg.compile(loss, [images, labels], updates, backend="native")
    return with_memory(step, x, t)


def by_hand(x, t, layers):
    flat = [p.copy() for p in parameters(layers)]
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in flat]
    rows, count = np.arange(len(t)), [0]

    def step():
        h, kept = x, []
        for k in range(0, len(flat) - 2, 4):
            w, b, gamma, beta = flat[k : k + 4]
            z = h @ w
            z += b
            z -= z.mean(axis=0)
            scale = 1 / np.sqrt(np.mean(z * z, axis=0) + F(1e-5))
            z *= scale
            made = z * gamma
            made += beta
            np.maximum(made, 0, out=made)
            kept.append((h, z, scale, made))
            h = made
        z = h @ flat[-2]
        z += flat[-1]
        z -= z.max(axis=1, keepdims=True)
        g = np.exp(z)
        total = g.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[rows, t]).mean()
        g /= total
        g[rows, t] -= 1
        g /= len(t)
        slopes = [h.T @ g, g.sum(axis=0)]
        g = g @ flat[-2].T
        for k in range(len(flat) - 6, -1, -4):
            w, b, gamma, beta = flat[k : k + 4]
            h, z, scale, made = kept[k // 4]
            g *= made > 0
            shift, along = g.sum(axis=0), (g * z).sum(axis=0)
            g -= (shift + z * along) / len(t)
            g *= gamma * scale
            slopes = [h.T @ g, g.sum(axis=0), along, shift, *slopes]
            g = g @ w.T if k else None
        count[0] += 1
        rate = RATE * np.sqrt(1 - DECAY_2 ** count[0]) / (1 - DECAY ** count[0])
        for p, (m, v), g in zip(flat, moments, slopes, strict=True):
            m += (1 - DECAY) * (g - m)
            g *= g
            v += (1 - DECAY_2) * (g - v)
            p -= F(rate) * m / (np.sqrt(v) + TINY)
        return loss

    return step


def pytorch(torch, x, t, layers):
    torch.set_num_threads(1)
    x, t = torch.tensor(x), torch.tensor(t)
    flat = [torch.tensor(p, requires_grad=True) for p in parameters(layers)]
    adam = torch.optim.Adam(flat, lr=float(RATE), fused=True)
    f = torch.nn.functional

    def step():
        h, rest = x, iter(flat)
        for k in range(len(layers)):
            w, b = next(rest), next(rest)
            h = torch.addmm(b, h, w)
            if k + 1 < len(layers):
                h = f.batch_norm(h, None, None, next(rest), next(rest), training=True)
                h = torch.relu(h)
        loss = f.cross_entropy(h, t)
        adam.zero_grad()
        loss.backward()
        adam.step()
        return loss.item()

    return eager(torch, step)


def jitted(jax, x, t, layers):
    jnp = jax.numpy

    def loss(flat, x, t):
        h, rest = x, iter(flat)
        for k in range(len(layers)):
            h = h @ next(rest) + next(rest)
            if k + 1 < len(layers):
                h = h - h.mean(axis=0)
                h = h / jnp.sqrt((h * h).mean(axis=0) + F(1e-5))
                h = jax.nn.relu(h * next(rest) + next(rest))
        return -jax.nn.log_softmax(h)[jnp.arange(len(t)), t].mean()

    def update(state, x, t):
        flat, ms, vs, count = state
        value, slopes = jax.value_and_grad(loss)(flat, x, t)
        count = count + 1
        rate = RATE * jnp.sqrt(1 - DECAY_2**count) / (1 - DECAY**count)
        ms = [m + (1 - DECAY) * (g - m) for m, g in zip(ms, slopes, strict=True)]
        vs = [v + (1 - DECAY_2) * (g * g - v) for v, g in zip(vs, slopes, strict=True)]
        rows = zip(flat, ms, vs, strict=True)
        flat = [p - rate * m / (jnp.sqrt(v) + TINY) for p, m, v in rows]
        return value, (flat, ms, vs, count)

    compiled = jax.jit(update, donate_argnums=0)
    flat = [jnp.asarray(p) for p in parameters(layers)]
    zeros = [[jnp.zeros_like(p) for p in flat] for _ in range(2)]
    state = [(flat, *zeros, jnp.float32(0))]
    x, t = jnp.asarray(x), jnp.asarray(t)

    def step():
        value, state[0] = compiled(state[0], x, t)
        return float(value)

    step.memory = temporary(compiled, state[0], x, t)
    return step


def main():
    facts = start((784, *(100,) * 6, 10), 100)
    title = "784-100×6-10, batch norm and Adam"
    hand = {"NumPy by hand": by_hand(*facts)}
    beside_peers(title, facts, own, pytorch, jitted, more=hand, number=20)


if __name__ == "__main__":
    main()
