"""Convolution, recurrence and linear algebra, value and gradient; and saving."""

from rounds import optional, race, report  # isort: skip  it sets the BLAS threads
import time

import numpy as np

import graphgrad as gg

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(100, 1, 28, 28)).astype("float32")
KERNELS = RNG.normal(size=(30, 1, 5, 5)).astype("float32")
ROWS = RNG.normal(size=(1000, 32, 16))
CELL = [RNG.normal(size=(16, 32)) / 4, RNG.normal(size=(32, 32)) / 8]
STATE = np.zeros((32, 32))
MATRIX = RNG.normal(size=(60, 60))


def own_convolution():
    x = gg.placeholder(IMAGES.shape, dtype="float32")
    w = gg.variable(KERNELS)
    y = gg.max_pool2d(gg.relu(gg.conv2d(x, w)), 2)
    step = gg.compile([gg.sum(y), gg.grad(gg.sum(y), w)], [x])
    return lambda: step(IMAGES)


def own_recurrence():
    x = gg.placeholder(ROWS.shape)
    u, w = parameters = [gg.variable(p) for p in CELL]
    last, _ = gg.scan(lambda h, row: (gg.tanh(row @ u + h @ w), None), STATE, x)
    step = gg.compile([gg.sum(last), *gg.grad(gg.sum(last), parameters)], [x])
    return lambda: step(ROWS)


def own_svd():
    x = gg.placeholder(MATRIX.shape)
    u, s, _ = gg.linalg.svd(x)
    loss = gg.sum(s) + gg.sum(u[:, 0] ** 2 * np.arange(60.0))
    step = gg.compile([loss, gg.grad(loss, x)], [x])
    return lambda: step(MATRIX)


def peers(torch):
    torch.set_num_threads(1)
    functional = torch.nn.functional

    def convolution():
        w = torch.tensor(KERNELS, requires_grad=True)
        y = functional.conv2d(torch.tensor(IMAGES), w)
        functional.max_pool2d(functional.relu(y), 2).sum().backward()

    def recurrence():
        u, w = (torch.tensor(p, requires_grad=True) for p in CELL)
        h = torch.tensor(STATE)
        for row in torch.tensor(ROWS):
            h = torch.tanh(row @ u + h @ w)
        h.sum().backward()

    def svd():
        x = torch.tensor(MATRIX, requires_grad=True)
        u, s, _ = torch.linalg.svd(x)
        (s.sum() + (u[:, 0] ** 2 * torch.arange(60.0)).sum()).backward()

    return {"conv": convolution, "scan": recurrence, "svd": svd}


def saving():
    y = x = gg.variable(0.5)
    for i in range(99_999):
        y = gg.sin(y) if i % 2 else y * x
    graph = gg.Graph(y)
    print(f"a chain of {len(graph):,} nodes, seconds to write and to read")
    for form in ("json", "text", "networkx"):
        start = time.perf_counter()
        made = getattr(graph, f"to_{form}")()
        middle = time.perf_counter()
        getattr(gg.Graph, f"from_{form}")(made)
        end = time.perf_counter()
        print(f"  {form:<10} {middle - start:6.2f} {end - middle:6.2f}")


def main():
    torch = optional("torch")
    judges = {} if torch is None else peers(torch)
    titles = {
        "conv": "conv2d 100 × 28² with 30 kernels 5², relu, max pool: value, gradient",
        "scan": "tanh cell over 1,000 steps, batch 32, 32 units: value, gradient",
        "svd": "SVD of a 60² matrix: value, gradient",
    }
    own = {"conv": own_convolution, "scan": own_recurrence, "svd": own_svd}
    for name, title in titles.items():
        contenders = {"graphgrad": own[name]()}
        if name in judges:
            contenders["PyTorch"] = judges[name]
        report(title, race(contenders, rounds=5), unit=1e3, label="ms")
    saving()


if __name__ == "__main__":
    main()
