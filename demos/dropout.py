"""Dropout against overfitting, in both of its forms (book §6.4.3).

In every step each unit is left out with probability 0.2. The book multiplies all units
by 0.8 in use; inverted dropout (Srivastava et al. 2014) divides those that stay by 0.8
in training instead, so that they weigh the same in every layer.
"""

from pathlib import Path
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._figures import figure
from graphgrad_demos._overfitting import (
    Curves,
    curves,
    draw,
    say_if_not_mnist,
    seven_layers,
)

DROPPED = 0.2
BOOK_EPOCHS = 301
FORMS = {
    "no dropout": None,
    "scaled in use (book)": "inference",
    "scaled in training": "training",
}


def with_dropout(net: gg.nn.Sequential, rng: Any, scale: str) -> gg.nn.Sequential:
    """The same layers with the same weights, dropout behind each activation."""
    layers = []
    for layer in net:
        layers.append(layer)
        if layer is gg.relu:
            layers.append(gg.nn.Dropout(DROPPED, rng, scale=scale))
    return gg.nn.Sequential(*layers)


def trained(form: str, epochs: int, seed: int = 0) -> Curves:
    """The experiment of `overfit` with one form of dropout, from the same weights."""
    rng = np.random.RandomState(seed)
    net = seven_layers(rng)
    scale = FORMS[form]
    return curves(form, with_dropout(net, rng, scale) if scale else net, epochs)


def main(out: Path, quick: bool) -> None:
    """Train without dropout and with both forms, and draw the accuracies."""
    say_if_not_mnist()
    epochs = 60 if quick else 1_000
    found = {form: trained(form, epochs) for form in FORMS}
    if not quick:
        print(f"   after {BOOK_EPOCHS} epochs, where the book stops:")
        for form, accuracies in found.items():
            print(f"   {form + ':':25} {accuracies.until(BOOK_EPOCHS)}")
    _draw(out / "dropout.png", found)
    print("   dropout.png: dropout holds training back, most of all in the book's")
    print("   form, whose signal shrinks by 0.8 in each layer: at epoch 301 it still")
    print("   learns.")
    if quick:
        print("   (This is the short form, which ends long before.)")
    else:
        print("   Trained to the end, the form that scales in training has a smaller")
        print("   gap than the net without dropout, and tells more test digits")


def _draw(path: Path, found: dict[str, Curves]) -> None:
    with figure(path, 1, len(found), size=(11, 3.6), sharey=True) as axes:
        for panel, (form, accuracies) in zip(axes, found.items(), strict=True):
            draw(panel, form, accuracies)
            panel.label_outer()
            if len(accuracies.train) > BOOK_EPOCHS:
                panel.axvline(BOOK_EPOCHS, color="0.4", linestyle=":", linewidth=1)
                panel.text(BOOK_EPOCHS + 10, 0.06, "301", color="0.3")
