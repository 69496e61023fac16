"""The checker of a pair ``(fn, vjp)``: exact checks first, then differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from graphgrad.domains import Domain
from graphgrad.errors import ArgumentError
from graphgrad.testing.exact import (
    check_exactly,
    check_repeats,
    prepare,
    rounding_of,
)
from graphgrad.testing.judge import Judgement
from graphgrad.testing.noise import vjp_noise
from graphgrad.testing.problem import (
    Array,
    Fault,
    Function,
    Problem,
    Undecided,
    carries_gradient,
)
from graphgrad.testing.recognise import hint
from graphgrad.testing.reproduce import check_vjp_code, name_of, place_of
from graphgrad.testing.search import Findings, search
from graphgrad.testing.symmetry import check_symmetry
from graphgrad.testing.verdict import Verdict


def check_vjp(
    fn: Function,
    vjp: Function,
    *inputs: Any,
    domain: Domain | None = None,
    order: int = 1,
    seed: int = 0,
) -> Verdict:
    """Judge a hand-written gradient at one point.

    Args:
        fn: ``fn(*arrays)`` returns an array.
        vjp: ``vjp(cotangent, output, *arrays)`` returns one gradient per input, in its
            shape and dtype; None for integer inputs.
        inputs: arrays; float32 is judged by the same formula in float64, then loosely.
        domain: its ``analytic`` allows a complex step as a second opinion.
        order: 2 also asks whether the derivative of the gradient is symmetric.
        seed: of the random cotangent and directions.

    Returns:
        A verdict; "inconclusive" comes with its reason.

    Raises:
        ArgumentError: for complex inputs or another order. What ``fn`` raises at the
            point itself is passed on.

    Example:
        >>> import numpy as np
        >>> x = np.array([0.5, 1.0])
        >>> check_vjp(np.sin, lambda g, y, x: (g * np.cos(x),), x).ok
        True
        >>> check_vjp(np.sin, lambda g, y, x: (-g * np.cos(x),), x).hint
        'every entry has the wrong sign'
    """
    arrays = [_native(np.asarray(x)) for x in inputs]
    if order not in (1, 2):
        raise ArgumentError(f"check_vjp: order is {order!r}", remedy="use 1 or 2")
    if any(x.dtype.kind == "c" for x in arrays):
        raise ArgumentError("check_vjp: complex inputs have no vjp of this form")
    verdict = check_pair(
        fn, vjp, arrays, name=name_of(fn, "fn"), domain=domain, order=order, seed=seed
    )
    if verdict.verdict != "wrong":
        return verdict
    return replace(
        verdict,
        inputs=tuple(arrays),
        where=place_of(vjp),
        reproduce=check_vjp_code(fn, vjp, arrays, order=order, seed=seed),
    )


def _native(array: Array) -> Array:
    """In the machine's own order of bytes, as results of NumPy are."""
    return (
        array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
    )


def check_pair(
    fn: Function,
    vjp: Function,
    inputs: Sequence[Array],
    *,
    name: str,
    names: Sequence[str] = (),
    domain: Domain | None = None,
    order: int = 1,
    seed: int = 0,
) -> Verdict:
    """Judge a pair under a name, with names for its inputs; see `check_vjp`."""
    names = names or [""] * len(inputs)
    try:
        # A function may overflow or leave its domain at a step; that step is dropped.
        with np.errstate(all="ignore"):
            rng = np.random.default_rng(seed)
            problem = prepare(fn, vjp, inputs, rng)
            check_exactly(problem, rng)
            judged = _in_double(problem, rng)
            analytic = domain is not None and domain.analytic
            findings = search(judged, rng, analytic=analytic)
            if findings.wrong:
                return _wrong(name, judged, findings, names)
            _check_single(problem, judged)
            if order == 2:
                check_symmetry(judged, rng)
            check_repeats(problem)
            _check_decided(judged, findings, rng)
    except Fault as fault:
        return faulty(name, fault, names)
    except Undecided as doubt:
        return Verdict("inconclusive", name, doubt.kind, reason=doubt.reason)
    return Verdict("right", name, entries=findings.right)


def _in_double(problem: Problem, rng: np.random.Generator) -> Problem:
    """The same formula in float64, if the inputs are coarser and fn follows them."""
    if problem.eps <= np.finfo(np.float64).eps:
        return problem
    wide = [x.astype(np.float64) if carries_gradient(x) else x for x in problem.inputs]
    try:
        finer = prepare(problem.fn, problem.vjp, wide, rng, problem.cotangent)
    except Exception:  # fn or vjp takes no float64: judge it as it is
        return problem
    return finer if finer.output.dtype == np.float64 else problem


def _check_single(problem: Problem, judged: Problem) -> None:
    """The result in low precision must resemble the one in float64."""
    if judged is problem:
        return
    for i, (low, high) in enumerate(
        zip(problem.gradients, judged.gradients, strict=True)
    ):
        usable = np.isfinite(high)
        size = np.where(usable, np.abs(high), 0.0)
        slack = 1e-2 * size + 1e-3 * size.max(initial=0.0)
        slack += 100 * rounding_of(problem, i) + 1e4 * problem.tiny
        bad = usable & ~(np.abs(low - high) <= slack)
        if bad.any():
            bad &= ~(np.abs(low - high) <= slack + 100 * vjp_noise(problem)[i])
        if bad.any():
            worst = int(np.flatnonzero(bad)[0])
            raise Fault(
                "value" if np.isfinite(low.flat[worst]) else "nan",
                f"in {problem.inputs[i].dtype} far from the same formula in float64",
                i,
                entry=_entry(low, worst),
                got=float(low.flat[worst]),
                expected=float(high.flat[worst]),
            )


def _check_decided(
    problem: Problem, findings: Findings, rng: np.random.Generator
) -> None:
    """Raise Undecided where agreement would mean nothing."""
    if not any(carries_gradient(x) for x in problem.inputs):
        raise Undecided("no input is floating, so there is nothing to differentiate by")
    if findings.unsure:
        total = findings.right + len(findings.unsure)
        some = findings.unsure[0]
        raise Undecided(
            f"fn is too rough here: {len(findings.unsure)} of {total} derivatives are "
            f"not known well enough (the first to within {some.error:.1g})"
        )
    if not problem.movable or any(g.any() for g in problem.gradients):
        return
    for step in (8.0**-5, -(8.0**-5)):
        moved = [
            np.asarray(x + step * rng.uniform(0.5, 1.5, x.shape), x.dtype)
            if carries_gradient(x)
            else x
            for x in problem.inputs
        ]
        values = problem.evaluate(moved)
        if values is not None and (values != problem.output.ravel()).any():
            reason = "every gradient is exactly zero at this point, which proves little"
            raise Undecided(reason, "all zero")


def _entry(array: Array, flat: int) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(flat, array.shape))


def faulty(name: str, fault: Fault, names: Sequence[str]) -> Verdict:
    """The verdict that a fault amounts to."""
    return Verdict(
        "wrong",
        name,
        fault.kind,
        input=fault.input,
        name="" if fault.input is None else names[fault.input],
        entry=fault.entry,
        got=fault.got,
        expected=fault.expected,
        error=fault.error,
        reason=fault.reason,
    )


def _distance(judgement: Judgement) -> float:
    gap = abs(judgement.got - judgement.expected)
    return gap if np.isfinite(gap) else np.inf


def _wrong(
    name: str, problem: Problem, findings: Findings, names: Sequence[str]
) -> Verdict:
    """The verdict on the worst of the wrong derivatives."""
    single = [w for w in findings.wrong if w.direction.entry is not None]
    worst = max(single or findings.wrong, key=_distance)
    total = findings.right + len(findings.wrong) + len(findings.unsure)
    common = {
        "got": worst.got,
        "expected": worst.expected,
        "error": worst.error,
        "entries": total,
        "faulty": len(findings.wrong),
    }
    if worst.direction.entry is None:
        return _jointly(name, worst, findings, names, common)
    i, flat = worst.direction.entry
    scale = float(worst.direction.parts[i].flat[flat])
    for key in ("got", "expected", "error"):
        common[key] /= scale
    known = _numerical(problem, findings, i)
    called = names[i] or f"input {i}"
    return Verdict(
        "wrong",
        name,
        "value" if np.isfinite(worst.got) else "nan",
        input=i,
        name=names[i],
        entry=_entry(problem.inputs[i], flat),
        hint=hint(problem.gradients[i], known, problem.output.shape, called),
        **common,
    )


def _jointly(
    name: str,
    worst: Judgement,
    findings: Findings,
    names: Sequence[str],
    common: dict[str, Any],
) -> Verdict:
    """The verdict on a direction that moves many entries, with those that are tied."""
    sizes = {float(size) for d in worst.direction.parts.values() for size in d.flat}
    tied = [
        (i, _entry(judgement.direction.parts[i], flat))
        for (i, flat), judgement in findings.sampled.items()
        if judgement.bent
    ]
    if len(sizes) > 1:
        reason = "along a random direction; no single entry shows it"
        return Verdict("wrong", name, "value", reason=reason, **common)
    if not tied:
        reason = "along all ones: does each of tied entries get the whole gradient?"
        return Verdict("wrong", name, "ties", reason=reason, **common)
    i, entry = tied[0]
    places = ", ".join(f"{names[j] or f'input {j}'} {e}" for j, e in tied[:4])
    more = f" and {len(tied) - 4} more" if len(tied) > 4 else ""
    reason = (
        f"along all ones: does each of the tied {places}{more} get the whole gradient?"
    )
    return Verdict("wrong", name, "ties", i, names[i], entry, reason=reason, **common)


def _numerical(problem: Problem, findings: Findings, i: int) -> Array:
    """The gradient that differences gave; NaN where no entry was judged."""
    found = np.full(problem.inputs[i].shape, np.nan)
    for (j, flat), judgement in findings.sampled.items():
        if j == i:
            scale = float(judgement.direction.parts[i].flat[flat])
            found.flat[flat] = judgement.expected / scale
    return found
