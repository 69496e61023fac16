"""NumPy's functions on tensors build graphs: `np.exp(t)`, `np.ones(3) * t`.

Without both protocols NumPy would turn a tensor into an array and lose its graph.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.op import REGISTRY, Op
from graphgrad.ops.catalogue import counterpart

# Answers about a tensor, not about its values; and what must not build a graph.
_ABOUT = {np.shape: "shape", np.ndim: "ndim"}


@cache
def _ops_by_function(count: int) -> dict[Any, Op]:
    """The op of every NumPy function; the number of ops tells when to look again."""
    found = {np.amax: REGISTRY["max"], np.amin: REGISTRY["min"]}
    for op in REGISTRY.values():
        module, _, name = counterpart(op).rpartition(".")
        if module.partition(".")[0] == "numpy":
            found[getattr(importlib.import_module(module), name)] = op
    return found


def array_ufunc(
    self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
) -> Any:
    """``np.exp(t)``, ``array * t``: the op of the same name."""
    if method != "__call__":
        raise ArgumentError(
            f"np.{ufunc.__name__}.{method} has no op",
            remedy="reduce with gg.sum, gg.prod, gg.max or gg.min",
        )
    return _apply(ufunc, inputs, options)


def array_function(
    self: Any, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """``np.sum(t)``, ``np.concatenate([t, u])``: the op that is like it."""
    if function in _ABOUT:
        return getattr(args[0], _ABOUT[function])
    return _apply(function, args, kwargs)


def _apply(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    op = _ops_by_function(len(REGISTRY)).get(function)
    name = getattr(function, "__name__", str(function))
    if op is None:
        raise ArgumentError(
            f"np.{name} has no op: it would lose the graph",
            remedy="see gg.ops.table() for the ops there are, or compute with "
            "np.asarray(tensor)",
        )
    return op(*args, **options)
