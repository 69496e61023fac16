"""Matrices as products of simpler ones.

Singular and eigenvectors are determined up to a sign, of complex matrices up to a
phase: gradients are right for functions that do not depend on it. Of equal singular
values or eigenvalues only functions of the values have a gradient; differences of 0
count as if their reciprocal were 0, so that it stays finite.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import to_floating, to_real
from graphgrad.errors import ArgumentError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import declared
from graphgrad.ops.complex import imag
from graphgrad.ops.creation import triu
from graphgrad.ops.linalg.matrices import (
    adjoint,
    hermitian,
    known_sizes,
    like_square,
    positive_definite,
    product,
    require_square,
    safe_reciprocal,
    turned,
    well_conditioned,
)
from graphgrad.ops.linalg.systems import solve
from graphgrad.ops.linear import matmul
from graphgrad.ops.movement import concat, expand_dims

_REALS = Interval(-3, 3)


class QRResult(NamedTuple):
    """Result of `qr`."""

    Q: Any
    R: Any


class EighResult(NamedTuple):
    """Result of `eigh`."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """Result of `svd`."""

    U: Any
    S: Any
    Vh: Any


def _half_diagonal(x: Any) -> Any:
    """The lower triangle, its diagonal halved."""
    size = known_sizes(x, "the gradient")[0]
    weights = np.tri(size) - 0.5 * np.eye(size)
    return x * weights.astype(to_real(x.dtype))


def _cholesky_vjp(g: Any, out: Any, x: Any) -> Any:
    """½ (P + Pᴴ) of P = L⁻ᴴ Φ(Lᴴ Ḡ) L⁻¹ (Murray 2016)."""
    upper = adjoint(out)
    inner = _half_diagonal(matmul(upper, turned(g)))
    left = solve(upper, inner)
    return turned(hermitian(adjoint(solve(upper, adjoint(left)))))


@primitive(
    name="cholesky_factor",
    infer=like_square,
    vjp=(_cholesky_vjp,),
    dtype="floating",
    domain=Domain(
        (_REALS,), signature="(n,n)", repair=positive_definite, analytic=False
    ),
    batch="core",
)
def _cholesky(xp: Any, x: Any, /) -> Any:
    """The lower triangle L with L · Lᴴ = the Hermitian part of x."""
    return xp.linalg.cholesky((x + xp.conj(xp.matrix_transpose(x))) / 2)


@composite(
    dtype="floating",
    domain=Domain(
        (_REALS,),
        signature="(n,n)",
        repair=positive_definite,
        options=({}, {"upper": True}),
        analytic=False,
    ),
    like="numpy.linalg.cholesky",
)
def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """The lower triangle L with L · Lᴴ = x, or the upper one Lᴴ.

    x counts as Hermitian, and its gradient is; one that is not positive definite is
    refused when its value is met.
    """
    factor = _cholesky(x)
    return adjoint(factor) if upper else factor


def _thin(x: Any, complete: bool) -> Any:
    rows, columns = known_sizes(x, "the QR decomposition")
    size = rows if complete else min(rows, columns)
    ahead, dtype = x.shape[:-2], to_floating(x.dtype)
    return ((*ahead, rows, size), (*ahead, size, columns)), (dtype, dtype)


def _qr_vjp(g: Any, out: Any, x: Any, complete: bool) -> list[Any]:
    """For at least as many rows as columns (Walter and Lehmann 2013)."""
    columns = x.shape[-1]
    q, r = out[0][..., :columns], out[1][..., :columns, :]
    gq, gr = turned(g[0][..., :columns]), turned(g[1][..., :columns, :])
    inner = matmul(gr, adjoint(r)) - matmul(adjoint(q), gq)
    upper = triu(inner)
    mirrored = upper + adjoint(triu(inner, k=1))
    if x.dtype.kind == "c":  # the diagonal of r is real
        eye = np.eye(columns)
        mirrored = mirrored - 1j * imag(mirrored) * eye
    made = gq + matmul(q, mirrored)
    return [turned(adjoint(solve(r, adjoint(made))))]


@primitive(
    name="householder_qr",
    infer=_thin,
    vjp=_qr_vjp,
    dtype="floating",
    multiple=True,
    domain=Domain(
        (_REALS,),
        signature="(5,3)",
        repair=well_conditioned,
        options=({"complete": False},),
        analytic=False,
    ),
    batch="core",
)
def _householder(xp: Any, x: Any, /, complete: bool) -> Any:
    """Q and R of a matrix with at least as many rows as columns."""
    return tuple(xp.linalg.qr(x, mode="complete" if complete else "reduced"))


@composite(
    dtype="floating",
    multiple=True,
    results=QRResult,
    domain=Domain(
        (_REALS,),
        signature="(3,4)",
        repair=well_conditioned,
        options=({}, {"mode": "complete"}),
        analytic=False,
    ),
    like="numpy.linalg.qr",
)
def qr(x: Any, /, *, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and an upper triangle R, x = Q · R.

    Args:
        x: a matrix, or a stack of them, of full rank for gradients.
        mode: "reduced", or "complete" for a square Q. The columns that this adds are
            arbitrary; no gradient flows through them.
    """
    if mode not in ("reduced", "complete"):
        raise ArgumentError(f'a mode is "reduced" or "complete", not {mode!r}')
    rows, columns = known_sizes(x, "the QR decomposition")
    if rows >= columns:
        return list(_householder(x, complete=mode == "complete"))
    # The rows that come first decide Q; the rest of R follows.
    q, r = _householder(x[..., :rows], complete=False)
    return [q, concat([r, matmul(adjoint(q), x[..., rows:])], axis=-1)]


def _gaps(values: Any) -> Any:
    """1 / (vⱼ − vᵢ), and 0 where that is 0."""
    return safe_reciprocal(expand_dims(values, -2) - expand_dims(values, -1))


def _as_diagonal(values: Any) -> Any:
    """A diagonal matrix, to be added to others."""
    size = known_sizes(expand_dims(values, -1), "the gradient")[0]
    return expand_dims(values, -1) * np.eye(size, dtype=to_real(values.dtype))


def _spectrum(x: Any) -> Any:
    require_square(x)
    dtype = to_floating(x.dtype)
    return (x.shape[:-1], x.shape), (to_real(dtype), dtype)


def _eigh_vjp(g: Any, out: Any, x: Any) -> list[Any]:
    """V (diag ḡ + (Vᴴ V̄) / (λⱼ − λᵢ)) Vᴴ (Giles 2008)."""
    values, vectors = out
    turn = matmul(adjoint(vectors), turned(g[1])) * _gaps(values)
    made = product(vectors, _as_diagonal(g[0]) + turn, adjoint(vectors))
    return [turned(hermitian(made))]


def _projection(vectors: Any, count: int) -> Any:
    """On the span of the first columns: unlike these, it has no phase to choose."""
    first = vectors[..., : min(count, 2)]
    return matmul(first, adjoint(first))


_SYMMETRIC = Domain(
    (_REALS,), signature="(n,n)", repair=positive_definite, analytic=False
)


@primitive(
    infer=_spectrum,
    vjp=_eigh_vjp,
    dtype="floating",
    multiple=True,
    results=EighResult,
    domain=replace(
        _SYMMETRIC,
        invariants=lambda values, vectors: [
            values,
            _projection(vectors, vectors.shape[-1]),
        ],
    ),
    batch="core",
    like="numpy.linalg.eigh",
)
def eigh(xp: Any, x: Any, /) -> Any:
    """Eigenvalues, in rising order, and eigenvectors of the Hermitian part of x."""
    return tuple(xp.linalg.eigh((x + xp.conj(xp.matrix_transpose(x))) / 2))


@composite(dtype="floating", domain=_SYMMETRIC, like="numpy.linalg.eigvalsh")
def eigvalsh(x: Any, /) -> Any:
    """The eigenvalues, in rising order, of the Hermitian part of x."""
    return eigh(x)[0]


def _factors(x: Any, full_matrices: bool) -> Any:
    rows, columns = known_sizes(x, "the singular value decomposition")
    size = min(rows, columns)
    left, right = (rows, columns) if full_matrices else (size, size)
    ahead, dtype = x.shape[:-2], to_floating(x.dtype)
    shapes = (*ahead, rows, left), (*ahead, size), (*ahead, right, columns)
    return shapes, (dtype, to_real(dtype), dtype)


def _skew(x: Any) -> Any:
    return x - adjoint(x)


def _svd_vjp(g: Any, out: Any, x: Any, full_matrices: bool) -> list[Any]:
    """Townsend 2016, and Wan and Zhang 2019 for complex matrices."""
    s = out[1]
    size = s.shape[-1]
    u, v = out[0][..., :size], adjoint(out[2][..., :size, :])
    gu, gv = turned(g[0][..., :size]), adjoint(turned(g[2][..., :size, :]))
    row, column = expand_dims(s, -2), expand_dims(s, -1)
    total = safe_reciprocal(row + column)
    left, right = matmul(adjoint(u), gu), matmul(adjoint(v), gv)
    # Over sⱼ² − sᵢ², in factors that neither overflow nor vanish.
    turn = _skew(left) * (row * total) + _skew(right) * (column * total)
    inner = turn * _gaps(s) + _as_diagonal(g[1])
    inverse = safe_reciprocal(s)
    if x.dtype.kind == "c":
        phase = imag(left) * np.eye(size)
        inner = inner + 1j * (phase * expand_dims(inverse, -2))
    made = product(u, inner, adjoint(v))
    rows, columns = x.shape[-2:]
    if rows > size:
        rest = (gu - matmul(u, left)) * expand_dims(inverse, -2)
        made = made + matmul(rest, adjoint(v))
    if columns > size:
        rest = (gv - matmul(v, right)) * expand_dims(inverse, -2)
        made = made + matmul(u, adjoint(rest))
    return [turned(made)]


_RECTANGLE = Domain(
    (_REALS,),
    signature="(n,m)",
    repair=well_conditioned,
    options=({}, {"full_matrices": False}),
    analytic=False,
)


@primitive(
    infer=_factors,
    vjp=_svd_vjp,
    dtype="floating",
    multiple=True,
    results=SVDResult,
    domain=replace(
        _RECTANGLE,
        invariants=lambda u, s, vh: [
            _projection(u, s.shape[-1]),
            s,
            _projection(adjoint(vh), s.shape[-1]),
        ],
    ),
    batch="core",
    like="numpy.linalg.svd",
)
def svd(xp: Any, x: Any, /, *, full_matrices: bool = True) -> Any:
    """U, the singular values in falling order, and Vᴴ: x = U · diag(S) · Vᴴ.

    Args:
        x: a matrix, or a stack of them.
        full_matrices: whether U and Vᴴ are square. The columns and rows that this
            adds are arbitrary; no gradient flows through them.
    """
    return tuple(xp.linalg.svd(x, full_matrices=full_matrices))


@composite(
    dtype="floating",
    domain=Domain(
        (_REALS,), signature="(n,m)", repair=well_conditioned, analytic=False
    ),
    like="numpy.linalg.svdvals",
)
def svdvals(x: Any, /) -> Any:
    """The singular values in falling order."""
    return svd(x, full_matrices=False)[1]


__all__ = declared(globals())
