"""A graph as a formula, in text or in LaTeX.

What is long or used twice gets a letter, which is explained below the formula, so that
text grows as the graph does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from graphgrad.graph.graph import as_outputs
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import topological
from graphgrad.insight.notation import ATOM, Latex, Notation, Text, Written
from graphgrad.insight.writer import HIDDEN, Writer
from graphgrad.rewrite import algebra
from graphgrad.rewrite.engine import rewrite

_LONG = 90  # characters, from where on an expression gets a letter
_SHORT = 12  # up to here it is written again where it is used again


def formula(y: Tensor, *, called: str | None = None) -> str:
    """What a tensor is, as a line of text, with lines for what has a letter in it.

    Args:
        y: a tensor.
        called: what stands on the left; by default its name, or "y".

    Example:
        >>> import graphgrad as gg
        >>> from graphgrad.insight.formula import formula
        >>> x, w = gg.variable(1.0, name="x"), gg.variable(2.0, name="w")
        >>> print(formula(gg.sigmoid(w * x) / (1 + x)))
        y = sigmoid(w · x) / (1 + x)
    """
    found = Formula(y, called)
    (_, whole), *below = found.lines(Text())
    lines = [(found.name, whole), *below]
    return "\n  where ".join(f"{left} = {right}" for left, right in lines)


def to_latex(y: Tensor) -> str:
    r"""What a tensor is, as LaTeX for a display of mathematics.

    Numbers are folded (0.5 · 2 · x is x). Names that are Greek letters become these,
    trailing digits an index, and what is no ASCII stands in ``\text``.

    Args:
        y: a tensor.

    Returns:
        A formula; if parts of it have letters, an ``aligned`` environment of several.

    Raises:
        ArgumentError: if y is no tensor.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(1.0, name="x")
        >>> print(gg.to_latex(gg.exp(-x) / 2))
        y = \frac{\exp\left(-x\right)}{2}
    """
    as_outputs(y)
    found, notation = Formula(y), Latex()
    (_, whole), *below = found.lines(notation)
    lines = [(notation.name(found.name), whole), *below]
    if not below:
        return " = ".join(lines[0])
    body = " \\\\\n".join(f"{left} &= {right}" for left, right in lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


class Formula:
    """A graph as a formula; the same parts of it have letters in every notation.

    Args:
        y: a tensor.
        called: what it is called; by default its name, or "y".

    Attributes:
        name: what it is called.
    """

    def __init__(self, y: Tensor, called: str | None = None) -> None:
        (target,) = rewrite([y], (algebra.identity, algebra.chain)).outputs
        self._order = order = topological([target])
        names = {node.name for node in order if node is not target or not node.inputs}
        free = (x for x in ("y", "f", "result") if x not in names)
        own = None if y.name in names else y.name
        self.name = called or own or next(free, "value")
        self._symbols, taken = _symbols(order, target, self.name)
        self._letters: dict[Tensor, str] = {}
        self._uses = Counter(x for node in order for x in node.inputs)
        self._free = (x for x in _letters() if x not in taken)
        self._text = self._written(Text(), self._choose)

    def lines(self, notation: Notation) -> list[tuple[str, str]]:
        """The formula, and one for each letter in it.

        Returns:
            Left and right sides; what the formula itself is called is for the caller.
        """
        if isinstance(notation, Text):
            return self._text
        return self._written(notation, lambda node, made: None)

    def _written(
        self, notation: Notation, look: Callable[[Tensor, Written], None]
    ) -> list[tuple[str, str]]:
        writer = Writer(notation)
        below: list[tuple[Written, Written]] = []
        made = Written("", ATOM)
        for node in self._order:
            made = self._leaf(node, notation) or writer.write(node)
            look(node, made)
            if letter := self._letter(node, notation):
                below.append((letter, made))
            writer.call(node, letter or made)
        return [("", made.text), *_needed(made, below)]

    def _choose(self, node: Tensor, made: Written) -> None:
        """Give a node a letter, if what it is written as needs one."""
        if not node.inputs or node.op.name in HIDDEN or node is self._order[-1]:
            return
        long = len(made.text) > _LONG
        again = self._uses[node] > 1 and len(made.text) > _SHORT
        if node.name is not None or long or again:
            self._letters[node] = self._symbols.get(node) or next(self._free)

    def _leaf(self, node: Tensor, notation: Notation) -> Written | None:
        if node.inputs or node.op is CONSTANT:
            return None
        return Written(notation.name(self._symbols[node]), ATOM, "name")

    def _letter(self, node: Tensor, notation: Notation) -> Written | None:
        if node not in self._letters:
            return None
        return Written(notation.name(self._letters[node]), ATOM, "letter")


def _needed(
    whole: Written, below: Sequence[tuple[Written, Written]]
) -> list[tuple[str, str]]:
    """Those letters that are still read, after all was tidied."""
    read = _letters_in(whole)
    lines = []
    for letter, made in reversed(below):
        if letter.text in read:
            lines.append((letter.text, made.text))
            read |= _letters_in(made)
    return lines


def _letters_in(written: Written) -> set[str]:
    return {x.text for x in written.all_parts() if x.sign == "letter"}


def _symbols(
    order: Sequence[Tensor], target: Tensor, head: str
) -> tuple[dict[Tensor, str], set[str]]:
    """Names of leaves and of named nodes, numbered where several have one."""
    dims = {d for x in order if not x.op.multiple for d in x.shape}
    taken = {head, *(d for d in dims if isinstance(d, str))}
    found: dict[Tensor, str] = {}
    for node in order:
        named = not node.inputs or (node.name and node is not target)
        if not named or node.op is CONSTANT:
            continue
        base = node.name or node.op.name
        tries = (base, *(f"{base}{k}" for k in range(2, len(order) + 3)))
        found[node] = next(x for x in tries if x not in taken)
        taken.add(found[node])
    return found, taken


def _letters() -> Iterator[str]:
    for k in count():
        for letter in "abcdefghijklmnopqrsuvz":
            yield letter if not k else f"{letter}{k}"
