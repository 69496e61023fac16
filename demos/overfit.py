"""Overfitting: seven layers learn 300 digits by heart, and no more (book §6.4.1).

With few examples and many weights the accuracy on the training digits goes to 1, while
that on digits the net has not seen stops far below.
"""

from pathlib import Path

import numpy as np

from graphgrad_demos._figures import figure
from graphgrad_demos._overfitting import curves, draw, say_if_not_mnist, seven_layers


def main(out: Path, quick: bool) -> None:
    """Train for 201 epochs (60 in the quick form) and draw both accuracies."""
    say_if_not_mnist()
    net = seven_layers(np.random.RandomState(0))
    found = curves("no regularisation", net, 60 if quick else 201)
    with figure(out / "overfit.png") as axes:
        draw(axes, "Seven layers, SGD 0.01, 300 digits", found)
    print("   overfit.png: the training digits are learned by heart, and the accuracy")
    print("   on test digits stalls: the gap between the curves is overfitting")
