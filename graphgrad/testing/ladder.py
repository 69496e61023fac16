"""Derivatives from a ladder of steps, with an error that the ladder itself reports.

Steps shrink by a factor of 8 from the natural scale of the input down into rounding.
Richardson extrapolation removes the first powers of the step. The error of an estimate
is its own noise plus the worst contradiction by any smaller step beyond that step's
noise: an oscillation, a kink or a stair that a large step jumps over then shows as a
large error and not as a wrong derivative.

The quotients are those of the *residual*: the function's change minus the change that
the vjp's gradient promises for the displacement that rounding really made. A right
gradient leaves nothing but rounding, whatever the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log2

import numpy as np

from graphgrad.testing.problem import Array, Direction, Problem

RATIO = 8.0


@dataclass(frozen=True)
class Estimate:
    """A derivative, the half-width of what is known about it, and the step it needs."""

    value: float
    error: float
    step: float = 1.0


@dataclass(frozen=True)
class Ladder:
    """Difference quotients of the residual along one direction.

    Args:
        steps: the steps, largest first.
        spans: distance between the two ends, in steps' units.
        changes: weighted change of the output between the ends.
        quotients: slope of the residual; NaN where fn is not defined.
        floors: the least rounding error of each change.
        powers: powers of the step that the quotients' error starts with.
    """

    steps: Array
    spans: Array
    changes: Array
    quotients: Array
    floors: Array
    powers: tuple[int, int]

    @property
    def valid(self) -> Array:
        """The steps below the largest one that fails: nothing in between is missing."""
        return np.logical_and.accumulate(np.isfinite(self.quotients)[::-1])[::-1]


def rungs(problem: Problem) -> range:
    """Exponents of the ladder's steps for the precision at hand."""
    return range(int(-log2(problem.eps) / log2(RATIO)))


def climb(
    problem: Problem,
    direction: Direction,
    exponents: range,
    sides: str = "both",
    touched: Array | None = None,
) -> Ladder:
    """Evaluate the ladder: central differences, or those of one side.

    Args:
        problem: the pair at its point.
        direction: the direction.
        exponents: of the steps.
        sides: "both", "above" or "below".
        touched: outputs that the direction is known to move; others are found.
    """
    rows = []
    for k in exponents:
        step = RATIO**-k
        ends = {
            "both": (-step, step),
            "above": (0.0, step),
            "below": (-step, 0.0),
        }[sides]
        found, touched = difference(problem, direction, ends, touched)
        rows.append((step, ends[1] - ends[0], *found))
    steps, spans, changes, quotients, floors = np.array(rows).T
    powers = (2, 4) if sides == "both" else (1, 2)
    return Ladder(steps, spans, changes, quotients, floors, powers)


def touched_by(problem: Problem, direction: Direction) -> Array | None:
    """The outputs that a step of the direction's size moves; None if fn ends there."""
    ends = (problem.evaluate(problem.moved(direction, step)) for step in (-1.0, 1.0))
    moved = [end != problem.flat for end in ends if end is not None]
    return np.logical_or.reduce(moved) if moved else None


def difference(
    problem: Problem,
    direction: Direction,
    ends: tuple[float, float],
    touched: Array | None = None,
) -> tuple[tuple[float, float, float], Array | None]:
    """Weighted change, slope of the residual, and rounding of one difference.

    Also the outputs that the direction is known to move, so far.
    """
    low, high = (problem.moved(direction, end) for end in ends)
    below, above = problem.evaluate(low), problem.evaluate(high)
    if below is None or above is None:
        return (np.nan, np.nan, np.nan), touched
    change = above - below
    touched = change != 0 if touched is None else touched | (change != 0)
    moved = np.where(change != 0, np.maximum(np.abs(above), np.abs(below)), 0.0)
    total = problem.contract(change)
    span = ends[1] - ends[0]
    residual = (total - problem.claimed(low, high)) / span
    # Rounding moves the middle of the two ends, where a bent function slopes otherwise.
    two_sided = ends[0] < 0 < ends[1]
    bend = np.abs(above + below - 2 * problem.flat) if two_sided else 0.0 * change
    off_centre = 8 * problem.eps * float(np.dot(np.abs(problem.weights), bend)) / span
    floor = problem.rounding(moved) + problem.absorbed(touched) + off_centre
    return (total, residual, floor), touched


def jumps(ladder: Ladder) -> bool:
    """Whether the function is discontinuous: the smallest steps change it all alike."""
    last = np.abs(ladder.changes[ladder.valid][-4:])
    return len(last) == 4 and 0 < last.max() <= 1.01 * last.min()


def contradicted(ladder: Ladder, found: Estimate) -> bool:
    """Whether two smaller steps, well above rounding, leave little of what was found.

    Beside a pole large steps may agree with each other and see nothing of it.
    """
    smaller = ladder.valid & (ladder.steps < found.step) & (ladder.changes != 0)
    rest = np.abs(ladder.quotients) + 4 * ladder.floors / ladder.spans
    return int((rest[smaller] < 0.25 * abs(found.value)).sum()) >= 2


def best(ladder: Ladder, noise: float) -> Estimate:
    """The most trustworthy estimate of the residual's slope.

    Args:
        ladder: the quotients.
        noise: error of one weighted change, beyond its rounding.
    """
    kept = ladder.valid
    values, steps = ladder.quotients[kept], ladder.steps[kept]
    if len(values) < 4:
        return Estimate(0.0, inf)
    noises = np.maximum(noise, 4 * ladder.floors[kept]) / ladder.spans[kept]
    found = Estimate(0.0, inf)
    for power in (0, *ladder.powers):
        if power:
            gain = RATIO**power
            values = (gain * values[1:] - values[:-1]) / (gain - 1)
            noises = (gain * noises[1:] + noises[:-1]) / (gain - 1)
            steps = steps[1:]
        gaps = np.abs(values[:, None] - values) - noises
        later = np.triu(np.ones(gaps.shape, dtype=bool), 1)
        worst = np.where(later, gaps, 0.0).max(axis=1, initial=0.0)
        # A candidate is confirmed no better than the next step can see.
        errors = np.append(noises[1:], inf) + worst
        # The last steps have nobody left to contradict them.
        k = int(np.argmin(errors[:-2])) if len(errors) > 2 else 0
        if errors[k] < found.error:
            found = Estimate(float(values[k]), float(errors[k]), float(steps[k]))
    return found
