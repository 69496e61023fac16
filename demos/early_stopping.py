"""Early stopping: training ends when held-out digits are told no better.

Of 600 digits 300 are kept for validation. The loss on them falls, and rises again while
that on the training digits still falls. After some epochs without a better one, the
patience, training ends, and the weights of the best epoch are put back.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS, figure
from graphgrad_demos._overfitting import say_if_not_mnist, seven_layers


class Outcome(NamedTuple):
    """A training run.

    Attributes:
        history: losses and accuracies after each epoch.
        best_epoch: that of the lowest loss on validation digits, from 1.
        validation: loss and accuracy with the weights that are there at the end.
        test: the same on test digits.
    """

    history: gg.train.History
    best_epoch: int
    validation: tuple[float, float]
    test: tuple[float, float]


def trained(epochs: int, rate: float, patience: int | None = None) -> Outcome:
    """Train on 300 digits; without patience to the last epoch."""
    digits = gg.data.load_digits()
    some = digits.train_images[:600], digits.train_labels[:600]
    train, held_out = gg.data.split(some, (0.5, 0.5), seed=0)
    net = seven_layers(np.random.RandomState(0))
    model = Classifier(net, digits.train_images.shape[1:], gg.optim.SGD(rate))
    measures = {
        "training loss": lambda: model.measured(*train)[0],
        "training accuracy": lambda: model.accuracy(*train),
        "validation loss": lambda: model.measured(*held_out)[0],
        "validation accuracy": lambda: model.accuracy(*held_out),
    }
    callbacks = []
    if patience is not None:
        callbacks = [gg.train.EarlyStopping("validation loss", patience=patience)]
    facts = {"epochs": epochs, "measures": measures, "callbacks": callbacks}
    history = model.fit(*train, **facts, progress=True)
    best = 1 + int(np.argmin(history["validation loss"]))
    test = model.measured(digits.test_images, digits.test_labels)
    return Outcome(history, best, model.measured(*held_out), test)


def main(out: Path, quick: bool) -> None:
    """Train with early stopping and without, and draw losses and accuracies."""
    say_if_not_mnist()
    epochs, rate, patience = (60, 0.1, 10) if quick else (301, 0.01, 20)
    stopped = trained(epochs, rate, patience)
    whole = trained(epochs, rate)
    print(f"   300 digits, SGD {rate}, patience {patience}")
    print(f"   {'':24}epochs   validation loss, accuracy   test loss, accuracy")
    for name, run in (("stopped early", stopped), ("not stopped", whole)):
        loss, accuracy = run.validation
        row = f"{len(run.history):6}   {loss:15.3f}, {accuracy:.3f}   "
        print(f"   {name:24}{row}{run.test[0]:13.3f}, {run.test[1]:.3f}")
    print(f"   the best epoch was {stopped.best_epoch}; its loss then: ", end="")
    print(f"{min(stopped.history['validation loss']):.3f}, the same as at the end")
    _draw(out / "early-stopping.png", stopped, whole)
    print("   early-stopping.png: behind the best epoch the net grows sure of its")
    print("   errors, and the loss on digits that it was not trained with rises; their")
    print("   accuracy hardly changes")


def _draw(path: Path, stopped: Outcome, whole: Outcome) -> None:
    with figure(path, 1, 2, size=(10, 3.8)) as axes:
        for panel, figure_ in zip(axes, ("loss", "accuracy"), strict=True):
            _curves(panel, figure_, stopped, whole)
        axes[0].set(title="stopped when the validation loss no longer falls")
        axes[1].set(title="accuracy", ylim=(0, 1.03))
        axes[0].legend()
        axes[1].legend(loc="lower right")


def _curves(axes: Any, figure_: str, stopped: Outcome, whole: Outcome) -> None:
    """Both curves until training was stopped, and pale what would have followed."""
    end = len(stopped.history)
    epochs = np.arange(1, len(whole.history) + 1)
    for name, colour, line in (
        ("training", COLOURS[0], "-"),
        ("validation", COLOURS[1], "--"),
    ):
        curve = np.array(whole.history[f"{name} {figure_}"])
        axes.plot(epochs[:end], curve[:end], line, color=colour, label=f"{name} digits")
        axes.plot(epochs[end - 1 :], curve[end - 1 :], line, color=colour, alpha=0.3)
    best = stopped.best_epoch
    axes.axvline(best, color="0.2", linewidth=1, label=f"best epoch, {best}")
    axes.axvline(end, color="0.2", linewidth=1, linestyle=":", label=f"stopped, {end}")
    axes.set(xlabel="epoch", ylabel=figure_)
