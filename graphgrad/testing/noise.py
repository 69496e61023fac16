"""How much of an answer is rounding: of the function three ways, and of the vjp.

Each way of measuring a function's noise fails somewhere. The difference table sees
nothing where the function is flat between stairs; the scatter of quotients takes a
fine oscillation for noise; a stair's height says nothing of a smooth function. A
gradient is called wrong only if it is wrong under all three.

Source for the difference table: Moré and Wild, "Estimating computational noise",
SIAM J. Sci. Comput. 33 (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np

from graphgrad.testing.ladder import Ladder
from graphgrad.testing.problem import (
    Array,
    Direction,
    Problem,
    call_vjp,
    carries_gradient,
    filled,
)

_SAFETY = 8.0
_SPACINGS = (3e-4, 7e-5, 1.1e-5, 2.3e-7)  # no powers of 2: rounding must not repeat
_SMALL = 3e-2
_FLAT = 1 / 64  # wider than this (relative to the scale), a flat piece is no stair


def function_noises(
    problem: Problem, direction: Direction, ladder: Ladder
) -> tuple[float, float, float]:
    """The error of one difference of the weighted output, measured three ways."""
    close = _from_differences(problem, direction, 4 * problem.eps, range(-4, 5), 3)
    beyond = _beyond_neighbours(problem, direction, close)
    # What is no small part of the function is a feature of it, an oscillation say.
    size = float(np.abs(problem.weights * problem.output.ravel()).max(initial=0.0))
    table = max(close, beyond if beyond <= _SMALL * size else 0.0)
    return (
        _SAFETY * table,
        _SAFETY * max(close, scatter(ladder)),
        _SAFETY * max(close, stair(ladder)),
    )


def _beyond_neighbours(problem: Problem, direction: Direction, known: float) -> float:
    """Noise that is smooth from float to float, as that of a cancellation can be.

    High differences over wider spacings, where every slow trend vanishes, on either
    side of the point: what only one side shows is a kink. Less than what is known
    already does not matter.
    """
    found = known
    for spacing in _SPACINGS:
        least = float(np.inf)
        for side in (-1, 1):
            if least > found:
                part = _from_differences(
                    problem, direction, side * spacing, range(7), 5
                )
                least = min(least, part)
        found = max(found, least)
    return found


def _from_differences(
    problem: Problem,
    direction: Direction,
    spacing: float,
    points: range,
    least_order: int,
) -> float:
    """Noise by a difference table over equally spaced points."""
    numbers = []
    for i in points:
        values = problem.evaluate(problem.moved(direction, spacing * i))
        if values is not None:
            numbers.append(problem.contract(values - problem.flat))
    noise = 0.0
    for order in range(least_order, len(numbers)):
        differences = np.diff(numbers, order)
        gain = factorial(order) ** 2 / factorial(2 * order)
        size = float(np.abs(differences).max()) or 1.0  # squares could overflow
        spread = np.sqrt(gain * np.mean((differences / size) ** 2))
        noise = max(noise, size * float(spread))
    return noise


def scatter(ladder: Ladder) -> float:
    """Noise from how far the smallest steps fall from the common slope."""
    kept = np.flatnonzero(ladder.valid)
    if len(kept) < 4:
        return 0.0
    common = float(np.median(ladder.quotients[kept]))
    small = kept[-5:]
    away = np.abs(ladder.quotients[small] - common) * ladder.spans[small]
    return float(away.max())


def stair(ladder: Ladder) -> float:
    """The height of the first stair, where the function is flat at small steps."""
    kept = np.flatnonzero(ladder.valid)
    rising = kept[ladder.changes[kept] != 0]
    if not len(rising) or rising[-1] == kept[-1]:
        return 0.0
    first = rising[-1]
    return 0.0 if ladder.steps[first] > _FLAT else abs(float(ladder.changes[first]))


def vjp_noise(problem: Problem, step: float = 1.0) -> list[Array]:
    """The vjp's own rounding error, per entry of each input.

    The inputs are multiplied by a factor near 1 and shifted by ulps, which keeps ties,
    and the cotangent is moved by ulps. The noise of either side of the point counts
    only as far as the other side confirms it, so that a kink at the point is not taken
    for noise. A cancellation that happens to be exact at the point shows at half and a
    tenth of it.

    Args:
        problem: the pair at its point.
        step: relative step within which the function is smooth; what varies over
            wider distances is no noise.
    """
    noise = [np.zeros(x.shape) for x in problem.inputs]
    for width in (2 * problem.eps, _SPACINGS[0]):
        if 8 * width <= step:
            for total, part in zip(noise, _within(problem, width), strict=True):
                np.maximum(total, part, out=total)
    return noise


def _within(problem: Problem, width: float) -> list[Array]:
    """The noise that shows within a relative distance, measured once."""
    if width not in problem.nudged:
        noise = [np.zeros(x.shape) for x in problem.inputs]
        for base in (1.0, 0.5, 0.1):
            below = _noise_beside(problem, base, -width)
            known = [problem.eps * np.abs(g) for g in problem.finite]
            if all((a <= b).all() for a, b in zip(below, known, strict=True)):
                continue  # the other side could confirm no more than rounding
            above = _noise_beside(problem, base, width)
            for total, *parts in zip(noise, below, above, strict=True):
                np.maximum(total, np.minimum(*parts), out=total)
        problem.nudged[width] = [_SAFETY * part for part in noise]
    return problem.nudged[width]


def _noise_beside(problem: Problem, base: float, width: float) -> list[Array]:
    """What is left of four nearby answers once a parabola is taken away.

    In proportion to the gradient, which is of another size at half of the point; but
    beside the point itself the answers speak for themselves, as it may cancel to 0.
    """
    rng = np.random.default_rng(0)
    answers: list[Sequence[Array]] = []
    for k in range(1, 5):
        factor = base * (1 + k * width)
        shift = np.sign(width) * k * problem.eps
        inputs = [
            np.asarray(x * factor + shift * np.abs(x).max(initial=0.0), x.dtype)
            if carries_gradient(x)
            else x
            for x in problem.inputs
        ]
        wobble = 1 + problem.eps * rng.integers(-2, 3, problem.output.shape)
        cotangent = np.asarray(problem.cotangent * wobble, problem.cotangent.dtype)
        try:
            output = np.asarray(problem.fn(*inputs), problem.output.dtype)
            answer = call_vjp(problem.vjp, cotangent, output, inputs)
        except Exception:  # fn or vjp is not defined there
            return [np.zeros(x.shape) for x in problem.inputs]
        answers.append(filled(answer, problem.inputs))
    parts = []
    for gradient, a, b, c, d in zip(problem.finite, *answers, strict=True):
        size = np.max(np.abs([a, b, c, d]), axis=0)  # any of them may cancel to 0
        rest = np.abs(d - 3 * c + 3 * b - a) / (20**0.5 * size)
        scale = np.abs(gradient)
        if base == 1:
            scale = np.maximum(scale, size)
        parts.append(np.where(np.isfinite(rest), rest * scale, 0.0))
    return parts
