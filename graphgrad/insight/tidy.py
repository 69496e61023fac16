"""Formulas as one would write them by hand: numbers folded, signs gathered in front.

Each function takes the operands of a sign as they are written already and looks only at
their outermost parts, so that a graph is tidied in one pass.
"""

from __future__ import annotations

from graphgrad.insight.notation import Notation, Written


class Tidy:
    """Writes sums, products and their like in a notation.

    Args:
        notation: text or LaTeX.
    """

    def __init__(self, notation: Notation) -> None:
        self._notation = notation

    def add(self, a: Written, b: Written) -> Written:
        """a + b."""
        if a.value is not None and b.value is not None:
            return self._notation.numeral(a.value + b.value)
        if a.value == 0 or b.value == 0:
            return b if a.value == 0 else a
        if (positive := self._positive(b)) is not None:
            return self.subtract(a, positive)
        if a.sign == "negative":
            return self.subtract(b, a.parts[0])
        if (several := self._several(a, b)) is not None:
            return several
        if a.sign == "add" and (several := self._several(a.parts[1], b)) is not None:
            return self.add(a.parts[0], several)
        return self._notation.between("add", a, b)

    def _several(self, a: Written, b: Written) -> Written | None:
        """The sum of multiples of one name, as one multiple."""
        (m, x), (n, y) = self._split(a), self._split(b)
        if x is None or x != y or not _is_term(x):
            return None
        return self._scaled(m + n, x, None)

    def subtract(self, a: Written, b: Written) -> Written:
        """a − b."""
        if a.value is not None and b.value is not None:
            return self._notation.numeral(a.value - b.value)
        if b.value == 0:
            return a
        if a.value == 0:
            return self.negative(b)
        if (positive := self._positive(b)) is not None:
            return self.add(a, positive)
        return self._notation.between("subtract", a, b)

    def negative(self, a: Written) -> Written:
        """−a."""
        if a.value is not None:
            return self._notation.numeral(-a.value)
        if a.sign == "subtract":
            return self._notation.between("subtract", a.parts[1], a.parts[0])
        positive = self._positive(a)
        return self._notation.negative(a) if positive is None else positive

    def multiply(self, a: Written, b: Written) -> Written:
        """a · b, entry by entry."""
        if a.value == 1 or b.value == 1:
            return b if a.value == 1 else a
        (m, x), (n, y) = self._split(a), self._split(b)
        stays = m * n > 0 and 1 in (m, n)
        if not stays:  # else a number is where it was written
            return self._scaled(m * n, x, y)
        for one, other in ((a, b), (b, a)):
            if one.sign == "divide" and one.parts[0].value == 1:
                return self.divide(other, one.parts[1])
        return self._notation.between("multiply", a, b)

    def divide(self, a: Written, b: Written) -> Written:
        """a / b."""
        if b.value == 1 or (a.value == 0 and b.value != 0):
            return a
        if a.value is not None and b.value and _is_short(a.value / b.value):
            return self._notation.numeral(a.value / b.value)
        if a.sign == "negative":
            return self.negative(self.divide(a.parts[0], b))
        if (positive := self._positive(b)) is not None:
            return self.negative(self.divide(a, positive))
        if a.sign == "divide" and a.parts[1] == b and b.sign in _NAMES:
            return self.divide(a.parts[0], self.power(b, self._notation.numeral(2.0)))
        n, x = self._split(a)
        if b.value and x and n != 1 and (n / b.value).is_integer():
            return self._scaled(n / b.value, x, None)
        return self._notation.fraction(a, b)

    def power(self, a: Written, b: Written) -> Written:
        """a to the power of b."""
        if b.value == 1:
            return a
        if b.value == 0:
            return self._notation.numeral(1.0)
        return self._notation.power(a, b)

    def where(self, condition: Written, a: Written, b: Written) -> Written:
        """a where a condition holds, else b; 1 and 0 in Iverson's brackets."""
        if a.value is not None and b.value == 0:
            return self.multiply(a, self._notation.holds(condition))
        if a.value == 0 and b.value == 1 and condition.sign in _OPPOSITE:
            other = _OPPOSITE[condition.sign]
            turned = self._notation.between(other, *condition.parts)
            return self._notation.holds(turned)
        return self._notation.call("where", [condition, a, b], [])

    def transposed(self, a: Written) -> Written:
        """A matrix, turned."""
        if a.sign == "transposed":
            return a.parts[0]
        return self._notation.transposed(a)

    def _positive(self, a: Written) -> Written | None:
        """−a, if a has a minus in front."""
        if a.sign == "negative":
            return a.parts[0]
        if a.value is not None and a.text.startswith("-"):
            return self._notation.numeral(-a.value)
        if a.sign not in ("multiply", "divide") or not a.text.startswith("-"):
            return None
        first, second = a.parts
        positive = self._positive(first)
        if positive is None:
            return None
        if a.sign == "divide":
            return self._notation.fraction(positive, second)
        return self._joined(positive, second)

    def _split(self, a: Written) -> tuple[float, Written | None]:
        """A number in front, and what it multiplies."""
        if a.value is not None:
            return a.value, None
        if a.sign == "negative":
            n, x = self._split(a.parts[0])
            return -n, x
        if a.sign == "multiply":
            (m, x), (n, y) = map(self._split, a.parts)
            if m * n != 1:
                rest = self._joined(x, y) if x and y else x or y
                return m * n, rest
        return 1.0, a

    def _joined(self, a: Written, b: Written) -> Written:
        """a · b, neither of which is tidied any more."""
        if a.value == 1:
            return b
        return self._notation.between("multiply", a, b)

    def _scaled(self, number: float, x: Written | None, y: Written | None) -> Written:
        """A number times what there is of two factors."""
        if x is None or y is None:
            rest = y if x is None else x
        else:
            rest = self.multiply(x, y)
        if rest is None or number == 0:
            return self._notation.numeral(number)
        if number == 1:
            return rest
        if number == -1:
            return self.negative(rest)
        return self._notation.between("multiply", self._notation.numeral(number), rest)


_NAMES = {"name", "symbol", "letter"}
_OPPOSITE = {
    "greater": "less_equal",
    "greater_equal": "less",
    "less": "greater_equal",
    "less_equal": "greater",
    "equal": "not_equal",
}


def _is_term(x: Written) -> bool:
    """Whether what reads like this is equal to it: a name, or a power of one."""
    base = x.parts[0] if x.sign == "power" and x.parts[1].value is not None else x
    return base.sign in _NAMES


def _is_short(value: float) -> bool:
    """Whether a number can be read off its six digits."""
    return abs(float(f"{value:.6g}") - value) <= 1e-12 * abs(value)
