"""The leaves that a user makes: variables and placeholders (constants: op.py)."""

from __future__ import annotations

from typing import Any

from graphgrad.dtypes import FLOAT, as_array, as_dtype
from graphgrad.graph.op import PLACEHOLDER, VARIABLE, leaf
from graphgrad.graph.tensor import NO_ATTRS, Tensor, as_name
from graphgrad.shapes import as_shape


def variable(
    value: Any, *, name: str | None = None, dtype: Any = None, trainable: bool = True
) -> Tensor:
    """A tensor that has a value, can be assigned, and is differentiable.

    Args:
        value: number, list or array; it is copied. Python ints and lists of them
            become float64, so that they carry gradients; NumPy arrays keep their
            dtype.
        name: shown in pictures and messages.
        dtype: of the variable, if not the value's.
        trainable: whether it counts among a model's parameters.

    Raises:
        DTypeError: for values that are not numbers.

    Example:
        >>> import graphgrad as gg
        >>> price = gg.variable(100, name="price")
        >>> double = price * 2
        >>> price.assign(120)
        >>> float(double)
        240.0
    """
    array = as_array(value, dtype)
    plain = not hasattr(value, "dtype")
    if dtype is None and plain and array.dtype.kind in "iu":
        array = as_array(array, FLOAT)
    tensor = leaf(VARIABLE, array, None, {"trainable": bool(trainable)})
    return tensor if name is None else tensor.named(name)


def placeholder(
    shape: Any = (), *, dtype: Any = "float64", name: str | None = None
) -> Tensor:
    """A tensor that is given its value when the graph is run.

    Args:
        shape: sizes, or names of sizes known only then: ``("batch", 784)``.
        dtype: of the values; a bound array must cast to it safely or be of its kind.
        name: shown in pictures and messages.

    Raises:
        ShapeError: for negative sizes and names that are not words.
        DTypeError: for a dtype that is not of numbers.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.placeholder(("batch", 3), name="x")
        >>> (x * 2).shape
        ('batch', 3)
    """
    if name is not None:
        as_name(name)
    return Tensor(PLACEHOLDER, (), NO_ATTRS, as_shape(shape), as_dtype(dtype), name)
