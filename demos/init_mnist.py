"""Digits learned from three kinds of initial weights (book §6.2.4).

Five layers with ReLU: from weights of deviation 0.01 nothing is learned, for what they
give is next to 0, and so is the gradient. Xavier's learn, and He's, which are made for
ReLU, learn faster.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure, smooth

WEIGHTS = {
    "std 0.01": gg.nn.init.normal(0.01),
    "Xavier": gg.nn.init.xavier,
    "He": gg.nn.init.he_normal,
}
BATCH = 128


class Outcome(NamedTuple):
    """What training came to.

    Attributes:
        losses: of every step.
        last: mean loss of the last 100 batches, each after its step, as in the book.
        accuracy: on test digits.
    """

    losses: list[float]
    last: float
    accuracy: float


def trained(start: str, steps: int, seed: int = 0) -> Outcome:
    """Train 784-100×4-10 with SGD, rate 0.01, on batches drawn with replacement."""
    digits = gg.data.load_digits()
    sizes = digits.train_images.shape[1], *(100,) * 4, 10
    net = gg.nn.mlp(sizes, np.random.RandomState(seed), weight=WEIGHTS[start])
    model = Classifier(net, sizes[:1], gg.optim.SGD(0.01))
    train = digits.train_images, digits.train_labels
    drawn = gg.data.draws(train, BATCH, steps, seed=seed)
    losses, last = [], []
    for batch in tqdm(drawn, f"   {start:10}", steps, mininterval=0.5):
        losses.append(float(model.step(*batch)))
        if len(losses) > steps - 100:
            last.append(model.measured(*batch)[0])
    accuracy = model.accuracy(digits.test_images, digits.test_labels)
    return Outcome(losses, float(np.mean(last)), accuracy)


def main(out: Path, quick: bool) -> None:
    """Train from each kind of weights, print losses and draw them."""
    steps = 500 if quick else 2_000
    found = {start: trained(start, steps) for start in WEIGHTS}
    print(f"   784-100×4-10, {steps} steps of SGD 0.01 with {BATCH} digits")
    print("               loss of the last 100 steps   test accuracy")
    for start, outcome in found.items():
        print(f"   {start:12}{outcome.last:26.4f}{outcome.accuracy:16.3f}")
    with figure(out / "init-mnist.png", size=(6.4, 4)) as axes:
        for (start, outcome), line in zip(found.items(), ("-", "--", "-"), strict=True):
            curve = smooth(outcome.losses, 25)
            axes.plot(np.arange(len(curve)) + 25, curve, line, label=start)
        axes.set(title="Loss from three kinds of initial weights", ylim=(0, 2.5))
        axes.set(xlabel="step of 128 digits", ylabel="loss, mean of 25 steps")
        axes.legend(title="weights")
    print("   init-mnist.png: with deviation 0.01 the loss stays at ln 10 = 2.303,")
    print("   that of a guess; Xavier's weights learn, and He's sooner")
