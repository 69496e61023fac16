"""A multi-layer perceptron on digits, with batch norm, dropout, Adam and augmentation.

All that chapter 6 of the book is about, in one net: 784-256-256-10, batch norm before
ReLU (§6.3), dropout (§6.4.3), Adam (§6.1.6), with a rate that falls along a cosine. The
number of epochs is fixed beforehand; test digits choose nothing.
"""

from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure

RATE, BATCH = 0.003, 100
FORMS = "as they are", "augmented"


class Result(NamedTuple):
    """Accuracy after each epoch, and what is held of each test digit at the end."""

    train: list[float]
    test: list[float]
    told: np.ndarray


def train(form: str, epochs: int, samples: int | None = None, seed: int = 0) -> Result:
    """Train the net on digits as they are, or changed each time they are used."""
    digits = gg.data.load_digits()
    images, labels = digits.train_images[:samples], digits.train_labels[:samples]
    pixels = images.shape[1]
    rng = np.random.RandomState(seed)
    net = gg.nn.mlp((pixels, 256, 256, 10), rng, normalise="before", dropout=0.2)
    steps = epochs * -(-len(images) // BATCH)
    rate = gg.optim.cosine(gg.optim.counter(), RATE, steps)
    model = Classifier(net, (pixels,), gg.optim.Adam(rate))
    history = model.fit(
        images,
        labels,
        epochs=epochs,
        batch=BATCH,
        seed=seed,
        change=changed(isqrt(pixels)) if form == "augmented" else None,
        measures={
            "train": lambda: model.accuracy(images, labels),
            "test": lambda: model.accuracy(digits.test_images, digits.test_labels),
        },
        progress=True,
    )
    told = gg.compile(gg.argmax(net(model.x), axis=1), [model.x])(digits.test_images)
    accuracy = f"train {history.last('train'):.4f}, test {history.last('test'):.4f}"
    print(f"   digits {form:11} {accuracy}")
    return Result(history["train"], history["test"], told)


def changed(side: int) -> Any:
    """Augmentation of a batch: shifts of 2 pixels where a side has 28."""
    unit = side / 28

    def change(rng: Any, x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, ...]:
        amounts = {"shift": 2 * unit, "elastic": unit, "smoothness": 4 * unit}
        return gg.data.augmented(x, rng, **amounts), t

    return change


def main(out: Path, quick: bool) -> None:
    """Train twice for 30 epochs (10 on 2,000 digits in the quick form)."""
    epochs, samples = (10, 2000) if quick else (30, None)
    count = len(gg.data.load_digits().train_images[:samples])
    print(f"   {count} digits, {epochs} epochs; accuracy:")
    found = {form: train(form, epochs, samples) for form in FORMS}
    with figure(out / "mlp.png", size=(7, 4)) as axes:
        for k, (form, result) in enumerate(found.items()):
            x = np.arange(1, epochs + 1)
            axes.plot(x, result.test, color=f"C{k}", label=f"test, {form}")
            axes.plot(x, result.train, ":", color=f"C{k}", label=f"training, {form}")
        axes.set(title="784-256-256-10, batch norm, dropout 0.2, Adam")
        axes.set(xlabel="epoch", ylabel="accuracy")
        axes.legend(title="digits")
    wrong = _draw_wrong(out / "mlp-errors.png", found["augmented"].told)
    print(
        "   mlp.png: augmented digits cannot be learned by heart; the accuracy on new"
    )
    print("   ones comes close to that on the training digits")
    print(f"   mlp-errors.png: the first 20 of the {wrong} test digits told wrongly")


def _draw_wrong(file: Path, told: np.ndarray) -> int:
    """Draw test digits that are told wrongly; how many there are."""
    digits = gg.data.load_digits()
    wrong = np.flatnonzero(told != digits.test_labels)
    side = isqrt(digits.test_images.shape[1])
    with figure(file, 2, 10, (10, 2.6)) as axes:
        for axis in axes.flat:
            axis.axis("off")
        for axis, k in zip(axes.flat, wrong, strict=False):
            image = digits.test_images[k].reshape(side, side)
            axis.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            axis.set_title(f"{digits.test_labels[k]} told as {told[k]}", fontsize=9)
    return len(wrong)
