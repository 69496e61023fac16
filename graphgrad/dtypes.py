"""Which dtypes there are, and how they promote: as in NumPy 2 and the array API.

Python scalars are weak: they take the dtype of the arrays beside them and never
widen one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError, DTypeError

BOOL, int8, int16, int32, int64, uint8, uint16, uint32, uint64 = map(
    np.dtype, ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")
)
float16, float32, float64, complex64, complex128 = map(
    np.dtype, ("f2", "f4", "f8", "c8", "c16")
)

FLOAT = float64
INTEGER = int64

_KINDS = "biufc"
_SORTS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


def as_dtype(dtype: Any) -> np.dtype:
    """The NumPy dtype that a user's dtype means.

    Raises:
        DTypeError: if it is not a dtype, or not boolean, integer, float or complex.
    """
    try:
        result = np.dtype(dtype)
    except (TypeError, ValueError, SyntaxError) as error:  # text is parsed
        raise DTypeError(
            f"{dtype!r} is not a dtype", remedy='give a name such as "float64"'
        ) from error
    if result.kind not in _KINDS:
        raise DTypeError(
            f"dtype {result} is not supported",
            remedy="use booleans, integers, floats or complex numbers, "
            'e.g. array.astype("float64")',
        )
    # Everywhere else bytes are in the processor's order.
    return result if result.isnative else np.dtype(result.name)


def as_device(device: Any) -> str:
    """The device of all values, "cpu", checked; None means it.

    Raises:
        ArgumentError: for any other.
    """
    if device not in (None, "cpu"):
        raise ArgumentError(
            f"there is no device {device!r}", remedy='the one device is "cpu"'
        )
    return "cpu"


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
    return np.real(np.zeros(1, dtype)).dtype


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
    masked = sys.modules.get("numpy.ma")  # not imported: there is no such array
    if masked is not None and isinstance(value, masked.MaskedArray):
        raise DTypeError(
            "a masked array cannot be part of a graph: its mask would be lost",
            remedy="fill it: array.filled(0), and keep the mask as a tensor of its own",
        )
    try:
        if hasattr(value, "__array__"):  # np.array would ask some peers in vain
            value = np.asarray(value)
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
    if not array.dtype.isnative:
        array = array.astype(as_dtype(array.dtype))
    array.flags.writeable = False
    return array


def result_type(*arrays_and_dtypes: Any) -> np.dtype:
    """The dtype that these promote to; Python scalars are weak.

    Args:
        *arrays_and_dtypes: tensors, arrays, dtypes and Python scalars.

    Raises:
        DTypeError: for anything else, or if no dtype is given.

    Example:
        >>> import graphgrad as gg
        >>> gg.result_type(gg.int8, gg.zeros(2, dtype="float32"), 1.5)
        dtype('float32')
    """
    scalars = [x for x in arrays_and_dtypes if type(x) in _SCALARS]
    strong = [_dtype_of(x) for x in arrays_and_dtypes if type(x) not in _SCALARS]
    if not strong:
        raise DTypeError(
            "result_type needs at least one tensor or dtype",
            remedy="give one beside the Python scalars",
        )
    return np.result_type(*strong, *scalars)


_SCALARS = (bool, int, float, complex)


def _dtype_of(x: Any) -> np.dtype:
    return as_dtype(getattr(x, "dtype", x))


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether one dtype can be cast to another by promotion alone.

    Args:
        from_: a dtype, tensor or array.
        to: a dtype.

    Example:
        >>> import graphgrad as gg
        >>> gg.can_cast(gg.int8, gg.int16), gg.can_cast(gg.float64, gg.int64)
        (True, False)
    """
    return np.can_cast(_dtype_of(from_), as_dtype(to))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind.

    Args:
        dtype: the dtype in question.
        kind: a dtype; "bool", "signed integer", "unsigned integer", "integral",
            "real floating", "complex floating" or "numeric"; or a tuple of these.

    Raises:
        DTypeError: for a kind that there is not.

    Example:
        >>> import graphgrad as gg
        >>> gg.isdtype(gg.float32, ("real floating", "bool"))
        True
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if isinstance(kind, str) and kind in _SORTS:
        return as_dtype(dtype).kind in _SORTS[kind]
    if isinstance(kind, str):
        raise DTypeError(
            f"{kind!r} is not a kind of dtype",
            remedy=f"the kinds are {', '.join(_SORTS)}",
        )
    return as_dtype(dtype) == as_dtype(kind)


@dataclass(frozen=True, slots=True)
class FloatInfo:
    """What a floating-point dtype can hold; made by `finfo`.

    Attributes:
        bits: width of a real number, or of one part of a complex one.
        eps: distance from 1 to the next larger number.
        max: largest finite number.
        min: most negative finite number.
        smallest_normal: smallest positive number of full precision.
        dtype: the real dtype.
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype


@dataclass(frozen=True, slots=True)
class IntegerInfo:
    """What an integer dtype can hold; made by `iinfo`.

    Attributes:
        bits: width.
        max: largest number.
        min: smallest number.
        dtype: the dtype.
    """

    bits: int
    max: int
    min: int
    dtype: np.dtype


def finfo(type: Any, /) -> FloatInfo:
    """The limits of a floating-point dtype, tensor or array.

    Raises:
        DTypeError: for other dtypes.

    Example:
        >>> import graphgrad as gg
        >>> gg.finfo("float32").bits, gg.finfo(gg.float64).eps
        (32, 2.220446049250313e-16)
    """
    dtype = _dtype_of(type)
    if dtype.kind not in "fc":
        raise DTypeError(f"{dtype} is not floating-point", remedy="use gg.iinfo")
    found = np.finfo(dtype)
    eps, low, high = float(found.eps), float(found.min), float(found.max)
    tiny = float(found.smallest_normal)
    return FloatInfo(found.bits, eps, high, low, tiny, to_real(dtype))


def iinfo(type: Any, /) -> IntegerInfo:
    """The limits of an integer dtype, tensor or array.

    Raises:
        DTypeError: for other dtypes.

    Example:
        >>> import graphgrad as gg
        >>> gg.iinfo("uint8").max
        255
    """
    dtype = _dtype_of(type)
    if dtype.kind not in "iu":
        raise DTypeError(f"{dtype} is not an integer", remedy="use gg.finfo")
    found = np.iinfo(dtype)
    return IntegerInfo(found.bits, int(found.max), int(found.min), dtype)
