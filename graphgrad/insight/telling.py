"""What is told of a gradient, line by line: the whole, its paths, and their steps."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from graphgrad.autodiff.derivatives import grad
from graphgrad.graph.tensor import Tensor
from graphgrad.insight.explanation import Line, Maths, equation
from graphgrad.insight.flow import arrays_of, label, norm
from graphgrad.insight.formula import Formula
from graphgrad.insight.local import length, local_derivative
from graphgrad.insight.notation import SIGNS, Notation, Text, Written
from graphgrad.insight.paths import Edge, Edges, Path
from graphgrad.insight.tidy import Tidy

_LARGE = 200  # nodes, of whose gradient no formula is sought
_LINES = 5  # of a formula and its letters; a longer one is left out
_WIDE = 90  # signs in a line of it, or in the formula of a step
_NARROW = 40  # signs of a formula before a number
_ENDS = 5  # steps told at each end of a path that is longer than two such ends
_TEXT = Text()
T = TypeVar("T")


class Story(NamedTuple):
    """What there is to tell before there are numbers.

    Attributes:
        y: what is differentiated.
        x: by what.
        edges: the ways between them.
        count: how many paths these make.
    """

    y: Tensor
    x: Tensor
    edges: Edges
    count: int


def nothing(story: Story, reason: str) -> list[Line]:
    """Of a tensor that no gradient reaches."""
    whole = equation(_whole(story), _number(0.0))
    head = (whole,) if story.x.differentiable else (_whole(story), " does not exist")
    return [Line(0, head), Line(1, (reason,))]


def without_values(story: Story, found: Sequence[Path], why: str) -> list[Line]:
    """Formulas alone."""
    if not story.count:
        reason = "an op on each way to it lets no gradient through"
        return nothing(story, reason)
    lines = _formula(story)
    if lines and _says_all(story):
        return lines
    lines = lines or [Line(0, (_whole(story),))]
    for path in found:
        lines += [Line(1, (_route(story, path),)), *_steps_back(story, path)]
    return [*lines, *_others(story, found), *_legend(found), Line(1, (why,))]


def of_scalars(story: Story, found: Sequence[Path], total: float) -> list[Line]:
    """Paths whose local derivatives are numbers, which are multiplied."""
    formula = _short_formula(story)
    lines = [Line(0, (equation(_whole(story), *formula, _number(total)),))]
    before: list[Line] = []
    for path in found:
        product = equation(_product(path.sent), _number(_multiplied(path)))
        lines.append(Line(1, (_beside(_route(story, path), product),)))
        steps = _steps(path)
        told = (formula and _says_all(story)) or _same(steps, before)
        lines += [] if told else steps
        before = steps
    lines += _others(story, found)
    if story.count > 1:
        products = [_multiplied(path) for path in found]
        made = equation(_sum(products, story.count > len(found)), _number(total))
        lines.append(Line(1, (f"sum over {many(story.count)}: ", made)))
    return lines


def of_tensors(story: Story, found: Sequence[Path], total: Any) -> list[Line]:
    """Paths along which the gradient is sent back, step by step."""
    lines, size = _formula(story), _number(norm(total))
    along = f", along {many(story.count)}"
    if lines:
        lines.append(Line(1, ("norm ", size, along)))
        if _says_all(story):
            return lines
    else:
        lines.append(Line(0, (_whole(story), ": norm ", size, along)))
    before: list[Line] = []
    for path in found:
        head = _beside(_route(story, path), _norm(norm(path.arrives)))
        steps = _steps_back(story, path)
        lines.append(Line(1, (head, _share(path.arrives, total))))
        lines += [] if _same(steps, before) else steps
        before = steps
    lines += _others(story, found)
    if story.count > 1:
        words = f"sum over {many(story.count)}: the gradient, norm "
        lines.append(Line(1, (words, size)))
    return [*lines, *_legend(found)]


def _same(lines: Sequence[Line], others: Sequence[Line]) -> bool:
    """Whether they read the same, as those of the two edges of x · x do."""
    return list(map(str, lines)) == list(map(str, others))


def many(count: int) -> str:
    """How many paths there are, in words; the number may have thousands of digits."""
    if count < 10**15:
        return f"{count} path{'s' * (count != 1)}"
    power = math.floor(math.log10(count))
    return f"about 10^{power} paths"


# The gradient as a whole.


def _whole(story: Story) -> Maths:
    return lambda notation: notation.derivative(label(story.y), label(story.x))


def _says_all(story: Story) -> bool:
    """Whether the formula of the gradient is that of the only step."""
    return story.count == 1 and len(story.edges) == 1


def _found(story: Story) -> Formula | None:
    """The gradient's formula, if it is short enough to be read."""
    if len(story.edges) > _LARGE:
        return None
    found = Formula(grad(story.y, story.x), _whole(story)(_TEXT))
    lines = found.lines(_TEXT)
    short = len(lines) <= _LINES and all(len(right) <= _WIDE for _, right in lines)
    return found if short else None


def _formula(story: Story) -> list[Line]:
    """The gradient's formula, with a line for each letter in it; none if it is long."""
    found = _found(story)
    if found is None:
        return []
    (_, first), *below = (_side(found, i) for i in range(len(found.lines(_TEXT))))
    lines = [Line(0, (equation(_whole(story), first),))]
    return lines + [Line(1, ("where ", equation(*sides))) for sides in below]


def _side(found: Formula, line: int) -> tuple[Maths, Maths]:
    return (
        lambda notation: found.lines(notation)[line][0],
        lambda notation: found.lines(notation)[line][1],
    )


def _short_formula(story: Story) -> list[Maths]:
    """The gradient's formula if it is a part of a line."""
    found = _found(story)
    lines = found.lines(_TEXT) if found else []
    if found is None or len(lines) > 1 or len(lines[0][1]) > _NARROW:
        return []
    if re.fullmatch(r"-?[\d.e+-]+", lines[0][1]):
        return []  # a number, as the value is
    return [_side(found, 0)[1]]


# Paths.


def _route(story: Story, path: Path) -> Maths:
    """The names along a path; of a long one those at its ends."""
    shown = [e for e in path.edges if not e.target.op.multiple]  # but its results
    first, _, last = _ends(shown)
    names = [label(edge.target) for edge in (*first, *last)]
    if last:
        names.insert(len(first), "…")
    return lambda notation: notation.route([label(story.x), *names])


def _ends(items: Sequence[T]) -> tuple[Sequence[T], int, Sequence[T]]:
    """The first and the last, where there are many, and how many are between them."""
    left = len(items) - 2 * _ENDS
    return (items, 0, []) if left < 2 else (items[:_ENDS], left, items[-_ENDS:])


def _others(story: Story, found: Sequence[Path]) -> list[Line]:
    left = story.count - len(found)
    words = f"… and {many(left).replace(' path', ' more path')}"
    return [Line(1, (words,))] if left else []


def _beside(first: Maths, second: Maths) -> Maths:
    return lambda notation: f"{first(notation)}{notation.gap}{second(notation)}"


def _multiplied(path: Path) -> float:
    return float(np.prod(path.sent))


def _product(factors: Sequence[float]) -> Maths:
    """Numbers multiplied; of many those at the ends."""
    first, left, last = _ends(factors)
    texts = [f"{x:.4g}" for x in (*first, *last)] or ["1"]
    if left:
        texts.insert(len(first), "…")

    def written(notation: Notation) -> str:
        sign = f" {SIGNS['multiply'][notation.sign_of]} "
        first, *others = (_numeral(t, notation) for t in texts)
        return sign.join([first, *(_apart(t, notation) for t in others)])

    return written


def _sum(numbers: Sequence[float], more: bool) -> Maths:
    def written(notation: Notation) -> str:
        texts = [_numeral(f"{x:.4g}", notation) for x in numbers]
        if more:
            texts.append(notation.name("…"))
        text = texts[0]
        for term in texts[1:]:
            name = "subtract" if term.startswith("-") else "add"
            text += f" {SIGNS[name][notation.sign_of]} {term.removeprefix('-')}"
        return text

    return written


def _apart(text: str, notation: Notation) -> str:
    return notation.brackets(text) if text.startswith("-") else text


def _numeral(text: str, notation: Notation) -> str:
    return notation.name(text) if text == "…" else notation.number(text)


def _number(value: float) -> Maths:
    return lambda notation: notation.number(f"{value:.4g}")


def _norm(size: float) -> Maths:
    return lambda notation: notation.norm(f"{size:.4g}")


def _share(part: Any, total: Any) -> str:
    """What of the gradient a path gives: its projection on the whole."""
    size = norm(total)
    if not 0 < size < math.inf:
        return ""
    pairs = zip(arrays_of(part), arrays_of(total), strict=True)
    along = sum(float(np.vdot(b / size, a / size).real) for a, b in pairs)
    return f", {100 * along:.3g} % of the gradient"


# Steps.


def _steps(path: Path) -> list[Line]:
    """The local derivatives along a path of scalars, as formulas and as numbers."""

    def line(edge: Edge, factor: float) -> Line:
        sides = [_derivative(edge), *_local(edge, sent=False), _number(factor)]
        return Line(2, (equation(*sides),))

    return _lines(line, list(zip(path.edges, path.sent, strict=True)))


def _steps_back(story: Story, path: Path) -> list[Line]:
    """What is sent on from node to node, from y to x, and its norm if that is known."""

    def line(edge: Edge, size: float | None) -> Line:
        sent = edge.target is not story.y
        made = equation(_derivative(edge), *_local(edge, sent=sent))
        return Line(2, (made if size is None else _beside(made, _norm(size)),))

    sizes = path.sent or [None] * len(path.edges)
    pairs = zip(path.edges, sizes, strict=True)
    shown = [(edge, s) for edge, s in pairs if edge.target.op.name != "project"]
    return _lines(line, shown[::-1])


def _lines(line: Callable[..., Line], pairs: Sequence[tuple[Edge, Any]]) -> list[Line]:
    first, left, last = _ends(pairs)
    between = [Line(2, (f"… {left} more steps …",))] if left else []
    return [*(line(*pair) for pair in first), *between, *(line(*pair) for pair in last)]


def _derivative(edge: Edge) -> Maths:
    return lambda n: n.derivative(label(edge.target), label(edge.source))


def _local(edge: Edge, *, sent: bool) -> list[Maths]:
    """A local derivative, or what is sent back by it, as a formula; none if long."""
    written = _read(edge, sent, _TEXT)
    if written is None or length(written) > _WIDE:
        return []
    return [partial(_text, edge, sent)]


def _text(edge: Edge, sent: bool, notation: Notation) -> str:
    written = _read(edge, sent, notation)
    return written.text if written else ""


def _read(edge: Edge, sent: bool, notation: Notation) -> Written | None:
    found = local_derivative(edge.target, edge.argument, notation)
    if found is None or found.upstream or not sent:
        return found and found.written
    upstream = Written(notation.name("g"), 9, "name")
    return Tidy(notation).multiply(upstream, found.written)


def _legend(found: Sequence[Path]) -> list[Line]:
    """What g is, where formulas have it: in steps that others come before."""
    sent = any(len(path.edges) > 1 for path in found)
    return [Line(1, ("g: what arrives from the step above",))] * sent
