"""How wide a text is drawn, so that every layout can reserve room for it.

Widths come from DejaVu Sans, or from the wide-character property of Unicode where
DejaVu has no glyph (한글, かな, 漢字). Verdana, the second choice of the pictures'
font list, has the same widths to within a few percent.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from graphgrad.drawing import dejavu

# A typical glyph of a script that is neither in the table nor wide, in em.
_OTHER = 0.65
# Bold beside regular in DejaVu Sans, for glyphs that the bold table lacks.
_BOLD = 1.13
_INVISIBLE = ("Mn", "Me", "Cf")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of `text` in pixels at a font size of `size` pixels.

    Example:
        >>> round(width("apple", 16), 1)
        44.4
        >>> width("사과", 16)
        32.0
    """
    return size * sum(_advance(character, bold) for character in text)


def shorten(text: str, limit: int) -> str:
    """`text`, or its beginning and an ellipsis where it is longer than `limit`.

    Example:
        >>> shorten("attention", 5)
        'atte…'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable(text: str) -> str:
    r"""`text` with control characters, lone surrogates and the like made visible.

    Example:
        >>> printable("a\tb\x00")
        'a b�'
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    refused = category in ("Cc", "Cs", "Cn") or character in "\ufffe\uffff"
    return "\ufffd" if refused else character


@cache
def _advance(character: str, bold: bool) -> float:
    code = ord(character)
    if bold and code in _table(bold):
        return _table(bold)[code] / dejavu.UNITS_PER_EM
    if code in _table(False):
        em = _table(False)[code] / dejavu.UNITS_PER_EM
        return em * _BOLD if bold else em
    if unicodedata.category(character) in _INVISIBLE:
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return _OTHER


@cache
def _table(bold: bool) -> dict[int, int]:
    runs = dejavu.BOLD if bold else dejavu.REGULAR
    widths: dict[int, int] = {}
    for first, run in runs.items():
        code = first
        for entry in run.split():
            units, _, times = entry.partition("*")
            for _ in range(int(times or 1)):
                widths[code] = int(units)
                code += 1
    return widths
