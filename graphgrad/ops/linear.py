"""Matrix products."""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import promote
from graphgrad.errors import ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.complex import conj
from graphgrad.ops.movement import (
    expand_dims,
    matrix_transpose,
    permute_dims,
    reshape,
    squeeze,
)
from graphgrad.ops.reduction import sum
from graphgrad.shapes import broadcast, normalise_axis, product, show


def _product(x: Any, y: Any) -> Any:
    if not x.shape or not y.shape:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(y.shape)}: a matrix product needs axes",
            remedy="multiply by a scalar with *",
        )
    left = x.shape if len(x.shape) > 1 else (1, *x.shape)
    right = y.shape if len(y.shape) > 1 else (*y.shape, 1)
    if left[-1] != right[-2]:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(y.shape)} do not multiply: "
            f"{left[-1]} columns against {right[-2]} rows",
            remedy="the last axis of the left must equal the last but one of the "
            "right; is a transpose (.mT) missing?",
        )
    rows = left[-2:-1] if len(x.shape) > 1 else ()
    columns = right[-1:] if len(y.shape) > 1 else ()
    batch = broadcast(left[:-2], right[:-2])
    return (*batch, *rows, *columns), promote(x.dtype, y.dtype)


# A vector is a matrix of one row (left) or one column (right) whose axis the result
# lacks; the gradient gets that axis back, and the batch axes are summed for us.
def _left(g: Any, out: Any, x: Any, y: Any) -> Any:
    if y.ndim == 1:
        return expand_dims(g, -1) * y if x.ndim > 1 else g * y
    if x.ndim == 1:
        return squeeze(matmul(expand_dims(g, -2), matrix_transpose(y)), -2)
    return matmul(g, matrix_transpose(y))


def _right(g: Any, out: Any, x: Any, y: Any) -> Any:
    if x.ndim == 1:
        return expand_dims(x, -1) * expand_dims(g, -2) if y.ndim > 1 else g * x
    if y.ndim == 1:
        return squeeze(matmul(matrix_transpose(x), expand_dims(g, -1)), -1)
    return matmul(matrix_transpose(x), g)


def _batched(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    """A vector is a matrix of one row or column, as soon as there are several."""
    x, y = inputs
    rows, columns = x.ndim - mapped[0] > 1, y.ndim - mapped[1] > 1
    left = x if rows else expand_dims(x, -2)
    right = y if columns else expand_dims(y, -1)
    ranks = left.ndim - mapped[0], right.ndim - mapped[1]
    if mapped[0] and ranks[0] < ranks[1]:
        left = expand_dims(left, tuple(range(1, ranks[1] - ranks[0] + 1)))
    if mapped[1] and ranks[1] < ranks[0]:
        right = expand_dims(right, tuple(range(1, ranks[0] - ranks[1] + 1)))
    whole = matmul(left, right)
    gone = [-2] * (not rows) + [-1] * (not columns)
    return squeeze(whole, gone) if gone else whole


@primitive(
    infer=_product,
    vjp=(_left, _right),
    domain=Domain(
        (Interval(-5, 5), Interval(-5, 5)), signature="(n?,k),(k,m?)->(n?,m?)"
    ),
    glyph="@",
    operators=("__matmul__", "__rmatmul__"),
    batch=_batched,
)
def matmul(xp: Any, x: Any, y: Any, /) -> Any:
    """Matrix product of the last two axes; the axes before them broadcast.

    A vector counts as one row on the left and as one column on the right (book
    §5.6.1: ∂L/∂X = ∂L/∂Y · Wᵀ, ∂L/∂W = Xᵀ · ∂L/∂Y).
    """
    return xp.matmul(x, y)


@composite(
    domain=Domain((Interval(-5, 5), Interval(-5, 5)), signature="(n,k),(k,m)->(n,m)")
)
def dot(x: Any, y: Any, /) -> Any:
    """NumPy's dot, for at most two axes: a product by scalars, else `matmul`."""
    if x.ndim > 2 or y.ndim > 2:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(y.shape)} have more than two axes",
            remedy="use gg.matmul, which broadcasts the axes before the last two",
        )
    return matmul(x, y) if x.ndim and y.ndim else x * y


def _as_vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    ndim = len(broadcast(x.shape, y.shape))
    return (x, y), {"axis": normalise_axis(axis, ndim) - ndim}


@composite(
    prepare=_as_vecdot,
    domain=Domain((Interval(-5, 5), Interval(-5, 5)), signature="(k),(k)->()"),
)
def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """Σ x̄ · y along an axis, x conjugated if it is complex; the others broadcast."""
    if min(x.ndim, y.ndim) < -axis or x.shape[axis] != y.shape[axis]:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(y.shape)} do not meet along axis {axis}",
            remedy="both vectors have one length",
        )
    products = conj(x) * y if x.dtype.kind == "c" else x * y
    return sum(products, axis, dtype=products.dtype)


def _as_tensordot(x: Any, y: Any, /, axes: Any = 2) -> Any:
    if hasattr(axes, "__index__"):
        if not 0 <= axes <= min(x.ndim, y.ndim):
            raise ShapeError(
                f"shapes {show(x.shape)} and {show(y.shape)} have no {axes} axes to "
                "sum over"
            )
        pairs = (
            tuple(range(x.ndim - axes, x.ndim)),
            tuple(range(axes)),
        )
    else:
        first, second = axes
        pairs = (
            tuple(normalise_axis(a, x.ndim) for a in first),
            tuple(normalise_axis(a, y.ndim) for a in second),
        )
    return (x, y), {"axes": pairs}


@composite(
    prepare=_as_tensordot,
    domain=Domain(
        (Interval(-5, 5), Interval(-5, 5)),
        signature="(2,3),(3,2)->()",
        options=({"axes": 1}, {"axes": ((-1, -2), (-2, -1))}),
        valid=lambda x, y: x.ndim == y.ndim == 2,
    ),
)
def tensordot(x: Any, y: Any, /, axes: Any = 2) -> Any:
    """Products of entries summed over pairs of axes.

    Args:
        x: a tensor.
        y: a tensor.
        axes: how many of the last axes of x to pair with the first of y, or two lists
            of axes, x's and y's.
    """
    mine, theirs = axes
    if [x.shape[a] for a in mine] != [y.shape[a] for a in theirs]:
        raise ShapeError(
            f"shapes {show(x.shape)} and {show(y.shape)} differ in the axes to sum "
            f"over, {mine} and {theirs}"
        )
    kept = [a for a in range(x.ndim) if a not in mine]
    rest = [a for a in range(y.ndim) if a not in theirs]
    rows, columns = [x.shape[a] for a in kept], [y.shape[a] for a in rest]
    inner = product(x.shape[a] for a in mine)
    left = reshape(permute_dims(x, (*kept, *mine)), (product(rows), inner))
    right = reshape(permute_dims(y, (*theirs, *rest)), (inner, product(columns)))
    return reshape(matmul(left, right), (*rows, *columns))


__all__ = declared(globals())
