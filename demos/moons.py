"""Two moons: micrograd's net, every weight, product and sum a node of its own.

The net of micrograd's demo (2-16-16-1, ReLU, hinge loss, weight decay, 100 points) is
declared scalar by scalar, compiled once with its updates, and trained for 100 steps.
"""

from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._figures import COLOURS, figure

DECAY = 1e-4


class Net:
    """Layers of units, each a list of weights and, last, a bias; all are scalars."""

    def __init__(self, sizes: tuple[int, ...], rng: np.random.RandomState) -> None:
        self.layers = [
            [[gg.variable(w) for w in (*rng.uniform(-1, 1, n), 0.0)] for _ in range(m)]
            for n, m in pairwise(sizes)
        ]
        self.parameters = [p for layer in self.layers for unit in layer for p in unit]

    def __call__(self, point: Any) -> Any:
        """The score of a point: above 0 for label 1."""
        values = list(point)
        for layer in self.layers:
            values = [self._unit(unit, values) for unit in layer]
            if layer is not self.layers[-1]:
                values = [gg.relu(value) for value in values]
        return values[0]

    @staticmethod
    def _unit(unit: list[gg.Tensor], values: list[Any]) -> Any:
        *weights, total = unit
        for w, x in zip(weights, values, strict=True):
            total = total + w * x
        return total


class Trained(NamedTuple):
    """A net, how large its program was, and how training went."""

    net: Net
    forward: int  # nodes of the loss
    nodes: int  # nodes of loss and updates together
    prepared: float  # seconds until the program was there
    step: float  # seconds per step
    losses: np.ndarray
    accuracy: np.ndarray


def trained(points: np.ndarray, labels: np.ndarray, hidden: int, steps: int) -> Trained:
    """Declare, compile and train; labels are −1 and 1."""
    start = perf_counter()
    net = Net((2, hidden, hidden, 1), np.random.RandomState(0))
    hinge, right = gg.constant(0.0), gg.constant(0.0)
    for point, label in zip(points.tolist(), labels.tolist(), strict=True):
        margin = label * net(point)
        hinge = hinge + gg.relu(1 - margin)
        right = right + gg.nn.step(margin)
    decay = gg.constant(0.0)
    for p in net.parameters:
        decay = decay + p * p
    loss = hinge / len(points) + DECAY * decay

    rate = gg.placeholder(name="rate")
    updates = gg.optim.SGD(rate).updates(loss, net.parameters)
    step = gg.compile([loss, right / len(points)], [rate], updates)
    rows = [step(1.0)]  # compiles at its first call
    prepared = perf_counter() - start

    start = perf_counter()
    for k in tqdm(range(1, steps), desc="   training", unit="step", mininterval=0.5):
        rows.append(step(1.0 - 0.9 * k / steps))
    seconds = (perf_counter() - start) / (steps - 1)
    losses, accuracy = np.array(rows).T
    sizes = len(gg.Graph(loss)), len(step.graph)
    return Trained(net, *sizes, prepared, seconds, losses, accuracy)


def main(out: Path, quick: bool) -> None:
    """Train, and draw where the net says which moon."""
    count, hidden, steps = (60, 8, 200) if quick else (100, 16, 100)
    points, labels = gg.data.load_moons(count, seed=1337)
    found = trained(points, labels, hidden, steps)
    short = " (short form; in full two layers of 16, 100 points)" if quick else ""
    print(f"   2-{hidden}-{hidden}-1, {len(found.net.parameters)} parameters{short}")
    print(f"   nodes: {found.forward:,} of the loss of {count} points, ", end="")
    print(f"{found.nodes:,} with gradients and updates")
    print(f"   declared and compiled in {found.prepared:.1f} s, then ", end="")
    print(f"{1e3 * found.step:.2f} ms per step")
    print(f"   loss {found.losses[0]:.3f} → {found.losses[-1]:.4f}, ", end="")
    print(f"accuracy {found.accuracy[-1]:.0%} after {steps} steps")
    _draw(out / "moons.png", found, points, labels)
    print("   moons.png: the net's border between the moons, and its margin")


def _draw(path: Path, found: Trained, points: np.ndarray, labels: np.ndarray) -> None:
    x1, x2 = np.meshgrid(np.linspace(-1.8, 2.8, 231), np.linspace(-1.3, 1.8, 156))
    scores = gg.vmap(lambda *point: found.net(point))(x1.ravel(), x2.ravel()).value
    with figure(path, 1, 2, size=(11, 4)) as (plane, curves):
        grid = scores.reshape(x1.shape)
        fills = ("#f6d9c3", "#fbeee4", "#dcecf6", "#a9d3ee")
        plane.contourf(x1, x2, grid, (-1e9, -1, 0, 1, 1e9), colors=fills)
        lines = {"colors": "black", "linestyles": "-", "linewidths": (0.5, 1.5, 0.5)}
        plane.contour(x1, x2, grid, (-1, 0, 1), **lines)
        for label, shape, colour in ((-1, "o", COLOURS[1]), (1, "s", COLOURS[0])):
            own = points[labels == label].T
            look = {"marker": shape, "color": colour, "edgecolor": "white", "zorder": 3}
            plane.scatter(
                *own, s=38, label=f"label {'−' if label < 0 else ''}1", **look
            )
        plane.set(title="score 0 (thick), −1 and 1 (thin)", xlabel="x1", ylabel="x2")
        plane.set(aspect="equal")
        plane.legend(loc="lower right")
        curves.plot(found.losses, label="loss")
        curves.plot(found.accuracy, "--", label="accuracy")
        curves.set(title="training on all points at once", xlabel="step", ylim=(0, 2))
        curves.legend()
