"""Weights that start equal stay equal: a layer of 50 units becomes one (book §6.2.1).

Units with the same weights give the same answer and get the same gradient, in every
step. After training each weight matrix still has rank 1, however long it took, and the
net tells digits no better than one with a single unit per layer. Random weights differ.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure, smooth

UNITS = 50
STARTS = {
    "zeros": gg.nn.init.zeros,
    "all 0.01": gg.nn.init.constant(0.01),
    "random (Xavier)": gg.nn.init.xavier,
}


class Outcome(NamedTuple):
    """What training made of a start.

    Attributes:
        losses: of every step.
        weights: of the three layers, each of shape (inputs, units).
        accuracy: on test digits.
    """

    losses: list[float]
    weights: list[np.ndarray]
    accuracy: float

    def ranks(self) -> list[int]:
        """Of each layer's weights."""
        return [int(np.linalg.matrix_rank(w)) for w in self.weights]

    def spread(self) -> list[float]:
        """How far the units of each hidden layer differ: the largest max − min."""
        return [float(np.ptp(w, axis=1).max()) for w in self.weights[:-1]]


def trained(start: str, steps: int, activation: Any = gg.nn.sigmoid) -> Outcome:
    """Train 784-50-50-10 with SGD, rate 0.5, on batches of 100 digits."""
    digits = gg.data.load_digits()
    sizes = digits.train_images.shape[1], UNITS, UNITS, 10
    rng = np.random.RandomState(0)
    net = gg.nn.mlp(sizes, rng, activation=activation, weight=STARTS[start])
    model = Classifier(net, sizes[:1], gg.optim.SGD(0.5))
    train = digits.train_images, digits.train_labels
    drawn = gg.data.draws(train, 100, steps, seed=0)
    losses = [
        float(model.step(images, labels))
        for images, labels in tqdm(drawn, f"   {start:16}", steps, mininterval=0.5)
    ]
    accuracy = model.accuracy(digits.test_images, digits.test_labels)
    return Outcome(losses, [np.array(w.value) for w in net.weights()], accuracy)


def main(out: Path, quick: bool) -> None:
    """Train from three starts; print ranks and draw units and singular values."""
    steps = 500 if quick else 2_000
    found = {start: trained(start, steps) for start in STARTS}
    print(f"   784-50-50-10, sigmoid, {steps} steps of SGD 0.5")
    print(f"   {'':16} rank of W1, W2, W3   spread of units 1, 2   test accuracy")
    for start, outcome in found.items():
        ranks = ", ".join(f"{rank:2}" for rank in outcome.ranks())
        spread = ", ".join(f"{s:8.2g}" for s in outcome.spread())
        print(f"   {start:16}{ranks:>19}{spread:>23}{outcome.accuracy:>16.3f}")
    still = trained("zeros", 100, gg.relu)
    moved = max(np.abs(w).max() for w in still.weights)
    print(f"   with ReLU weights of 0 get no gradient: they moved by {moved:.2g}")
    _draw(out / "init-zero.png", found)
    print("   init-zero.png: from equal weights all units of the first layer look for")
    print("   the same, and all singular values but one are 0; random weights part")
    print("   them")


def _draw(path: Path, found: dict[str, Outcome]) -> None:
    """Units above; losses and singular values of two layers below."""
    rows = {"height_ratios": [1, 1.1]}
    with figure(path, 2, 3, size=(11, 6.2), gridspec_kw=rows) as axes:
        for panel, (start, outcome) in zip(axes[0], found.items(), strict=True):
            _tiles(panel, start, outcome.weights[0])
        for (start, outcome), line in zip(found.items(), ("-", "--", "-"), strict=True):
            axes[1, 0].plot(smooth(outcome.losses), line, label=start)
            for panel, w in zip(axes[1, 1:], outcome.weights, strict=False):
                sizes = np.linalg.svd(w, compute_uv=False)
                shares = np.maximum(sizes / sizes[0], 1e-9)
                panel.semilogy(range(1, UNITS + 1), shares, line)
        axes[1, 0].set(title="loss, mean of 50 steps", xlabel="step", ylim=(0, 2.5))
        axes[1, 0].legend(title="initial weights", loc=(0.42, 0.22))
        for panel, layer in zip(axes[1, 1:], ("first", "second"), strict=True):
            panel.set(title=f"singular values, {layer} layer", ylim=(4e-10, 3))
            panel.set(xlabel="number", ylabel="share of the largest, 10⁻⁹ at least")


def _tiles(axes: Any, start: str, weights: np.ndarray) -> None:
    """The weights of 3 × 5 units as images, with lines between them."""
    side = int(np.sqrt(len(weights)))
    images = weights[:, :15].T.reshape(3, 5, side, side)
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    mosaic = framed.transpose(0, 2, 1, 3).reshape(3 * (side + 2), 5 * (side + 2))
    size = np.abs(weights).max()
    look = {"cmap": "RdBu", "interpolation": "nearest"}
    drawn = axes.imshow(mosaic, vmin=-size, vmax=size, **look)
    bar = {"location": "bottom", "shrink": 0.7, "aspect": 40}
    axes.figure.colorbar(drawn, ax=axes, label="weight from a pixel", **bar)
    axes.set_title(f"{start}: 15 of 50 units")
    axes.set_axis_off()
