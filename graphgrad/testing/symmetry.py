"""Second order without a second derivative: a gradient field has no curl.

For a right vjp the map from x to vjp(v, fn(x), x) is the gradient of one function, so
its derivative H is a symmetric matrix: ⟨u, H w⟩ = ⟨w, H u⟩ for any u and w. A vjp that
is right at the point and wrong around it, or that treats a varying quantity as a
constant, breaks this.
"""

from __future__ import annotations

import numpy as np

from graphgrad.testing.ladder import RATIO, Ladder, best, rungs
from graphgrad.testing.noise import scatter
from graphgrad.testing.problem import (
    Array,
    Direction,
    Fault,
    Problem,
    Undecided,
    call_vjp,
    filled,
)


def check_symmetry(problem: Problem, rng: np.random.Generator) -> None:
    """Compare ⟨u, H w⟩ with ⟨w, H u⟩ for two random pairs.

    Raises:
        Fault: when H is not symmetric.
        Undecided: when the gradient is too rough to be differentiated.
    """
    for _ in range(2 if problem.movable else 0):
        u, w = (_random_direction(problem, rng) for _ in range(2))
        _check_pair(problem, u, w)


def _random_direction(problem: Problem, rng: np.random.Generator) -> Direction:
    parts = {}
    for i in problem.movable:
        x = np.abs(problem.inputs[i])
        parts[i] = np.maximum(x, 1.0) * rng.standard_normal(x.shape)
    return Direction(parts)


def _check_pair(problem: Problem, u: Direction, w: Direction) -> None:
    rows = []
    for k in rungs(problem):
        step = RATIO**-k
        first, floor = _bend(problem, w, u, step)
        second, other = _bend(problem, u, w, step)
        gap = first - second
        rows.append((step, 2 * step, gap, gap / (2 * step), floor + other, first))
    steps, spans, changes, quotients, floors, bends = np.array(rows).T
    ladder = Ladder(steps, spans, changes, quotients, floors, (2, 4))
    found = best(ladder, 8 * scatter(ladder))
    size = best(Ladder(steps, spans, bends, bends / spans, floors, (2, 4)), 0.0)
    slack = 1e-6 * abs(size.value)
    if abs(found.value) > 3 * found.error + slack:
        reason = (
            "the derivative of the gradient is not symmetric: "
            f"⟨u, H w⟩ - ⟨w, H u⟩ = {found.value:.3g} ± {found.error:.0e}"
        )
        raise Fault("second order", reason)
    if not found.error <= 1e-2 * abs(size.value) + 1e-6:
        raise Undecided("the gradient is too rough here for second order")


def _bend(
    problem: Problem, along: Direction, seen: Direction, step: float
) -> tuple[float, float]:
    """Change of the slope along ``seen`` between two points along ``along``."""
    ends = []
    for sign in (-1.0, 1.0):
        gradients = _gradients(problem, problem.moved(along, sign * step))
        if gradients is None:
            return np.nan, np.nan
        ends.append(gradients)
    change = size = 0.0
    for i, d in seen.parts.items():
        change += float(np.vdot(ends[1][i] - ends[0][i], d))
        size += float(np.vdot(np.abs(ends[1][i]), np.abs(d)))
    return change, problem.eps * size


def _gradients(problem: Problem, inputs: list[Array]) -> list[Array] | None:
    try:
        output = np.asarray(problem.fn(*inputs))
        answer = filled(
            call_vjp(problem.vjp, problem.cotangent, output, inputs), inputs
        )
    except Exception:  # fn or vjp is not defined there
        return None
    return answer if all(np.isfinite(g).all() for g in answer) else None
