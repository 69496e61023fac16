"""Matrix products by the BLAS that SciPy brings, called from the program itself."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import binding as llvm
from llvmlite import ir

from graphgrad.execute.native.scalar import BYTE, register_type
from graphgrad.execute.native.steps import Product
from graphgrad.execute.native.views import View

_INT = ir.IntType(32)
_PREFIX = "graphgrad_blas_"
_LETTER = {"float32": "s", "float64": "d"}
# Multiplications above which BLAS is faster: by several threads, by one.
_SMALL, _LARGE = 1 << 23, 1 << 31


@cache
def _address(name: str) -> int:
    """Where SciPy's BLAS has a routine."""
    from scipy.linalg import cython_blas  # type: ignore[attr-defined]

    capsule = cython_blas.__pyx_capi__[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetName.argtypes = [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule))


def called_by(module: ir.Module) -> list[str]:
    """The names of the routines that a module calls."""
    return [name for name in module.globals if name.startswith(_PREFIX)]


def make_known(names: Iterable[str]) -> None:
    """Have routines where objects to come find them."""
    for name in names:
        llvm.add_symbol(name, _address(name.removeprefix(_PREFIX)))


def _routine(module: ir.Module, dtype: np.dtype) -> ir.Function:
    name = f"{_PREFIX}{_LETTER[dtype.name]}gemm"  # a name of our own
    if name in module.globals:
        return module.globals[name]
    text, whole = BYTE.as_pointer(), _INT.as_pointer()
    number = register_type(dtype).as_pointer()
    kinds = [text, text, whole, whole, whole, number, number, whole]
    kinds += [number, whole, number, number, whole]
    return ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)


def is_better(product: Product, threads: int) -> bool:
    """Whether BLAS is to multiply: where it is faster than code of our own.

    That is by several threads, for a vector on the right, and for large products.
    """
    factors = product.left, product.right
    if len(product.shape) > 2 or not all(map(_is_matrix, factors)):
        return False
    most = _SMALL if threads > 1 else _LARGE
    rows, columns = product.left.shape[0], product.right.shape[1]
    return product.work > most or (columns == 1 and rows > 1)


def _is_matrix(view: View) -> bool:
    """Whether BLAS can read it: one axis runs entry by entry, the other by rows."""
    (m, n), (s, t) = view.shape, view.strides
    rows = (n == 1 or t == 1) and (m == 1 or s >= max(n, 1))
    columns = (m == 1 or s == 1) and (n == 1 or t >= max(m, 1))
    return rows or columns


def multiply(
    builder: ir.IRBuilder, product: Product, pointers: tuple[Any, Any, Any]
) -> None:
    """Write the call: ``out = alpha · left @ right (+ out, if it has a start)``.

    Args:
        builder: writes the instructions.
        product: the sizes and strides.
        pointers: to the first entries of left, right and out, stored row after row.
    """
    left, right, out = pointers
    dtype = product.node.dtype
    (m, k), n = product.left.shape, product.right.shape[1]
    kind = register_type(dtype)
    beta = 0.0 if product.start is None else 1.0
    # BLAS counts columns first: it is asked for the transpose, right.T @ left.T.
    right_way, right_step = _way(product.right)
    left_way, left_step = _way(product.left)
    arguments = [
        _constant(builder, BYTE, right_way),
        _constant(builder, BYTE, left_way),
        _constant(builder, _INT, n),
        _constant(builder, _INT, m),
        _constant(builder, _INT, k),
        _constant(builder, kind, product.alpha),
        right,
        _constant(builder, _INT, right_step),
        left,
        _constant(builder, _INT, left_step),
        _constant(builder, kind, beta),
        out,
        _constant(builder, _INT, max(n, 1)),
    ]
    builder.call(_routine(builder.module, dtype), arguments)


def _way(view: View) -> tuple[int, int]:
    """The letter and the leading dimension of a matrix stored by rows or columns."""
    (m, n), (s, t) = view.shape, view.strides
    if (n == 1 or t == 1) and (m == 1 or s >= max(n, 1)):
        return ord("N"), max(s if m > 1 else n, n, 1)
    return ord("T"), max(t if n > 1 else m, m, 1)


def _constant(builder: ir.IRBuilder, kind: ir.Type, value: Any) -> Any:
    """The address of a constant, which is how Fortran takes numbers."""
    module = builder.module
    known = ir.GlobalVariable(module, kind, module.get_unique_name("number"))
    known.linkage, known.global_constant = "internal", True
    known.initializer = ir.Constant(kind, value)  # type: ignore[assignment]
    return known
