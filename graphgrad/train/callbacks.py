"""What training does besides steps: stop early, lower the rate, record."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.op import VARIABLE
from graphgrad.graph.tensor import Tensor
from graphgrad.train.checkpoint import named
from graphgrad.train.state import Callback, Training


class _Best:
    """The best figure so far, and how many epochs ago it was."""

    def __init__(self, figure: str, mode: str) -> None:
        if mode not in ("min", "max"):
            raise ArgumentError(f'mode is "min" or "max", not {mode!r}')
        self._figure = figure
        self._sign = 1.0 if mode == "min" else -1.0
        self.value: float | None = None
        self.waited = 0

    def improved(self, training: Training) -> bool:
        new = self._sign * training.history.last(self._figure)
        if self.value is None or isnan(self.value) or new < self.value:
            self.value, self.waited = new, 0
            return True
        self.waited += 1
        return False


class EarlyStopping(Callback):
    """Ends training when a figure gets no better, and puts the best weights back.

    Args:
        figure: of the history, such as a loss on validation data.
        patience: epochs without a better figure, after which training ends.
        mode: "min" if lower is better, "max" if higher is.

    Attributes:
        best_epoch: of the best figure; the variables have its values at the end.
    """

    def __init__(self, figure: str, *, patience: int = 10, mode: str = "min") -> None:
        self._best = _Best(figure, mode)
        self._patience = patience
        self._kept: dict[str, np.ndarray] = {}
        self.best_epoch = 0

    def on_epoch(self, training: Training) -> None:
        """Keep the weights if they are the best; stop if they no longer become so."""
        if self._best.improved(training):
            self.best_epoch = training.epoch
            variables = named(training.program).items()
            self._kept = {name: np.array(x.value) for name, x in variables}
        training.stopped = training.stopped or self._best.waited >= self._patience

    def on_end(self, training: Training) -> None:
        """Put the best weights back."""
        variables = named(training.program)
        for name, array in self._kept.items():
            variables[name].assign(array)

    def state(self) -> Any:
        """The best figure."""
        return [self._best.value, self._best.waited, self.best_epoch]

    def arrays(self) -> dict[str, np.ndarray]:
        """The best weights."""
        return self._kept

    def resume(self, state: Any, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on."""
        self._best.value, self._best.waited, self.best_epoch = state
        self._kept = dict(arrays)


class ReduceOnPlateau(Callback):
    """Multiplies the rate when a figure gets no better.

    Args:
        rate: a variable that is the optimiser's rate.
        figure: of the history, such as a loss on validation data.
        factor: of the new rate to the old.
        patience: epochs without a better figure that are borne; the rate falls at one
            more, as PyTorch's does.
        floor: the lowest rate.
        mode: "min" if lower is better, "max" if higher is.
    """

    def __init__(
        self,
        rate: Tensor,
        figure: str,
        *,
        factor: float = 0.1,
        patience: int = 10,
        floor: float = 0.0,
        mode: str = "min",
    ) -> None:
        if getattr(rate, "op", None) is not VARIABLE:
            raise ArgumentError(
                f"the rate {rate!r} is not a variable",
                remedy="make it with gg.variable(0.1, trainable=False)",
            )
        self._rate, self._factor, self._floor = rate, factor, floor
        self._best = _Best(figure, mode)
        self._patience = patience

    def on_epoch(self, training: Training) -> None:
        """Lower the rate if it is time."""
        if self._rate not in set(training.program.variables):
            raise ArgumentError(
                f"the program does not read the rate {self._rate!r}",
                remedy="give it to the optimiser: gg.optim.SGD(rate)",
            )
        if not self._best.improved(training) and self._best.waited > self._patience:
            self._best.waited = 0
            self._rate.assign(max(float(self._rate) * self._factor, self._floor))

    def state(self) -> Any:
        """The best figure; the rate is a variable of the program."""
        return [self._best.value, self._best.waited]

    def resume(self, state: Any, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on."""
        self._best.value, self._best.waited = state
