"""Learning from a few examples, from several starts, with one program for all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier


class Examples(NamedTuple):
    """Images with labels: to train on, and to test with."""

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of_digits(cls, first: int = 0, count: int = 10) -> "Examples":
        """So many digits from the first on, labelled from 0 on."""
        digits = gg.data.load_digits()

        def chosen(images: np.ndarray, labels: np.ndarray) -> Any:
            wanted = (labels >= first) & (labels < first + count)
            return images[wanted], labels[wanted] - first

        return cls(chosen(*digits[1:3]), chosen(*digits[3:5]))

    @property
    def features(self) -> int:
        """Pixels of an image."""
        return self.train[0].shape[1]

    def few(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """So many training examples of each class, drawn at random."""
        images, labels = self.train
        order = np.random.RandomState(seed).permutation(len(labels))
        classes = [order[labels[order] == c][:count] for c in np.unique(labels)]
        chosen = np.concatenate(classes)
        return images[chosen], labels[chosen]

    def through(self, layers: gg.nn.Module) -> "Examples":
        """What layers give for the images, computed once."""
        parts = ((gg.train.precomputed(layers, x), t) for x, t in self)
        return Examples(*parts)


class Learner:
    """A net that is compiled once, and learns from any start with Adam, rate 0.001.

    Args:
        net: of the shapes of all starts, with variables of its own, which are set.
        steps: with batches of 50.
        seeds: draws of examples and of new weights that accuracies are means of.

    Attributes:
        net: as the last training left it.
    """

    def __init__(self, net: gg.nn.Module, steps: int, seeds: int) -> None:
        self.net = net
        self._steps, self._seeds = steps, range(1, seeds + 1)
        features = next(iter(net.variables().values())).shape[0]
        self._model = Classifier(net, (features,), gg.optim.Adam(0.001))
        variables = self._model.step.graph.find(op="variable")
        self._begin = {x: np.array(x.value) for x in variables}  # also Adam's means

    def learn(self, examples: Sequence[Any], start: gg.nn.Module | None = None) -> None:
        """Train the net from a start, which stays as it is, or as it was at first."""
        for x, value in self._begin.items():
            x.assign(value)
        if start is not None:
            self.net.assign(start.state())
        for batch in gg.data.draws(examples, 50, self._steps):
            self._model.step(*batch)

    def accuracies(
        self,
        start: Callable[[int], gg.nn.Module],
        data: Examples,
        counts: Iterable[int],
    ) -> dict[int, float]:
        """Mean accuracies on the test examples, by how many of a class were learnt.

        Args:
            start: gives a net for a seed.
            data: to draw examples from, and to test with.
            counts: examples of a class.
        """

        def one(count: int, seed: int) -> float:
            self.learn(data.few(count, seed), start(seed))
            return self._model.accuracy(*data.test)

        shown = tqdm(counts, "   learning", leave=False, unit="number of examples")
        return {n: float(np.mean([one(n, s) for s in self._seeds])) for n in shown}


def report(title: str, rows: Mapping[str, Mapping[int, float]]) -> None:
    """Print accuracies by name and number of examples."""
    counts = [*next(iter(rows.values()))]
    print(f"   {title:24}" + "".join(f"{n:7}" for n in counts))
    for name, row in rows.items():
        print(f"   {name:24}" + "".join(f"{a:7.3f}" for a in row.values()))


def draw(axes: Any, title: str, rows: Mapping[str, Mapping[int, float]]) -> None:
    """Accuracies along the number of examples, a line for each name."""
    for (name, row), mark in zip(rows.items(), "o^sDv", strict=False):
        axes.semilogx(row.keys(), row.values(), f"{mark}-", label=name)
    counts = [*next(iter(rows.values()))]
    axes.set_xticks(counts, counts)
    axes.set_xticks([], minor=True)
    axes.set(title=title, xlabel="training examples of a class")
    axes.set_ylabel("accuracy on test digits")
    axes.legend()
