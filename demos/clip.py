"""Gradient clipping: a recurrent net that only learns with bounded gradients.

The net reads a digit row by row (Pascanu et al. 2013 show why this is hard). Its
recurrent weights are twice as large as they should be, so a gradient grows on its way
back through the rows, and a few steps along it ruin the net.
"""

from collections.abc import Callable
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._figures import figure, smooth

UNITS, RATE = 64, 0.2
LARGE = gg.nn.init.normal(2 / sqrt(UNITS))
FORMS: dict[str, Callable[[list[gg.Tensor]], list[gg.Tensor]]] = {
    "without": lambda gradients: gradients,
    "by value": lambda gradients: gg.optim.clip_by_value(gradients, 0.02),
    "by norm": lambda gradients: gg.optim.clip_by_norm(gradients, 0.5),
    "by global norm": lambda gradients: gg.optim.clip_by_global_norm(gradients, 1.0),
}


class Result(NamedTuple):
    """Of every step: the loss, and the norm of the gradient before it is clipped."""

    losses: np.ndarray
    norms: np.ndarray
    accuracy: float


class Reader:
    """A recurrent net over the rows of an image; the last state is classified."""

    def __init__(self, columns: int, recurrent: Any, seed: int = 0) -> None:
        rng = np.random.RandomState(seed)
        memory = gg.nn.RNN(columns, UNITS, rng, recurrent=recurrent)
        output = gg.nn.Linear(UNITS, 10, rng, weight=gg.nn.init.xavier)
        self.x = gg.placeholder(("batch", "rows", columns), dtype="float32", name="x")
        self.t = gg.placeholder(("batch",), dtype="int64", name="t")
        scores = output(memory(self.x)[:, -1])
        self.loss = gg.nn.softmax_cross_entropy(scores, self.t)
        self.accuracy = gg.nn.accuracy(scores, self.t)
        self.parameters = [*memory.parameters(), *output.parameters()]

    def compiled(self, outputs: Any, updates: Any = None) -> gg.Program:
        """A program of images and labels."""
        return gg.compile(outputs, [self.x, self.t], updates)


def rows(images: np.ndarray) -> np.ndarray:
    """Flat images in (about) 28 parts each: the rows of a digit of 28 × 28 pixels."""
    columns = images.shape[1] // 28
    return images.reshape(len(images), -1, columns)


def reach(recurrent: Any, digits: gg.data.Digits) -> np.ndarray:
    """How large the gradient is that reaches each row, in a net that is not trained."""
    images = rows(digits.train_images[:100])
    net = Reader(images.shape[2], recurrent)
    squares = gg.grad(net.loss, net.x) ** 2
    program = net.compiled(gg.sqrt(gg.sum(squares, axis=(0, 2))))
    return program(images, digits.train_labels[:100])


def train(name: str, digits: gg.data.Digits, steps: int, seed: int = 0) -> Result:
    """Train by SGD with one form of clipping."""
    data = rows(digits.train_images), digits.train_labels
    net = Reader(data[0].shape[2], LARGE, seed)
    gradients = gg.grad(net.loss, net.parameters)
    norm = gg.sqrt(sum(gg.sum(g**2) for g in gradients))
    updates = gg.optim.SGD(RATE).apply(net.parameters, FORMS[name](gradients))
    step = net.compiled([net.loss, norm], updates)
    batches = gg.data.draws(data, 100, steps, seed=seed)
    bar = tqdm(batches, f"   {name:14}", steps, unit="step", mininterval=0.5)
    losses, norms = np.array([step(*batch) for batch in bar]).T
    accuracy = net.compiled(net.accuracy)
    test = rows(digits.test_images), digits.test_labels
    return Result(losses, norms, float(accuracy(*test)))


def main(out: Path, quick: bool) -> None:
    """Train in four ways, 600 steps each (100 in the quick form), and draw."""
    digits = gg.data.load_digits()
    steps = 100 if quick else 600
    found = {name: train(name, digits, steps) for name in FORMS}
    print(f"   after {steps} steps:")
    for name, (losses, norms, accuracy) in found.items():
        print(f"   {name:14} largest norm {norms.max():5.0f}, ", end="")
        last = losses[-50:].mean()
        print(f"loss {last:.2f} (last 50 steps), test accuracy {accuracy:.3f}")
    with figure(out / "clip.png", 1, 3, (11, 3.6)) as (through, norm, loss):
        large, fitting = (reach(w, digits) for w in (LARGE, gg.nn.init.orthogonal))
        row = np.arange(1, len(large) + 1)
        through.plot(row, large, label="twice too large")
        through.plot(row, fitting, "--", label="orthogonal")
        through.set(title="The way back through the rows", xlabel="row of the image")
        through.set(ylabel="norm of the gradient", yscale="log")
        through.legend(title="recurrent weights")
        for name, (losses, norms, _) in found.items():
            style = "-" if name == "without" else "--"
            norm.plot(np.arange(1, steps + 1), norms, style, label=name, linewidth=0.8)
            loss.plot(smooth(losses, 20), style, label=name)
        norm.set(title="Gradient before clipping", xlabel="step", ylabel="norm")
        norm.set(xscale="log", yscale="log")
        loss.set(title="Loss", xlabel="step", ylabel="loss (mean of 20 steps)")
        handles = loss.get_legend_handles_labels()
        place = {"loc": "outside lower center", "ncols": len(FORMS)}
        loss.figure.legend(*handles, title="clipping", **place)
    print("   clip.png: the gradient grows from row to row on its way back; without")
    print("   clipping its first steps ruin the net, which hardly learns")
