"""Which directions are judged, and which entry is at fault.

Up to 40 entries are judged one by one. Larger inputs are judged along random
directions of mixed sign and size, in which errors do not cancel; a direction that
fails is halved until one entry remains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from graphgrad.testing.judge import Judgement, judge
from graphgrad.testing.ladder import climb
from graphgrad.testing.problem import Array, Direction, Problem

SINGLY = 40
_SMALL = 1e-3  # magnitudes below this get a ladder of their own
_LARGE = 10_000  # entries; fewer directions from here on, each sees more
_OTHERS = 24  # entries that are looked at alone where a direction tells too little


@dataclass
class Findings:
    """Judgements of one problem.

    Args:
        right: how many directions agreed.
        wrong: the judgements of those that did not.
        unsure: the judgements of those that could not be decided.
        sampled: judgements of single entries, by input and flat index.
    """

    right: int = 0
    wrong: list[Judgement] = field(default_factory=list)
    unsure: list[Judgement] = field(default_factory=list)
    sampled: dict[tuple[int, int], Judgement] = field(default_factory=dict)

    def add(self, judgement: Judgement) -> Judgement:
        """File a judgement."""
        if judgement.direction.entry is not None:
            self.sampled[judgement.direction.entry] = judgement
        if judgement.state == "right":
            self.right += 1
        else:
            pile = self.wrong if judgement.state == "wrong" else self.unsure
            pile.append(judgement)
        return judgement


def search(
    problem: Problem, rng: np.random.Generator, *, analytic: bool = False
) -> Findings:
    """Judge every input, by entries or random directions, and then all jointly."""
    findings = Findings()
    for i in problem.movable:
        broken = np.flatnonzero(~np.isfinite(problem.gradients[i]))
        for flat in broken[:8]:
            findings.add(_judge_broken(problem, i, int(flat)))
        if problem.inputs[i].size <= SINGLY:
            for flat in np.flatnonzero(np.isfinite(problem.gradients[i])):
                lines = entry_lines(problem, i, int(flat))
                findings.add(judge(problem, lines, analytic=analytic))
        else:
            for lines in _random_lines(problem, [i], rng):
                found = findings.add(judge(problem, lines, analytic=analytic))
                if found.state == "wrong":
                    _narrow(problem, found, findings)
                if found.state == "wrong" or found.bent:
                    _sample(problem, i, findings, rng)
                    break
    if not findings.wrong:
        for lines in _joint_lines(problem, rng):
            found = judge(problem, lines[-1:], analytic=analytic)
            if found.state != "right" and len(lines) > 1:
                found = judge(problem, lines, analytic=analytic)
            findings.add(found)
    return findings


def entry_lines(problem: Problem, i: int, flat: int) -> list[Direction]:
    """The direction of one entry, in its own magnitude too if that is small."""
    x = problem.inputs[i]
    size = abs(float(x.flat[flat]))
    small = [size] if 0 < size < _SMALL else []
    lines = []
    for scale in (*small, max(size, 1.0)):
        part = np.zeros(x.shape)
        part.flat[flat] = scale
        lines.append(Direction({i: part}, (i, flat)))
    return lines


def _random_lines(
    problem: Problem, moved: Sequence[int], rng: np.random.Generator
) -> Iterator[list[Direction]]:
    """A few random directions."""
    size = max(problem.inputs[i].size for i in moved)
    for _ in range(4 if size <= _LARGE else 1):
        natural: dict[int, Array] = {}
        own: dict[int, Array] = {}
        tiny = False
        for i in moved:
            x = np.abs(problem.inputs[i])
            wobble = rng.uniform(0.5, 1.5, x.shape) * rng.choice((-1.0, 1.0), x.shape)
            wobble = np.where(np.isfinite(problem.gradients[i]), wobble, 0.0)
            natural[i] = np.maximum(x, 1.0) * wobble
            small = (x > 0) & (x < _SMALL)
            own[i] = np.where(small, x * wobble, natural[i])
            tiny |= bool(small.any())
        yield [*([Direction(own)] if tiny else []), Direction(natural)]


def _joint_lines(
    problem: Problem, rng: np.random.Generator
) -> Iterator[list[Direction]]:
    """All inputs at once: a random direction, and all ones, which keeps ties."""
    moved = problem.movable
    if not moved:
        return
    if len(moved) > 1:
        yield next(_random_lines(problem, moved, rng))
    sizes = [np.abs(problem.inputs[i]) for i in moved]
    small = min(float(x[x > 0].min(initial=1.0)) for x in sizes)
    natural = max(1.0, *(float(x.mean()) for x in sizes))
    yield [
        Direction(
            {i: np.where(np.isfinite(problem.gradients[i]), scale, 0.0) for i in moved}
        )
        for scale in ([small] if small < _SMALL else []) + [natural]
    ]


def _narrow(problem: Problem, found: Judgement, findings: Findings) -> None:
    """Halve a failing direction down to one entry."""
    ((i, part),) = found.direction.parts.items()
    low, high = 0, part.size
    rung, gap = _clearest(problem, found.direction)
    while high - low > 1:
        middle = (low + high) // 2
        half = np.zeros(part.shape)
        half.flat[low:middle] = part.flat[low:middle]
        mine = float(climb(problem, Direction({i: half}), rung).quotients[0])
        if abs(mine) >= abs(gap - mine):
            high, gap = middle, mine
        else:
            low, gap = middle, gap - mine
    culprit = judge(problem, entry_lines(problem, i, low))
    if culprit.state == "wrong":
        findings.wrong.remove(found)
        findings.add(culprit)


def _sample(
    problem: Problem, i: int, findings: Findings, rng: np.random.Generator
) -> None:
    """Look at some entries on their own."""
    size = problem.inputs[i].size
    count = min(size, _OTHERS if size <= _LARGE else _OTHERS // 4)
    for flat in rng.choice(size, size=count, replace=False):
        entry = (i, int(flat))
        if entry not in findings.sampled and np.isfinite(
            problem.gradients[i].flat[flat]
        ):
            findings.add(judge(problem, entry_lines(problem, *entry)))


def _clearest(problem: Problem, direction: Direction) -> tuple[range, float]:
    """The middle step at which least is left beside the fault, and what is left."""
    rungs = range(3, 8)
    quotients = climb(problem, direction, rungs).quotients
    known = np.where(np.isfinite(quotients), np.abs(quotients), np.inf)
    k = int(np.argmin(known))
    return rungs[k : k + 1], float(np.nan_to_num(quotients[k]))


def _judge_broken(problem: Problem, i: int, flat: int) -> Judgement:
    """Judge an entry where the vjp says NaN or infinity."""
    claim = float(problem.gradients[i].flat[flat])
    lines = entry_lines(problem, i, flat)
    plain = judge(problem, lines)
    if np.isinf(claim) and _diverges(problem, lines[0], claim):
        return replace(plain, state="right", got=claim, expected=claim)
    size = max(1.0, abs(plain.expected))
    scale = plain.direction.parts[i].flat[flat]
    known = np.isfinite(size / scale) and plain.error <= 1e-3 * size
    return replace(plain, state="wrong" if known else "unsure", got=claim)


def _diverges(problem: Problem, line: Direction, claim: float) -> bool:
    """Whether one-sided slopes grow without end, with the sign of the claim."""
    for side in ("above", "below"):
        slopes = np.sign(claim) * climb(problem, line, range(1, 13), side).quotients
        slopes = slopes[np.isfinite(slopes)]
        if len(slopes) > 4 and slopes[-1] > 0 and (np.diff(slopes) > 0).all():
            return True
    return False
