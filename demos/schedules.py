"""Schedules: a learning rate that falls while a net is trained (book §6.1.5).

A high rate is fast and never comes to rest; a schedule begins high and ends low. The
rate is a tensor made of the number of steps, so it is part of the compiled step; a rate
that follows the validation loss is a variable, which a callback lowers.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure

RATE, BATCH = 0.1, 50
PLATEAU = "on plateau"


class Result(NamedTuple):
    """The rate of each step, the mean loss of each epoch, and the end of a run."""

    rates: list[float]
    losses: list[float]
    accuracy: float


def schedules(steps: int) -> dict[str, Callable[[Any], Any]]:
    """The rate as a function of the step: a number, an array or a tensor."""
    optim = gg.optim
    half, late = steps // 2, steps * 3 // 4
    return {
        "constant": lambda step: RATE,
        "piecewise": lambda step: optim.piecewise(
            step, [half, late], [RATE, RATE / 5, RATE / 25]
        ),
        "exponential": lambda step: optim.exponential(step, RATE, 0.01, every=steps),
        "power": lambda step: optim.power(step, RATE, every=steps / 10),
        "cosine": lambda step: optim.cosine(step, RATE, steps),
        "warm-up, cosine": lambda step: optim.warm_up(
            step, optim.cosine(step, RATE, steps), steps / 15
        ),
    }


class Rates(gg.train.Callback):
    """Writes down the rate before each step."""

    def __init__(self, rate: Any) -> None:
        self.rate = rate
        self.seen = [float(rate)]

    def on_step(self, training: gg.train.Training) -> None:
        self.seen.append(float(self.rate))


def train(name: str, rate: Any, data: dict[str, Any], epochs: int) -> Result:
    """Train 784-100×3-10 by momentum with a rate that is a number or a tensor."""
    pixels = data["train"][0].shape[1]
    net = gg.nn.mlp((pixels, *(100,) * 3, 10), np.random.RandomState(0))
    model = Classifier(net, (pixels,), gg.optim.Momentum(rate))
    rates = Rates(rate)
    callbacks: list[gg.train.Callback] = [rates]
    if name == PLATEAU:
        lower = gg.train.ReduceOnPlateau(rate, "validation", factor=0.2, patience=1)
        callbacks.append(lower)
    history = model.fit(
        *data["train"],
        epochs=epochs,
        batch=BATCH,
        measures={"validation": lambda: model.measured(*data["held out"])[0]},
        callbacks=callbacks,
        progress=True,
    )
    accuracy = model.accuracy(*data["test"])
    print(f"   {name:16} loss {history.last('loss'):.4f}, test accuracy {accuracy:.4f}")
    return Result(rates.seen[:-1], history["loss"], accuracy)


def compare(samples: int, epochs: int) -> dict[str, Result]:
    """Train with each schedule, and with the rate that follows the validation loss."""
    digits = gg.data.load_digits()
    whole = digits.train_images, digits.train_labels
    train_part, held = gg.data.split(whole, (0.75, 0.25))
    data = {
        "train": [array[:samples] for array in train_part],
        "held out": held,
        "test": (digits.test_images, digits.test_labels),
    }
    steps = epochs * -(-len(data["train"][0]) // BATCH)
    print(f"   {len(data['train'][0])} digits, {epochs} epochs:")
    found = {
        name: train(name, schedule(gg.optim.counter()), data, epochs)
        for name, schedule in schedules(steps).items()
    }
    rate = gg.variable(RATE, name="rate", trainable=False)
    return {**found, PLATEAU: train(PLATEAU, rate, data, epochs)}


def main(out: Path, quick: bool) -> None:
    """Train on 6,000 digits for 15 epochs (on 1,500 for 6 in the quick form)."""
    samples, epochs = (1500, 6) if quick else (6000, 15)
    found = compare(samples, epochs)
    with figure(out / "schedules.png", 1, 2) as (rates, losses):
        for k, (name, result) in enumerate(found.items()):
            style = ("-", "--", ":")[k % 3]
            rates.plot(result.rates, style, label=name)
            epochs = np.arange(1, len(result.losses) + 1)
            losses.plot(epochs, result.losses, style, label=name)
        rates.set(title="Learning rate", xlabel="step", ylabel="rate")
        losses.set(title="Loss on the training digits", xlabel="epoch")
        losses.set(ylabel="mean loss of an epoch", yscale="log")
        losses.legend()
    print("   schedules.png: with a constant rate the loss comes to no rest; where the")
    print("   rate falls it ends lower")
