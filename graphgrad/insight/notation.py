"""How formulas are written: signs, brackets by precedence, fractions, names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

ATOM = 9


class Written(NamedTuple):
    """An expression, how strongly its outermost sign binds, and which that is."""

    text: str
    strength: int
    sign: str = ""


SIGNS = {
    "add": ("+", "+", 1),
    "subtract": ("−", "-", 1),
    "multiply": ("·", r"\cdot", 2),
    "matmul": ("@", r"\,", 2),
    "equal": ("=", "=", 0),
    "not_equal": ("≠", r"\ne", 0),
    "less": ("<", "<", 0),
    "less_equal": ("≤", r"\le", 0),
    "greater": (">", ">", 0),
    "greater_equal": ("≥", r"\ge", 0),
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
        return Written(text, strength, name)

    def within(self, x: Written, strength: int) -> str:
        """The expression, in brackets if it binds less strongly than that."""
        return x.text if x.strength >= strength else self.brackets(x.text)

    def brackets(self, text: str) -> str:
        """In brackets."""
        return f"({text})"

    def negative(self, x: Written) -> Written:
        """−x."""
        return Written(f"-{self.within(x, _SIGN)}", _SIGN)

    def constant(self, value: Any) -> Written:
        """A number, or what an array is in short."""
        array = np.asarray(value)
        if array.size == 1:
            number = array.reshape(())[()]
            text = f"{number:.4g}" if array.dtype.kind == "f" else f"{number}"
            text = self.number(text)
            return Written(text, ATOM if text[0] != "-" else _SIGN)
        entries = array.reshape(-1)
        if (entries == entries[:1]).all() and array.size:
            return self.constant(entries[0])
        return Written(self.name("constant"), ATOM)

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
        return Written(f"{self.function(name)}{self.brackets(inside)}", ATOM)

    def part(self, x: Written, index: str) -> Written:
        """One of several results, or entries of a tensor."""
        return Written(f"{self.within(x, ATOM)}[{index}]", ATOM)

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


class Text(Notation):
    """Formulas in plain text."""

    def name(self, name: str) -> str:
        """As it is."""
        return name

    def fraction(self, above: Written, below: Written) -> Written:
        """a / b."""
        first, second = self.within(above, _PRODUCT), self.within(below, _SIGN)
        return Written(f"{first} / {second}", _PRODUCT, "divide")

    def power(self, base: Written, exponent: Written) -> Written:
        """x² or x^(y + 1)."""
        inner = self.within(base, _POWER + 1)
        if exponent.text in ("2", "3"):
            return Written(inner + "²³"[int(exponent.text) - 2], _POWER)
        return Written(f"{inner}^{self.within(exponent, _POWER + 1)}", _POWER)

    def transposed(self, x: Written) -> Written:
        """Xᵀ."""
        return Written(f"{self.within(x, _POWER + 1)}ᵀ", _POWER)


_COMMANDS = {"exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "max", "min"}
_ESCAPED = {c: f"\\{c}" for c in "_%&#${}"}


class Latex(Notation):
    """Formulas in LaTeX."""

    sign_of = 1

    def brackets(self, text: str) -> str:
        """Brackets that grow with what is in them."""
        return rf"\left({text}\right)"

    def name(self, name: str) -> str:
        """One letter with digits as an index, words upright."""
        if match := re.fullmatch(r"([A-Za-z])_?(\d+)", name):
            return f"{match[1]}_{{{match[2]}}}"
        return name if re.fullmatch("[A-Za-z]", name) else self.word(name)

    def word(self, text: str) -> str:
        """Upright, its own signs escaped."""
        return rf"\mathrm{{{''.join(_ESCAPED.get(c, c) for c in text)}}}".replace(
            " ", r"\ "
        )

    def number(self, text: str) -> str:
        """With a power of ten instead of an e."""
        if text.lstrip("-") in ("inf", "nan"):
            return text.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
        digits, e, power = text.partition("e")
        return rf"{digits} \cdot 10^{{{int(power)}}}" if e else text

    def call(
        self, name: str, inputs: Sequence[Written], attrs: Sequence[str]
    ) -> Written:
        """A function of expressions; of roots and sizes the signs."""
        if name == "sqrt":
            return Written(rf"\sqrt{{{inputs[0].text}}}", ATOM)
        if name == "abs":
            return Written(rf"\left|{inputs[0].text}\right|", ATOM)
        return super().call(name, inputs, attrs)

    def function(self, name: str) -> str:
        r"""A command such as \exp, or the name upright."""
        return f"\\{name}" if name in _COMMANDS else self.word(name)

    def fraction(self, above: Written, below: Written) -> Written:
        """Above and below a line."""
        return Written(rf"\frac{{{above.text}}}{{{below.text}}}", _POWER)

    def power(self, base: Written, exponent: Written) -> Written:
        """Raised."""
        return Written(f"{self.within(base, _POWER + 1)}^{{{exponent.text}}}", _POWER)

    def transposed(self, x: Written) -> Written:
        """A raised sign."""
        return Written(rf"{self.within(x, _POWER + 1)}^{{\top}}", _POWER)
