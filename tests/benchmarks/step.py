"""One SGD step of 784-50-10, batch 100, float32, loss returned."""

from rounds import optional, race, report  # isort: skip  it sets the BLAS threads
import numpy as np

import graphgrad as gg

RNG = np.random.default_rng(0)
X = RNG.normal(size=(100, 784)).astype("float32")
T = RNG.integers(0, 10, 100)
START = [
    (RNG.normal(size=s) * 0.05).astype("float32")
    for s in [(784, 50), (50,), (50, 10), (10,)]
]
RATE = np.float32(0.1)


def own():
    x = gg.placeholder(("batch", 784), dtype="float32")
    t = gg.placeholder(("batch",), dtype="int64")
    w1, b1, w2, b2 = parameters = [gg.variable(p) for p in START]
    loss = gg.softmax_cross_entropy(gg.relu(x @ w1 + b1) @ w2 + b2, t)
    slopes = gg.grad(loss, parameters)
    updates = {p: p - 0.1 * g for p, g in zip(parameters, slopes, strict=True)}
    step = gg.compile(loss, [x, t], updates)
    return lambda: step(X, T)


def by_hand():
    """Careful NumPy: in place, nothing computed twice."""
    w1, b1, w2, b2 = (p.copy() for p in START)
    rows = np.arange(len(T))

    def step():
        hidden = X @ w1
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        scores = hidden @ w2
        scores += b2
        scores -= scores.max(axis=1, keepdims=True)
        powers = np.exp(scores)
        total = powers.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - scores[rows, T]).mean()
        powers /= total
        powers[rows, T] -= 1
        powers /= len(T)
        back = powers @ w2.T
        back *= hidden > 0
        np.subtract(w2, RATE * (hidden.T @ powers), out=w2)
        np.subtract(b2, RATE * powers.sum(axis=0), out=b2)
        np.subtract(w1, RATE * (X.T @ back), out=w1)
        np.subtract(b1, RATE * back.sum(axis=0), out=b1)
        return loss

    return step


def pytorch(torch):
    torch.set_num_threads(1)
    x, t = torch.tensor(X), torch.tensor(T)
    parameters = [torch.tensor(p, requires_grad=True) for p in START]
    w1, b1, w2, b2 = parameters

    def step():
        logits = torch.relu(x @ w1 + b1) @ w2 + b2
        loss = torch.nn.functional.cross_entropy(logits, t)
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, g in zip(parameters, slopes, strict=True):
                p -= 0.1 * g
        return loss.item()

    return step


def main():
    contenders = {"graphgrad": own(), "NumPy by hand": by_hand()}
    if (torch := optional("torch")) is not None:
        contenders["PyTorch eager"] = pytorch(torch)
    report("784-50-10 step, batch 100", race(contenders, rounds=9, number=100))


if __name__ == "__main__":
    main()
