"""The derivative of one op by one of its inputs, as a formula.

There is no table of derivatives: the op's own gradient rule is applied to stand-ins for
its inputs, and what it builds is written down.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from graphgrad.autodiff.reverse import contributions
from graphgrad.errors import GraphgradError
from graphgrad.graph.body import stand_in
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import dependents, topological
from graphgrad.insight.notation import ATOM, Notation, Text, Written
from graphgrad.insight.writer import Writer

_MOST_NODES = 60  # of a derivative; a larger one is no formula to be read
_SHORT = 20  # signs of an input without a name that is written out
_DEEP = 3  # ops of such an input
_CACHED = 10_000


class Local(NamedTuple):
    """A derivative as it is written.

    Attributes:
        written: the expression.
        upstream: how what arrives is called, if the expression is what is sent back;
            None if it is a factor.
    """

    written: Written
    upstream: Written | None


_cache: dict[Any, Local | None] = {}
_TEXT = Text()


def local_formula(target: Tensor, argument: int, *, most: int = 40) -> str | None:
    """The derivative of an op by one of its inputs, as a line of text.

    Names are those of the tensors. What has none is written out if it is short; else an
    input is called in (in₁, in₂, … of several), the result out: letters such as x and y
    would be taken for tensors of the user. Where the derivative is no factor by which
    each entry is multiplied, it is what is sent back, a function of g, the gradient
    that arrives. [x > 0] is 1 where that holds and 0 elsewhere.

    Args:
        target: the op's node.
        argument: which of its inputs.
        most: greatest length, in characters.

    Returns:
        The formula; None if there is no gradient, or if it is longer.

    Example:
        >>> import graphgrad as gg
        >>> from graphgrad.insight.local import local_formula
        >>> a, b = gg.variable(2.0, name="a"), gg.variable(3.0, name="b")
        >>> local_formula(a * b, 0), local_formula(gg.sigmoid(a), 0)
        ('b', 'out · (1 − out)')
        >>> x = gg.placeholder(("n", 4), name="x")
        >>> w = gg.placeholder((4, 3), name="W")
        >>> local_formula(x @ w, 0), local_formula(gg.relu(x), 0)
        ('g @ Wᵀ', '[x > 0]')
    """
    found = local_derivative(target, argument, _TEXT)
    return found.written.text if found and len(found.written.text) <= most else None


def local_derivative(target: Tensor, argument: int, notation: Notation) -> Local | None:
    """As `local_formula`, in a notation and of any length."""
    inputs = _short_forms(target, notation)
    places = {x: i for i, x in enumerate(target.inputs)}
    key = (
        type(notation),
        target.op,
        tuple(target.attrs.items()),
        argument,
        (target.shape, target.dtype, target.name),
        tuple((x.shape, x.dtype, _number(x)) for x in target.inputs),
        tuple(places[x] for x in target.inputs),
        tuple(None if x is None else x[:3] for x in inputs),
    )
    if key not in _cache:
        if len(_cache) >= _CACHED:
            _cache.clear()
        _cache[key] = _derived(target, argument, notation, inputs)
    return _cache[key]


def _short_forms(target: Tensor, notation: Notation) -> list[Written | None]:
    """How the inputs are written; None where two of them would read the same."""
    forms = {x: short_form(x, notation) for x in target.inputs}
    read = Counter(form.text for form in forms.values() if form)
    found = [forms[x] for x in target.inputs]
    return [
        f if f and (read[f.text] == 1 or f.value is not None) else None for f in found
    ]


def short_form(x: Tensor, notation: Notation, depth: int = _DEEP) -> Written | None:
    """A tensor by its name or number, or written out if it is short; else None."""
    if x.name is not None:
        return Written(notation.name(x.name), ATOM, "name")
    if x.op is CONSTANT:
        return notation.constant(x._value)
    if not x.inputs or depth == 0 or x.op.multiple:
        return None
    parts = [short_form(part, notation, depth - 1) for part in x.inputs]
    known = {
        source: part
        for source, part in zip(x.inputs, parts, strict=True)
        if part is not None
    }
    if len(known) < len(set(x.inputs)):
        return None
    made = Writer(notation, known).expression(x)
    return made if length(made) <= _SHORT else None


_UNREAD = re.compile(r"\\(left|right|mathrm|text|frac|top|,)|[{} \\]")


def length(made: Written) -> int:
    """How many signs there are to be read, the same in text and LaTeX, about."""
    return len(_UNREAD.sub("", made.text.replace(r"\cdot", "·")))


def _number(x: Tensor) -> bytes | None:
    """What of a constant a rule may look at."""
    return x._value.tobytes() if x.op is CONSTANT and x._value.size == 1 else None


class _StandIns:
    """What a rule is applied to instead of a node, its inputs and what arrives."""

    def __init__(self, target: Tensor) -> None:
        self.target = target
        stands = {x: x if x.op is CONSTANT else stand_in(x) for x in target.inputs}
        self.inputs = [stands[x] for x in target.inputs]
        self.result, self.upstream = stand_in(target), stand_in(target)

    def sent_back(self, argument: int) -> Tensor | None:
        """What the rule makes of them; None if nothing, or nothing to be read."""
        needed = [i == argument for i in range(len(self.inputs))]
        try:
            made = contributions(
                self.target, self.upstream, self.result, self.inputs, needed
            )[argument]
        except GraphgradError:
            return None
        return made if isinstance(made, Tensor) else None


def _derived(
    target: Tensor, argument: int, notation: Notation, inputs: Sequence[Written | None]
) -> Local | None:
    if target.op.multiple or not target.differentiable:
        return None
    stands = _StandIns(target)
    made = stands.sent_back(argument)
    if made is None or len(order := topological([made])) > _MOST_NODES:
        return None
    symbols = _Symbols(target, notation)
    written = [x or symbols.of(i) for i, x in enumerate(inputs)]
    known = dict(zip(stands.inputs[::-1], written[::-1], strict=True))  # the first wins
    plain = target.shape == () or _is_factor(order, stands.upstream, made)
    letter = None if plain else symbols.upstream()
    known[stands.upstream] = letter or notation.numeral(1.0)
    if not any(x is stands.result for x in order):
        return Local(Writer(notation, known, guards=False).expression(made), letter)
    again = target.op.again(target, stands.inputs)
    whole = Writer(notation, known).expression(again)
    known[stands.result] = symbols.result()
    same = {stands.result: again}
    found = Writer(notation, known, same, guards=False).expression(made)
    if target.name is None and length(whole) <= _SHORT and _uses(found) == 1:
        known[stands.result] = whole  # needed once: no letter, unless it is long
        found = Writer(notation, known, guards=False).expression(made)
    return Local(found, letter)


def _uses(written: Written) -> int:
    """How often the result is in an expression."""
    return sum(x.sign == "letter" for x in written.all_parts())


def _is_factor(order: Sequence[Tensor], upstream: Tensor, made: Tensor) -> bool:
    """Whether what arrives is multiplied entry by entry, and nothing else."""
    if made.shape != upstream.shape:
        return False
    moved = dependents(order, [upstream])
    return all(x is upstream or x.op.batch == "elementwise" for x in moved)


class _Symbols:
    """Letters for what has no name, other than the names that there are."""

    def __init__(self, target: Tensor, notation: Notation) -> None:
        self._notation = notation
        self._count = len(target.inputs)
        self._name = target.name
        self._names = {x.name for x in (target, *target.inputs)}

    def of(self, argument: int) -> Written:
        """For an input."""
        index = "".join("₀₁₂₃₄₅₆₇₈₉"[int(c)] for c in str(argument + 1))
        return self._free("in" if self._count == 1 else f"in{index}")

    def result(self) -> Written:
        """For the result."""
        if self._name is not None:
            return Written(self._notation.name(self._name), ATOM, "letter")
        return self._free("out")._replace(sign="letter")

    def upstream(self) -> Written:
        """For what arrives."""
        return self._free("g")

    def _free(self, name: str) -> Written:
        while name in self._names:
            name += "′"
        return Written(self._notation.name(name), ATOM, "symbol")
