"""One verdict on many inputs, drawn by Hypothesis: for pytest and the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky

from graphgrad.domains import Domain
from graphgrad.errors import ArgumentError
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import Op
from graphgrad.graph.tensor import Tensor
from graphgrad.testing import strategies
from graphgrad.testing.check import check_gradients
from graphgrad.testing.numeric import check_vjp
from graphgrad.testing.problem import Array
from graphgrad.testing.verdict import Verdict

EXAMPLES = 40
# A check may be slow, and a domain's predicate may refuse much.
_NO_MATTER = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.nested_given,
)
Judge = Callable[[tuple[Array, ...], Mapping[str, Any]], Verdict]


class _Found(Exception):  # noqa: N818 - a finding, not an error
    """A wrong gradient, for Hypothesis to shrink."""


def check_drawn(judge: Judge, domain: Domain, examples: int = EXAMPLES) -> Verdict:
    """The verdict on inputs and options drawn from a domain, the same in every run.

    Args:
        judge: takes the arrays and the options.
        domain: where to draw from.
        examples: how many to draw, the plain sample first.

    Returns:
        The wrong verdict at the simplest inputs that show one; "inconclusive" if that
        is what most of the verdicts are; or else "right".
    """
    verdicts: list[Verdict] = []
    wrong: list[Verdict] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=_NO_MATTER,
    )
    @given(strategies.inputs(domain), strategies.options(domain))
    def each(arrays: tuple[Array, ...], options: Mapping[str, Any]) -> None:
        verdict = _judged(judge, arrays, options)
        if verdict.verdict == "wrong":
            wrong.append(verdict)
            raise _Found
        verdicts.append(verdict)

    try:
        each()
    except (_Found, Flaky):  # flaky: a vjp with a memory is wrong now and then
        return wrong[-1]
    return _in_all(verdicts)


def _judged(
    judge: Judge, arrays: tuple[Array, ...], options: Mapping[str, Any]
) -> Verdict:
    """The verdict; undecided where the function refuses what was drawn."""
    try:
        return judge(arrays, options)
    except Exception as error:
        said = str(error).partition("\n")[0]
        return Verdict("inconclusive", "function", reason=f"it raised {said}")


def _in_all(verdicts: Sequence[Verdict]) -> Verdict:
    reasons = Counter(v.reason for v in verdicts if v.verdict == "inconclusive")
    doubtful = sum(reasons.values())
    if 2 * doubtful < len(verdicts):
        entries = sum(v.entries for v in verdicts)
        name = next(v.op for v in verdicts if v.ok)
        return Verdict("right", name, entries=entries, examples=len(verdicts))
    ((reason, _),) = reasons.most_common(1)
    said = f"{doubtful} of {len(verdicts)} inputs decide nothing, mostly as {reason}"
    return Verdict("inconclusive", verdicts[0].op, reason=said)


def check_target(
    target: Any,
    *rest: Any,
    domain: Domain | None = None,
    order: int | None = None,
    examples: int = EXAMPLES,
) -> Verdict:
    """Judge whatever has a gradient, at given inputs or at drawn ones.

    Args:
        target: a tensor, a graph, an op, a function of tensors, or ``fn`` of a pair.
        rest: the pair's ``vjp`` if it is one; then arrays, if they are given.
        domain: where to draw arrays from; an op has its own.
        order: 1 or 2; by default 1 for a pair and 2 for all else.
        examples: how many inputs to draw.

    Raises:
        ArgumentError: for a function or a pair with neither arrays nor a domain.
    """
    pair = target, *rest[: bool(rest) and callable(rest[0])]
    arrays = rest[len(pair) - 1 :]
    if arrays or isinstance(target, Tensor | Graph):
        return _at(pair, arrays, {}, domain, order)
    if domain is None and isinstance(target, Op):
        domain = target.domain
    if domain is None:
        raise ArgumentError(
            f"gradcheck: no inputs for `{_name(target)}`",
            remedy="give arrays, or domain=gg.testing.Domain(…) to draw them from",
        )
    return check_drawn(
        lambda drawn, options: _at(pair, drawn, options, domain, order),
        domain,
        examples,
    )


def _at(
    pair: tuple[Any, ...],
    arrays: Sequence[Any],
    options: Mapping[str, Any],
    domain: Domain | None,
    order: int | None,
) -> Verdict:
    first, *vjp = (_with(part, options) for part in pair)
    if vjp:
        return check_vjp(first, *vjp, *arrays, domain=domain, order=order or 1)
    return check_gradients(first, *arrays, order=order or 2)


def _with(function: Any, options: Mapping[str, Any]) -> Any:
    """The function with options, under its own name."""
    if not options:
        return function

    def chosen(*arrays: Any) -> Any:
        return function(*arrays, **options)

    chosen.__name__ = _name(function)
    return chosen


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)
