"""The judgement of one directional derivative: right, wrong, or not to be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from graphgrad.testing.kinks import is_fair
from graphgrad.testing.ladder import (
    Estimate,
    Ladder,
    best,
    climb,
    contradicted,
    jumps,
    rungs,
    touched_by,
)
from graphgrad.testing.noise import function_noises, vjp_noise
from graphgrad.testing.problem import Array, Direction, Problem

RELATIVE = 1e-7  # agreement better than this is not asked for
_DECISIVE = 1e-3  # an error larger than this part of the gradient decides nothing
_SEEN = 1e3  # times rounding: a change that tells something
_TRACE = 16 * float(np.finfo(np.float64).eps)
_SATURATED = 1e2  # times rounding of what fn does over large steps
_SMALL = 1e-6  # nor one larger than this part of the output, where the slope is zero


@dataclass(frozen=True)
class Judgement:
    """What was found along one direction.

    Args:
        state: "right", "wrong" or "unsure".
        got: slope that the vjp promises.
        expected: slope that the differences show.
        error: half-width of ``expected``.
        direction: the direction.
        bent: whether a kink had to be allowed for, so that much else would be right.
    """

    state: str
    got: float
    expected: float
    error: float
    direction: Direction
    bent: bool = False


def judge(
    problem: Problem, lines: Sequence[Direction], *, analytic: bool = False
) -> Judgement:
    """Judge the vjp along a direction.

    Args:
        problem: the pair at its point.
        lines: the direction in one or more scales, smallest first: what a smaller
            scale decides needs no larger one.
        analytic: whether fn also computes on complex numbers.
    """
    state, line, found, noise = "unsure", lines[-1], Estimate(0.0, inf), inf
    touched = touched_by(problem, lines[-1]) if len(lines) > 1 else None
    for line in lines:
        got = problem.slope(line)
        natural = line is lines[-1]
        if not natural and _is_rounded_off(problem, line, touched):
            continue
        if _agrees_at_once(problem, line, touched):
            return Judgement("right", got, got, RELATIVE * abs(got), line)
        state, found, noise = _along(
            problem, line, touched, natural=natural, tiny=natural and len(lines) > 1
        )
        if state != "unsure":
            break
    got = problem.slope(line)
    expected = got + found.value
    if state != "right" and is_fair(problem, line, got, noise):
        return Judgement("right", got, expected, found.error, line, bent=True)
    if state == "wrong":
        own = _own_noise(problem, line, found.step)
        lost = abs(found.value) <= 2 * (own + found.error)
        if lost or (
            line is not lines[-1] and _is_local(problem, line, lines[-1], found)
        ):
            state = "unsure"
    vague = found.error > 1e-4 * max(abs(got), abs(expected))
    if analytic and state != "right" and vague:
        state = _second_opinion(problem, line, got, state)
    return Judgement(state, got, expected, found.error, line)


def _own_noise(problem: Problem, line: Direction, step: float) -> float:
    """The rounding error of the slope that the vjp promises, as seen within a step."""
    total = 0.0
    noise = vjp_noise(problem, step)
    for i, d in line.parts.items():
        known = 8 * problem.eps * np.abs(problem.finite[i])
        total += float(np.vdot(noise[i] + known, np.abs(d)))
    return total


def _is_local(
    problem: Problem, line: Direction, natural: Direction, found: Estimate
) -> bool:
    """Whether a slope at a tiny entry is seen there alone, as that of a stair is.

    The difference of x and a function that is rounded to stairs has the slope 1 within
    a stair. Steps of ordinary size then find another slope, and find that it is right.
    """
    state, beyond, _ = _along(problem, natural, None, natural=True, tiny=True)
    if state != "right" or line.entry is None or not _is_seen(line):
        return state == "right" and not _is_seen(line)
    i, flat = line.entry
    sizes = [float(d.parts[i].flat[flat]) for d in (line, natural)]
    gap = abs(found.value / sizes[0] - beyond.value / sizes[1])
    return gap > 3 * (found.error / sizes[0] + beyond.error / sizes[1])


def _is_rounded_off(problem: Problem, line: Direction, touched: Array | None) -> bool:
    """Whether most of what fn does over steps of the direction's size is lost."""
    ladder = climb(problem, line, range(3), touched=touched)
    seen = np.abs(ladder.changes[ladder.valid]).max(initial=0.0)
    return bool(seen <= _SEEN * ladder.floors[ladder.valid].max(initial=0.0))


def _is_seen(line: Direction) -> bool:
    """Whether adding the direction to numbers of ordinary size leaves a trace."""
    return max(float(np.abs(d).max()) for d in line.parts.values()) > _TRACE


def _agrees_at_once(problem: Problem, line: Direction, touched: Array | None) -> bool:
    """Whether three middle steps already leave nothing but rounding."""
    ladder = climb(problem, line, range(3, 6), touched=touched)
    if not ladder.valid.all():
        return False
    a, b, c = ladder.quotients
    rest = max(abs(64 * b - a), abs(64 * c - b)) / 63
    got = abs(problem.slope(line))
    noise = 8 * float(ladder.floors.max() / ladder.spans[-1])
    size = got if line.entry else max(got, _largest(problem, line))
    return bool(rest <= RELATIVE * got + min(noise, RELATIVE * size))


def _largest(problem: Problem, line: Direction) -> float:
    """The largest contribution of any entry to any such slope."""
    scale = max(float(np.abs(d).max()) for d in line.parts.values())
    return scale * max(float(np.abs(problem.finite[i]).max()) for i in line.parts)


def _along(
    problem: Problem,
    line: Direction,
    touched: Array | None,
    *,
    natural: bool,
    tiny: bool,
) -> tuple[str, Estimate, float]:
    """The state by the full ladder under each measure of noise; and the noise."""
    ladder = climb(problem, line, rungs(problem), touched=touched)
    bounded = ladder.valid.sum() < 4
    if bounded:
        ladder = _one_side(problem, line, ladder)
    noises = function_noises(problem, line, ladder)
    estimates = [best(ladder, noise) for noise in noises]
    # A slope of zero is known well if it is small beside all that the function does.
    changes = ladder.changes[ladder.valid]
    output = np.abs(problem.output) if natural else 0.0
    zero = _SMALL * float(np.max(output, initial=np.abs(changes).max(initial=0.0)))
    zero = max(zero, RELATIVE * _largest(problem, line))
    got = problem.slope(line)
    states = [_compared(got, found, zero) for found in estimates]
    if "right" in states:
        return "right", estimates[states.index("right")], noises[1]
    # Too small a noise makes steps contradict each other, which says nothing; too large
    # a one hides the fault. So the largest decides, and no other may object.
    k = int(np.argmax(noises))
    state, found = states[k], estimates[k]
    if state == "wrong":
        # Beside the end of its domain, fn may do all that it does within a tiny entry.
        blind = jumps(ladder) or (tiny and bounded) or contradicted(ladder, found)
        if blind:
            state = "unsure"
        elif natural and abs(found.value) <= _lost(problem, line):
            state = "right"
    return state, found, noises[1]


def _lost(problem: Problem, line: Direction) -> float:
    """What rounding may leave of a slope where fn is saturated, or its terms cancel."""
    touched = touched_by(problem, line)
    swing = problem.swing
    if touched is not None and touched.any():
        swing = swing[touched]
    return _SATURATED * problem.eps * float(swing.max(initial=0.0))


def _one_side(problem: Problem, line: Direction, ladder: Ladder) -> Ladder:
    """The ladder of the side on which fn is defined, if there is one."""
    for side in ("above", "below"):
        single = climb(problem, line, rungs(problem), side)
        if single.valid.sum() >= 4:
            return single
    return ladder


def _compared(got: float, found: Estimate, zero: float) -> str:
    """Right, wrong or unsure, under one measure of noise."""
    size = max(abs(got), abs(got + found.value))
    if abs(found.value) > 3 * found.error + RELATIVE * size:
        return "wrong"
    return "right" if found.error <= max(_DECISIVE * size, zero) else "unsure"


def _second_opinion(problem: Problem, line: Direction, got: float, state: str) -> str:
    """The complex step may settle a doubt or raise one; alone it condemns nothing."""
    step = 1e-30
    inputs = [
        x + 1j * step * line.parts[i] if i in line.parts else x
        for i, x in enumerate(problem.inputs)
    ]
    try:
        output = np.asarray(problem.fn(*inputs))
    except Exception:
        return state
    if output.dtype.kind != "c" or output.shape != problem.output.shape:
        return state
    slope = problem.contract(np.imag(output).ravel()) / step
    if slope == 0 or not abs(slope - got) <= 1e-6 * abs(got):
        return state
    return "right" if state == "unsure" else "unsure"
