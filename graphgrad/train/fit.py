"""The loop that trains: epochs of shuffled batches, measured and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any

import numpy as np

from graphgrad.data.examples import batches
from graphgrad.data.prefetch import prefetched
from graphgrad.errors import ArgumentError, EvaluationError
from graphgrad.execute.program import Program
from graphgrad.train.checkpoint import Checkpoint
from graphgrad.train.state import Callback, History, Training


def fit(
    program: Program,
    arrays: Sequence[Any],
    *,
    epochs: int,
    batch: int = 100,
    seed: int = 0,
    measures: Mapping[str, Callable[[], Any]] | None = None,
    callbacks: Iterable[Callback] = (),
    change: Callable[..., Sequence[np.ndarray]] | None = None,
    progress: bool = False,
) -> History:
    """Train: call a program on shuffled batches, epoch after epoch.

    Args:
        program: a compiled step with updates, whose one output, or first, is the loss.
        arrays: one per input of the program, all of as many rows; each step gets some.
        epochs: how often every row is seen.
        batch: rows per step; the last step of an epoch takes what is left.
        seed: of the shuffles; each epoch has one of its own.
        measures: functions without arguments, such as the accuracy on held-out data,
            called after each epoch; their figures go into the history by name.
        callbacks: called in this order, a `Checkpoint` last; see `Callback`.
        change: of a batch before it is used, such as augmentation: ``change(rng,
            *arrays)``; what it draws follows from the seed, the epoch and the step. It
            runs in a thread, two batches ahead.
        progress: whether to show a bar.

    Returns:
        Figures of all epochs: the mean loss of its steps, and the measures.

    Raises:
        ArgumentError: for fewer than one epoch, or one row per batch.
        ShapeError: for arrays of different lengths.
        EvaluationError: when the loss is no longer finite.

    With a `Checkpoint` among the callbacks, training goes on where it was left, also in
    the middle of an epoch, and ends with the same bits.

    Example:
        >>> import numpy as np, graphgrad as gg
        >>> x, t = gg.placeholder(("n", 2)), gg.placeholder(("n",))
        >>> w = gg.variable([0.0, 0.0])
        >>> loss = gg.nn.mean_squared_error(x @ w, t)
        >>> step = gg.compile(loss, [x, t], {w: w - 0.2 * gg.grad(loss, w)})
        >>> data = np.random.RandomState(0).randn(100, 2)
        >>> history = gg.train.fit(step, [data, data @ [1, 2]], epochs=20, batch=10)
        >>> w.value.round(3)
        array([1., 2.])
    """
    if epochs < 1:
        raise ArgumentError(f"{epochs} epochs are no training")
    batches(arrays, batch, seed=seed)  # refuses what are no examples
    per_epoch = -(-len(arrays[0]) // batch)
    called = sorted(callbacks, key=lambda c: isinstance(c, Checkpoint))
    training = Training(program)
    if called and isinstance(called[-1], Checkpoint):
        called[-1].restore(training, called[:-1])

    def rows() -> Iterator[Sequence[np.ndarray]]:
        epoch, start = training.epoch, training.step
        found = batches(arrays, batch, seed=seed, epoch=epoch, start=start)
        return found if change is None else prefetched(changed(found, epoch, start))

    def changed(
        found: Iterable[Sequence[np.ndarray]], epoch: int, start: int
    ) -> Iterator[Sequence[np.ndarray]]:
        for k, own in enumerate(found, start):
            yield change(np.random.RandomState([seed, epoch, k]), *own)  # type: ignore[misc]

    begun = training.epoch * per_epoch + training.step
    with _bar(epochs * per_epoch, begun, progress) as bar:
        while training.epoch < epochs and not training.stopped:
            for found in rows():
                _step(training, found)
                for callback in called:
                    callback.on_step(training)
                bar.update()
            _close_epoch(training, measures or {})
            for callback in called:
                callback.on_epoch(training)
            bar.set_postfix(training.history.rows[-1])
    for callback in called:
        callback.on_end(training)
    return training.history


def _step(training: Training, arrays: Sequence[np.ndarray]) -> None:
    found = training.program(*arrays)
    loss = float(found[0] if isinstance(found, list) else found)
    training.history.losses.append(loss)
    training.step += 1
    if not isfinite(loss):
        raise EvaluationError(
            f"the loss is {loss} in step {training.step} of epoch {training.epoch + 1}",
            remedy="look where it begins, or take a smaller rate or clip the gradients",
        )


def _close_epoch(training: Training, measures: Mapping[str, Callable[[], Any]]) -> None:
    """Write the figures of an epoch down."""
    own = training.history.losses[-training.step :]
    training.epoch += 1
    training.step = 0
    row = {"epoch": training.epoch, "loss": float(np.mean(own))}
    row |= {name: float(measure()) for name, measure in measures.items()}
    training.history.rows.append(row)


@contextmanager
def _bar(total: int, begun: int, shown: bool) -> Iterator[Any]:
    from tqdm import tqdm

    with tqdm(
        total=total, initial=begun, unit="step", disable=not shown, mininterval=0.5
    ) as bar:
        yield bar
