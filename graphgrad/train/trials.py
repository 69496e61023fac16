"""Search for hyper-parameters: what to try is declared, and Optuna does the rest.

What trial number k tries follows from the seed and k, and with "tpe" from the trials
before; never from what was interrupted.

>>> import graphgrad as gg
>>> def loss(values):
...     return (values["x"] - 0.3) ** 2
>>> found = gg.train.search(loss, {"x": gg.train.Uniform(0, 1)}, 50, mode="min")
>>> round(found.best.values["x"], 1)
0.3
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.data.libraries import library
from graphgrad.errors import ArgumentError, DataError, EvaluationError
from graphgrad.train.journal import journal
from graphgrad.train.spaces import Choice, Space

Objective = Callable[[dict[str, Any]], float | Sequence[float]]


@dataclass(frozen=True)
class Trial:
    """What was tried, and what came of it.

    Attributes:
        number: from 0.
        values: of the hyper-parameters, by name.
        score: the last figure of the curve; the worst there is, ∓∞, if it is NaN or
            the trial failed.
        curve: all that the objective gave.
        failure: why there is no curve, or "".
    """

    number: int
    values: dict[str, Any]
    score: float
    curve: tuple[float, ...]
    failure: str = ""


@dataclass(frozen=True)
class SearchResult:
    """The trials of a search.

    Attributes:
        space: what was searched, by name.
        mode: "max" if a higher score is better, "min" if a lower one is.
        trials: in the order of their numbers.
    """

    space: dict[str, Space]
    mode: str
    trials: tuple[Trial, ...]

    @property
    def ranked(self) -> list[Trial]:
        """The trials, best first; of equals the earlier."""
        sign = 1 if self.mode == "min" else -1
        return sorted(self.trials, key=lambda trial: sign * trial.score)

    @property
    def best(self) -> Trial:
        """The best trial."""
        return self.ranked[0]

    def table(self, count: int = 10) -> str:
        """The best trials as text, a line for each."""
        head = ["rank", "trial", "score", *self.space]
        rows = [
            [_shown(cell) for cell in (rank, t.number, t.score, *t.values.values())]
            for rank, t in enumerate(self.ranked[:count], 1)
        ]
        columns = zip(head, *rows, strict=True)
        wide = [max(len(cell) for cell in column) for column in columns]
        lines = (zip(row, wide, strict=True) for row in [head, *rows])
        return "\n".join("  ".join(c.rjust(n) for c, n in line) for line in lines)


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def search(
    objective: Objective,
    space: Mapping[str, Space],
    trials: int = 100,
    *,
    kind: str = "random",
    mode: str = "max",
    seed: int = 0,
    storage: str | Path | None = None,
    workers: int = 1,
    progress: bool | str = False,
) -> SearchResult:
    """Try values of hyper-parameters.

    Args:
        objective: is given a dict of values, and gives a score, or a curve of which the
            last figure counts, such as accuracy on validation data after each epoch.
            NaN, and an `EvaluationError`, which `fit` raises when the loss is no longer
            finite, count as the worst score; any other exception ends the search.
        space: `Uniform`, `LogUniform`, `Integers` and `Choice`, by name.
        trials: how many; of a grid at most so many.
        kind: "random" (book §6.5.2); "grid", with all options of a `Choice` and equally
            many values of all else; "tpe", near good trials (Bergstra et al. 2011).
        mode: "max" if a higher score is better, "min" if a lower one is.
        seed: of the values.
        storage: a file of finished trials; a search that was killed goes on from it and
            runs only what is missing, and one with more trials continues it.
        workers: processes that run trials; they must be able to import the objective.
            With "tpe" what is tried then depends on which trials end first.
        progress: whether to show a bar; a text is shown in front of it.

    Raises:
        ArgumentError: for what is no search, or cannot be imported by workers.
        DataError: if the file is damaged, of another search, or in use.
    """
    plan = _Plan(dict(space), trials, kind, mode, seed)
    if workers < 1:
        raise ArgumentError(f"{workers} workers do nothing")
    done = _run(plan, objective, storage, workers, progress)
    return SearchResult(plan.space, mode, tuple(done[k] for k in range(plan.count)))


def refined(result: SearchResult, keep: float = 0.1) -> dict[str, Space]:
    """A narrower space: from coarse to fine (book §6.5.1).

    It holds the best trials, with a margin of half of `keep` times the old range on
    either side, and no more than the old space; of options those that are among them.

    Args:
        result: of a search.
        keep: the share of its trials that are looked at, above 0 and at most 1.

    Raises:
        ArgumentError: for another share, or if all trials failed.

    Example:
        >>> import graphgrad as gg
        >>> space = {"x": gg.train.Uniform(0, 1)}
        >>> found = gg.train.search(lambda v: -abs(v["x"] - 0.3), space)
        >>> part = gg.train.refined(found)["x"]
        >>> round(part.low, 1), round(part.high, 1)
        (0.2, 0.4)
    """
    if not 0 < keep <= 1:
        raise ArgumentError(f"a share of {keep} is not above 0 and at most 1")
    best = result.ranked[: max(1, round(keep * len(result.trials)))]
    sound = [trial for trial in best if math.isfinite(trial.score)]
    if not sound:
        raise ArgumentError(
            f"the best of {len(result.trials)} trials have no finite score",
            remedy="search another space",
        )
    return {
        name: part.around([trial.values[name] for trial in sound], keep / 2)
        for name, part in result.space.items()
    }


@dataclass(frozen=True)
class _Plan:
    """What a search is, checked."""

    space: dict[str, Space]
    trials: int
    kind: str
    mode: str
    seed: int

    def __post_init__(self) -> None:
        for name, value, known in (
            ("kind", self.kind, ("random", "grid", "tpe")),
            ("mode", self.mode, ("max", "min")),
        ):
            if value not in known:
                raise ArgumentError(
                    f"{name} {value!r} is not known",
                    remedy=f"choose of: {', '.join(known)}",
                )
        parts = self.space.items()
        wrong = [f"{n!r}: {part!r}" for n, part in parts if not isinstance(part, Space)]
        if wrong or not parts:
            raise ArgumentError(
                f"the space {{{', '.join(wrong)}}} is not one of values to draw",
                remedy='write {"rate": gg.train.LogUniform(1e-6, 1e-2)}',
            )
        if self.trials < 1:
            raise ArgumentError(f"{self.trials} trials are no search")
        if not 0 <= self.seed < 2**32:
            raise ArgumentError(f"seed {self.seed} is not from 0 to 2³² − 1")

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """Of a grid, the finest that has no more points than there are trials."""
        parts = self.space.values()
        options = math.prod(len(p.options) for p in parts if isinstance(p, Choice))
        if options > self.trials:
            raise ArgumentError(
                f"{options} combinations of options in {self.trials} trials",
                remedy="allow more trials",
            )
        others = sum(not isinstance(part, Choice) for part in parts)
        count = int((self.trials / options) ** (1 / max(others, 1)) + 1e-9)
        axes = product(*[part.grid(count) for part in parts])
        return [dict(zip(self.space, point, strict=True)) for point in axes]

    @property
    def count(self) -> int:
        """How many trials there are."""
        return len(self.points) if self.kind == "grid" else self.trials

    @property
    def direction(self) -> Any:
        """As Optuna has it."""
        return "maximize" if self.mode == "max" else "minimize"

    def settings(self) -> dict[str, Any]:
        """What a file of trials is for."""
        space = {name: repr(part) for name, part in self.space.items()}
        found = {"kind": self.kind, "mode": self.mode, "seed": self.seed}
        # A grid of more trials has other points; other searches can be continued.
        size = {"trials": self.count} if self.kind == "grid" else {}
        return {"space": space, **found, **size}


def _run(
    plan: _Plan,
    objective: Objective,
    storage: str | Path | None,
    workers: int,
    progress: bool | str,
) -> dict[int, Trial]:
    """All trials of a plan, by number."""
    with warnings.catch_warnings():  # of tqdm in a notebook without widgets
        warnings.filterwarnings("ignore", "IProgress not found")
        library("optuna", "Optuna")
    from tqdm import tqdm

    from graphgrad.train.workers import check_importable, outcomes

    if workers > 1:
        check_importable(objective)
    kept = nullcontext()
    if storage is not None:
        kept = journal(storage, plan.settings(), plan.direction)
    with _quiet(), kept as keeper:
        study = _Study(plan, keeper)
        missing = [k for k in range(plan.count) if k not in study.done]
        jobs = ((k, study.ask(k)) for k in missing)
        with tqdm(
            total=plan.count,
            initial=plan.count - len(missing),
            unit="trial",
            desc=progress if isinstance(progress, str) else None,
            disable=not progress,
            mininterval=0.5,
        ) as bar:
            for number, found in outcomes(partial(_tried, objective), jobs, workers):
                study.tell(number, *found)
                bar.update()
    return study.done


class _Study:
    """What was tried, in Optuna's study of this process and in that of a file."""

    def __init__(self, plan: _Plan, kept: Any) -> None:
        import optuna

        self._plan, self._kept = plan, kept
        parts = plan.space.items()
        self._distributions = {name: part.distribution() for name, part in parts}
        self._live = optuna.create_study(direction=plan.direction)
        self._asked: dict[int, Any] = {}
        self.done: dict[int, Trial] = {}
        for frozen in kept.trials if kept else ():
            trial = _read(frozen, plan.space)
            self.done[trial.number] = trial
            self._live.add_trial(frozen)

    def ask(self, number: int) -> dict[str, Any]:
        """The values of a trial."""
        from optuna.samplers import RandomSampler, TPESampler

        # A new sampler for each, so that its numbers do not depend on others before.
        stream = np.random.RandomState([self._plan.seed, number])
        sampler = TPESampler if self._plan.kind == "tpe" else RandomSampler
        self._live.sampler = sampler(seed=int(stream.randint(2**32, dtype=np.uint32)))
        if self._plan.kind == "grid":
            self._live.enqueue_trial(self._plan.points[number])
        self._asked[number] = asked = self._live.ask(self._distributions)
        return {name: asked.params[name] for name in self._plan.space}

    def tell(self, number: int, curve: tuple[float, ...], failure: str) -> None:
        """Keep what came of a trial."""
        from optuna.trial import create_trial

        asked = self._asked.pop(number)
        worst = -math.inf if self._plan.mode == "max" else math.inf
        score = curve[-1] if curve and not math.isnan(curve[-1]) else worst
        self._live.tell(asked, score)
        frozen = create_trial(
            value=score,
            params=asked.params,
            distributions=self._distributions,
            user_attrs={"number": number, "failure": failure},
            intermediate_values=dict(enumerate(curve)),
        )
        if self._kept:
            self._kept.add_trial(frozen)
        self.done[number] = _read(frozen, self._plan.space)


def _read(frozen: Any, space: Mapping[str, Space]) -> Trial:
    """A trial as Optuna has it.

    Raises:
        DataError: if it is not one that a search has written.
    """
    try:
        number, failure = frozen.user_attrs["number"], frozen.user_attrs["failure"]
        values = {name: frozen.params[name] for name in space}
        curve = tuple(x for _, x in sorted(frozen.intermediate_values.items()))
        return Trial(int(number), values, float(frozen.value), curve, str(failure))
    except (LookupError, TypeError, ValueError) as error:
        raise DataError(
            f"the file holds a trial that no search has written: {error!r}",
            remedy="remove the file and search anew",
        ) from None


def _tried(objective: Objective, values: dict[str, Any]) -> tuple[Any, str]:
    """The curve of a trial, and why there is none."""
    try:
        found = objective(values)
    except EvaluationError as error:
        return (), str(error)
    try:
        curve = np.atleast_1d(np.asarray(found))
    except ValueError:  # lists of unequal lengths
        curve = np.empty(0)
    if curve.ndim != 1 or not curve.size or curve.dtype.kind not in "iuf":
        raise ArgumentError(
            f"the objective gave {found!r}, which is no score",
            remedy="return a number, or a list of numbers of which the last counts",
        )
    return tuple(curve.astype(np.float64).tolist()), ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's messages of studies that are made."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
