"""Sparing Python the search for cycles of references where there can be none.

A node refers to what was there before it. If all of that is graphgrad's own, ops and
numbers and nodes like it, no cycle goes through it, and counting references frees it.
Looking for cycles again and again would take nearly half of the time that a graph of
many scalars is built in. A user's op or an attr may refer to anything, an object that
holds the node too: nodes with such, and those after them, are left to the search.
"""

from __future__ import annotations

import gc
import os
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

    def __init__(self) -> None:
        self.turn = Lock()
        self.wanted = 0
        self.before = False

    def begin(self) -> None:
        """Stop the search."""
        with self.turn:
            if not self.wanted:
                self.before = gc.isenabled()
                gc.disable()
            self.wanted += 1

    def end(self) -> None:
        """Let it go on, if nobody else wants it to wait."""
        with self.turn:
            self.wanted -= 1
            if not self.wanted and self.before:
                gc.enable()

    def leave(self) -> None:
        """In a copy of the process none of the other threads is there to end it."""
        if self.wanted and self.before:
            gc.enable()
        self.__init__()


_pause = _Pause()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pause.leave)


@contextmanager
def no_search() -> Iterator[None]:
    """Python does not look for cycles meanwhile, for no thread.

    What compiles makes many objects that it keeps to its end, and every search would
    look through all of them, and now and then through all that the process holds.
    """
    _pause.begin()
    try:
        yield
    finally:
        _pause.end()
