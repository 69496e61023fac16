"""Matching the user's arrays to placeholders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from graphgrad.dtypes import as_array
from graphgrad.errors import BindingError, ShapeError
from graphgrad.graph.op import PLACEHOLDER
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.shapes import learn


def bind(
    pairs: Iterable[tuple[Tensor, Any]], known: Iterable[Tensor]
) -> tuple[dict[Tensor, Any], dict[str, int]]:
    """Values of placeholders, and the sizes of symbolic dimensions learnt from them.

    Args:
        pairs: placeholders and the arrays bound to them.
        known: the placeholders that the graph has.

    Raises:
        BindingError: for a tensor that is no placeholder of the graph, one bound
            twice, an array of another dtype or shape.
    """
    graph = set(known)
    values: dict[Tensor, Any] = {}
    sizes: dict[str, int] = {}
    for x, given in pairs:
        if not isinstance(x, Tensor) or x.op is not PLACEHOLDER:
            shown = describe(x) if isinstance(x, Tensor) else repr(x)
            raise BindingError(
                f"{shown} is not a placeholder and cannot be bound",
                remedy="bind placeholders; assign a variable with x.assign(value)",
            )
        if x not in graph:
            raise BindingError(
                f"{describe(x)}, made at {x.where()}, is not in the graph",
                remedy=f"the graph's placeholders: {_listed(graph)}",
            )
        if x in values:
            raise BindingError(f"{describe(x)} is bound twice")
        values[x] = _fitted(x, given, sizes)
    return values, sizes


def _listed(placeholders: set[Tensor]) -> str:
    ordered = sorted(placeholders, key=lambda x: x.serial)
    return ", ".join(describe(x) for x in ordered) or "none"


def _fitted(x: Tensor, given: Any, sizes: dict[str, int]) -> Any:
    array = as_array(given)
    scalar = not isinstance(given, np.ndarray | np.generic | Tensor)
    fits = (array.size == 0 and scalar) or np.can_cast(
        array.dtype, x.dtype, "same_kind"
    )
    if not fits:
        raise BindingError(
            f"an array of dtype {array.dtype} does not bind to {describe(x)}",
            remedy=f'cast it first: array.astype("{x.dtype}")',
        )
    try:
        learn(x.shape, array.shape, sizes)
    except ShapeError as error:
        raise BindingError(
            f"{error.problem}, the shape of {describe(x)}",
            remedy="reshape the array, or declare the dimension with a name",
        ) from None
    array = array if array.dtype == x.dtype else array.astype(x.dtype)
    return array if array.ndim else array[()]
