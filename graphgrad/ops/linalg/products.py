"""Products of vectors, and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ShapeError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import declared
from graphgrad.ops.arranging import roll
from graphgrad.ops.linalg.matrices import known_sizes
from graphgrad.ops.movement import expand_dims
from graphgrad.ops.reduction import sum
from graphgrad.shapes import broadcast, normalise_axis, show

_REALS = Interval(-5, 5)
_DIAGONALS = Domain(
    (_REALS,), signature="(n,m)", options=({}, {"offset": 1}, {"offset": -1})
)


@composite(domain=Domain((_REALS, _REALS), signature="(n),(m)->(n,m)"))
def outer(x: Any, y: Any, /) -> Any:
    """All products of an entry of the vector x with one of the vector y."""
    for v in (x, y):
        if len(v.shape) != 1:
            raise ShapeError(f"shape {show(v.shape)} is not a vector's")
    return expand_dims(x, 1) * y


def _as_cross(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    ndim = len(broadcast(x.shape, y.shape))
    return (x, y), {"axis": normalise_axis(axis, ndim) - ndim}


@composite(
    prepare=_as_cross,
    domain=Domain((_REALS, _REALS), signature="(3),(3)->(3)"),
)
def cross(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """The cross product of vectors of 3 entries along an axis."""
    short = min(x.ndim, y.ndim) < -axis
    if short or x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(y.shape)} have no 3 entries along "
            f"axis {axis}"
        )
    ahead = roll(x, -1, axis=axis) * roll(y, -2, axis=axis)
    return ahead - roll(x, -2, axis=axis) * roll(y, -1, axis=axis)


@composite(domain=_DIAGONALS, like="numpy.linalg.diagonal")
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of matrices; those above the main one have offsets over 0."""
    rows, columns = known_sizes(x, "the diagonal")
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    places = np.arange(count)
    return x[..., places + max(-offset, 0), places + max(offset, 0)]


@composite(domain=_DIAGONALS, like="numpy.linalg.trace")
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sums of the diagonals of matrices."""
    return sum(diagonal(x, offset=offset), -1, dtype=dtype)


__all__ = declared(globals())
