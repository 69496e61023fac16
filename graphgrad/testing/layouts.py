"""The ways in which one array can lie in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from graphgrad.testing.problem import Array


def _reversed(array: Array) -> Array:
    flip = (..., *(slice(None, None, -1),) * array.ndim)
    return array[flip].copy()[flip]


def _with_gaps(array: Array) -> Array:
    wide = np.zeros([2 * n for n in array.shape], array.dtype)
    view = wide[(..., *(slice(None, None, 2),) * array.ndim)]
    view[...] = array
    return view


LAYOUTS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("in Fortran order", lambda array: np.array(array, order="F")),
    ("stored in reverse", _reversed),
    ("stored with gaps", _with_gaps),
)
