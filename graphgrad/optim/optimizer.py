"""An optimiser makes new values out of gradients, as a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import grad
from graphgrad.errors import ArgumentError, DTypeError, ShapeError
from graphgrad.graph.graph import as_outputs
from graphgrad.graph.leaves import variable
from graphgrad.graph.op import VARIABLE, lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.ops.structure import astype
from graphgrad.optim.scalars import Scalar, in_dtype, number, scalar
from graphgrad.shapes import show

Clip = Callable[[list[Tensor]], Sequence[Tensor]]


@dataclass(frozen=True, eq=False)  # a rate that is a tensor compares as a tensor
class Optimizer(ABC):
    """Base of the optimisers; a subclass defines `step`.

    Args:
        rate: learning rate: a number, the tensor of a schedule, or a variable that is
            assigned between calls. It is computed once per call, and float32
            parameters stay float32 whatever its dtype.
        decay: decoupled weight decay (Loshchilov and Hutter 2019): every parameter is
            multiplied by 1 − rate · decay first.

    Raises:
        ArgumentError: for a negative number, or a tensor of several.
    """

    rate: Scalar
    decay: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", scalar("rate", self.rate))
        self._require("decay")

    def _require(self, name: str, **bounds: Any) -> None:
        """Check a number among the fields, and make it Python's."""
        object.__setattr__(self, name, number(name, getattr(self, name), **bounds))

    @abstractmethod
    def step(
        self, parameter: Tensor, gradient: Tensor, *scalars: Scalar
    ) -> tuple[Tensor, dict[Tensor, Tensor]]:
        """What is subtracted from a parameter, and the new values of its slots.

        Args:
            parameter: a variable.
            gradient: of its shape and dtype.
            *scalars: those of `scalars`, which do not widen the parameter's dtype.
        """

    def scalars(self) -> tuple[Scalar, ...]:
        """What `step` needs and is the same for all parameters: the rate."""
        return (self.rate,)

    def updates(
        self, loss: Tensor, parameters: Sequence[Tensor], *, clip: Clip | None = None
    ) -> dict[Tensor, Tensor]:
        """The new values after one step down the gradient of a loss.

        Args:
            loss: a scalar.
            parameters: variables that it depends on.
            clip: makes of the list of gradients the list that is used instead, e.g.
                ``lambda gradients: gg.optim.clip_by_global_norm(gradients, 1.0)``.

        Returns:
            A tensor by variable, for parameters and slots: the updates of `compile`.

        Raises:
            GradientError: for a parameter that the loss does not depend on.
            ArgumentError: for parameters that are not variables, or one given twice.

        Example:
            >>> import graphgrad as gg
            >>> w = gg.variable(1.0, name="w")
            >>> loss = (w - 3) ** 2
            >>> updates = gg.optim.Momentum(0.1).updates(loss, [w])
            >>> [x.name for x in updates]
            ['w', 'w/momentum']
            >>> step = gg.compile(loss, updates=updates)
            >>> [round(float(step()), 2) for _ in range(3)]
            [4.0, 2.56, 0.85]
        """
        wanted = list(as_outputs(parameters))
        gradients = grad(loss, wanted)
        if clip is not None:
            if not callable(clip):
                raise ArgumentError(
                    f"clip is a function of the gradients, not {type(clip).__name__}",
                    remedy="write clip=lambda gradients: "
                    "gg.optim.clip_by_global_norm(gradients, 1.0)",
                )
            gradients = clip(gradients)
        return self.apply(wanted, gradients)

    def apply(
        self, parameters: Sequence[Tensor], gradients: Sequence[Any]
    ) -> dict[Tensor, Tensor]:
        """The new values for gradients that are given; each call makes new slots.

        Args:
            parameters: variables of a real floating-point dtype.
            gradients: one of the same shape for each; they are cast to its dtype.

        Returns:
            A tensor by variable, for parameters and slots: the updates of `compile`.

        Raises:
            ArgumentError: for parameters that are not variables, or one given twice,
                or another number of gradients.
            DTypeError: for a parameter that is an integer or complex.
            ShapeError: for a gradient of another shape.
        """
        pairs = _pairs(parameters, gradients)
        kept = 1 - self.rate * self.decay if self.decay else 1.0
        shared = (kept, *self.scalars())
        cast = {
            dtype: [in_dtype(x, dtype) for x in shared]
            for dtype in dict.fromkeys(x.dtype for x, _ in pairs)
        }
        found: dict[Tensor, Tensor] = {}
        for parameter, gradient in pairs:
            keep, *scalars = cast[parameter.dtype]
            amount, slots = self.step(parameter, gradient, *scalars)
            start = parameter * keep if self.decay else parameter
            found[parameter] = start - amount
            found.update(slots)
        return found


def slot(parameter: Tensor, name: str) -> Tensor:
    """A new variable of zeros like a parameter, which is not trained."""
    full = f"{parameter.name}/{name}" if parameter.name else name
    made = variable(np.zeros_like(parameter.value), name=full, trainable=False)
    made.scope = parameter.scope
    return made


def _pairs(parameters: Any, gradients: Any) -> list[tuple[Tensor, Tensor]]:
    """Each parameter with its gradient in its dtype, checked."""
    variables = as_outputs(parameters)
    given = [gradients] if isinstance(gradients, Tensor) else list(gradients)
    if len(given) != len(variables):
        raise ArgumentError(
            f"{len(given)} gradients for {len(variables)} parameters",
            remedy="give one for each, in the same order",
        )
    found: dict[Tensor, Tensor] = {}
    for x, g in zip(variables, lift(given), strict=True):
        if x.op is not VARIABLE or x in found:
            fault = "is given twice" if x in found else "is not a variable"
            raise ArgumentError(
                f"parameter {describe(x)} {fault}",
                remedy="give each variable to be trained once",
            )
        if x.dtype.kind != "f":
            raise DTypeError(
                f"parameter {describe(x)} is not of real floating-point numbers",
                remedy='make it so: gg.variable(value, dtype="float64")',
            )
        if g.shape != x.shape:
            raise ShapeError(
                f"a gradient of shape {show(g.shape)} does not fit {describe(x)}"
            )
        found[x] = g if g.dtype == x.dtype else astype(g, x.dtype)
    return list(found.items())
