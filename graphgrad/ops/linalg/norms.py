"""Norms of vectors and matrices; their gradients at 0 are 0."""

from __future__ import annotations

import math
from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import declared
from graphgrad.ops.arithmetic import abs, sign
from graphgrad.ops.arranging import moveaxis
from graphgrad.ops.comparison import equal, not_equal, where
from graphgrad.ops.complex import conj, real
from graphgrad.ops.exponential import sqrt
from graphgrad.ops.linalg.decompositions import svdvals
from graphgrad.ops.linalg.matrices import require_matrix
from graphgrad.ops.movement import expand_dims, reshape
from graphgrad.ops.reduction import max, min, sum
from graphgrad.ops.structure import astype
from graphgrad.shapes import normalise_axes, normalise_axis

_REALS = Interval(-5, 5)


def _as_norm(
    x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    axes = normalise_axes(axis, x.ndim)
    return (x,), {"axis": axes, "keepdims": bool(keepdims), "ord": float(ord)}


def _back(g: Any, out: Any, axis: Any, keepdims: bool) -> tuple[Any, Any]:
    """The cotangent and the norm with the axes that were reduced."""
    if keepdims or not axis:
        return g, out
    return expand_dims(g, axis), expand_dims(out, axis)


def _euclidean_vjp(g: Any, out: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    g, size = _back(g, out, axis, keepdims)
    return g / where(equal(size, 0), 1, size) * conj(x)


@composite(
    dtype="floating",
    name="euclidean_norm",
    vjp=(_euclidean_vjp,),
    domain=Domain(
        (_REALS,),
        signature="(n,m)",
        options=({"axis": (-1,), "keepdims": True},),
        analytic=False,
    ),
)
def _euclidean_norm(x: Any, /, axis: Any, keepdims: bool) -> Any:
    """√Σ|x|²."""
    squares = real(x * conj(x)) if x.dtype.kind == "c" else x * x
    return sqrt(sum(squares, axis, keepdims=keepdims))


def _p_norm_vjp(g: Any, out: Any, x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    g, size = _back(g, out, axis, keepdims)
    none = equal(x, 0)
    share = where(none, 1, abs(x)) / where(equal(size, 0), 1, size)
    return where(none, 0, g * conj(sign(x)) * share ** (ord - 1))


@composite(
    dtype="floating",
    name="p_norm",
    vjp=(_p_norm_vjp,),
    domain=Domain(
        (Interval(0.5, 5),),
        signature="(n,m)",
        options=({"axis": (-1,), "keepdims": True, "ord": 3.0},),
        analytic=False,
    ),
)
def _p_norm(x: Any, /, axis: Any, keepdims: bool, ord: float) -> Any:
    """(Σ|x|ᵖ)^(1/p)."""
    return sum(abs(x) ** ord, axis, keepdims=keepdims) ** (1 / ord)


@composite(
    dtype="floating",
    prepare=_as_norm,
    domain=Domain(
        (_REALS,),
        signature="(n,m)",
        options=(
            *({"ord": o, "axis": -1} for o in (1, 2, 3, math.inf, -math.inf, 0)),
            {"axis": None, "keepdims": True},
        ),
        ties=True,
        analytic=False,
    ),
    like="numpy.linalg.vector_norm",
)
def vector_norm(
    x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2
) -> Any:
    """The norm of vectors along some axes, or of all entries.

    Args:
        x: real or complex.
        axis: an axis, several, or None for all.
        keepdims: whether the axes stay, with size 1.
        ord: p of (Σ|x|ᵖ)^(1/p); ∞ for the largest and −∞ for the smallest |x|, whose
            ties share the gradient; 0 for the number of entries that are not 0.
    """
    if ord == 2:
        return _euclidean_norm(x, axis, keepdims)
    if ord == 0:
        count = sum(not_equal(x, 0), axis, keepdims=keepdims)
        return astype(count, abs(x).dtype)
    if ord == 1:
        return sum(abs(x), axis, keepdims=keepdims)
    if math.isinf(ord):
        extreme = max if ord > 0 else min
        return extreme(abs(x), axis, keepdims=keepdims)
    return _p_norm(x, axis, keepdims, ord)


_ORDERS = ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)


def _as_matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    if ord not in _ORDERS:
        raise ArgumentError(
            f"there is no matrix norm of order {ord!r}",
            remedy=f"the orders are {', '.join(map(repr, _ORDERS))}",
        )
    return (x,), {"keepdims": bool(keepdims), "ord": ord}


@composite(
    dtype="floating",
    prepare=_as_matrix_norm,
    domain=Domain(
        (_REALS,),
        signature="(2,3)",
        options=tuple({"ord": o} for o in _ORDERS),
        ties=True,
        analytic=False,
    ),
    like="numpy.linalg.matrix_norm",
)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of matrices.

    Args:
        x: a matrix, or a stack of them.
        keepdims: whether the last two axes stay, with size 1.
        ord: "fro" √Σ|x|²; "nuc" the sum, 2 the largest, −2 the smallest of the
            singular values; ±1 the largest or smallest column sum, ±∞ row sum.
    """
    require_matrix(x)
    if ord == "fro":
        return _euclidean_norm(x, (x.ndim - 2, x.ndim - 1), keepdims)
    if ord in ("nuc", 2, -2):
        reduce = {"nuc": sum, 2: max, -2: min}[ord]
        norm = reduce(svdvals(x), -1)
    else:
        sums = sum(abs(x), -2 if ord in (1, -1) else -1)
        norm = (max if ord > 0 else min)(sums, -1)
    return reshape(norm, (*norm.shape, 1, 1)) if keepdims else norm


def _as_any_norm(
    x: Any, /, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Any:
    several = isinstance(axis, tuple | list)
    axes = [axis] if axis is not None and not several else axis
    if axes is None:
        axes = range(x.ndim)
    if len(axes) > 2 and ord is not None:
        raise ArgumentError(
            f"there is no norm of order {ord!r} along {len(axes)} axes",
            remedy="name one axis for vectors, or two for matrices",
        )
    axes = tuple(normalise_axis(a, x.ndim) for a in axes)
    return (x,), {"ord": ord, "axis": axes, "keepdims": bool(keepdims)}


@composite(
    dtype="floating",
    prepare=_as_any_norm,
    domain=Domain(
        (_REALS,),
        signature="(2,3)",
        options=(
            {},
            *({"ord": o} for o in ("nuc", 1, -2)),
            *({"ord": o, "axis": 0} for o in (3, -math.inf)),
            {"ord": math.inf, "axis": (1, 0), "keepdims": True},
        ),
        ties=True,
        analytic=False,
    ),
    like="numpy.linalg.norm",
)
def norm(x: Any, /, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors or matrices, told apart as NumPy does.

    Args:
        x: real or complex.
        ord: as for `vector_norm` along one axis, as for `matrix_norm` along two; None
            for √Σ|x|² along any number of axes.
        axis: an axis, two of them (rows first), or None for all.
        keepdims: whether the axes stay, with size 1.
    """
    if ord is None or len(axis) != 2:
        order = 2 if ord is None else ord
        return vector_norm(x, axis=axis, keepdims=keepdims, ord=order)
    found = matrix_norm(moveaxis(x, axis, (-2, -1)), ord=ord)
    return expand_dims(found, tuple(sorted(axis))) if keepdims else found


__all__ = declared(globals())
