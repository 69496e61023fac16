"""Hyper-parameters by random search on log scales, coarse to fine (book §6.5).

400 digits train, and 100 others, the validation digits, choose. The test digits are
looked at once, when all is chosen. The rate decides, and the weight decay does not.
"""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure

SPACE = {
    "rate": gg.train.LogUniform(1e-6, 1e-2),
    "decay": gg.train.LogUniform(1e-8, 1e-4),
}


class Objective:
    """Trains the seven layers with a rate and a weight decay; all else is the same.

    The program is compiled once: rate and decay are variables that are assigned, and
    the weights are set back.

    Args:
        epochs: of four steps each.

    Attributes:
        learned: accuracy on the training digits after each epoch, by rate.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.digits = gg.data.load_digits()
        some = self.digits.train_images[:500], self.digits.train_labels[:500]
        self.train, self.validation = gg.data.split(some, (0.8, 0.2))
        self.rate = gg.variable(np.float32(0), name="rate", trainable=False)
        self.decay = gg.variable(np.float32(0), name="decay", trainable=False)
        pixels = self.digits.train_images.shape[1]
        self.model = Classifier(
            gg.nn.mlp((pixels, *(100,) * 6, 10), np.random.RandomState(0)),
            (pixels,),
            gg.optim.SGD(self.rate),
            penalty=lambda net: gg.nn.l2(net.weights(), self.decay),
        )
        self.start = self.model.net.state()
        self.learned: dict[float, list[float]] = {}

    def __call__(self, values: dict[str, float]) -> list[float]:
        """Accuracy on the validation digits after each epoch."""
        self.model.net.assign(self.start)
        self.rate.assign(values["rate"])
        self.decay.assign(values["decay"])
        measures = {
            "train": lambda: self.model.accuracy(*self.train),
            "validation": lambda: self.model.accuracy(*self.validation),
        }
        history = self.model.fit(*self.train, epochs=self.epochs, measures=measures)
        self.learned[values["rate"]] = history["train"]
        return history["validation"]

    def tested(self, values: dict[str, float]) -> float:
        """Accuracy on the test digits."""
        self(values)
        return self.model.accuracy(self.digits.test_images, self.digits.test_labels)


class Found(NamedTuple):
    """A search of the whole space, a finer one around its best trials, and the end."""

    coarse: gg.train.SearchResult
    fine: gg.train.SearchResult
    learned: dict[float, list[float]]
    chosen: gg.train.Trial
    test: float
    seconds: float  # of processor time, for the coarse search


def searched(objective: Objective, trials: int, keep: float) -> Found:
    """Search, and with half the trials again around the best share of them."""
    start = time.process_time()
    coarse = gg.train.search(objective, SPACE, trials, progress="   coarse")
    seconds = time.process_time() - start
    space = gg.train.refined(coarse, keep)
    fine = gg.train.search(objective, space, trials // 2, progress="   fine  ")
    chosen = max(fine.best, coarse.best, key=lambda trial: trial.score)
    test = objective.tested(chosen.values)
    return Found(coarse, fine, objective.learned, chosen, test, seconds)


def main(out: Path, quick: bool) -> None:
    """Search with 100 and 50 trials of 50 epochs (quick: 20 and 10 of 15 epochs)."""
    epochs, trials, keep = (15, 20, 0.2) if quick else (50, 100, 0.1)
    found = searched(Objective(epochs), trials, keep)
    for name, result in (("coarse", found.coarse), ("fine", found.fine)):
        low, high = (f"{end:.1e}" for end in vars(result.space["rate"]).values())
        middle = np.median([trial.score for trial in result.trials])
        print(f"   {name}: {len(result.trials)} trials, rates from {low} to {high},")
        print(f"   median of the validation accuracy {middle:.2f}; the best trials:")
        print("   " + result.table(5).replace("\n", "\n   "))
    rate, test = found.chosen.values["rate"], found.test
    print(f"   chosen by validation: rate {rate:.1e}; test accuracy {test:.3f}")
    print(f"   the coarse search took {found.seconds:.1f} s of processor time")
    _draw_curves(out / "search.png", found)
    _draw_values(out / "search-values.png", found)
    if quick:
        print("   short form: after 15 of 50 epochs the nets have not learned much yet")
    print("   search.png: down the list the rates fall, and the nets learn more slowly")
    print("   search-values.png: accuracy rises with the rate, and the weight decay")
    print("   has no say; the fine search spends its trials where the best ones were")


def _draw_curves(file: Path, found: Found) -> None:
    """The twenty best trials of the coarse search, as the book draws them."""
    with figure(file, 4, 5, (7, 5.3), sharex=True, sharey=True) as axes:
        ranked = enumerate(found.coarse.ranked, 1)
        for axis, (rank, trial) in zip(axes.flat, ranked, strict=False):
            epochs = np.arange(1, len(trial.curve) + 1)
            axis.plot(epochs, trial.curve, label="validation")
            learned = found.learned[trial.values["rate"]]
            axis.plot(epochs, learned, "--", label="training")
            axis.set_title(f"{rank}: rate {trial.values['rate']:.1e}", fontsize=9)
        axis.set_ylim(0, 1)
        whole = axes[0, 0].figure
        whole.supxlabel("epoch")
        whole.supylabel("accuracy")
        lines = axes[0, 0].get_legend_handles_labels()
        whole.legend(*lines, loc="outside lower right", ncols=2)
        whole.suptitle(f"The 20 best of {len(found.coarse.trials)} random trials")


def _draw_values(file: Path, found: Found) -> None:
    """The validation accuracy of all values that were tried."""
    names = {"rate": "learning rate", "decay": "weight decay λ"}
    searches = (found.coarse, "o", "coarse search"), (found.fine, "^", "fine search")
    with figure(file, 1, 2, (9, 3.6), sharey=True) as axes:
        for axis, (name, text) in zip(axes, names.items(), strict=True):
            part = found.fine.space[name]
            axis.axvspan(part.low, part.high, color="0.9", label="fine space")
            for result, mark, label in searches:
                tried = [(t.values[name], t.score) for t in result.trials]
                axis.plot(*zip(*tried, strict=True), mark, label=label, markersize=4)
            axis.set(xscale="log", xlabel=text, ylim=(0, 1))
        axes[0].set_ylabel("validation accuracy")
        axes[0].legend(loc="upper left")
        axes[0].figure.suptitle("Validation accuracy of every trial")
