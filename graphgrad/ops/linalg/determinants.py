"""Determinants, powers, ranks and pseudoinverses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import INTEGER, to_floating, to_real
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.complex import real
from graphgrad.ops.linalg.matrices import (
    adjoint,
    known_sizes,
    like_square,
    product,
    require_matrix,
    require_square,
    turned,
    well_conditioned,
)
from graphgrad.ops.linalg.systems import inv
from graphgrad.ops.linear import matmul
from graphgrad.ops.movement import (
    broadcast_to,
    expand_dims,
    matrix_transpose,
)
from graphgrad.ops.reduction import sum

_REALS = Interval(-3, 3)


class SlogdetResult(NamedTuple):
    """Result of `slogdet`."""

    sign: Any
    logabsdet: Any


def _square(**facts: Any) -> Domain:
    return Domain(
        (_REALS,), signature="(n,n)", repair=well_conditioned, analytic=False, **facts
    )


@primitive(
    name="cofactors",
    infer=like_square,
    # C · tr(GᵀA⁻ᵀ) − A⁻ᵀ Gᵀ C, from C = det A · A⁻ᵀ
    vjp=(lambda g, out, x: _cofactors_vjp(g, out, inv(x)),),
    dtype="floating",
    domain=_square(),
    batch="core",
)
def _cofactors(xp: Any, x: Any, /) -> Any:
    """The matrix of cofactors, det(x) · x⁻ᵀ, which singular matrices have as well.

    By singular values, so no entry is divided by the determinant. Its own gradient,
    the second of `det`, needs the inverse.
    """
    u, s, vh = xp.linalg.svd(x)
    others = (
        xp.stack(
            [
                xp.prod(xp.concat([s[..., :i], s[..., i + 1 :]], axis=-1), axis=-1)
                for i in range(s.shape[-1])
            ],
            axis=-1,
        )
        if s.shape[-1]
        else s
    )
    units = xp.linalg.det(u) * xp.linalg.det(vh)
    turned_back = xp.conj(u * others[..., None, :] @ vh)
    return units[..., None, None] * turned_back


def _cofactors_vjp(g: Any, out: Any, inverse: Any) -> Any:
    back = matrix_transpose(inverse)
    share = sum(g * back, (-2, -1), keepdims=True)
    return out * share - product(back, matrix_transpose(g), out)


def _numbers(x: Any) -> Any:
    require_square(x)
    return x.shape[:-2], to_floating(x.dtype)


@primitive(
    infer=_numbers,
    vjp=(lambda g, out, x: expand_dims(g, (-2, -1)) * _cofactors(x),),
    dtype="floating",
    domain=_square(),
    batch="core",
    like="numpy.linalg.det",
)
def det(xp: Any, x: Any, /) -> Any:
    """The determinant; its gradient is right at singular matrices too."""
    return xp.linalg.det(x)


def _two_numbers(x: Any) -> Any:
    shape, dtype = _numbers(x)
    return (shape, shape), (dtype, to_real(dtype))


def _slogdet_vjp(g: Any, out: Any, x: Any) -> list[Any]:
    share = g[1]
    if x.dtype.kind == "c":  # the sign is eⁱᶿ with dθ = Im tr(x⁻¹ dx)
        share = share - 1j * real(1j * g[0] * out[0])
    return [expand_dims(share, (-2, -1)) * matrix_transpose(inv(x))]


@primitive(
    infer=_two_numbers,
    vjp=_slogdet_vjp,
    dtype="floating",
    multiple=True,
    results=SlogdetResult,
    domain=_square(),
    batch="core",
    like="numpy.linalg.slogdet",
)
def slogdet(xp: Any, x: Any, /) -> Any:
    """Sign and logarithm of the absolute value of the determinant."""
    return tuple(xp.linalg.slogdet(x))


@composite(
    domain=_square(options=({"n": 3}, {"n": 0}, {"n": -2})),
    like="numpy.linalg.matrix_power",
)
def matrix_power(x: Any, /, n: int) -> Any:
    """A square matrix multiplied by itself n times; its inverse −n times for n < 0."""
    require_square(x)
    factor = inv(x) if n < 0 else x
    if n == 0:
        size = known_sizes(x, "the zeroth power")[0]
        return broadcast_to(np.eye(size, dtype=x.dtype), x.shape)
    result = None
    rest = abs(n)
    while rest:
        if rest % 2:
            result = factor if result is None else matmul(result, factor)
        rest //= 2
        factor = matmul(factor, factor) if rest else factor
    return result


def _tolerance(xp: Any, x: Any) -> float:
    """The part of the largest singular value up to which one counts as 0."""
    return float(xp.finfo(x.dtype).eps) * max(x.shape[-2:])


def _as_pinv(x: Any, /, *, rtol: float | None = None) -> Any:
    return (x,), {"rtol": None if rtol is None else float(rtol)}


def _turned_shape(x: Any, rtol: Any) -> Any:
    require_matrix(x)
    return (*x.shape[:-2], x.shape[-1], x.shape[-2]), to_floating(x.dtype)


def _pinv_vjp(g: Any, out: Any, x: Any, rtol: Any) -> Any:
    """For a rank that does not change (Golub and Pereyra 1973)."""
    back = adjoint(turned(g))
    below = product(out, back, out)
    inside = -adjoint(below)
    left = product(back, out, adjoint(out))
    right = product(adjoint(out), out, back)
    made = inside + left - product(x, out, left) + right - product(right, out, x)
    return turned(made)


@primitive(
    infer=_turned_shape,
    vjp=(_pinv_vjp,),
    dtype="floating",
    prepare=_as_pinv,
    domain=Domain(
        (_REALS,), signature="(n,m)", repair=well_conditioned, analytic=False
    ),
    batch="core",
    like="numpy.linalg.pinv",
)
def pinv(xp: Any, x: Any, /, *, rtol: float | None = None) -> Any:
    """The pseudoinverse; its gradient is that at matrices of the same rank.

    Args:
        x: a matrix, or a stack of them.
        rtol: singular values up to this part of the largest count as 0; by default
            the larger side times the distance from 1 to the next number.
    """
    part = _tolerance(xp, x)
    return xp.linalg.pinv(x, rtol=part if rtol is None else rtol)


@primitive(
    infer=lambda x, rtol: (_turned_shape(x, rtol)[0][:-2], INTEGER),
    dtype="floating",
    prepare=_as_pinv,
    domain=Domain((_REALS,), signature="(n,m)", repair=well_conditioned),
    batch="core",
)
def matrix_rank(xp: Any, x: Any, /, *, rtol: float | None = None) -> Any:
    """The number of singular values above a tolerance; see `pinv`."""
    part = _tolerance(xp, x)
    if 0 in x.shape[-2:]:
        return xp.zeros(x.shape[:-2], dtype=INTEGER)[()]
    return xp.linalg.matrix_rank(x, rtol=part if rtol is None else rtol)


__all__ = declared(globals())
