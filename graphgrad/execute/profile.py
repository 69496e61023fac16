"""Where a program's time goes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Timing = tuple[str, float]


@dataclass(frozen=True)
class Profile:
    """The time of each step of a program.

    Attributes:
        steps: what each is, and the median of its seconds over the rounds.
        seconds: of the whole call, median; of a native program without the binding of
            arrays.
    """

    steps: tuple[Timing, ...]
    seconds: float

    def __str__(self) -> str:
        lines = [f"{self.seconds * 1e6:10.1f} µs in all"]
        total = sum(seconds for _, seconds in self.steps) or 1.0
        lines += [
            f"{seconds * 1e6:10.1f} µs {seconds / total:6.1%}  {text}"
            for text, seconds in self.steps
        ]
        return "\n".join(lines)


class Clocks:
    """One clock for each of some pieces of work."""

    def __init__(self, count: int) -> None:
        self._times: list[list[float]] = [[] for _ in range(count)]

    def timed(self, i: int, work: Callable[..., object]) -> Callable[..., object]:
        """The work, which its clock then times whenever it is done."""
        found = self._times[i]

        def run(*arguments: object) -> object:
            start = time.perf_counter()
            made = work(*arguments)
            found.append(time.perf_counter() - start)
            return made

        return run

    def medians(self) -> list[float]:
        """Seconds of each."""
        return [statistics.median(times) if times else 0.0 for times in self._times]


def profiled(
    texts: Iterable[str], works: Sequence[Callable[[], object]], rounds: int
) -> Profile:
    """The profile of works that are done one after the other."""
    clocks = Clocks(len(works) + 1)
    timed = [clocks.timed(i, work) for i, work in enumerate(works)]

    def whole() -> None:
        for work in timed:
            work()

    for _ in range(rounds):
        clocks.timed(len(works), whole)()
    *seconds, total = clocks.medians()
    return Profile(tuple(zip(texts, seconds, strict=True)), total)
