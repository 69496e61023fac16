"""Spaces of hyper-parameters: what a search draws values from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from graphgrad.errors import ArgumentError


@dataclass(frozen=True)
class _Interval:
    """Numbers between bounds, evenly spread on a scale."""

    low: float
    high: float
    LOG: ClassVar = False

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ArgumentError(f"bounds {low} and {high} do not rise")

    def distribution(self) -> Any:
        """As Optuna has it."""
        from optuna.distributions import FloatDistribution

        return FloatDistribution(float(self.low), float(self.high), log=self.LOG)

    def grid(self, count: int) -> list[Any]:
        """So many values at equal distances, from end to end; one is in the middle."""
        spaced = np.geomspace if self.LOG else np.linspace
        values = spaced(self.low, self.high, 3 if count == 1 else count).tolist()
        return [values[1]] if count == 1 else values

    def around(self, values: Sequence[Any], margin: float) -> Self:
        """The part that holds some values, and a share of the whole on either side."""
        scale, back = (math.log, math.exp) if self.LOG else (float, float)
        extra = margin * (scale(self.high) - scale(self.low))
        low = back(scale(min(values)) - extra)
        high = back(scale(max(values)) + extra)
        return replace(self, low=max(low, self.low), high=min(high, self.high))


@dataclass(frozen=True)
class Uniform(_Interval):
    """Numbers from low to high, each as likely as another.

    Args:
        low: the least.
        high: the largest, above `low`.

    Raises:
        ArgumentError: for bounds that are not finite, or do not rise.
    """


@dataclass(frozen=True)
class LogUniform(_Interval):
    """Numbers from low to high whose logarithms are each as likely as another.

    For what matters by its order of magnitude, such as rates (book §6.5.2).

    Args:
        low: the least, above 0.
        high: the largest, above `low`.

    Raises:
        ArgumentError: for bounds that are not above 0 and finite, or do not rise.
    """

    LOG: ClassVar = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise ArgumentError(
                f"{self.low} has no logarithm",
                remedy="begin above 0, as in LogUniform(1e-6, 1e-2)",
            )


@dataclass(frozen=True)
class Integers:
    """Whole numbers from low to high, both included, each as likely as another.

    Args:
        low: the least.
        high: the largest, not below `low`.

    Raises:
        ArgumentError: for bounds that are not whole numbers, or fall.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        whole = isinstance(self.low, int) and isinstance(self.high, int)
        if not whole or self.low > self.high:
            raise ArgumentError(f"bounds {self.low} and {self.high} hold no integers")

    def distribution(self) -> Any:
        """As Optuna has it."""
        from optuna.distributions import IntDistribution

        return IntDistribution(self.low, self.high)

    def grid(self, count: int) -> list[Any]:
        """At most so many values at nearly equal distances."""
        if count == 1:
            return [(self.low + self.high) // 2]
        return sorted({round(x) for x in np.linspace(self.low, self.high, count)})

    def around(self, values: Sequence[Any], margin: float) -> Self:
        """The part that holds some values, and a share of the whole on either side."""
        extra = round(margin * (self.high - self.low))
        low, high = min(values) - extra, max(values) + extra
        return replace(self, low=max(low, self.low), high=min(high, self.high))


@dataclass(frozen=True, init=False)
class Choice:
    """One of some options, each as likely as another.

    Args:
        *options: strings, numbers, booleans or None.

    Raises:
        ArgumentError: for no options, two that are equal, or another object.
    """

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        for option in options:
            if option is not None and not isinstance(option, str | int | float):
                raise ArgumentError(
                    f"the option {option!r} cannot be written to a file",
                    remedy="give names, and look objects up by name in the objective",
                )
        if not options or len(set(options)) < len(options):
            raise ArgumentError(f"the options {options} are none, or two are equal")
        object.__setattr__(self, "options", options)

    def distribution(self) -> Any:
        """As Optuna has it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.options)

    def grid(self, count: int) -> list[Any]:
        """All options, however many."""
        return list(self.options)

    def around(self, values: Sequence[Any], margin: float) -> Self:
        """Those options that are among some values."""
        return type(self)(*[option for option in self.options if option in values])


Space = Uniform | LogUniform | Integers | Choice
