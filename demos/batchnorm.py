"""Batch normalisation makes 16 scales of initial weights trainable (book §6.3.2).

What a layer gives is brought to mean 0 and variance 1 over the batch, then scaled by γ
and shifted by β, which are learned. Without it five layers learn from two or three of
the scales from 1 to 0.0001; with it they learn from all, whether it stands before the
activation, as in the book, or behind it.
"""

from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS, figure

SAMPLES = 1_000
SCALES = np.logspace(0, -4, 16)
PLACES = {"no normalisation": None, "before ReLU": "before", "after ReLU": "after"}


def net_of(scale: float, place: str | None, seed: int) -> gg.nn.Sequential:
    """784-100×5-10 with weights of this deviation.

    Layers of normalisation are as in the book: an ε of 1e-6, which is as large as the
    variance that the smallest weights leave, and running variances that start at 0.
    """
    pixels = gg.data.load_digits().train_images.shape[1]
    rng, weight = np.random.RandomState(seed), gg.nn.init.normal(scale)
    net = gg.nn.mlp((pixels, *(100,) * 5, 10), rng, weight=weight, normalise=place)
    layers = []
    for layer in net:
        if isinstance(layer, gg.nn.BatchNorm):
            layer.running_var.assign(np.zeros(100, np.float32))
            layer = layer.replace(epsilon=1e-6)
        layers.append(layer)
    return gg.nn.Sequential(*layers)


def curves(
    name: str, epochs: int, scales: Any = SCALES, seed: int = 0
) -> tuple[np.ndarray, int]:
    """Train from each scale: SGD with rate 0.01, batches of 100.

    The net is compiled once, and gets other weights for each scale. Training accuracy
    is measured in use, with running statistics. Of a loss that is no number the weights
    are none either; such a net takes every digit for a 0.

    Returns:
        Training accuracies, shape (scales, epochs), and how many runs diverged.
    """
    digits = gg.data.load_digits()
    train = digits.train_images[:SAMPLES], digits.train_labels[:SAMPLES]
    net = net_of(1.0, PLACES[name], seed)
    model = Classifier(net, digits.train_images.shape[1:], gg.optim.SGD(0.01))
    found, diverged = np.zeros((len(scales), epochs)), 0
    for row, scale in zip(found, tqdm(scales, f"   {name:16}"), strict=True):
        net.assign(net_of(scale, PLACES[name], seed).state())
        for epoch in range(epochs):
            for images, labels in gg.data.batches(train, 100, seed=seed, epoch=epoch):
                loss = model.step(images, labels)
            row[epoch] = model.accuracy(*train)
        diverged += not np.isfinite(loss)
    return found, diverged


def main(out: Path, quick: bool) -> None:
    """Train 48 nets; print what they reach, and draw their curves."""
    epochs, scales = (6, SCALES[::3]) if quick else (20, SCALES)
    outcomes = {name: curves(name, epochs, scales) for name in PLACES}
    found = {name: accuracies for name, (accuracies, _) in outcomes.items()}
    print(f"   training accuracy after {epochs} epochs on 1,000 digits")
    print("   deviation   " + "".join(f"{name:>18}" for name in PLACES))
    for k, scale in enumerate(scales):
        row = "".join(f"{found[name][k, -1]:18.3f}" for name in PLACES)
        print(f"   {scale:9.1e}   {row}")
    print(f"   diverged without normalisation: {outcomes['no normalisation'][1]} nets")
    _draw_curves(out / "batchnorm.png", scales, found)
    _draw_ends(out / "batchnorm-place.png", scales, found)
    print("   batchnorm.png: with normalisation every net learns, and the best sooner")
    print("   than any without. batchnorm-place.png: where the nets end, by their")
    print("   weights")


def _draw_curves(path: Path, scales: Any, found: dict[str, np.ndarray]) -> None:
    """A panel for each scale, as in the book."""
    columns = 4 if len(scales) > 8 else 3
    rows = len(scales) // columns
    facts = {"size": (11, 2.3 * rows), "sharex": True, "sharey": True}
    with figure(path, rows, columns, **facts) as axes:
        for k, (panel, scale) in enumerate(zip(axes.flat, scales, strict=True)):
            for name, line in (("no normalisation", "--"), ("before ReLU", "-")):
                colour = COLOURS[line == "--"]
                curve = found[name][k]
                epochs = np.arange(1, len(curve) + 1)
                panel.plot(epochs, curve, line, color=colour, label=name)
            panel.set(title=f"weights' deviation {scale:.2g}", ylim=(0, 1.03))
        axes[0, 0].legend()
        axes[0, 0].figure.supxlabel("epoch")
        axes[0, 0].figure.supylabel("training accuracy")


def _draw_ends(path: Path, scales: Any, found: dict[str, np.ndarray]) -> None:
    with figure(path, size=(6.4, 4)) as axes:
        order = (COLOURS[1], COLOURS[0], COLOURS[2])
        for (name, curve), mark, colour in zip(
            found.items(), ("s--", "o-", "^-"), order, strict=True
        ):
            axes.semilogx(scales, curve[:, -1], mark, color=colour, label=name)
        epochs = found["no normalisation"].shape[1]
        axes.set(title="Where batch normalisation stands", ylim=(0, 1.03))
        axes.set(xlabel="standard deviation of the initial weights")
        axes.set(ylabel=f"training accuracy after {epochs} epochs")
        axes.legend()
