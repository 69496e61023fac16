"""Keeping nodes out of Python's search for cycles of references.

A node refers to what was there before it and is never changed to refer to what comes
after, so no cycle goes through it, and counting references frees it. Looking for cycles
again and again would take half of the time that a graph of many scalars is built in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _untracking() -> Callable[[Any], None]:
    """CPython's own function, which types written in C call; elsewhere, nothing."""
    try:
        import ctypes

        function = ctypes.pythonapi.PyObject_GC_UnTrack
    except (ImportError, AttributeError):
        return lambda _: None
    function.argtypes, function.restype = [ctypes.py_object], None
    return function


untrack = _untracking()
