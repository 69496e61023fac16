"""What the files of this folder share: shapes, adjoints, and matrices to test with."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.dtypes import to_floating
from graphgrad.errors import ShapeError
from graphgrad.ops.comparison import equal, where
from graphgrad.ops.complex import conj
from graphgrad.ops.linear import matmul
from graphgrad.ops.movement import matrix_transpose
from graphgrad.shapes import is_static, show


def require_matrix(x: Any) -> None:
    """Refuse what has fewer than two axes.

    Raises:
        ShapeError: in this case.
    """
    if len(x.shape) < 2:
        raise ShapeError(
            f"shape {show(x.shape)} is no matrix's",
            remedy="give at least two axes; the last two are rows and columns",
        )


def require_square(x: Any) -> None:
    """Refuse what is not a square matrix, or a stack of them.

    Raises:
        ShapeError: in this case.
    """
    require_matrix(x)
    if x.shape[-1] != x.shape[-2]:
        raise ShapeError(
            f"shape {show(x.shape)} is no square matrix's: {x.shape[-2]} rows against "
            f"{x.shape[-1]} columns"
        )


def like_square(x: Any) -> Any:
    """Shape and dtype rule: those of a square matrix."""
    require_square(x)
    return x.shape, to_floating(x.dtype)


def known_sizes(x: Any, purpose: str) -> tuple[int, int]:
    """The numbers of rows and columns.

    Raises:
        ShapeError: if one is symbolic.
    """
    require_matrix(x)
    if not is_static(x.shape[-2:]):
        raise ShapeError(
            f"{purpose} of shape {show(x.shape)} needs sizes that are known",
            remedy="give the placeholder numbers for its last two dimensions",
        )
    return x.shape[-2], x.shape[-1]


def turned(x: Any) -> Any:
    """Between a cotangent and a gradient: the conjugate of a complex x.

    The formulas of the literature speak of gradients and adjoints; see
    autodiff/reverse.py for what the engine hands to rules.
    """
    return conj(x) if x.dtype.kind == "c" else x


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return turned(matrix_transpose(x))


def hermitian(x: Any) -> Any:
    """The Hermitian part (x + xᴴ) / 2."""
    return (x + adjoint(x)) * 0.5


def product(*factors: Any) -> Any:
    """The matrix product of several, from the left."""
    result = factors[0]
    for factor in factors[1:]:
        result = matmul(result, factor)
    return result


def safe_reciprocal(x: Any) -> Any:
    """1 / x, and 0 where x is 0."""
    none = equal(x, 0)
    return where(none, 0, 1 / where(none, 1, x))


def positive_definite(x: Any) -> tuple[Any]:
    """A well-conditioned matrix that is positive definite, made of any square one."""
    squared = np.matmul(x, np.conj(np.swapaxes(x, -1, -2)))
    return (squared * 0.1 + np.diag(np.arange(1.0, x.shape[-1] + 1)),)


def well_conditioned(x: Any, *others: Any) -> tuple[Any, ...]:
    """x with a diagonal that keeps it far from singular, and the rest as it is."""
    rows, columns = x.shape[-2:]
    heavy = np.eye(rows, columns) * (6 * np.arange(2.0, columns + 2))
    return (x + heavy, *others)
