"""Logic gates: AND, OR and NAND are perceptrons, XOR takes two layers (book §2.3–2.5).

One unit draws one straight line, and no line parts the four inputs as XOR does. So of
a hundred single units that are trained on it none gets past three of four, while two
layers learn it.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._figures import COLOURS, figure

INPUTS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float64)
XOR = np.array([0.0, 1, 1, 0])
WEIGHTS = {"AND": (0.5, 0.5, -0.7), "OR": (0.5, 0.5, -0.2), "NAND": (-0.5, -0.5, 0.7)}


def gate(name: str, x1: Any, x2: Any) -> Any:
    """A perceptron with the book's weights: 1 where w1·x1 + w2·x2 + b > 0."""
    w1, w2, b = WEIGHTS[name]
    return gg.step(w1 * x1 + w2 * x2 + b)


def xor(x1: Any, x2: Any) -> Any:
    """AND of NAND and OR."""
    return gate("AND", gate("NAND", x1, x2), gate("OR", x1, x2))


def one_unit(x: Any, w: Any, b: Any) -> Any:
    """Scores of a single unit: above 0 is a 1."""
    return x @ w + b


def two_layers(x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    """Scores of a unit that sees two hidden ones."""
    return gg.tanh(x @ w1 + b1) @ w2 + b2


class Trained(NamedTuple):
    """What a hundred nets came to: a row per step, a column per net."""

    losses: np.ndarray
    accuracy: np.ndarray
    best: list[np.ndarray]  # weights, when most was right and the loss lowest


def trained(net: Any, shapes: list[tuple[int, ...]], steps: int) -> Trained:
    """Train a hundred nets on XOR from random starts, all in one program."""
    rng = np.random.RandomState(0)
    weights = [gg.variable(rng.randn(100, *shape)) for shape in shapes]
    scores = gg.vmap(lambda *own: net(INPUTS, *own))(*weights)
    losses = gg.mean(gg.softplus(scores) - scores * XOR, axis=1)
    accuracy = gg.mean(((scores > 0) == (XOR > 0)).astype("float64"), axis=1)
    updates = gg.optim.SGD(0.5).updates(gg.sum(losses), weights)
    step = gg.compile([losses, accuracy, *weights], updates=updates)

    rows, highest, best = [], -np.inf, []
    for _ in range(steps):
        loss, right, *values = step()
        rows.append((loss, right))
        merit = right - 0.1 * loss  # among those of equal accuracy the lower loss
        if merit.max() > highest:
            highest, chosen = merit.max(), merit.argmax()
            best = [value[chosen] for value in values]
    losses, accuracy = np.array(rows).transpose(1, 0, 2)
    return Trained(losses, accuracy, best)


def main(out: Path, quick: bool) -> None:
    """Print the truth tables, train on XOR, and draw where each net says 1."""
    print("   x1 x2  AND OR NAND XOR")
    x1, x2 = INPUTS.T
    columns = [gate(name, x1, x2) for name in WEIGHTS] + [xor(x1, x2)]
    for row in np.column_stack([INPUTS, *columns]).astype(int):
        print("   {:2} {:2}  {:3} {:2} {:4} {:3}".format(*row))

    steps = 400 if quick else 4_000
    nets = {
        "one unit": trained(one_unit, [(2,), ()], steps),
        "two layers": trained(two_layers, [(2, 2), (2,), (2,), ()], steps),
    }
    print(f"   100 nets of each kind learn XOR from random weights in {steps} steps:")
    print("               best accuracy  all right  lowest loss")
    for name, found in nets.items():
        right = np.sum(found.accuracy[-1] == 1)
        print(f"   {name:10} {found.accuracy.max():14.0%} {right:10} ", end="")
        print(f"{found.losses[-1].min():12.4f}")
    print("   One unit would need b ≤ 0, w1 + b > 0, w2 + b > 0, w1 + w2 + b ≤ 0: the")
    print(
        "   two in the middle add up to w1 + w2 + 2b > 0, the others to the contrary."
    )
    print(f"   It can but guess, and ln 2 = {np.log(2):.4f} is the loss of guessing.")

    _draw(out / "gates.png", nets)
    print("   gates.png: blue is where a net says 1. A gate is a line, and XOR a band")
    print("   between two; below, what training finds, and what the 100 nets came to")


def _draw(path: Path, nets: dict[str, Trained]) -> None:
    side = np.linspace(-0.5, 1.5, 401)
    grid = np.stack(np.meshgrid(side, side), -1)
    x1, x2 = grid[..., 0], grid[..., 1]
    with figure(path, 2, 4, size=(13, 6.4)) as axes:
        for panel, (name, (w1, w2, b)) in zip(axes[0], WEIGHTS.items(), strict=False):
            line = f"{w1:g}·x1 + {w2:g}·x2 + {b:g} > 0".replace("+ -", "− ")
            title = f"{name}: {line.replace('-', '−')}"
            _regions(panel, title, gate(name, x1, x2), gate(name, *INPUTS.T))
        _regions(axes[0, 3], "XOR = AND(NAND, OR)", xor(x1, x2), XOR)
        region = one_unit(grid, *nets["one unit"].best) > 0
        _regions(axes[1, 0], "XOR, trained: one unit, 75 %", region, XOR)
        region = two_layers(grid, *nets["two layers"].best) > 0
        _regions(axes[1, 1], "XOR, trained: two layers, 100 %", region, XOR)
        _outcomes(axes[1, 2], axes[1, 3], nets)


def _regions(axes: Any, title: str, region: np.ndarray, truth: np.ndarray) -> None:
    side = np.linspace(-0.5, 1.5, len(region))
    levels, fills = (-0.5, 0.5, 1.5), ("#f2f2f2", "#a9d3ee")
    axes.contourf(side, side, region, levels=levels, colors=fills)
    for point, label in zip(INPUTS, truth.astype(int), strict=True):
        shape, colour = (("o", COLOURS[1]), ("s", COLOURS[0]))[label]
        axes.plot(*point, shape, color=colour, markersize=15)
        centre = {"ha": "center", "va": "center_baseline"}
        axes.text(*point, str(label), color="white", weight="bold", **centre)
    axes.set(title=title, xlabel="x1", ylabel="x2", aspect="equal")
    axes.set(xticks=(0, 1), yticks=(0, 1))


def _outcomes(curves: Any, counts: Any, nets: dict[str, Trained]) -> None:
    for k, (name, found) in enumerate(nets.items()):
        colour = COLOURS[1 - k]
        look = {"color": colour, "alpha": 0.25, "lw": 0.8, "zorder": 3 - k}
        look = {"color": colour, "alpha": 0.25, "lw": 0.8, "zorder": 3 - k}
        lines = curves.plot(found.losses, **look)
        lines[0].set_label(name)
        right = np.rint(4 * found.accuracy.max(axis=0)).astype(int)
        heights, places = np.bincount(right, minlength=5), np.arange(5) + 0.4 * k - 0.2
        bars = counts.bar(places, heights, 0.4, color=colour, label=name)
        counts.bar_label(bars, fmt=lambda n: f"{n:g}" if n else "")
    curves.set(title="XOR: loss of each of 100 nets", xlabel="step", ylim=(0, 1))
    curves.set(ylabel="cross entropy", xscale="log", xlim=(1, len(found.losses)))
    for line in curves.legend(loc="lower left").get_lines():
        line.set(alpha=1, lw=2)
    counts.set(title="XOR: best of each net", ylim=(0, 85))
    counts.set(xlabel="inputs told rightly", ylabel="nets of 100")
    counts.legend(loc="upper left")
