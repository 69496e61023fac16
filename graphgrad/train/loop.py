"""The loop that trains: epochs of shuffled batches, measured and recorded.

With a `Checkpoint` among the callbacks, training goes on where it was left, also in the
middle of an epoch, and ends with the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from graphgrad.data.examples import batches
from graphgrad.data.prefetch import prefetched
from graphgrad.errors import ArgumentError, EvaluationError
from graphgrad.execute.program import Program
from graphgrad.train.checkpoint import Checkpoint
from graphgrad.train.state import Callback, History, Training

Arrays = Sequence[np.ndarray]


def fit(
    program: Program,
    arrays: Sequence[Any],
    *,
    epochs: int,
    batch: int = 100,
    seed: int = 0,
    measures: Mapping[str, Callable[[], Any]] | None = None,
    callbacks: Iterable[Callback] = (),
    change: Callable[..., Arrays] | None = None,
    progress: bool | str = False,
) -> History:
    """Train: call a program on shuffled batches, epoch after epoch.

    Args:
        program: a compiled step with updates, whose one output, or first, is the loss.
        arrays: one per input of the program, each with a row per example.
        epochs: how often every row is seen.
        batch: rows per step; the last step of an epoch takes what is left.
        seed: of the shuffles; each epoch has one of its own.
        measures: called after each epoch; their figures go into the history by name.
        callbacks: called in this order, a `Checkpoint` last; see `Callback`.
        change: of a batch before it is used: ``change(rng, *arrays)``. Its generator
            follows from seed, epoch and step. It runs in a thread, two batches ahead.
        progress: whether to show a bar; a text stands in front of it.

    Returns:
        Figures of all epochs: the mean loss of the steps, and the measures.

    Raises:
        ArgumentError: for less than one epoch, or batches of no row.
        ShapeError: for arrays of different lengths.
        EvaluationError: when the loss is no longer finite.
    """
    if epochs < 1:
        raise ArgumentError(f"{epochs} epochs are no training")
    batches(arrays, batch, seed=seed)  # refuses what are no examples
    loop = _Loop(arrays, epochs, batch, seed, measures or {}, change, progress)
    plan = {"examples": len(arrays[0]), "batch": batch, "seed": seed}
    return loop.run(Training(program, plan), list(callbacks))


@dataclass
class _Loop:
    arrays: Sequence[Any]
    epochs: int
    batch: int
    seed: int
    measures: Mapping[str, Callable[[], Any]]
    change: Callable[..., Arrays] | None
    progress: bool | str

    def run(self, training: Training, callbacks: list[Callback]) -> History:
        if sum(isinstance(c, Checkpoint) for c in callbacks) > 1:
            raise ArgumentError("a run has one checkpoint, not several")
        callbacks.sort(key=lambda c: isinstance(c, Checkpoint))
        if callbacks and isinstance(callbacks[-1], Checkpoint):
            callbacks[-1].restore(training, callbacks[:-1])
        with self._bar(training) as bar:
            while training.epoch < self.epochs and not training.stopped:
                for rows in self._rows(training.epoch, training.step):
                    _step(training, rows)
                    for callback in callbacks:
                        callback.on_step(training)
                    bar.update()
                self._close_epoch(training)
                for callback in callbacks:
                    callback.on_epoch(training)
                bar.set_postfix(training.history.rows[-1], refresh=False)
        for callback in callbacks:
            callback.on_end(training)
        return training.history

    def _rows(self, epoch: int, start: int) -> Iterator[Arrays]:
        """The batches of an epoch from one on, changed if that is wanted."""
        found = batches(
            self.arrays, self.batch, seed=self.seed, epoch=epoch, start=start
        )
        change = self.change
        if change is None:
            return found
        return prefetched(
            change(np.random.RandomState([self.seed, epoch, k]), *own)
            for k, own in enumerate(found, start)
        )

    def _close_epoch(self, training: Training) -> None:
        """Write the figures of an epoch down."""
        own = training.history.losses[-training.step :]
        training.epoch += 1
        training.step = 0
        row = {"epoch": training.epoch, "loss": float(np.mean(own))}
        row |= {name: float(measure()) for name, measure in self.measures.items()}
        training.history.rows.append(row)

    def _bar(self, training: Training) -> Any:
        from tqdm import tqdm

        per_epoch = -(-len(self.arrays[0]) // self.batch)
        return tqdm(
            total=self.epochs * per_epoch,
            initial=training.epoch * per_epoch + training.step,
            desc=self.progress if isinstance(self.progress, str) else None,
            unit="step",
            disable=not self.progress,
            mininterval=0.5,
        )


def _step(training: Training, arrays: Arrays) -> None:
    found = training.program(*arrays)
    loss = float(found[0] if isinstance(found, list) else found)
    training.history.losses.append(loss)
    training.step += 1
    if not isfinite(loss):
        raise EvaluationError(
            f"the loss is {loss} in step {training.step} of epoch {training.epoch + 1}",
            remedy="gg.diagnose shows where it begins; a smaller rate may help, or "
            "clipped gradients",
        )
