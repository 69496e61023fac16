"""What a training run has done so far, which callbacks look at and change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError


@dataclass
class History:
    """Figures of a training run, a row per epoch.

    Attributes:
        rows: figures by name, e.g. ``{"epoch": 1, "loss": 2.3, "accuracy": 0.1}``.
        losses: the loss of every step, in order.

    Example:
        >>> from graphgrad.train import History
        >>> history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])
        >>> history["loss"]
        [2.0, 1.0]
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def __getitem__(self, name: str) -> list[float]:
        """A figure of all epochs."""
        if not self.rows or any(name not in row for row in self.rows):
            known = ", ".join(self.rows[0]) if self.rows else "none yet"
            raise ArgumentError(
                f"there is no figure {name!r} of all epochs",
                remedy=f"the figures are: {known}",
            )
        return [row[name] for row in self.rows]

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def last(self, name: str) -> float:
        """A figure of the last epoch."""
        return self[name][-1]


@dataclass
class Training:
    """A training run, as callbacks see it.

    Attributes:
        program: the step.
        plan: what must not change when it goes on: examples, batch size and seed.
        history: figures so far.
        epoch: how many epochs are complete.
        step: how many steps of the present epoch are.
        stopped: set it to end the training after this epoch.
    """

    program: Any
    plan: dict[str, int] = field(default_factory=dict)
    history: History = field(default_factory=History)
    epoch: int = 0
    step: int = 0
    stopped: bool = False


class Callback:
    """What is done between steps and epochs; subclasses override what they need."""

    def on_step(self, training: Training) -> None:
        """After each step."""

    def on_epoch(self, training: Training) -> None:
        """After each epoch, when its figures are in the history."""

    def on_end(self, training: Training) -> None:
        """At the end, also when the training was stopped."""

    def state(self) -> Any:
        """What a checkpoint keeps of it, as JSON has it."""
        return None

    def resume(self, state: Any, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` and `arrays` gave."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays that a checkpoint keeps besides."""
        return {}
