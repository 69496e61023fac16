"""The book's convolutional net on digits, and the filters that it learns (book §7.5).

Thirty filters of 5 × 5, ReLU, max pooling 2 × 2, 100 units, ReLU, 10 scores: first
trained as in the book, then on augmented digits with a rate that falls along a cosine.
"""

import time
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure

FILTERS, BATCH = 30, 100


def convnet(side: int, seed: int = 0) -> gg.nn.Sequential:
    """conv, ReLU, pool, affine, ReLU, affine; weights of deviation 0.01."""
    rng, small = np.random.RandomState(seed), gg.nn.init.normal(0.01)
    pooled = (side - 4) // 2
    return gg.nn.Sequential(
        gg.nn.Conv2D(1, FILTERS, 5, rng, weight=small),
        gg.relu,
        gg.nn.MaxPool2D(2),
        gg.nn.flatten,
        gg.nn.Linear(FILTERS * pooled**2, 100, rng, weight=small),
        gg.relu,
        gg.nn.Linear(100, 10, rng, weight=small),
    )


def pictures(digits: gg.data.Digits) -> gg.data.Digits:
    """The digits with images of shape (examples, 1, side, side)."""
    side = isqrt(digits.train_images.shape[1])
    return digits._replace(
        train_images=digits.train_images.reshape(-1, 1, side, side),
        test_images=digits.test_images.reshape(-1, 1, side, side),
    )


def as_in_the_book(digits: gg.data.Digits, steps: int) -> tuple[float, float, float]:
    """Loss of the last 100 steps, each taken after its step; test accuracy; seconds."""
    shape = digits.train_images.shape[1:]
    model = Classifier(convnet(shape[-1]), shape, gg.optim.Adam(0.001))
    data = digits.train_images, digits.train_labels
    start, losses = time.process_time(), []
    batches = gg.data.draws(data, BATCH, steps)
    for batch in tqdm(batches, "   as in the book", steps, unit="step"):
        model.step(*batch)
        losses.append(model.measured(*batch)[0])
    accuracy = model.accuracy(digits.test_images, digits.test_labels)
    return float(np.mean(losses[-100:])), accuracy, time.process_time() - start


def train(
    net: gg.nn.Module, digits: gg.data.Digits, epochs: int, seed: int = 0
) -> gg.train.History:
    """Train on augmented digits; the history has the test accuracy of each epoch."""
    shape = digits.train_images.shape[1:]
    unit = shape[-1] / 28
    amounts = {"shift": 2 * unit, "elastic": unit, "smoothness": 4 * unit}

    def change(rng: Any, x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, ...]:
        return gg.data.augmented(x[:, 0], rng, **amounts)[:, None], t

    steps = epochs * -(-len(digits.train_images) // BATCH)
    rate = gg.optim.cosine(gg.optim.counter(), 0.003, steps)
    model = Classifier(net, shape, gg.optim.Adam(rate))
    test = digits.test_images, digits.test_labels
    return model.fit(
        digits.train_images,
        digits.train_labels,
        epochs=epochs,
        batch=BATCH,
        seed=seed,
        change=change,
        measures={"test": lambda: model.accuracy(*test)},
        progress=True,
    )


def main(out: Path, quick: bool) -> None:
    """Train 240 steps as in the book, then 15 epochs (40 and 4 in the quick form)."""
    digits = pictures(gg.data.load_digits())
    steps, epochs = (40, 4) if quick else (240, 15)
    if quick:
        digits = gg.data.Digits(digits.source, *(a[:1500] for a in digits[1:]))
    print(f"   {len(digits.train_images)} digits to train on", end=", ")
    print(f"{len(digits.test_images)} to test with")
    loss, accuracy, seconds = as_in_the_book(digits, steps)
    print(f"   as in the book, {steps} steps in {seconds:.1f} s of processor: ", end="")
    last = min(steps, 100)
    print(f"loss {loss:.3f} (last {last} steps), test accuracy {accuracy:.4f}")
    net = convnet(digits.train_images.shape[-1])
    before = np.array(net[0].weight.value)
    history = train(net, digits, epochs)
    print(f"   augmented, {epochs} epochs: test accuracy {history.last('test'):.4f}")
    with figure(out / "convnet.png") as axes:
        axes.plot(history["epoch"], history["test"], "o-", label="augmented digits")
        axes.axhline(
            accuracy, color="C1", ls="--", label=f"{steps} steps as in the book"
        )
        axes.set(title="conv-ReLU-pool-affine-ReLU-affine", xlabel="epoch")
        axes.set(ylabel="accuracy on test digits")
        axes.legend(loc="center right")
    with figure(out / "convnet-filters.png", 1, 2, (9, 1.75)) as panels:
        shown = {"before training": before, "after training": net[0].weight.value}
        for axes, (when, kernels) in zip(panels, shown.items(), strict=True):
            axes.imshow(mosaic(kernels), cmap="gray")
            axes.set(title=when, xticks=(), yticks=(), facecolor="#a8cbe6")
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
    print("   convnet.png: test accuracy after each epoch")
    print("   convnet-filters.png: the 30 filters are noise at first; trained, many of")
    print("   them are edges and blobs")


def mosaic(kernels: np.ndarray, columns: int = 10) -> np.ndarray:
    """Kernels side by side, each from 0 to 1, with gaps of NaN."""
    flat = kernels[:, 0]
    low, high = flat.min((1, 2), keepdims=True), flat.max((1, 2), keepdims=True)
    gap = (0, 0), (1, 1), (1, 1)
    scaled = np.pad((flat - low) / (high - low), gap, constant_values=np.nan)
    rows = scaled.reshape(-1, columns, *scaled.shape[1:])
    return np.vstack([np.hstack(list(row)) for row in rows])
