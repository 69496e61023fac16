"""Names of tensors in LaTeX: indices, Greek letters, words upright, any script."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

_GREEK = set(
    """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho
    sigma tau upsilon phi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    """.split()  # noqa: SIM905  a column of quoted words says no more
)
_SIGNS = {
    "×": r"\times",
    "÷": r"\div",
    "−": "-",
    "·": r"\cdot",
    "Σ": r"\Sigma",
    "→": r"\to",
    "∞": r"\infty",
    "…": r"\ldots",
    "∂": r"\partial",
    "‖": r"\|",
    "≤": r"\leq",
    "≥": r"\geq",
    "≠": r"\ne",
    "ᵀ": r"^{\top}",
    "′": r"^{\prime}",
}
_ESCAPED = {c: f"\\{c}" for c in "_%${}#& "} | {
    "\\": r"\backslash ",
    "^": r"\wedge ",
    "~": r"\sim ",
    '"': "''",
    "`": "'",
}
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_INDEXED = re.compile(r"([^\W\d_]+)_?(\d+)|([^\W\d_]+)_([^_]+)")


def latex_name(name: str) -> str:
    r"""A name as LaTeX.

    Args:
        name: any text; "W1" gets an index, "theta" and "θ" become ``\theta``, words
            stand upright, what is no ASCII stands in ``\text``.

    Example:
        >>> from graphgrad.insight.names import latex_name
        >>> [latex_name(x) for x in ("W1", "theta_max", "apple", "사과")]
        ['W_{1}', '\\theta_{\\mathrm{max}}', '\\mathrm{apple}', '\\text{사과}']
    """
    if match := re.fullmatch("(.*[^₀-₉])([₀-₉]+)", name):
        return f"{latex_name(match[1])}_{{{match[2].translate(_DIGITS)}}}"
    plain = name
    if (whole := _letter(plain)) is not None:
        return whole
    if match := _INDEXED.fullmatch(plain):
        base, index = _letter(match[1] or match[3]), match[2] or match[4]
        if base is not None:
            below = index if index.isdigit() else latex_word(index)
            return f"{base}_{{{below}}}"
    return latex_word(plain)


def _letter(name: str) -> str | None:
    """A single letter, Latin or Greek, as a variable; None for any other name."""
    if re.fullmatch("[A-Za-z]", name):
        return name
    if name in _SIGNS:
        return _SIGNS[name]
    if len(name) == 1 and unicodedata.name(name, "").startswith("GREEK"):
        kind, _, spelled = unicodedata.name(name).partition(" LETTER ")
        spelled = spelled.lower().replace("lamda", "lambda")
        name = spelled.capitalize() if kind.endswith("CAPITAL") else spelled
    return f"\\{name}" if name in _GREEK else None


def latex_word(text: str) -> str:
    r"""Words among symbols, upright; ASCII in ``\mathrm``, the rest in ``\text``."""
    if len(text) == 1 and text.isalpha() and text.isascii():
        return text
    return _upright(text, "mathrm")


def latex_text(text: str) -> str:
    r"""A sentence, in ``\text``, its signs in mathematics."""
    return _upright(text, "text")


def _upright(text: str, command: str) -> str:
    made = []
    for kind, run in groupby(text, lambda c: _kind(c, command)):
        read = "".join(run)
        if kind == "inside":
            if command == "mathrm":
                read = "".join(_ESCAPED.get(c, c) for c in read)
            made.append(rf"\{command}{{{read}}}")
        elif kind == "sign":
            made += [(_SIGNS | _ESCAPED)[c] for c in read]
        else:
            printed = "".join(c if c.isprintable() else " " for c in read)
            made.append(rf"\text{{{printed}}}")
    return _joined(made)


def _kind(c: str, command: str) -> str:
    """Whether a character stands inside a command, as a sign, or as text."""
    if not c.isascii():
        return "sign" if c in _SIGNS else "text"
    if not c.isprintable() or (c == "-" and command == "mathrm"):
        return "text"
    if command == "mathrm":
        return "sign" if c in "#&" else "inside"
    return "sign" if c in _ESCAPED and c != " " else "inside"


def _joined(made: list[str]) -> str:
    """Commands and letters kept apart."""
    text = ""
    for part in made:
        apart = re.search(r"\\[A-Za-z]+$", text)
        text += f" {part}" if apart else part
    return text
