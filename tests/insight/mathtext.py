"""Whether LaTeX can be read: matplotlib's own reader of mathematics is the oracle."""

import functools
import logging
import re

from matplotlib.mathtext import MathTextParser


@functools.cache
def _reader():
    logging.getLogger("matplotlib.mathtext").setLevel(logging.ERROR)  # of glyphs
    return MathTextParser("path")


def reads(latex: str) -> bool:
    """Whether each line of a formula, or of an ``aligned`` environment, can be read."""
    inside = re.sub(r"\\(begin|end)\{aligned\}", "", latex).strip()
    for line in inside.split("\\\\\n"):
        try:
            _reader().parse(f"${_unaligned(line)}$")
        except ValueError:
            return False
    return True


def _unaligned(line: str) -> str:
    """A line without the signs of alignment, and without the only sign it lacks."""
    return re.sub(r"(?<!\\)&", "", line).replace(r"\&", "+").strip()
