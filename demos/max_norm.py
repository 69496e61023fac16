"""Max-norm: the weights that come into a unit are kept short (Srivastava et al. 2014).

After every step the incoming weights of each unit are scaled down to a norm of at most
1.1, if they are longer. He's initial weights have norms about √2, and grow.
"""

from pathlib import Path
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._figures import figure
from graphgrad_demos._overfitting import (
    Curves,
    curves,
    draw,
    say_if_not_mnist,
    seven_layers,
)

LIMIT = 1.1
BINS = np.arange(0.83, 1.9, 0.02)


def incoming(net: gg.nn.Module) -> np.ndarray:
    """The norm of every unit's incoming weights, all layers in a row."""
    return np.concatenate([np.linalg.norm(w.value, axis=0) for w in net.weights()])


def trained(limit: float | None, epochs: int) -> tuple[Curves, np.ndarray]:
    """The experiment of `overfit`, with a limit or none.

    Returns:
        The accuracies, and the norms of incoming weights at the end.
    """
    net = seven_layers(np.random.RandomState(0))
    if limit is None:
        return curves("no limit", net, epochs), incoming(net)

    def kept_short(updates: dict[gg.Tensor, gg.Tensor]) -> dict[gg.Tensor, gg.Tensor]:
        return gg.optim.constrained(updates, limit)

    found = curves(f"norm of {limit} at most", net, epochs, changed=kept_short)
    return found, incoming(net)


def main(out: Path, quick: bool) -> None:
    """Train without a limit and with one; draw accuracies and norms."""
    say_if_not_mnist()
    epochs = 60 if quick else 201
    start = incoming(seven_layers(np.random.RandomState(0)))
    free, loose = trained(None, epochs)
    held, short = trained(LIMIT, epochs)
    norms = {"at the start": start, "no limit": loose, f"limit {LIMIT}": short}
    print("   norms of the weights that come into a unit, mean and largest:")
    for name, values in norms.items():
        print(f"   {name:24} {values.mean():.3f}, {values.max():.4f}")
    with figure(out / "max-norm.png", 1, 3, size=(12, 3.6)) as axes:
        draw(axes[0], "no limit", free)
        draw(axes[1], f"incoming weights of norm ≤ {LIMIT}", held)
        _draw_norms(axes[2], norms)
    print("   max-norm.png: no unit's incoming weights are longer than the limit,")
    print("   where nearly all of them stay. Training is slower, and the gap smaller")


def _draw_norms(axes: Any, norms: dict[str, np.ndarray]) -> None:
    for (name, values), line in zip(norms.items(), ("-", "--", "-"), strict=True):
        counts, _ = np.histogram(values, BINS)
        axes.stairs(counts, BINS, label=name, linestyle=line, linewidth=1.3)
    axes.set(title="norm of incoming weights", xlabel="norm", ylabel="units")
    axes.set(yscale="symlog", ylim=(0, 1_000))
    axes.legend()
