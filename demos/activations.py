"""Activation functions and their slopes, and why the step cannot train (book §3.2).

A net learns from slopes. Those of the step function, and of the accuracy as a function
of a weight, are 0 almost everywhere: nothing says which way to go. That of a loss says
it at every point (book §4.3.2).
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS, figure

FUNCTIONS = {  # by title
    "step: 1 if x > 0, else 0": gg.nn.step,
    "sigmoid: 1 / (1 + e⁻ˣ)": gg.nn.sigmoid,
    "tanh": gg.tanh,
    "relu: max(x, 0)": gg.nn.relu,
    "leaky_relu: slope 0.1 below 0": lambda x: gg.nn.leaky_relu(x, slope=0.1),
    "prelu: slope below 0 learned, here 0.25": lambda x: gg.nn.prelu(x, 0.25),
    "elu: eˣ − 1 below 0": gg.nn.elu,
    "selu: elu that keeps the variance 1": gg.nn.selu,
    "gelu: x · Φ(x)": gg.nn.gelu,
    "silu: x · sigmoid(x)": gg.nn.silu,
    "softplus: ln(1 + eˣ)": gg.nn.softplus,
    "softsign: x / (1 + |x|)": gg.nn.softsign,
}


def slopes(function: Any, points: Any) -> tuple[np.ndarray, np.ndarray]:
    """Values of a function and of its derivative at all points at once."""
    x = gg.variable(points)
    y = function(x)
    return y.value, gg.grad(gg.sum(y), x).value


class Line(NamedTuple):
    """Loss and accuracy of a net along one of its weights."""

    weights: np.ndarray
    own: float  # the weight's own value
    loss: np.ndarray
    accuracy: np.ndarray
    loss_slope: np.ndarray  # by differentiation
    accuracy_slope: np.ndarray

    @property
    def flat(self) -> float:
        """The share of small moves of the weight that leave the accuracy as it is."""
        return float(np.mean(np.diff(self.accuracy) == 0))


def along_a_weight(count: int) -> Line:
    """Train 784-50-10 a little, then move the output weight of the steepest slope."""
    digits = gg.data.load_digits()
    train = digits.train_images, digits.train_labels
    net = gg.nn.mlp((train[0].shape[1], 50, 10), np.random.RandomState(0))
    Classifier(net, train[0].shape[1:], gg.optim.SGD(0.1)).fit(*train, epochs=2)

    images, labels = (gg.constant(part[:100]) for part in train)
    *below, output = net
    hidden = gg.nn.Sequential(*below)(images)
    loss = gg.nn.softmax_cross_entropy(output(hidden), labels)
    gradient = np.abs(gg.grad(loss, output.weight).value)
    place = np.unravel_index(gradient.argmax(), gradient.shape)

    def measured(value: gg.Tensor) -> tuple[gg.Tensor, gg.Tensor]:
        moved = output.replace(weight=output.weight.at[place].set(value))
        scores = moved(hidden)
        return (
            gg.nn.softmax_cross_entropy(scores, labels),
            gg.nn.accuracy(scores, labels),
        )

    weights = gg.variable(np.linspace(-3, 3, count), dtype="float32")
    both = gg.vmap(measured)(weights)
    found = [y.value for y in both] + [gg.grad(gg.sum(y), weights).value for y in both]
    return Line(weights.value, float(output.weight.value[place]), *found)


def main(out: Path, quick: bool) -> None:
    """Print slopes and draw the functions; walk along one weight of a trained net."""
    places = np.array([-4.0, -1, 1, 4])
    print("   slope at                                    −4      −1       1       4")
    for title, function in FUNCTIONS.items():
        row = "".join(f"{s:8.4f}" for s in slopes(function, places)[1])
        print(f"   {title:40}{row}")
    _draw_functions(out / "activations.png")

    line = along_a_weight(201 if quick else 1_201)
    points, heights = len(line.weights), len(np.unique(line.accuracy))
    print("   one weight of a trained net goes from −3 to 3 in small moves:")
    print(f"   loss      slope from {line.loss_slope.min():.3f} to ", end="")
    print(f"{line.loss_slope.max():.3f}, 0 at ", end="")
    print(f"{np.sum(line.loss_slope == 0)} of {points} points")
    print(f"   accuracy  slope 0 at {np.sum(line.accuracy_slope == 0)} of ", end="")
    print(f"{points} points; it has {heights} heights,")
    print(f"             and {line.flat:.1%} of the moves change nothing")
    _draw_line(out / "activations-accuracy.png", line)
    print("   activations.png: every function with its slope; where that is 0 a unit")
    print("   learns nothing. activations-accuracy.png: the loss says at every weight")
    print("   which way is down, the accuracy jumps between flat stretches")


def _draw_functions(path: Path) -> None:
    x = np.linspace(-4, 4, 801)
    with figure(path, 3, 4, size=(11, 6.6), sharex=True) as axes:
        for panel, (title, function) in zip(axes.flat, FUNCTIONS.items(), strict=True):
            value, slope = slopes(function, x)
            panel.plot(x, value, label="value")
            panel.plot(x, slope, "--", label="slope")
            panel.set_title(title, fontsize=9)
        for panel in axes[-1]:
            panel.set_xlabel("x")
        axes[0, 0].legend()


def _draw_line(path: Path, line: Line) -> None:
    with figure(path, 1, 3, size=(12, 3.6)) as (loss, accuracy, slope):
        loss.plot(line.weights, line.loss)
        loss.set(title="loss: smooth", ylabel="cross entropy of 100 digits")
        accuracy.step(line.weights, line.accuracy, color=COLOURS[1])
        accuracy.set(title="accuracy: a staircase", ylabel="share of 100 digits")
        slope.plot(line.weights, line.loss_slope, label="of the loss")
        slope.plot(line.weights, line.accuracy_slope, label="of the accuracy: 0")
        slope.set(title="slope along the weight", ylabel="per unit of the weight")
        for panel in (loss, accuracy, slope):
            panel.axvline(line.own, color="black", lw=0.8, ls=":")
            panel.set(xlabel="value of one weight (dotted: as trained)")
        slope.legend()
