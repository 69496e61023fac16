"""Sparing Python the search for cycles of references where there can be none.

A node refers to what was there before it. If all of that is graphgrad's own, ops and
numbers and nodes like it, no cycle goes through it, and counting references frees it.
Looking for cycles again and again would take nearly half of the time that a graph of
many scalars is built in. A user's op or an attr may refer to anything, an object that
holds the node too: nodes with such, and those after them, are left to the search.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any


def _untracking() -> Callable[[int], Any]:
    """CPython's own function, which types written in C call; elsewhere, nothing.

    It takes the node's address, its ``id``: to hand over the node takes a third longer.
    """
    try:
        import ctypes

        function = ctypes.pythonapi.PyObject_GC_UnTrack
    except (ImportError, AttributeError):
        return lambda _: None
    function.argtypes, function.restype = [ctypes.c_void_p], None
    return function


untrack = _untracking()


class _Pause:
    """How many threads want it, and what Python did before the first."""

    wanted = 0
    before = False
    turn = Lock()


@contextmanager
def no_search() -> Iterator[None]:
    """Python does not look for cycles meanwhile: for work that drops few objects.

    What compiles makes many that it keeps to its end, and every search would look
    through all of them, and now and then through all that the process holds.
    """
    with _Pause.turn:
        if not _Pause.wanted:
            _Pause.before = gc.isenabled()
            gc.disable()
        _Pause.wanted += 1
    try:
        yield
    finally:
        with _Pause.turn:
            _Pause.wanted -= 1
            if not _Pause.wanted and _Pause.before:
                gc.enable()
