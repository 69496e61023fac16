"""Systems of equations, and the inverse."""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import promote, to_floating
from graphgrad.errors import ShapeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.ops.linalg.matrices import (
    like_square,
    product,
    require_square,
    well_conditioned,
)
from graphgrad.ops.linear import matmul
from graphgrad.ops.movement import expand_dims, matrix_transpose, squeeze
from graphgrad.shapes import broadcast, show

_REALS = Interval(-3, 3)


@primitive(
    infer=like_square,
    vjp=(lambda g, out, x: -product(matrix_transpose(out), g, matrix_transpose(out)),),
    dtype="floating",
    domain=Domain(
        (_REALS,), signature="(n,n)", repair=well_conditioned, analytic=False
    ),
    batch="core",
    like="numpy.linalg.inv",
)
def inv(xp: Any, x: Any, /) -> Any:
    """The inverse of a matrix; a singular one is refused when its value is met."""
    return xp.linalg.inv(x)


def _solved(a: Any, b: Any) -> Any:
    require_square(a)
    rows = b.shape[0] if len(b.shape) == 1 else b.shape[-2] if b.shape else None
    if rows != a.shape[-1]:
        raise ShapeError(
            f"shapes {show(a.shape)} and {show(b.shape)} are no system of equations: "
            f"{a.shape[-1]} unknowns against {rows} right sides"
        )
    dtype = to_floating(promote(a.dtype, b.dtype))
    if len(b.shape) == 1:
        return a.shape[:-1], dtype
    return (*broadcast(a.shape[:-2], b.shape[:-2]), *b.shape[-2:]), dtype


def _solve_vjp(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    if len(b.shape) == 1:  # a column of each matrix of the stack
        g, out = expand_dims(g, -1), expand_dims(out, -1)
    back = solve(matrix_transpose(a), g)
    into = -matmul(back, matrix_transpose(out))
    return [into, squeeze(back, -1) if len(b.shape) == 1 else back]


def _batched_solve(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    a, b = inputs
    vector = b.ndim - mapped[1] == 1
    if vector:
        b = expand_dims(b, -1)
    ranks = a.ndim - mapped[0], b.ndim - mapped[1]
    if mapped[0] and ranks[0] < ranks[1]:
        a = expand_dims(a, tuple(range(1, 1 + ranks[1] - ranks[0])))
    if mapped[1] and ranks[1] < ranks[0]:
        b = expand_dims(b, tuple(range(1, 1 + ranks[0] - ranks[1])))
    return squeeze(solve(a, b), -1) if vector else solve(a, b)


@primitive(
    infer=_solved,
    vjp=_solve_vjp,
    dtype="floating",
    domain=Domain(
        (_REALS, _REALS),
        signature="(n,n),(n,k)->(n,k)",
        repair=well_conditioned,
        analytic=False,
    ),
    batch=_batched_solve,
    like="numpy.linalg.solve",
)
def solve(xp: Any, a: Any, b: Any, /) -> Any:
    """The x for which a · x = b.

    b is one vector if it has one axis; otherwise its last two axes are matrices, each
    column of which is a right side.
    """
    return xp.linalg.solve(a, b)


__all__ = declared(globals())
