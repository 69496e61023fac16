"""The restricted Boltzmann machine: a layer that learns from examples without labels.

Its learning is a graph too, with draws by an explicit key, and new values by variable.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from graphgrad.autodiff.derivatives import grad
from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import Tensor
from graphgrad.nn.init import Initialiser, generator, normal, zeros
from graphgrad.nn.layers import Linear, new_key, parameter
from graphgrad.nn.module import Module
from graphgrad.ops.activation import sigmoid, softplus
from graphgrad.ops.comparison import less
from graphgrad.ops.loss import mean_squared_error
from graphgrad.ops.random import split, uniform
from graphgrad.ops.reduction import mean
from graphgrad.ops.structure import astype, stop_gradient
from graphgrad.ops.updates import updates_of, with_updates

small_normal = normal(0.01)


class RBM(Module):
    """A restricted Boltzmann machine of binary units (Hinton 2002).

    Called, it gives the probabilities of its hidden units, sigmoid(x @ weight + bias),
    so that it stands in a `Sequential` as a `Linear` with a sigmoid does. Labels train
    its weight and bias there; the bias of the visible units changes by `updates` alone,
    and is not among `parameters`.

    Args:
        visible: units that see x, its last axis; values are from 0 to 1.
        hidden: units.
        rng: `np.random.RandomState`, to be shared by all layers, or a seed.
        weight: initial weights, of shape (visible, hidden).
        dtype: of the parameters.
        name: of the scope.

    Example:
        >>> import numpy as np, graphgrad as gg
        >>> rbm = gg.nn.RBM(4, 2, rng=0)
        >>> x = gg.placeholder(("batch", 4), dtype="float32")
        >>> step = gg.compile(rbm.reconstruction_error(x), [x], rbm.updates(x, 0.5))
        >>> rows = np.repeat(np.eye(2, dtype="float32"), 2, axis=1)
        >>> errors = [float(step(rows)) for _ in range(300)]
        >>> round(errors[0], 2), errors[-1] < 0.01
        (0.25, True)
    """

    PYTORCH: ClassVar = {"key": ""}
    weight: Tensor
    bias: Tensor
    visible_bias: Tensor
    key: Tensor

    def __init__(
        self,
        visible: int,
        hidden: int,
        rng: Any,
        *,
        weight: Initialiser = small_normal,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        rng = generator(rng)
        w, b = weight(rng, (visible, hidden)), zeros(rng, (hidden,))
        key = new_key(rng)
        super().__init__(
            name,
            weight=parameter(w, dtype, "W"),
            bias=parameter(b, dtype, "b"),
            # No label's gradient reaches it, so that no optimiser may ask for one.
            visible_bias=parameter(np.zeros(visible), dtype, "a", trainable=False),
            key=key,
        )

    def forward(self, x: Any, training: bool) -> Any:
        """x of shape (…, visible) to probabilities of the hidden units, (…, hidden)."""
        return sigmoid(x @ self.weight + self.bias)

    def visible(self, h: Any) -> Any:
        """Probabilities of the visible units, (…, visible), given hidden ones."""
        return sigmoid(h @ self.weight.mT + self.visible_bias)

    def reconstruction_error(self, x: Any) -> Any:
        """Mean squared difference of x and what its hidden probabilities give back."""
        return mean_squared_error(self.visible(self(x)), x)

    def free_energy(self, x: Any) -> Any:
        """−log of the unnormalised probability of x, of shape (…, visible) to (…)."""
        hidden = softplus(x @ self.weight + self.bias)
        return -(x @ self.visible_bias) - hidden.sum(axis=-1)

    def contrast(self, x: Any, k: int = 1) -> Any:
        """A scalar whose gradient is that of contrastive divergence, CD-k.

        It is the mean free energy of x less that of what k steps of Gibbs sampling
        make of x. Hidden units are drawn; visible ones keep their probabilities, which
        is less noisy (Hinton 2010, §3). It carries the advance of the key, so compile
        it as an output with another optimiser's
        ``updates(contrast, [rbm.weight, rbm.bias, rbm.visible_bias])``.

        Args:
            x: examples, of shape (batch, visible).
            k: steps of sampling.

        Raises:
            ArgumentError: for fewer than one step.
        """
        if k < 1:
            raise ArgumentError(f"CD-{k} takes no step of sampling; k is at least 1")
        keys = split(self.key, k + 1)
        made = x
        for j in range(k):
            p = self(made)
            drawn = less(uniform(keys[j + 1], p.shape, dtype=p.dtype), p)
            made = self.visible(astype(drawn, p.dtype))
        dreamt = self.free_energy(stop_gradient(made))
        difference = mean(self.free_energy(x)) - mean(dreamt)
        return with_updates(difference, {self.key: keys[0]})

    def updates(self, x: Any, rate: Any, k: int = 1) -> dict[Tensor, Tensor]:
        """The new values after one step of contrastive divergence, CD-k.

        Args:
            x: examples, of shape (batch, visible).
            rate: learning rate, a number or a scalar tensor.
            k: steps of sampling.

        Returns:
            A tensor by variable, the key's among them: the updates of `compile`.

        Raises:
            ArgumentError: for fewer than one step.
        """
        contrast = self.contrast(x, k)
        learnt = [self.weight, self.bias, self.visible_bias]
        slopes = zip(learnt, grad(contrast, learnt), strict=True)
        stepped = {p: p - astype(rate * g, p.dtype) for p, g in slopes}
        return stepped | updates_of(contrast)

    def to_linear(self, *, name: str | None = None) -> Linear:
        """A layer with copies of weight and bias; a sigmoid behind it makes them equal.

        Args:
            name: of its scope.
        """
        visible, hidden = self.weight.value.shape
        return Linear(
            visible,
            hidden,
            0,
            weight=lambda rng, shape: self.weight.value,
            bias=lambda rng, shape: self.bias.value,
            dtype=self.weight.dtype,
            name=name,
        )
