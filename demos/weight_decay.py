"""Weight decay against overfitting: L2, decoupled, and L1 (book §6.4.2).

L2 adds λ/2·Σw² to the loss, so that a step also takes a share of every weight away.
Decoupled decay (Loshchilov and Hutter 2019) does so beside the gradient; with plain SGD
the two differ in the biases alone. L1 adds λ·Σ|w|, which draws all weights to 0 alike.
"""

from pathlib import Path

import numpy as np

import graphgrad as gg
from graphgrad_demos._figures import figure
from graphgrad_demos._overfitting import (
    RATE,
    Curves,
    curves,
    draw,
    say_if_not_mnist,
    seven_layers,
)

KINDS = {
    "no decay": {},
    "L2, λ = 0.1": {"penalty": lambda net: gg.nn.l2(net.weights(), 0.1)},
    "decoupled, λ = 0.1": {"optimizer": gg.optim.SGD(RATE, decay=0.1)},
    "L1, λ = 0.01": {"penalty": lambda net: gg.nn.l1(net.weights(), 0.01)},
}
SMALL = 1e-3


def trained(kind: str, epochs: int) -> tuple[Curves, np.ndarray]:
    """The experiment of `overfit` with one kind of decay.

    Returns:
        The accuracies, and all weights at the end.
    """
    net = seven_layers(np.random.RandomState(0))
    found = curves(kind, net, epochs, **KINDS[kind])
    return found, np.concatenate([w.value.ravel() for w in net.weights()])


def main(out: Path, quick: bool) -> None:
    """Train without decay and with three kinds of it; draw accuracies and weights."""
    say_if_not_mnist()
    epochs = 40 if quick else 201
    found = {kind: trained(kind, epochs) for kind in KINDS}
    print(f"   weights after {epochs} epochs:")
    for kind, (_, weights) in found.items():
        size = np.sqrt(np.mean(weights**2))
        share = np.mean(np.abs(weights) < SMALL)
        print(f"   {kind:24} root mean square {size:.3f}, {share:.0%} below {SMALL}")
    _draw(out / "weight-decay.png", found)
    print("   weight-decay.png: every decay holds training back and narrows the gap;")
    print("   with so few digits it costs test accuracy too. L2 shortens all weights")
    print("   alike, L1 leaves the large ones and brings many next to 0")


def _draw(path: Path, found: dict[str, tuple[Curves, np.ndarray]]) -> None:
    """Accuracies above, weights below, a column for each kind."""
    edges = np.linspace(-0.25, 0.25, 101)
    with figure(path, 2, len(found), size=(12, 5.6), sharey="row") as axes:
        for (kind, (accuracies, weights)), above, below in zip(
            found.items(), *axes, strict=True
        ):
            draw(above, kind, accuracies)
            below.hist(weights, edges)
            below.set(yscale="log", xlabel="weight")
            if kind != "no decay":
                above.set_ylabel("")
        axes[1, 0].set_ylabel("weights of all layers")
