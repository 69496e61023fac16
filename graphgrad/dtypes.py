"""Which dtypes there are, and how they promote: as in NumPy 2 and the array API.

Python scalars are weak: they take the dtype of the arrays beside them and never
widen one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from graphgrad.errors import DTypeError

FLOAT = np.dtype("float64")
INTEGER = np.dtype("int64")
BOOL = np.dtype("bool")

_KINDS = "biufc"


def as_dtype(dtype: Any) -> np.dtype:
    """The NumPy dtype that a user's dtype means.

    Raises:
        DTypeError: if it is not a dtype, or not boolean, integer, float or complex.
    """
    try:
        result = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(
            f"{dtype!r} is not a dtype", remedy='give a name such as "float64"'
        ) from error
    if result.kind not in _KINDS:
        raise DTypeError(
            f"dtype {result} is not supported",
            remedy="use booleans, integers, floats or complex numbers, "
            'e.g. array.astype("float64")',
        )
    return result


def is_differentiable(dtype: np.dtype) -> bool:
    """Whether values of this dtype carry gradients: floating-point, complex too."""
    return dtype.kind in "fc"


@cache
def promote(*dtypes: np.dtype) -> np.dtype:
    """The dtype of a result of these dtypes, as `numpy.result_type`."""
    return np.result_type(*dtypes)


@cache
def to_floating(dtype: np.dtype) -> np.dtype:
    """The dtype in which a function such as exp takes its input: never an integer."""
    return dtype if dtype.kind in "fc" else FLOAT


@cache
def to_real(dtype: np.dtype) -> np.dtype:
    """The dtype of the parts of a complex dtype; any other as it is."""
    return np.zeros((), dtype).real.dtype


@cache
def weak(kind: type, *dtypes: np.dtype) -> np.dtype:
    """The dtype that a Python scalar of type ``kind`` takes beside these dtypes."""
    scalar = kind(1)
    return np.result_type(*dtypes, scalar) if dtypes else np.asarray(scalar).dtype


def as_array(value: Any, dtype: Any = None) -> np.ndarray:
    """A read-only copy of a user's array, list or scalar.

    Raises:
        DTypeError: for dtype object, text, dates and other unsupported kinds.
        ShapeError: for ragged lists.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise DTypeError(
            "a masked array cannot be part of a graph: its mask would be lost",
            remedy="fill it: array.filled(0), and keep the mask as a tensor of its own",
        )
    try:
        array = np.array(value, dtype=None if dtype is None else as_dtype(dtype))
    except (TypeError, ValueError) as error:
        raise DTypeError(
            f"{type(value).__name__} does not make an array: {error}",
            remedy="give numbers in rows of equal length",
        ) from error
    if array.dtype.kind not in _KINDS:
        raise DTypeError(
            f"an array of dtype {array.dtype} cannot be part of a graph",
            remedy='give numbers, e.g. array.astype("float64")'
            + ("; gg.stack joins tensors" if array.dtype.kind == "O" else ""),
        )
    array.flags.writeable = False
    return array
