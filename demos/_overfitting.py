"""The experiment that several demos share: 300 digits, seven layers (book §6.4.1)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS

SAMPLES = 300
RATE = 0.01


@dataclass
class Curves:
    """Accuracy on the training and test digits after each epoch."""

    train: list[float]
    test: list[float]

    @property
    def gap(self) -> float:
        """Training accuracy less test accuracy, after the last epoch."""
        return self.train[-1] - self.test[-1]

    def until(self, epoch: int) -> "Curves":
        """The curves of the first epochs."""
        return Curves(self.train[:epoch], self.test[:epoch])

    def __str__(self) -> str:
        accuracies = f"train {self.train[-1]:.3f}, test {self.test[-1]:.3f}"
        return f"{accuracies}, gap {self.gap:.3f}"


def seven_layers(rng: Any) -> gg.nn.Sequential:
    """Six hidden layers of 100 ReLU units, with He's weights."""
    pixels = gg.data.load_digits().train_images.shape[1]
    return gg.nn.mlp((pixels, *(100,) * 6, 10), rng)


def say_if_not_mnist() -> None:
    """The conclusions are about MNIST's digits; the 8 × 8 ones are too easy."""
    if gg.data.load_digits().source != "MNIST":
        print("   These are 8 × 8 digits, so easy that there is little overfitting.")
        print("   What is said below holds for MNIST's: set GRAPHGRAD_DATA to use")
        print("   them.")


def curves(
    name: str,
    net: gg.nn.Module,
    epochs: int,
    *,
    optimizer: gg.optim.Optimizer | None = None,
    **facts: Any,
) -> Curves:
    """Train a net on 300 digits with batches of 100, and measure after each epoch.

    Args:
        name: printed before the result.
        net: to train.
        epochs: three steps each.
        optimizer: SGD with rate 0.01 unless another is given.
        **facts: of `Classifier`.
    """
    digits = gg.data.load_digits()
    train = digits.train_images[:SAMPLES], digits.train_labels[:SAMPLES]
    test = digits.test_images, digits.test_labels
    shape = digits.train_images.shape[1:]
    model = Classifier(net, shape, optimizer or gg.optim.SGD(RATE), **facts)
    measures = {
        "train": lambda: model.accuracy(*train),
        "test": lambda: model.accuracy(*test),
    }
    history = model.fit(*train, epochs=epochs, measures=measures, progress=True)
    found = Curves(history["train"], history["test"])
    print(f"   {name + ':':25} {found}")
    return found


def draw(axes: Any, title: str, found: Curves) -> None:
    """Both curves of an experiment, and the gap between them."""
    epochs = np.arange(1, len(found.train) + 1)
    axes.plot(epochs, found.train, color=COLOURS[0], label="300 training digits")
    axes.plot(epochs, found.test, "--", color=COLOURS[1], label="test digits")
    shade = {"color": "0.5", "alpha": 0.15, "linewidth": 0}
    gap = f"gap, {found.gap:.3f} at the end"
    axes.fill_between(epochs, found.train, found.test, label=gap, **shade)
    axes.set(title=title, xlabel="epoch", ylabel="accuracy", ylim=(0, 1.03))
    axes.legend(loc="best")
