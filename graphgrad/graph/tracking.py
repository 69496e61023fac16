"""Keeping nodes out of Python's search for cycles of references.

A node refers to what was there before it. If all of that is graphgrad's own, ops and
numbers and nodes like it, no cycle goes through it, and counting references frees it.
Looking for cycles again and again would take nearly half of the time that a graph of
many scalars is built in. A user's op or an attr may refer to anything, an object that
holds the node too: nodes with such, and those after them, are left to the search.
"""

from __future__ import annotations

from collections.abc import Callable
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
