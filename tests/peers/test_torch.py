"""PyTorch as a judge of values, gradients and second derivatives, in float64."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.ops.catalogue import counterpart, declared_ops

pytestmark = pytest.mark.peer

RNG = np.random.default_rng(1)
SHAPES = [(6, 5), (5,), (5, 3), (3,)]
X = RNG.normal(size=(8, 6))
LABELS = RNG.integers(0, 3, 8)
START = [RNG.normal(size=s) for s in SHAPES]


def _torch_loss(torch, parameters, activation):
    w1, b1, w2, b2 = parameters
    hidden = getattr(torch.nn.functional, activation)(torch.tensor(X) @ w1 + b1)
    logits = hidden @ w2 + b2
    return torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))


def _loss(parameters, activation):
    w1, b1, w2, b2 = parameters
    hidden = getattr(gg, activation)(gg.constant(X) @ w1 + b1)
    return gg.nn.softmax_cross_entropy(hidden @ w2 + b2, LABELS)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "gelu", "softplus"])
def test_a_two_layer_net_agrees_in_first_and_second_derivatives(activation):
    import torch

    theirs = [torch.tensor(p, requires_grad=True) for p in START]
    their_loss = _torch_loss(torch, theirs, activation)
    their_slopes = torch.autograd.grad(their_loss, theirs, create_graph=True)
    directions = [RNG.normal(size=s) for s in SHAPES]
    along = sum(
        (g * torch.tensor(v)).sum()
        for g, v in zip(their_slopes, directions, strict=True)
    )
    their_products = torch.autograd.grad(along, theirs)

    ours = [gg.variable(p) for p in START]
    loss = _loss(ours, activation)
    loss.backward()
    slopes = gg.grad(loss, ours)
    total = sum(gg.sum(g * v) for g, v in zip(slopes, directions, strict=True))
    products = gg.grad(total, ours)

    np.testing.assert_allclose(float(loss), their_loss.item(), atol=1e-12)
    for p, slope, theirs_too, product, their_product in zip(
        ours, slopes, their_slopes, products, their_products, strict=True
    ):
        np.testing.assert_allclose(p.grad, theirs_too.detach().numpy(), atol=1e-10)
        np.testing.assert_allclose(slope.value, theirs_too.detach().numpy(), atol=1e-10)
        np.testing.assert_allclose(product.value, their_product.numpy(), atol=1e-10)


# Those of several inputs are judged with all their options in test_torch_neural.py.
LIKE = [
    op
    for op in declared_ops()
    if counterpart(op).startswith("torch.") and op.arity == 1
]


@pytest.mark.parametrize("op", LIKE, ids=lambda op: op.name)
def test_ops_that_name_a_function_of_pytorch_agree_with_it(op):
    import torch

    x = RNG.normal(size=(4, 5)) * 3
    cotangent = RNG.normal(size=(4, 5))
    theirs = torch.tensor(x, requires_grad=True)
    y = getattr(torch.nn.functional, op.name)(theirs)
    y.backward(torch.tensor(cotangent))
    ours = gg.variable(x)
    made = op(ours)
    np.testing.assert_allclose(made.value, y.detach().numpy(), rtol=1e-12, atol=1e-14)
    slope = gg.vjp(made, ours, cotangent).value
    np.testing.assert_allclose(slope, theirs.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_every_elementwise_op_that_pytorch_has_agrees_with_it():
    import torch

    seen = 0
    for row in gg.ops.table():
        op = getattr(gg, row["name"], None)
        if op is None or row["gradient"] == "none" or row["domain"].signature != "()":
            continue
        theirs_op = getattr(torch, row["name"], None)
        if theirs_op is None or op.parameters:
            continue
        arrays = [RNG.uniform(i.low, i.high, 50) for i in row["domain"].inputs]
        theirs = [torch.tensor(x, requires_grad=True) for x in arrays]
        ours = [gg.variable(x) for x in arrays]
        try:
            y = theirs_op(*theirs)
            y.sum().backward()
        except (TypeError, RuntimeError):
            continue  # the same name, another function
        made = op(*ours)
        made.sum().backward()
        np.testing.assert_allclose(
            made.value, y.detach().numpy(), rtol=1e-12, atol=1e-13, err_msg=row["name"]
        )
        for a, b in zip(ours, theirs, strict=True):
            expected = np.zeros(50) if b.grad is None else b.grad.numpy()
            np.testing.assert_allclose(
                a.grad, expected, rtol=1e-11, atol=1e-12, err_msg=row["name"]
            )
        seen += 1
    assert seen > 30
