"""Checkpoints: everything that changes in a training run, in one file.

A file is replaced in one step, so that a run that is killed at any moment leaves the
last checkpoint whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError, DataError
from graphgrad.execute.program import Program
from graphgrad.files import clear_parts
from graphgrad.graph.tensor import Tensor
from graphgrad.nn.weights import read_arrays, write_arrays
from graphgrad.train.state import Callback, History, Training


class Checkpoint(Callback):
    """Keeps a training run in a file, from which `fit` goes on.

    The file is safetensors: the program's variables (parameters, slots of optimisers,
    counters, keys, running statistics), and as JSON in its header the place in the run,
    the history and what callbacks know.

    Args:
        path: of the file; if it is there, `fit` goes on from it.
        every: steps between two checkpoints; there is one after each epoch besides.

    Raises:
        DataError: by `fit`, if the file is damaged or of another program.
    """

    def __init__(self, path: str | Path, *, every: int = 1000) -> None:
        if every < 1:
            raise ArgumentError(f"a checkpoint every {every} steps is none")
        self._path = Path(path)
        self._every = every
        self._others: Sequence[Callback] = ()

    def restore(self, training: Training, others: Sequence[Callback]) -> None:
        """Bring a training run, its variables and callbacks to where they were."""
        self._others = others
        if not self._path.parent.is_dir():
            raise DataError(
                f"{self._path} cannot be written: its folder does not exist",
                remedy="make it first, or choose another",
            )
        clear_parts(self._path)
        if not self._path.exists():
            return
        arrays, facts = read_arrays(self._path)
        variables = named(training.program)
        own = {n: a for n, a in arrays.items() if not n.startswith("callback")}
        if difference := _difference(training, variables, own, facts, others):
            raise DataError(
                f"{self._path.name} is no checkpoint of this training: {difference}",
                remedy="choose another file, or take this one away",
            )
        for name, x in variables.items():
            x.assign(own[name])
        training.epoch, training.step = facts["epoch"], facts["step"]
        training.stopped = facts["stopped"]
        training.history = History(facts["rows"], facts["losses"])
        for i, callback in enumerate(others):
            head = f"callback {i} "
            kept = {n[len(head) :]: a for n, a in arrays.items() if n.startswith(head)}
            callback.resume(facts["states"][i], kept)

    def on_step(self, training: Training) -> None:
        """Save, if it is time."""
        if training.step % self._every == 0:
            self.save(training)

    def on_epoch(self, training: Training) -> None:
        """Save."""
        self.save(training)

    def save(self, training: Training) -> None:
        """Write the file."""
        arrays = {n: np.asarray(x.value) for n, x in named(training.program).items()}
        for i, callback in enumerate(self._others):
            kept = callback.arrays().items()
            arrays |= {f"callback {i} {name}": array for name, array in kept}
        facts = {
            "plan": training.plan,
            "epoch": training.epoch,
            "step": training.step,
            "stopped": training.stopped,
            "rows": training.history.rows,
            "losses": training.history.losses,
            "callbacks": _kinds(self._others),
            "states": [callback.state() for callback in self._others],
        }
        write_arrays(self._path, arrays, facts)


def named(program: Program) -> dict[str, Tensor]:
    """A program's variables by number and name: the same in every process."""
    found = enumerate(program.variables)
    return {f"{i:04d} {x.name or 'unnamed'}": x for i, x in found}


def _kinds(callbacks: Sequence[Callback]) -> list[str]:
    return [type(callback).__name__ for callback in callbacks]


_FACTS = {"plan", "epoch", "step", "stopped", "rows", "losses", "callbacks", "states"}


def _difference(
    training: Training,
    variables: Mapping[str, Tensor],
    arrays: Mapping[str, np.ndarray],
    facts: Any,
    others: Sequence[Callback],
) -> str | None:
    """What a file has that the training has not; None if it fits."""
    if not isinstance(facts, dict) or facts.keys() != _FACTS:
        return "it holds something else"
    for name, number in training.plan.items():
        if facts["plan"].get(name) != number:
            return f"its {name} is {facts['plan'].get(name)}, not {number}"
    if facts["callbacks"] != _kinds(others):
        return f"its callbacks are {facts['callbacks']}, not {_kinds(others)}"
    kinds = {n: (a.shape, a.dtype) for n, a in arrays.items()}
    wanted = {n: (x.shape, x.dtype) for n, x in variables.items()}
    for name in {**wanted, **kinds}:
        if kinds.get(name) != wanted.get(name):
            return f"variable {name!r} is not the same"
    return None
