"""Lines of words and formulas, written as text, as Markdown and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from graphgrad.insight.names import latex_text
from graphgrad.insight.notation import Latex, Notation, Text

Maths = Callable[[Notation], str]
"""A formula: gives its text in a notation."""


class Line(NamedTuple):
    """A line of an explanation.

    Attributes:
        level: how far it is moved in.
        parts: words and formulas, side by side.
    """

    level: int
    parts: tuple[str | Maths, ...]

    def written(
        self, notation: Notation, words: Callable[[str], str], maths: str
    ) -> str:
        """The line, without its level.

        Args:
            notation: of the formulas.
            words: how words are written.
            maths: a format that formulas are put in.
        """
        return "".join(
            words(part) if isinstance(part, str) else maths.format(part(notation))
            for part in self.parts
        )

    def __str__(self) -> str:
        return "  " * self.level + self.written(Text(), str, "{}")


def equation(*sides: Maths) -> Maths:
    """Formulas with = between them, those left out that read as the one before."""

    def written(notation: Notation) -> str:
        texts = [side(notation) for side in sides]
        new = [t for i, t in enumerate(texts) if not i or t != texts[i - 1]]
        return " = ".join(new)

    return written


class Explanation(str):
    r"""The chain rule from one tensor to another, as `gg.explain` tells it.

    It is a text; in notebooks it shows formulas.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0, name="x")
        >>> print(gg.explain((x * x).named("y"), wrt=x).to_latex().splitlines()[1])
        &\frac{\partial y}{\partial x} = 2 \cdot x = 6 \\
    """

    _lines: tuple[Line, ...]

    def __new__(cls, lines: Sequence[Line]) -> Explanation:
        """See the class."""
        made = super().__new__(cls, "\n".join(map(str, lines)))
        made._lines = tuple(lines)
        return made

    def to_markdown(self) -> str:
        """As Markdown: lists, with formulas in LaTeX between dollar signs."""
        notation = Latex()
        made = []
        for line in self._lines:
            text = line.written(notation, _markdown, "${}$")
            made.append(f"{'  ' * (line.level - 1)}- {text}" if line.level else text)
        return "\n".join([made[0], *[""] * (len(made) > 1), *made[1:]])

    def to_latex(self) -> str:
        """As LaTeX for a display of mathematics, an ``aligned`` environment."""
        notation = Latex()
        body = " \\\\\n".join(
            "&" + r"\quad " * line.level + line.written(notation, latex_text, "{}")
            for line in self._lines
        )
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def _repr_latex_(self) -> str:
        return f"$$\n{self.to_latex()}\n$$"


def _markdown(text: str) -> str:
    """Words, with what Markdown takes for a sign escaped."""
    return re.sub(r"([\\`*_\[\]<>$|#~])", r"\\\1", text)
