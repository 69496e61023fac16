"""Where in the user's code a node was made.

A node keeps a code object and an instruction offset, which cost a few bytes; the file,
the line and its text are looked up only when an error or a report shows them.
"""

from __future__ import annotations

import linecache
import os
import sys
from pathlib import Path
from types import CodeType
from typing import NamedTuple

_PACKAGE = str(Path(__file__).parent.parent) + os.sep
# Code of the package by id: it lives as long as its modules, so that no id comes again.
_OURS: set[int] = set()
# The user's code that was found last: mostly it is the next, too.
_last: list[CodeType | None] = [None]


class Place(NamedTuple):
    """A line of code: file, number (from 1) and text, empty when it is not at hand."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        head = f"{Path(self.file).name}:{self.line}"
        return f"{head}: {self.text}" if self.text else head


def is_ours(code: CodeType) -> bool:
    """Whether the code is graphgrad's own."""
    if id(code) in _OURS:
        return True
    found = code.co_filename.startswith(_PACKAGE)
    if found:
        _OURS.add(id(code))
    return found


def capture(depth: int = 1) -> tuple[CodeType, int]:
    """The innermost frame that is not graphgrad's own, as (code, offset).

    Args:
        depth: where to begin: 0 is the caller's caller. Frames that need not be looked
            at need not be made either, which saves much of the time.
    """
    try:
        frame = sys._getframe(depth + 1)
    except ValueError:  # called by no Python code, as a thread's function may be
        frame = sys._getframe(1)
    code = frame.f_code
    while code is not _last[0]:
        if not is_ours(code):
            _last[0] = code
            break
        if frame.f_back is None:
            break
        frame = frame.f_back
        code = frame.f_code
    return code, frame.f_lasti


def locate(code: CodeType, offset: int) -> Place:
    """The line of code at an instruction offset; the first line if it is below 0."""
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= offset < end and number is not None:
            line = number
            break
    return Place(
        code.co_filename, line, linecache.getline(code.co_filename, line).strip()
    )
