"""Arrays and attrs as numbers, text, lists and dicts, exactly, and back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from math import isfinite, prod
from typing import Any

import numpy as np

from graphgrad.dtypes import as_dtype, to_real
from graphgrad.errors import DataError, GraphgradError
from graphgrad.graph.body import Body
from graphgrad.graph.pattern import ARRAY, Slice
from graphgrad.shapes import as_shape, show

READABLE = 16  # entries up to which an array is written as numbers


def encode_array(array: Any) -> Any:
    """Numbers in a list if they are few, else the bytes in base64, little end first.

    A complex number is two numbers.
    """
    array = np.asarray(array)
    parts = array
    if array.dtype.kind == "c":
        parts = np.stack([array.real, array.imag], axis=-1)
    if array.size <= READABLE and np.isfinite(parts).all():
        return parts.ravel().tolist()
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")


def decode_array(data: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """The array of a shape and dtype that is written as this data.

    Raises:
        DataError: if the data does not fit them.
    """
    if isinstance(data, str):
        try:
            raw = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise DataError("its value is not base64") from None
        if len(raw) != prod(shape) * dtype.itemsize:
            raise DataError(
                f"its value has {len(raw)} bytes, and shape {show(shape)} of {dtype} "
                f"takes {prod(shape) * dtype.itemsize}"
            )
        array = np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype)
        if dtype.kind == "b" and any(byte > 1 for byte in raw):
            raise DataError("its value has a boolean that is neither 0 nor 1")
        return array.reshape(shape)
    return _from_numbers(data, shape, dtype)


def _from_numbers(data: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    kinds = {"b": (bool,), "i": (int,), "u": (int,)}.get(dtype.kind, (int, float))
    count = prod(shape) * (2 if dtype.kind == "c" else 1)
    if not isinstance(data, list) or len(data) != count:
        raise DataError(
            f"its value is no list of {count} numbers, as shape {show(shape)} takes"
        )
    if not all(type(x) in kinds for x in data):
        raise DataError(f"its value has an entry that is not of dtype {dtype}")
    real = to_real(dtype)
    try:
        with np.errstate(over="ignore"):
            array = np.array(data, real)
        fits = bool(np.isfinite(array).all())
    except OverflowError:
        fits = False
    if not fits:
        raise DataError(f"its value has a number that {dtype} does not hold")
    return array.view(dtype).reshape(shape)


def encode_attr(value: Any, encode_body: Callable[[Body], Any]) -> Any:
    """An attr; what JSON lacks becomes a dict with one key, which names its kind.

    Raises:
        DataError: for a value of another kind.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, float):
        return float(value) if isfinite(value) else {"float": repr(float(value))}
    if isinstance(value, complex):
        return {
            "complex": [encode_attr(x, encode_body) for x in (value.real, value.imag)]
        }
    if isinstance(value, tuple):
        return [encode_attr(x, encode_body) for x in value]
    if isinstance(value, Slice):
        return {"slice": [value.start, value.stop, value.step]}
    if value is ARRAY or value is Ellipsis:
        return {"index": "array" if value is ARRAY else "..."}
    if isinstance(value, Body):
        return {"body": encode_body(value)}
    raise DataError(
        f"an attr of type {type(value).__name__} cannot be saved",
        remedy="attrs are numbers, text, tuples of these, slices and bodies",
    )


def decode_attr(data: Any, decode_body: Callable[[Any], Body]) -> Any:
    """The attr that is written as this data.

    Raises:
        DataError: if none is.
    """
    if data is None or type(data) in (bool, int, float, str):
        return data
    if isinstance(data, list):
        return tuple(decode_attr(x, decode_body) for x in data)
    if not isinstance(data, dict) or len(data) != 1:
        raise DataError(f"an attr is written as {type(data).__name__}")
    ((kind, content),) = data.items()
    if kind == "body":
        return decode_body(content)
    if kind == "float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if kind == "complex" and isinstance(content, list) and len(content) == 2:
        real, imag = (decode_attr(x, decode_body) for x in content)
        if type(real) is type(imag) is float:
            return complex(real, imag)
    if kind == "index" and content in ("array", "..."):
        return ARRAY if content == "array" else Ellipsis
    if kind == "slice" and _is_slice(content):
        return Slice(*content)
    raise DataError(f"an attr of kind {kind!r} is written as {content!r:.60}")


def _is_slice(content: Any) -> bool:
    return (
        isinstance(content, list)
        and len(content) == 3
        and all(x is None or type(x) is int for x in content)
        and content[2] != 0
    )


def decode_shape(data: Any) -> tuple[Any, ...]:
    """A shape, from a list of sizes and names.

    Raises:
        DataError: if it is none.
    """
    if not isinstance(data, list) or not all(type(d) in (int, str) for d in data):
        raise DataError(f"a shape is written as {data!r:.60}")
    try:
        return as_shape(data)
    except (GraphgradError, ValueError) as error:
        raise DataError(f"{data!r:.60} is no shape: {error}") from None


def decode_dtype(data: Any) -> np.dtype:
    """A dtype, from its name.

    Raises:
        DataError: if it is none.
    """
    try:
        found = as_dtype(data) if isinstance(data, str) else None
    except GraphgradError:
        found = None
    if found is None or found.name != data:
        raise DataError(f"a dtype is written as {data!r:.60}")
    return found
