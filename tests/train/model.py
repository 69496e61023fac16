"""A small training run with everything that has a state; also run as a script.

``python -m tests.train.model CHECKPOINT RESULT`` trains with a checkpoint at every
second step, and writes the final variables.
"""

import sys

import numpy as np

import graphgrad as gg
from graphgrad.nn.weights import write_arrays
from graphgrad.train.checkpoint import named

EPOCHS = 6


def data():
    rng = np.random.RandomState(1)
    x = rng.randn(90, 6).astype("float32")
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64)


def program(backend="native", dtype="float32"):
    """A step with batch norm, dropout, Adam and a schedule."""
    net = gg.nn.mlp((6, 8, 2), rng=0, normalise="before", dropout=0.2, dtype=dtype)
    x = gg.placeholder(("batch", 6), dtype=dtype, name="x")
    t = gg.placeholder(("batch",), dtype="int64", name="t")
    loss = gg.nn.softmax_cross_entropy(net(x, training=True), t)
    rate = gg.optim.exponential(gg.optim.counter(), 0.02, 0.9, every=10)
    updates = gg.optim.Adam(rate).updates(loss, net.parameters())
    return gg.compile(loss, [x, t], updates, backend=backend), net


def trained(checkpoint=None, epochs=EPOCHS, callbacks=(), every=2):
    step, _ = program(backend="reference")
    keeper = [gg.train.Checkpoint(checkpoint, every=every)] if checkpoint else []
    history = gg.train.fit(
        step, data(), epochs=epochs, batch=8, callbacks=[*keeper, *callbacks]
    )
    return {name: np.array(x.value) for name, x in named(step).items()}, history


def stopping():
    return gg.train.EarlyStopping("loss", patience=100)


if __name__ == "__main__":
    print("ready", flush=True)
    found, _ = trained(sys.argv[1], callbacks=[stopping()])
    write_arrays(sys.argv[2], found)
