"""Checkpoints: everything that changes in a training run, in one file.

A file is replaced in one step, so that a run that is killed at any moment leaves the
last checkpoint whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.errors import DataError
from graphgrad.execute.program import Program
from graphgrad.files import clear_parts
from graphgrad.graph.op import VARIABLE
from graphgrad.graph.tensor import Tensor, describe
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
        self._path = Path(path)
        self._every = every
        self._others: Sequence[Callback] = ()

    def restore(self, training: Training, others: Sequence[Callback]) -> None:
        """Bring a training run, its variables and callbacks to where they were."""
        self._others = others
        clear_parts(self._path)
        if not self._path.exists():
            return
        arrays, facts = read_arrays(self._path)
        variables = named(training.program)
        own = {n: a for n, a in arrays.items() if not n.startswith("callback")}
        if not isinstance(facts, dict) or not _fits(variables, own, facts, others):
            wanted = ", ".join(describe(x) for x in variables.values())
            raise DataError(
                f"{self._path.name} is no checkpoint of this training",
                remedy=f"choose another file; the program's variables: {wanted}",
            )
        for name, x in variables.items():
            x.assign(own[name])
        training.epoch, training.step = facts["epoch"], facts["step"]
        training.stopped = facts["stopped"]
        training.history = History(facts["rows"], facts["losses"])
        for i, (callback, state) in enumerate(
            zip(others, facts["callbacks"], strict=True)
        ):
            head = f"callback {i} "
            kept = {n[len(head) :]: a for n, a in arrays.items() if n.startswith(head)}
            callback.resume(state, kept)

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
            "epoch": training.epoch,
            "step": training.step,
            "stopped": training.stopped,
            "rows": training.history.rows,
            "losses": training.history.losses,
            "callbacks": [callback.state() for callback in self._others],
        }
        write_arrays(self._path, arrays, facts)


def named(program: Program) -> dict[str, Tensor]:
    """A program's variables by number and name: the same in every process."""
    found = [x for x in program.graph.nodes if x.op is VARIABLE]
    return {f"{i:04d} {x.name or 'unnamed'}": x for i, x in enumerate(found)}


def _fits(
    variables: dict[str, Tensor],
    arrays: dict[str, np.ndarray],
    facts: dict[str, Any],
    others: Sequence[Callback],
) -> bool:
    keys = {"epoch", "step", "stopped", "rows", "losses", "callbacks"}
    return (
        facts.keys() == keys
        and len(facts["callbacks"]) == len(others)
        and arrays.keys() == variables.keys()
        and all(
            (arrays[n].shape, arrays[n].dtype) == (x.shape, x.dtype)
            for n, x in variables.items()
        )
    )
