"""Checks that need no differences: what holds exactly for every right vjp."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphgrad.errors import EvaluationError
from graphgrad.testing.layouts import LAYOUTS
from graphgrad.testing.noise import vjp_noise
from graphgrad.testing.problem import (
    Array,
    Fault,
    Function,
    Problem,
    Undecided,
    call_vjp,
    carries_gradient,
    filled,
    read_only,
    weights_like,
)


def prepare(
    fn: Function,
    vjp: Function,
    inputs: Sequence[Array],
    rng: np.random.Generator,
    cotangent: Array | None = None,
) -> Problem:
    """Evaluate the pair once and check the form of the answer.

    The cotangent is random unless one is given.

    Raises:
        Fault: when the count, a shape or a dtype is wrong, or an argument is written.
        Undecided: when the output is not finite or holds no floating numbers.
    """
    inputs = _writable_where_needed(fn, inputs)
    pristine = [x.copy() for x in inputs]
    output = read_only(np.asarray(fn(*inputs)))
    _unwritten("fn", pristine, inputs)
    if not carries_gradient(output):
        output = read_only(output.astype(np.float64))
    if not np.isfinite(output).all():
        raise Undecided("fn is not finite here")
    if cotangent is None:
        cotangent = weights_like(output, rng)
    cotangent = read_only(cotangent.astype(output.dtype))
    before = [*pristine, output.copy(), cotangent.copy()]
    answer = call_vjp(vjp, cotangent, output, inputs)
    _unwritten("the vjp", before, [*inputs, output, cotangent])
    _well_formed(answer, inputs)
    gradients = tuple(filled(answer, inputs))
    return Problem(fn, vjp, tuple(inputs), output, cotangent, gradients)


def _writable_where_needed(fn: Function, inputs: Sequence[Array]) -> list[Array]:
    """Read-only views; copies if fn refuses those, as some compiled code does."""
    guarded = [read_only(x) for x in inputs]
    try:
        fn(*guarded)
    except (ValueError, EvaluationError) as error:
        if "read-only" not in str(error):
            raise
        return [x.copy() for x in inputs]
    return guarded


def _unwritten(who: str, before: Sequence[Array], after: Sequence[Array]) -> None:
    names = [f"input {i}" for i in range(len(after))]
    if who != "fn":
        names[-2:] = ["the output", "the cotangent"]
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        if old.tobytes() != new.tobytes():
            raise Fault("writes to input", f"{who} changed {names[i]} in place")


def _well_formed(answer: Sequence[Array | None], inputs: Sequence[Array]) -> None:
    for i, (g, x) in enumerate(zip(answer, inputs, strict=True)):
        if g is None:
            continue
        if not carries_gradient(x):
            if g.size and np.any(g != np.zeros((), g.dtype)):
                raise Fault("dtype", f"{x.dtype} carries no gradient: return None", i)
            continue
        if g.shape != x.shape:
            raise Fault("shape", f"the gradient has shape {g.shape}, not {x.shape}", i)
        if g.dtype != x.dtype:
            raise Fault("dtype", f"the gradient is {g.dtype}, not {x.dtype}", i)


def check_exactly(problem: Problem, rng: np.random.Generator) -> None:
    """Linearity, layouts and repeatability.

    Raises:
        Fault: when one of them fails.
        Undecided: when fn itself does not repeat its answer.
    """
    check_repeats(problem)
    _check_elsewhere(problem)
    _check_linear(problem, rng)
    _check_layouts(problem)


def _compare(
    problem: Problem,
    got: Sequence[Array],
    expected: Sequence[Array],
    kind: str,
    reason: str,
    scale: float = 1.0,
) -> None:
    """Raise a Fault where two answers differ by more than their rounding."""
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        if a.shape != b.shape:
            raise Fault(kind, f"{reason}: shape {a.shape}, not {b.shape}", i)
        if not a.size:
            continue
        gap = np.abs(a - b)
        if gap.max() <= 10 * problem.eps * np.abs(b).max():
            continue
        # What comes near the largest number may overflow on the way there.
        small = np.abs(b) < np.finfo(problem.inputs[i].dtype).max / 64
        where = np.isfinite(b) & np.isfinite(problem.gradients[i]) & small
        size = np.where(where, np.abs(b), 0.0)
        slack = 0.1 * problem.eps**0.5 * size + 1e3 * problem.eps * size.max()
        slack += 1e4 * problem.tiny + 100 * scale * rounding_of(problem, i)
        bad = where & ~(gap <= slack)
        if bad.any():
            bad &= ~(gap <= slack + 100 * scale * vjp_noise(problem)[i])
        if bad.any():
            worst = int(np.argmax(np.where(bad, gap, -1.0)))
            entry = tuple(int(k) for k in np.unravel_index(worst, a.shape))
            pair = {"got": float(a.flat[worst]), "expected": float(b.flat[worst])}
            raise Fault(kind, reason, i, entry=entry, **pair)


def rounding_of(problem: Problem, i: int) -> float:
    """Rounding of a gradient whose terms cancel: that of the output, per unit of x."""
    size = float(np.abs(problem.inputs[i]).max(initial=1.0))
    return problem.absorbed() / size


def _answer(
    problem: Problem,
    cotangent: Array,
    inputs: Sequence[Array] | None = None,
    output: Array | None = None,
) -> list[Array]:
    inputs = problem.inputs if inputs is None else inputs
    output = problem.output if output is None else output
    cotangent = read_only(np.asarray(cotangent))
    return filled(call_vjp(problem.vjp, cotangent, output, inputs), problem.inputs)


def check_repeats(problem: Problem) -> None:
    """The same question again must get the same answer.

    Raises:
        Fault: when the vjp's answer has changed.
        Undecided: when fn's has.
    """
    again = problem.evaluate(problem.inputs)
    if again is None or not np.allclose(again, problem.flat, 1e-9, 0.0):
        raise Undecided("fn gives another output for the same inputs", "not repeatable")
    reason = "the same call gives another answer after other calls"
    answer = _answer(problem, problem.cotangent)
    _compare(problem, answer, problem.gradients, "not repeatable", reason)


def _check_elsewhere(problem: Problem) -> None:
    """Calls at another point must leave earlier answers, and later ones, alone."""
    first = _answer(problem, problem.cotangent)
    kept = [g.copy() for g in first]
    other = [
        read_only(x * x.dtype.type(0.875)) if carries_gradient(x) else x
        for x in problem.inputs
    ]
    try:
        output = np.asarray(problem.fn(*other))
        _answer(problem, problem.cotangent * 2, other, output)
    except Exception:  # fn or vjp is not defined there
        return
    reason = "a later call overwrites the arrays that an earlier one returned"
    _compare(problem, first, kept, "not repeatable", reason)
    check_repeats(problem)


def _check_linear(problem: Problem, rng: np.random.Generator) -> None:
    v, gradients = problem.cotangent, problem.gradients
    far = 2.0**10 if problem.eps < 1e-4 else 2.0**4  # half precision ends at 65504
    for factor in (0.0, -1.0, 1 / far, far):
        got = _answer(problem, np.asarray(v * factor, v.dtype))
        reason = f"a cotangent {factor:g} times as large gives another gradient"
        wanted = [g * factor for g in gradients]
        size = max(abs(factor), 1e-300)
        _compare(problem, got, wanted, "not linear", reason, size)
    w = weights_like(problem.output, rng)
    parts = zip(gradients, _answer(problem, w), strict=True)
    got = _answer(problem, v + w)
    wanted = [a + b for a, b in parts]
    reason = "the gradient of a sum of cotangents is not the sum of the gradients"
    _compare(problem, got, wanted, "not linear", reason, 4.0)


def _guarded_like(array: Array, other: Array) -> Array:
    return other if array.flags.writeable else read_only(other)


def _check_layouts(problem: Problem) -> None:
    for name, layout in LAYOUTS:
        inputs = [_guarded_like(x, layout(x)) for x in problem.inputs]
        try:
            output = read_only(np.asarray(problem.fn(*inputs)))
        except Exception:
            raise Undecided(f"fn refuses arrays {name}", "layout") from None
        if output.dtype != problem.output.dtype:
            output = output.astype(problem.output.dtype)
        rounding = problem.eps**0.5  # sums in another order may cancel
        slack = rounding * np.abs(problem.output).max(initial=0.0)
        if not np.allclose(output, problem.output, max(1e-5, rounding), slack):
            raise Fault("layout", f"fn gives another output for arrays {name}")
        reason = f"another answer for arrays {name}"
        got = _answer(problem, layout(problem.cotangent), inputs, output)
        _compare(problem, got, problem.gradients, "layout", reason)
    ones = np.ones_like(problem.output)
    spread = np.broadcast_to(np.ones((), ones.dtype), ones.shape)
    reason = "another answer for a cotangent that is one number, broadcast"
    _compare(
        problem, _answer(problem, spread), _answer(problem, ones), "layout", reason
    )
