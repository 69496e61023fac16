"""Kinks are judged, not skipped: which slopes a function has around a point.

Where a function has a kink, any value between its one-sided slopes, output entry by
output entry, is a fair gradient; so is any value among the slopes at points scattered
closely around, as long as these do not draw together when the points do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from graphgrad.testing.ladder import RATIO
from graphgrad.testing.problem import (
    Array,
    Direction,
    Problem,
    carries_gradient,
    shifted,
)

# Far from truncation and from rounding; the second for when kinks stand close together.
_BANDS = (range(4, 8), range(8, 12))


def is_fair(problem: Problem, direction: Direction, slope: float, noise: float) -> bool:
    """Whether the slope lies between the slopes at a kink.

    Args:
        problem: the pair at its point.
        direction: the direction.
        slope: the slope in question.
        noise: error of one weighted change of the output; slopes that differ by no
            more than this explains make no kink.
    """
    for band in _BANDS:
        found = _one_sided(problem, direction, band, noise)
        if found is not None:
            if found[0] <= slope <= found[1]:
                return True
            break
    found = _nearby(problem, direction, noise)
    return found is not None and found[0] <= slope <= found[1]


def _one_sided(
    problem: Problem, direction: Direction, band: range, noise: float
) -> tuple[float, float] | None:
    """Least and greatest weighted slope if every output entry chooses its side."""
    base = problem.flat
    low, high = np.full(base.shape, np.inf), np.full(base.shape, -np.inf)
    doubt = np.zeros(base.shape)
    for sign in (-1.0, 1.0):
        slopes = []
        for k in band:
            step = sign * RATIO**-k
            values = problem.evaluate(problem.moved(direction, step))
            if values is None:
                return None
            slopes.append((values - base) / step)
        better = [(RATIO * b - a) / (RATIO - 1) for a, b in pairwise(slopes)]
        doubt = np.maximum(doubt, np.ptp(np.array(better), axis=0))
        low, high = np.minimum(low, better[1]), np.maximum(high, better[1])
    weights = problem.weights
    width = float(np.dot(np.abs(weights), high - low))
    slack = float(np.dot(np.abs(weights), doubt)) + noise * RATIO ** band[1]
    if width <= 10 * slack or width == 0:
        return None
    ends = np.sort([weights * low, weights * high], axis=0)
    return float(ends[0].sum()) - slack, float(ends[1].sum()) + slack


def _nearby(
    problem: Problem, direction: Direction, noise: float
) -> tuple[float, float] | None:
    """Least and greatest slope at a dozen points close by, if the slopes jump there."""
    for i, d in direction.parts.items():
        x = np.abs(problem.inputs[i])
        if ((x > 0) & (x < 2.0**-16 * np.abs(d))).any():
            return None  # the steps would jump over zero
    seen = _swept if _is_tied(problem, direction) else _scattered_slopes
    # Scattered alike, so that a jump is met at both distances or at neither.
    close = seen(problem, direction, 2.0**-26, np.random.default_rng(0))
    rounding = max(noise, 8 * problem.absorbed()) * 2.0**30
    if not close or np.ptp(close) <= 10 * rounding:
        return None
    wide = seen(problem, direction, 2.0**-20, np.random.default_rng(0))
    if not wide or np.ptp(close) <= 0.3 * np.ptp(wide):
        return None
    slack = 1e-6 * max(map(abs, close)) + rounding
    return min(close) - slack, max(close) + slack


def _is_tied(problem: Problem, direction: Direction) -> bool:
    """Whether one entry moves that equals another one."""
    if direction.entry is None:
        return False
    i, flat = direction.entry
    value = problem.inputs[i].flat[flat]
    return sum(int(np.sum(x == value)) for x in problem.inputs) > 1


def _scattered_slopes(
    problem: Problem, direction: Direction, radius: float, rng: np.random.Generator
) -> list[float]:
    """Slopes along the direction at a dozen points about ``radius`` away."""
    step = radius / 16
    found = []
    for _ in range(12):
        point = [_scattered(x, radius, rng) for x in problem.inputs]
        found += _slopes_at(problem, direction, point, (-step, step))
    return found


def _swept(
    problem: Problem, direction: Direction, radius: float, rng: np.random.Generator
) -> list[float]:
    """Slopes of one entry as it passes through all others, which are scattered.

    Among n tied entries, one is the median only on the nth part of its way.
    """
    steps = np.linspace(-radius, radius, 33)
    found = []
    for _ in range(4):
        point = [_scattered(x, radius, rng) for x in problem.inputs]
        found += _slopes_at(problem, direction, point, steps)
    return found


def _slopes_at(
    problem: Problem,
    direction: Direction,
    point: Sequence[Array],
    steps: Iterable[float],
) -> list[float]:
    """Slopes between neighbouring steps from a point, where fn is defined."""
    found = []
    for (low, below), (high, above) in pairwise(
        (step, problem.evaluate(shifted(point, direction, step))) for step in steps
    ):
        if below is not None and above is not None:
            found.append(problem.contract(above - below) / (high - low))
    return found


def _scattered(x: Array, radius: float, rng: np.random.Generator) -> Array:
    if not carries_gradient(x):
        return x
    size = np.abs(x)
    scale = np.where((size > 0) & (size < 1e-3), size, np.maximum(size, 1.0))
    return np.asarray(x + radius * scale * rng.uniform(-1, 1, x.shape), x.dtype)
