"""Augmentation: shifted, rotated, scaled and bent digits for more digits (book §8.1.2).

A net that learns 1,000 digits by heart tells about nine in ten new ones. Changed a
little each time they are used, the same digits are new in every epoch, and teach the
net what does not matter; the number of steps is the same.
"""

from functools import partial
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS, figure

SHARE = 8  # an eighth of the training digits: 1,000 of MNIST's
NOTHING = {"shift": 0, "degrees": 0, "scale": 1, "elastic": 0}


class Result(NamedTuple):
    """Accuracy after each epoch on the digits as they are, and on test digits."""

    train: list[float]
    test: list[float]


def changes(side: int) -> dict[str, Any]:
    """Ways to change images: amounts in pixels are for a side of 28."""
    one = partial(gg.data.augmented, **NOTHING)
    ways = {
        "shifts": partial(one, shift=2 * side / 28),
        "rotations": partial(one, degrees=15),
        "scaling": partial(one, scale=1.2),
        "bending": partial(one, elastic=side / 28, smoothness=4 * side / 28),
    }
    together = {k: v for way in ways.values() for k, v in _own(way).items()}
    return {"none": None, **ways, "all": partial(gg.data.augmented, **together)}


def _own(way: partial) -> dict[str, float]:
    """What a way changes."""
    return {k: v for k, v in way.keywords.items() if v != NOTHING.get(k)}


def train(name: str, way: Any, epochs: int, seed: int = 0) -> Result:
    """Train 784-100-100-10 by Adam on digits that are changed in this way."""
    digits = gg.data.load_digits()
    samples = len(digits.train_images) // SHARE
    images, labels = digits.train_images[:samples], digits.train_labels[:samples]
    test = digits.test_images, digits.test_labels
    pixels = images.shape[1]
    net = gg.nn.mlp((pixels, 100, 100, 10), np.random.RandomState(seed))
    model = Classifier(net, (pixels,), gg.optim.Adam(0.001))
    history = model.fit(
        images,
        labels,
        epochs=epochs,
        batch=samples // 10,
        seed=seed,
        change=way and (lambda rng, x, t: (way(x, rng), t)),
        measures={
            "train": lambda: model.accuracy(images, labels),
            "test": lambda: model.accuracy(*test),
        },
        progress=True,
    )
    found = Result(history["train"], history["test"])
    print(f"   {name:10} train {found.train[-1]:.3f}, test {found.test[-1]:.3f}")
    return found


def main(out: Path, quick: bool) -> None:
    """Train for 150 epochs in each way (30 in none and all, in the quick form)."""
    images = gg.data.load_digits().train_images
    ways = changes(isqrt(images.shape[1]))
    epochs = 30 if quick else 150
    shown = ("none", "all") if quick else tuple(ways)
    print(f"   {len(images) // SHARE} digits, {epochs} epochs; accuracy:")
    found = {name: train(name, ways[name], epochs) for name in shown}
    with figure(out / "augment.png", size=(7, 4)) as axes:
        for name, result in found.items():
            style = "-" if name in ("none", "all") else "--"
            colour = COLOURS[6] if name == "all" else None
            x = np.arange(1, epochs + 1)
            axes.plot(x, result.test, style, color=colour, label=name)
        axes.set(title=f"784-100-100-10 by Adam on {len(images) // SHARE} digits")
        axes.set(xlabel="epoch", ylabel="accuracy on test digits", ylim=(0.8, 1))
        axes.legend(title="changes", ncols=2)
    _draw_examples(out / "augment-digits.png", images, ways)
    ends = {name: result.test[-1] for name, result in found.items()}
    better = [name for name, end in ends.items() if end > ends["none"]]
    print(f"   augment.png: at equal steps better than none: {', '.join(better)}")
    print("   augment-digits.png: six digits, and what becomes of them")


def _draw_examples(file: Path, images: np.ndarray, ways: dict[str, Any]) -> None:
    side, count = isqrt(images.shape[1]), 6
    rng = np.random.RandomState(0)
    with figure(file, len(ways), count, (count, len(ways))) as axes:
        for row, (name, way) in zip(axes, ways.items(), strict=True):
            changed = way(images[:count], rng) if way else images[:count]
            for axis, image in zip(row, changed, strict=True):
                axis.imshow(image.reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
                axis.set(xticks=(), yticks=())
                axis.grid(visible=False)
                axis.spines[:].set_visible(True)
            row[0].set_ylabel(name)
