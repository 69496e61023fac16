"""Optimisers: their paths down a long valley, and eight of them on digits (book §6.1).

On f(x, y) = x²/20 + y² the gradient hardly points at the minimum: SGD zigzags, momentum
swings, and a rate of its own for each direction takes the shorter way. On digits all of
them leave SGD behind.
"""

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS, figure

START, STEPS = (-7.0, 2.0), 30
ON_VALLEY = {
    "SGD": gg.optim.SGD(0.95),
    "Momentum": gg.optim.Momentum(0.1),
    "Nesterov": gg.optim.Nesterov(0.1),
    "AdaGrad": gg.optim.AdaGrad(1.5),
    "RMSProp": gg.optim.RMSProp(0.3, rho=0.9),
    "Adam": gg.optim.Adam(0.3),
    "AdamW": gg.optim.AdamW(0.3),
    "NAdam": gg.optim.NAdam(0.3),
}
# The book's ε is 1e-7.
ON_DIGITS = {
    "SGD": gg.optim.SGD(0.01),
    "Momentum": gg.optim.Momentum(0.01),
    "Nesterov": gg.optim.Nesterov(0.01),
    "AdaGrad": gg.optim.AdaGrad(0.01, epsilon=1e-7),
    "RMSProp": gg.optim.RMSProp(0.001, epsilon=1e-7),
    "Adam": gg.optim.Adam(0.001, epsilon=1e-7),
    "AdamW": gg.optim.AdamW(0.001, epsilon=1e-7),
    "NAdam": gg.optim.NAdam(0.001, epsilon=1e-7),
}
OF_THE_BOOK = "SGD", "Momentum", "AdaGrad", "Adam"


class Result(NamedTuple):
    """What came of a training run.

    Attributes:
        losses: of all steps, as each found it.
        last: mean of the last 100 losses, each taken after its step as in the book.
        accuracy: on the test digits.
        seconds: of processor time that the training took.
    """

    losses: list[float]
    last: float
    accuracy: float
    seconds: float


def valley(x: Any, y: Any) -> Any:
    """Steep along y, flat along x."""
    return x**2 / 20 + y**2


def path(optimizer: gg.optim.Optimizer) -> np.ndarray:
    """The points that an optimiser goes through, shape (STEPS + 1, 2)."""
    point = gg.variable(START, name="point")
    updates = optimizer.updates(valley(point[0], point[1]), [point])
    step = gg.compile(point, updates=updates)
    return np.array([step() for _ in range(STEPS + 1)])


def train(
    name: str, optimizer: gg.optim.Optimizer, steps: int, seed: int = 0
) -> Result:
    """Train 784-100×4-10 with batches of 128, drawn with replacement."""
    digits = gg.data.load_digits()
    pixels = digits.train_images.shape[1]
    net = gg.nn.mlp((pixels, *(100,) * 4, 10), np.random.RandomState(seed))
    model = Classifier(net, (pixels,), optimizer)
    data = digits.train_images, digits.train_labels
    batches = gg.data.draws(data, 128, steps, seed=seed)
    losses, last = [], []
    start = time.process_time()
    for batch in tqdm(batches, f"   {name:8}", steps, unit="step", mininterval=0.5):
        losses.append(float(model.step(*batch)))
        if len(losses) > steps - 100:
            last.append(model.measured(*batch)[0])
    seconds = time.process_time() - start
    accuracy = model.accuracy(digits.test_images, digits.test_labels)
    return Result(losses, float(np.mean(last)), accuracy, seconds)


def main(out: Path, quick: bool) -> None:
    """Draw eight paths, then the loss curves of 2,000 steps (150 in the quick form)."""
    paths = {name: path(optimizer) for name, optimizer in ON_VALLEY.items()}
    _draw_paths(out / "optimizers-paths.png", paths)
    steps = 150 if quick else 2000
    found = {n: train(n, optimizer, steps) for n, optimizer in ON_DIGITS.items()}
    print(f"   after 30 steps on f and {steps} on digits, the loss of the last 100:")
    print(f"   {'':10}{'f':>9}{'loss':>9}{'test accuracy':>15}")
    for name, result in found.items():
        end = float(valley(*paths[name][-1]))
        print(f"   {name:10}{end:9.1e}{result.last:9.4f}{result.accuracy:15.3f}")
    own = sum(found[name].seconds for name in OF_THE_BOOK)
    print(
        f"   {', '.join(OF_THE_BOOK)}: {steps} steps each in {own:.1f} s of processor"
    )
    _draw_losses(out / "optimizers-mnist.png", found)
    print(
        "   optimizers-paths.png: SGD zigzags, momentum rolls like a ball, AdaGrad and"
    )
    print("   RMSProp turn straight to the minimum, Adam swings less than momentum")
    print("   optimizers-mnist.png: SGD is far behind all the others at equal steps")


def _draw_paths(file: Path, paths: dict[str, np.ndarray]) -> None:
    x, y = np.meshgrid(np.linspace(-8, 5, 200), np.linspace(-3.2, 3.2, 200))
    with figure(file, 2, 4, (10, 4.2), sharex=True, sharey=True) as axes:
        for axis, (name, points) in zip(axes.flat, paths.items(), strict=True):
            levels = (0.1, 0.5, 1.5, 3.5, 6.5)
            axis.contour(x, y, valley(x, y), levels, colors="0.75", linewidths=0.8)
            axis.plot(*points.T, "o-", color=COLOURS[1], markersize=3, linewidth=1)
            axis.plot(0, 0, "+", color=COLOURS[6], markersize=10)
            axis.set(title=f"{name}, rate {ON_VALLEY[name].rate:g}", xlim=(-8, 5))
            axis.set_xticks((-8, -4, 0, 4))
            axis.grid(visible=False)
        for axis in axes[1]:
            axis.set_xlabel("x")
        for axis in axes[:, 0]:
            axis.set_ylabel("y")
        axes[0, 0].figure.suptitle("30 steps on x²/20 + y² from (−7, 2)")


def _draw_losses(file: Path, found: dict[str, Result]) -> None:
    window = np.kaiser(11, 2)  # the book's
    family = {"Nesterov": "Momentum", "RMSProp": "AdaGrad", "AdamW": "Adam"}
    own = (*OF_THE_BOOK, "NAdam")
    colours: dict[str, str] = dict(zip(own, COLOURS, strict=False))
    with figure(file, size=(7, 4)) as axes:
        for name, result in found.items():
            smooth = np.convolve(result.losses, window / window.sum(), "valid")
            style = "-" if name in OF_THE_BOOK else "--"
            colour = colours[family.get(name, name)]
            x = np.arange(6, 6 + len(smooth))
            axes.plot(x, smooth, style, color=colour, label=name, linewidth=1)
        axes.set(title="784-100×4-10 on digits, batches of 128", yscale="log")
        axes.set(xlabel="step", ylabel="training loss (smoothed)")
        axes.legend(ncols=2)
