"""The one place where lower layers are given what they need from above.

A tensor knows its op; its operators, methods, value and pictures belong to layers
above it. They are put in here, once, at import.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from graphgrad.drawing.notebook import mimebundle
from graphgrad.execute.current import backward, gradient, value
from graphgrad.execute.deviation import compare
from graphgrad.execute.program import Program
from graphgrad.execute.run import Run
from graphgrad.graph import saving
from graphgrad.graph.compare import diff
from graphgrad.graph.graph import Graph
from graphgrad.graph.methods import Methods
from graphgrad.graph.op import REGISTRY, Op
from graphgrad.graph.tensor import NO_ATTRS, Tensor
from graphgrad.ops import standard
from graphgrad.ops.indexing import At
from graphgrad.ops.movement import matrix_transpose, permute_dims
from graphgrad.ops.numpy_protocol import array_function, array_ufunc

_OPERANDS = (Tensor, np.ndarray, np.generic, bool, int, float, complex, list, tuple)
_COMMON = frozenset(_OPERANDS)  # told by one look, without asking for bases


def install(namespace: ModuleType) -> None:
    """Give tensors their operators, methods and values, and notebooks pictures.

    Args:
        namespace: graphgrad itself, which tensors name as their array namespace.
    """
    for op in REGISTRY.values():
        for name in op.operators:
            setattr(Methods, name, _operator(op, name))
        if op.method:
            setattr(Methods, op.name, _method(op))
    Tensor.value = property(value)  # type: ignore[misc, assignment]
    Tensor.grad = property(gradient)  # type: ignore[misc, assignment]
    Tensor.backward = backward  # type: ignore[method-assign]
    Tensor.at = property(At)  # type: ignore[attr-defined]
    Tensor.T = property(permute_dims)  # type: ignore[attr-defined]
    Tensor.mT = property(matrix_transpose)  # type: ignore[attr-defined]
    Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
    Tensor.__array_function__ = array_function  # type: ignore[attr-defined]
    _follow_the_standard(namespace)
    Graph.diff = diff  # type: ignore[method-assign]
    Run.diff = compare  # type: ignore[attr-defined]
    for name, convert in saving.FORMS.items():
        setattr(Graph, name, convert)
    for drawable in (Tensor, Graph, Run, Program):
        drawable._repr_mimebundle_ = _notebook  # type: ignore[attr-defined]


def _follow_the_standard(namespace: ModuleType) -> None:
    """The parts of the array API's array object that are neither op nor operator."""

    def array_namespace(self: Tensor, *, api_version: str | None = None) -> ModuleType:
        standard.require_version(api_version)
        return namespace

    facts = {
        "__array_namespace__": array_namespace,
        "__dlpack__": standard.dlpack,
        "__dlpack_device__": standard.dlpack_device,
        "__index__": standard.index,
        "to_device": standard.to_device,
        "device": property(standard.device),
        "size": property(standard.size),
    }
    for name, fact in facts.items():
        setattr(Tensor, name, fact)


def _notebook(self: Any, **_: Any) -> dict[str, str]:
    return mimebundle(self)


def _operator(op: Op, name: str) -> Callable[..., Any]:
    if op.prepare is not None:  # x[index]

        def subscript(self: Tensor, index: Any) -> Any:
            return op(self, index)

        return subscript
    # One of the inputs is a tensor: there is nothing to tell apart, nor to compute.
    # The function made here is the one caller that is not the user's.
    node = op.apply if op.multiple else op.node
    if op.arity == 1:

        def unary(self: Tensor) -> Any:
            return node((self,), NO_ATTRS, 1)

        return unary
    if name in op.operators[1:]:  # of a pair such as __add__, __radd__

        def reflected(self: Tensor, other: Any) -> Any:
            if type(other) in _COMMON or isinstance(other, _OPERANDS):
                return node((other, self), NO_ATTRS, 1)
            return NotImplemented

        return reflected

    def operator(self: Tensor, other: Any) -> Any:
        if type(other) in _COMMON or isinstance(other, _OPERANDS):
            return node((self, other), NO_ATTRS, 1)
        return NotImplemented

    return operator


def _method(op: Op) -> Callable[..., Any]:
    def method(self: Tensor, *args: Any, **attrs: Any) -> Any:
        return op(self, *args, **attrs)

    method.__name__, method.__doc__ = op.name, op.doc
    return method
