"""How formulas are written: signs, brackets by precedence, fractions, names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphgrad.insight.names import latex_name, latex_word

ATOM = 9


class Written(NamedTuple):
    """An expression as text.

    Attributes:
        text: the text.
        strength: how strongly its outermost sign binds.
        sign: which sign or function that is.
        parts: what it joins.
        value: the number, if it is one.
    """

    text: str
    strength: int
    sign: str = ""
    parts: tuple[Written, ...] = ()
    value: float | None = None

    def all_parts(self) -> Iterator[Written]:
        """The expression and all that it is made of."""
        stack: list[Written] = [self]
        while stack:
            x = stack.pop()
            yield x
            stack.extend(x.parts)


SIGNS = {
    "add": ("+", "+", 1),
    "subtract": ("−", "-", 1),
    "multiply": ("·", r"\cdot", 2),
    "matmul": ("@", r"\,", 2),
    "equal": ("=", "=", 0),
    "not_equal": ("≠", r"\ne", 0),
    "less": ("<", "<", 0),
    "less_equal": ("≤", r"\leq", 0),
    "greater": (">", ">", 0),
    "greater_equal": ("≥", r"\geq", 0),
}
_LOOSE = {
    "add": ("add", "subtract"),
    "multiply": ("multiply", "divide"),
    "matmul": ("matmul",),
}
# Entry by entry and by rows and columns are told apart, comparisons are no chains.
_STRICT = {"matmul", *(name for name, (*_, strength) in SIGNS.items() if not strength)}
_PRODUCT, _SIGN, _POWER = 2, 3, 4


class Notation:
    """What text and LaTeX have in common."""

    sign_of = 0
    gap = "   "

    def between(self, name: str, left: Written, right: Written) -> Written:
        """Two expressions and a sign, in brackets where they bind less strongly."""
        strength = SIGNS[name][2]
        # a + (b − c) needs no brackets, a − (b − c) and a · (b @ c) do.
        loose = _LOOSE.get(name, ())
        strict = name in _STRICT and left.sign not in loose
        first = self.within(left, strength + strict)
        second = self.within(right, strength + (right.sign not in loose))
        if second.startswith("-"):
            second = self.brackets(second)
        text = f"{first} {SIGNS[name][self.sign_of]} {second}"
        return Written(text, strength, name, (left, right))

    def within(self, x: Written, strength: int) -> str:
        """The expression, in brackets if it binds less strongly than that."""
        return x.text if x.strength >= strength else self.brackets(x.text)

    def brackets(self, text: str) -> str:
        """In brackets."""
        return f"({text})"

    def holds(self, condition: Written) -> Written:
        """1 where a condition holds, else 0, in Iverson's brackets."""
        return Written(f"[{condition.text}]", ATOM, "holds", (condition,))

    def negative(self, x: Written) -> Written:
        """−x; of a product or quotient the sign stands in front of all."""
        known = x.sign in ("multiply", "divide") and not x.text.startswith("-")
        needed = _PRODUCT if known else _SIGN
        text = f"-{self.within(x, needed)}"
        return Written(text, max(needed, min(x.strength, _SIGN)), "negative", (x,))

    def constant(self, value: Any) -> Written:
        """A number, or what an array is in short."""
        array = np.asarray(value)
        entries = array.reshape(-1)
        if not array.size or (array.size > 1 and not (entries == entries[:1]).all()):
            return Written(self.name("constant"), ATOM)
        number = entries[0]
        if array.dtype.kind not in "fiu":
            return Written(self.number(f"{number}"), ATOM)
        return self.numeral(float(number))

    def numeral(self, value: float) -> Written:
        """A number."""
        whole = value.is_integer() and abs(value) < 1e7
        text = self.number(f"{value:.0f}" if whole else f"{value:.6g}")
        power = _POWER if "^" in text else ATOM
        strength = _SIGN if text[0] == "-" else power
        return Written(text, strength, "number", value=value)

    def number(self, text: str) -> str:
        """A number, as Python writes it."""
        return text

    def name(self, name: str) -> str:
        """A name."""
        raise NotImplementedError

    def call(
        self, name: str, inputs: Sequence[Written], attrs: Sequence[str]
    ) -> Written:
        """A function of expressions."""
        inside = ", ".join([*(x.text for x in inputs), *map(self.word, attrs)])
        text = f"{self.function(name)}{self.brackets(inside)}"
        return Written(text, ATOM, name, tuple(inputs))

    def part(self, x: Written, index: str) -> Written:
        """One of several results, or entries of a tensor."""
        return Written(f"{self.within(x, ATOM)}[{index}]", ATOM, "part", (x,))

    def function(self, name: str) -> str:
        """A function's name."""
        return name

    def word(self, text: str) -> str:
        """Words among symbols."""
        return text

    def fraction(self, above: Written, below: Written) -> Written:
        """A quotient."""
        raise NotImplementedError

    def power(self, base: Written, exponent: Written) -> Written:
        """A power."""
        raise NotImplementedError

    def transposed(self, x: Written) -> Written:
        """A matrix, turned."""
        raise NotImplementedError

    def derivative(self, above: str, below: str) -> str:
        """The derivative of what has one name by what has another."""
        raise NotImplementedError

    def norm(self, text: str) -> str:
        """The norm of what is that large."""
        raise NotImplementedError

    def route(self, names: Iterable[str]) -> str:
        """A path, by the names along it."""
        raise NotImplementedError


class Text(Notation):
    """Formulas in plain text."""

    def name(self, name: str) -> str:
        """As it is."""
        return name

    def fraction(self, above: Written, below: Written) -> Written:
        """a / b."""
        first, second = self.within(above, _PRODUCT), self.within(below, _SIGN)
        return Written(f"{first} / {second}", _PRODUCT, "divide", (above, below))

    def power(self, base: Written, exponent: Written) -> Written:
        """x² or x^(y + 1)."""
        inner = self.within(base, _POWER + 1)
        if exponent.text in ("2", "3"):
            text = inner + "²³"[int(exponent.text) - 2]
        else:
            text = f"{inner}^{self.within(exponent, _POWER + 1)}"
        return Written(text, _POWER, "power", (base, exponent))

    def transposed(self, x: Written) -> Written:
        """Xᵀ."""
        text = f"{self.within(x, _POWER + 1)}ᵀ"
        return Written(text, _POWER, "transposed", (x,))

    def derivative(self, above: str, below: str) -> str:
        """As d a / d b."""
        return f"d {above} / d {below}"

    def norm(self, text: str) -> str:
        """Between double bars."""
        return f"‖{text}‖"

    def route(self, names: Iterable[str]) -> str:
        """With arrows."""
        return " → ".join(names)


_COMMANDS = {"exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "max", "min"}


class Latex(Notation):
    """Formulas in LaTeX."""

    sign_of = 1
    gap = r" \quad "

    def brackets(self, text: str) -> str:
        """Brackets that grow with what is in them."""
        return rf"\left({text}\right)"

    def holds(self, condition: Written) -> Written:
        """In square brackets that grow."""
        text = rf"\left[{condition.text}\right]"
        return Written(text, ATOM, "holds", (condition,))

    def name(self, name: str) -> str:
        """Letters with an index, Greek letters, words upright."""
        return latex_name(name)

    def word(self, text: str) -> str:
        """Upright, its own signs escaped."""
        return latex_word(text)

    def part(self, x: Written, index: str) -> Written:
        """With an index in square brackets."""
        text = rf"{self.within(x, ATOM)}\left[{self._index(index)}\right]"
        return Written(text, ATOM, "part", (x,))

    def _index(self, index: str) -> str:
        plain = all(c.isdigit() or c in ":-, " for c in index)
        return index if plain else self.word(index)

    def number(self, text: str) -> str:
        """With a power of ten instead of an e."""
        if text.lstrip("-") in ("inf", "nan"):
            return text.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
        if text in ("True", "False"):
            return self.word(text)
        digits, e, power = text.partition("e")
        if not e:
            return text
        ahead = "" if digits == "1" else "-" if digits == "-1" else rf"{digits} \cdot "
        return rf"{ahead}10^{{{int(power)}}}"

    def call(
        self, name: str, inputs: Sequence[Written], attrs: Sequence[str]
    ) -> Written:
        """A function of expressions; of roots and sizes the signs."""
        if name == "sqrt":
            text = rf"\sqrt{{{inputs[0].text}}}"
        elif name == "abs":
            text = rf"\left|{inputs[0].text}\right|"
        else:
            return super().call(name, inputs, attrs)
        return Written(text, ATOM, name, tuple(inputs))

    def function(self, name: str) -> str:
        r"""A command such as \exp, or the name upright."""
        return f"\\{name}" if name in _COMMANDS else self.word(name)

    def fraction(self, above: Written, below: Written) -> Written:
        """Above and below a line."""
        text = rf"\frac{{{above.text}}}{{{below.text}}}"
        return Written(text, _POWER, "divide", (above, below))

    def power(self, base: Written, exponent: Written) -> Written:
        """Raised."""
        text = f"{self.within(base, _POWER + 1)}^{{{exponent.text}}}"
        return Written(text, _POWER, "power", (base, exponent))

    def transposed(self, x: Written) -> Written:
        """A raised sign."""
        text = rf"{self.within(x, _POWER + 1)}^{{\top}}"
        return Written(text, _POWER, "transposed", (x,))

    def derivative(self, above: str, below: str) -> str:
        """A fraction of partial derivatives."""
        first, second = map(self._changed, (above, below))
        return rf"\frac{{{first}}}{{{second}}}"

    def _changed(self, name: str) -> str:
        """∂ and a name, a word a little apart."""
        made = self.name(name)
        word = made.startswith((r"\mathrm", r"\text"))
        return rf"\partial\,{made}" if word else rf"\partial {made}"

    def norm(self, text: str) -> str:
        """Between double bars."""
        return rf"\left\|{self.number(text)}\right\|"

    def route(self, names: Iterable[str]) -> str:
        """With arrows."""
        return r" \to ".join(map(self.name, names))
