"""Descent along the gradient, alone or with momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphgrad.graph.tensor import Tensor
from graphgrad.optim.optimizer import Optimizer, slot


@dataclass(frozen=True, eq=False)
class SGD(Optimizer):
    """Stochastic gradient descent: w ← w − η·g (book §6.1.2).

    Args:
        rate: learning rate η.
        decay: see `Optimizer`.

    Example:
        >>> import graphgrad as gg
        >>> w = gg.variable(1.0)
        >>> float(gg.optim.SGD(0.1).updates(w**2, [w])[w])
        0.8
    """

    def step(self, parameter: Tensor, gradient: Tensor, rate: Any) -> Any:  # noqa: D102
        return rate * gradient, {}


@dataclass(frozen=True, eq=False)
class Momentum(Optimizer):
    """Descent with a velocity: u ← m·u + η·g, w ← w − u (Polyak 1964, book §6.1.4).

    The book's v is −u. PyTorch keeps u / η, which is another path where η changes.

    Args:
        rate: learning rate η.
        momentum: share m of the velocity that is kept, from 0 up to 1.
        decay: see `Optimizer`.
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("momentum", below=1.0)

    def step(self, parameter: Tensor, gradient: Tensor, rate: Any) -> Any:  # noqa: D102
        velocity = slot(parameter, "momentum")
        new = self.momentum * velocity + rate * gradient
        return new, {velocity: new}


@dataclass(frozen=True, eq=False)
class Nesterov(Momentum):
    """Momentum that looks ahead: u ← m·u + η·g, w ← w − (m·u + η·g).

    Nesterov's accelerated gradient (Nesterov 1983) in the form of Bengio et al. 2013:
    w is the point ahead, at which the gradient is taken.

    Args:
        rate: learning rate η.
        momentum: share m of the velocity that is kept, from 0 up to 1.
        decay: see `Optimizer`.
    """

    def step(self, parameter: Tensor, gradient: Tensor, rate: Any) -> Any:  # noqa: D102
        new, slots = super().step(parameter, gradient, rate)
        return self.momentum * new + rate * gradient, slots
