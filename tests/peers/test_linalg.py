"""JAX and PyTorch as judges of linear algebra: values, gradients, complex ones too."""

import numpy as np
import pytest

import graphgrad as gg

pytestmark = pytest.mark.peer

RNG = np.random.default_rng(11)


def matrix(*shape, kind="real"):
    made = RNG.normal(size=shape)
    return made if kind == "real" else made + 1j * RNG.normal(size=shape)


def positive(x):
    return x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(x.shape[-1])


def size(x):
    """The squares of all entries, weighted: no sign or phase of a column counts."""
    squares = abs(x) ** 2
    weights = np.cos(np.arange(np.prod(x.shape))).reshape(x.shape)
    if hasattr(squares, "new_tensor"):  # PyTorch takes its own arrays alone
        weights = squares.new_tensor(weights)
    return (squares * weights).sum()


# name: the loss in terms of a namespace `la`, and whether x is made positive definite
LOSSES = {
    "svd": (lambda la, x: sum(size(p) for p in la.svd(x, full_matrices=False)), False),
    "svdvals": (lambda la, x: size(la.svd(x, full_matrices=False)[1]), False),
    "qr": (lambda la, x: sum(size(p) for p in la.qr(x)), False),
    "eigh": (lambda la, x: sum(size(p) for p in la.eigh(x)), True),
    "cholesky": (lambda la, x: size(la.cholesky(x)), True),
    "inv": (lambda la, x: size(la.inv(x)), True),
    "det": (lambda la, x: abs(la.det(x)), True),
    "slogdet": (lambda la, x: la.slogdet(x)[1].sum(), True),
    "solve": (lambda la, x: size(la.solve(x, x[..., ::2] ** 2)), True),
    "pinv": (lambda la, x: size(la.pinv(x)), False),
    "matrix_power": (lambda la, x: size(la.matrix_power(x, 3)), True),
    "frobenius": (lambda la, x: la.norm(x), False),
    "nuclear": (lambda la, x: la.norm(x, "nuc"), False),
    "spectral": (lambda la, x: la.norm(x, 2), False),
}
CASES = [
    (name, kind, side)
    for name, (_, square) in LOSSES.items()
    for kind in ("real", "complex")
    for side in ((3, 3),) + (() if square else ((4, 3), (2, 4)))
]


def prepared(name, kind, side):
    x = matrix(*side, kind=kind)
    return positive(x) if LOSSES[name][1] else x


def ours(name, x):
    variable = gg.variable(x)
    loss = LOSSES[name][0](gg.linalg, variable)
    return float(gg.sum(loss)), gg.grad(gg.sum(loss), variable).value


@pytest.mark.parametrize(("name", "kind", "side"), CASES)
def test_gradients_are_pytorchs(name, kind, side):
    import torch

    x = prepared(name, kind, side)
    theirs = torch.tensor(x, requires_grad=True)
    loss = LOSSES[name][0](torch.linalg, theirs)
    loss.backward()
    value, slope = ours(name, x)
    np.testing.assert_allclose(value, loss.item(), rtol=1e-9)
    hermitian = name in ("eigh", "cholesky")  # PyTorch's is of both halves, or of one
    told = theirs.grad.numpy()
    if hermitian:
        slope, told = (m + np.conj(m.T) for m in (slope, told))
    np.testing.assert_allclose(slope, told, rtol=1e-7, atol=1e-8)


# JAX has no gradient of the QR decomposition of wide matrices.
IN_JAX = [c for c in CASES if (c[0], c[2]) != ("qr", (2, 4))]


@pytest.mark.parametrize(("name", "kind", "side"), IN_JAX)
def test_gradients_are_jaxs(name, kind, side):
    import jax
    import jax.numpy as jnp

    x = prepared(name, kind, side)
    with jax.enable_x64():
        loss, slope = jax.value_and_grad(lambda m: LOSSES[name][0](jnp.linalg, m))(x)
        loss, told = np.asarray(loss), np.conj(np.asarray(slope))
    value, slope = ours(name, x)
    np.testing.assert_allclose(value, loss, rtol=1e-9)
    if name in ("eigh", "cholesky"):
        slope, told = (m + np.conj(m.T) for m in (slope, told))
    np.testing.assert_allclose(slope, told, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ["svd", "qr", "eigh", "cholesky", "inv", "slogdet"])
def test_second_derivatives_are_jaxs(name):
    import jax
    import jax.numpy as jnp

    x = prepared(name, "real", (3, 3))
    with jax.enable_x64():
        told = np.asarray(jax.hessian(lambda m: LOSSES[name][0](jnp.linalg, m))(x))
    variable = gg.variable(x)
    made = gg.hessian(LOSSES[name][0](gg.linalg, variable), variable).value
    if name in ("eigh", "cholesky"):
        turn = (1, 0, 2, 3), (0, 1, 3, 2)
        for order in turn:
            made, told = (m + np.transpose(m, order) for m in (made, told))
    np.testing.assert_allclose(made, told, rtol=1e-6, atol=1e-6)
