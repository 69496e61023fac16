"""From a function to its graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from graphgrad.errors import ArgumentError
from graphgrad.graph.graph import Graph
from graphgrad.graph.leaves import placeholder
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.trees import flatten


def trace(function: Callable[..., Any], *specs: Any) -> Graph:
    """The graph of a function, called once with placeholders.

    Args:
        function: takes tensors; gives a tensor, or nested lists, tuples and dicts.
        *specs: one per argument: a shape such as ``("batch", 784)``, which means
            float64; anything with ``shape`` and ``dtype``, such as an array; or a
            placeholder, which is used itself.

    Returns:
        The graph of what the function gives. Its placeholders bear the names of the
        function's parameters.

    Raises:
        ArgumentError: if the function gives something else than tensors.
        ShapeError: for a spec that is no shape.

    Example:
        >>> import graphgrad as gg
        >>> print(gg.trace(lambda x, w: gg.sum(x * w), ("n",), ("n",)))
        v0 = placeholder "x" (n,) float64
        v1 = placeholder "w" (n,) float64
        v2 = multiply(v0, v1) (n,) float64
        v3 = sum(v2, axis=(0,), keepdims=False, dtype=None) () float64
        -> v3
    """
    names = _names(function, len(specs))
    inputs = [_input(spec, name) for spec, name in zip(specs, names, strict=True)]
    leaves = flatten(function(*inputs))[0]
    if not leaves:
        raise ArgumentError("the function gives no tensor", remedy="return a result")
    return Graph(lift(leaves))


def _input(spec: Any, name: str | None) -> Tensor:
    if isinstance(spec, Tensor) and spec.op.name == "placeholder":
        return spec
    if hasattr(spec, "dtype"):
        return placeholder(spec.shape, dtype=spec.dtype, name=name)
    return placeholder(spec, name=name)


def _names(function: Callable[..., Any], count: int) -> list[str | None]:
    """The names of the first parameters, where the function tells them."""
    try:
        known = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some functions written in C
        known = []
    names: list[str | None] = [
        p.name for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return (names + [None] * count)[:count]
