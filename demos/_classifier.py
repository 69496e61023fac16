"""A net that tells digits apart, with its training step and measures compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np

import graphgrad as gg


class Classifier:
    """A net, declared once for training and once for use.

    Args:
        net: gives scores of classes for images.
        shape: of one image, e.g. ``(784,)``.
        optimizer: gives the updates.
        penalty: of the net, added to the loss that is minimised.
        changed: what to make of the updates, such as a max-norm constraint.
        clip: of the gradients.

    Attributes:
        x: placeholder of images; t: of labels.
        loss: softmax cross-entropy in the graph of training.
        step: the program: images and labels to the loss, all updates applied.
    """

    def __init__(
        self,
        net: gg.nn.Module,
        shape: tuple[int, ...],
        optimizer: gg.optim.Optimizer,
        *,
        penalty: Callable[[gg.nn.Module], gg.Tensor] | None = None,
        changed: Callable[[dict], dict] = lambda updates: updates,
        clip: Any = None,
    ) -> None:
        self.net = net
        self.x = gg.placeholder(("batch", *shape), dtype="float32", name="x")
        self.t = gg.placeholder(("batch",), dtype="int64", name="t")
        scores = net(self.x, training=True)
        self.loss = gg.nn.softmax_cross_entropy(scores, self.t).named("loss")
        whole = self.loss + penalty(net) if penalty else self.loss
        updates = optimizer.updates(whole, net.parameters(), clip=clip)
        inputs = [self.x, self.t]
        self.step = gg.compile(self.loss, inputs, changed(updates))
        scores = net(self.x)
        self._measures = gg.compile(
            [
                gg.nn.softmax_cross_entropy(scores, self.t),
                gg.nn.accuracy(scores, self.t),
            ],
            inputs,
        )

    def measured(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Loss and accuracy in use."""
        loss, accuracy = self._measures(images, labels)
        return float(loss), float(accuracy)

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        """The share of images that are told rightly."""
        return self.measured(images, labels)[1]

    def fit(self, images: np.ndarray, labels: np.ndarray, **facts: Any) -> Any:
        """Train; see `graphgrad.train.fit`."""
        return gg.train.fit(self.step, (images, labels), **facts)
