"""Rates of their own for every entry, from the squares of its gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphgrad.graph.leaves import variable
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import square
from graphgrad.ops.exponential import sqrt
from graphgrad.ops.updates import with_updates
from graphgrad.optim.optimizer import Optimizer, slot
from graphgrad.optim.scalars import Scalar
from graphgrad.optim.schedules import counter


@dataclass(frozen=True, eq=False)
class AdaGrad(Optimizer):
    """h ← h + g², w ← w − η·g / (√h + ε) (Duchi et al. 2011, book §6.1.5).

    Args:
        rate: learning rate η.
        epsilon: ε, above 0.
        decay: see `Optimizer`.
    """

    rate: Scalar = 0.01
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("epsilon", positive=True)

    def step(self, parameter: Tensor, gradient: Tensor, rate: Any) -> Any:  # noqa: D102
        total = slot(parameter, "sum of squares")
        new = total + square(gradient)
        return rate * gradient / (sqrt(new) + self.epsilon), {total: new}


@dataclass(frozen=True, eq=False)
class RMSProp(Optimizer):
    """h ← h + (1 − ρ)·(g² − h), w ← w − η·g / (√h + ε) (Tieleman and Hinton 2012).

    Args:
        rate: learning rate η.
        rho: share ρ of the mean that is kept, from 0 up to 1.
        epsilon: ε, above 0.
        decay: see `Optimizer`.
    """

    rate: Scalar = 0.01
    rho: float = 0.99
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("rho", below=1.0)
        self._require("epsilon", positive=True)

    def step(self, parameter: Tensor, gradient: Tensor, rate: Any) -> Any:  # noqa: D102
        squares = slot(parameter, "mean of squares")
        new = squares + (1 - self.rho) * (square(gradient) - squares)
        return rate * gradient / (sqrt(new) + self.epsilon), {squares: new}


@dataclass(frozen=True, eq=False)
class _WithMoments(Optimizer):
    """What Adam and NAdam share: means of gradients and of their squares."""

    rate: Scalar = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("beta1", below=1.0)
        self._require("beta2", below=1.0)
        self._require("epsilon", positive=True)

    def _moments(
        self, parameter: Tensor, gradient: Tensor, correction: Any
    ) -> tuple[Tensor, Tensor, dict[Tensor, Tensor]]:
        """The new mean m, the divisor √v̂ + ε, and the new values of the slots."""
        mean, squares = (slot(parameter, f"{n} moment") for n in ("first", "second"))
        # In this form nothing is done before the gradient is there: one loop does all.
        first = mean + (1 - self.beta1) * (gradient - mean)
        second = squares + (1 - self.beta2) * (square(gradient) - squares)
        divisor = sqrt(second) / correction + self.epsilon
        return first, divisor, {mean: first, squares: second}


@dataclass(frozen=True, eq=False)
class Adam(_WithMoments):
    """Means of gradients over roots of means of squares (Kingma and Ba 2015).

    m ← m + (1 − β₁)·(g − m) and v ← v + (1 − β₂)·(g² − v), which are the paper's means;
    w ← w − η·m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at the t-th
    call (book §6.1.6).

    Args:
        rate: learning rate η.
        beta1: share β₁ of the mean that is kept, from 0 up to 1.
        beta2: share β₂ of the mean of squares that is kept, from 0 up to 1.
        epsilon: ε, above 0.
        decay: see `Optimizer`.
    """

    def scalars(self) -> tuple[Scalar, ...]:  # noqa: D102
        t = counter() + 1
        return self.rate / (1 - self.beta1**t), sqrt(1 - self.beta2**t)

    def step(  # noqa: D102
        self, parameter: Tensor, gradient: Tensor, rate: Any, correction: Any
    ) -> Any:
        mean, divisor, slots = self._moments(parameter, gradient, correction)
        return rate * mean / divisor, slots


@dataclass(frozen=True, eq=False)
class AdamW(Adam):
    """`Adam` with decoupled weight decay, by default 0.01 (Loshchilov and Hutter 2019).

    Args:
        rate: learning rate η.
        beta1: as for `Adam`.
        beta2: as for `Adam`.
        epsilon: as for `Adam`.
        decay: λ; every parameter is multiplied by 1 − η·λ first.
    """

    decay: float = field(default=0.01, kw_only=True)


@dataclass(frozen=True, eq=False)
class NAdam(_WithMoments):
    """Adam with Nesterov's momentum (Dozat 2016).

    As in PyTorch β₁ is reached slowly: μₜ = β₁·(1 − ½·0.96^(t·ψ)). With m, v and v̂ as
    in `Adam`, and Πₜ the product μ₁ … μₜ,
    w ← w − η·((1 − μₜ)·g / (1 − Πₜ) + μₜ₊₁·m / (1 − Πₜ₊₁)) / (√v̂ + ε).

    Args:
        rate: learning rate η.
        beta1: share β₁ of the mean that is kept, from 0 up to 1.
        beta2: share β₂ of the mean of squares that is kept, from 0 up to 1.
        epsilon: ε, above 0.
        momentum_decay: ψ, at least 0.
        decay: see `Optimizer`.
    """

    rate: Scalar = 2e-3
    momentum_decay: float = 4e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require("momentum_decay")

    def _momentum(self, t: Tensor) -> Tensor:
        return self.beta1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))

    def scalars(self) -> tuple[Scalar, ...]:  # noqa: D102
        t = counter() + 1
        now, ahead = self._momentum(t), self._momentum(t + 1)
        known = variable(np.ones(()), name="momentum product", trainable=False)
        product = with_updates(known * now, {known: known * now})
        return (
            self.rate * (1 - now) / (1 - product),
            self.rate * ahead / (1 - product * ahead),
            sqrt(1 - self.beta2**t),
        )

    def step(  # noqa: D102
        self,
        parameter: Tensor,
        gradient: Tensor,
        share: Any,
        share_of_mean: Any,
        correction: Any,
    ) -> Any:
        mean, divisor, slots = self._moments(parameter, gradient, correction)
        return (share * gradient + share_of_mean * mean) / divisor, slots
