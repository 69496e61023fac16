"""PyTorch as a judge of modules in training, losses and initial weights."""

import numpy as np
import pytest

import graphgrad as gg

pytestmark = pytest.mark.peer

RNG = np.random.RandomState(3)


@pytest.mark.parametrize("shape", [(8, 5), (6, 3, 4, 4)])
def test_batch_norm_has_the_same_running_statistics_after_100_steps(shape):
    import torch

    features = shape[1]
    kind = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    theirs = kind(features, momentum=0.1, dtype=torch.float64)
    ours = gg.nn.BatchNorm(features, momentum=0.9, dtype="float64")
    x = gg.placeholder(("batch", *shape[1:]))
    program = gg.compile(ours(x, training=True), [x])
    for k in range(100):
        array = RNG.randn(*shape) * (1 + k % 3) + k % 5
        found = program(array)
        known = theirs(torch.tensor(array)).detach().numpy()
        np.testing.assert_allclose(found, known, rtol=1e-10, atol=1e-10)
    for name in ("running_mean", "running_var"):
        found = getattr(ours, name).value
        known = getattr(theirs, name).numpy()
        np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-12)
    theirs.eval()
    array = RNG.randn(*shape)
    np.testing.assert_allclose(
        ours(array).value, theirs(torch.tensor(array)).detach(), rtol=1e-10, atol=1e-12
    )


def test_a_net_with_batch_norm_is_trained_to_the_same_weights():
    import torch

    net = gg.nn.mlp((6, 8, 3), rng=0, normalise="before", dtype="float64")
    peer = torch.nn.Sequential(
        torch.nn.Linear(6, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(),
        torch.nn.Linear(8, 3),
    ).double()  # fmt: skip
    with torch.no_grad():
        for mine, known in zip(net.parameters(), peer.parameters(), strict=True):
            value = np.array(mine.value)
            known.copy_(torch.tensor(value.T if value.ndim == 2 else value))
    x, t = gg.placeholder(("n", 6)), gg.placeholder(("n",), dtype="int64")
    loss = gg.nn.softmax_cross_entropy(net(x, training=True), t)
    step = gg.compile(loss, [x, t], gg.optim.Adam(0.01).updates(loss, net.parameters()))
    optimizer = torch.optim.Adam(peer.parameters(), 0.01)
    for _ in range(50):
        images, labels = RNG.randn(20, 6), RNG.randint(0, 3, 20)
        found = float(step(images, labels))
        optimizer.zero_grad()
        known = torch.nn.functional.cross_entropy(
            peer(torch.tensor(images)), torch.tensor(labels)
        )
        known.backward()
        optimizer.step()
        np.testing.assert_allclose(found, known.item(), rtol=1e-8)


def test_dropout_keeps_what_its_mask_keeps():
    """The masks are drawn otherwise; given one, values and gradients are PyTorch's."""
    import torch

    array = RNG.randn(40, 30)
    x = gg.variable(array)
    y = gg.nn.Dropout(0.4, rng=0)(x, training=True)
    mask = y.value != 0
    assert abs(mask.mean() - 0.6) < 0.05
    known = torch.tensor(array, requires_grad=True)
    kept = known * torch.tensor(mask) / (1 - 0.4)
    (kept * kept).sum().backward()
    gg.sum(y * y).backward()
    np.testing.assert_allclose(y.value, kept.detach(), rtol=1e-12)
    np.testing.assert_allclose(x.grad, known.grad, rtol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (gg.mean_squared_error, "mse_loss"),
        (gg.absolute_error, "l1_loss"),
        (lambda y, t: gg.huber(y, t, delta=0.7), "huber_loss"),
    ],
)
def test_losses(ours, theirs):
    import torch

    a, b = RNG.randn(5, 4), RNG.randn(5, 4)
    y = gg.variable(a)
    loss = ours(y, b)
    known = torch.tensor(a, requires_grad=True)
    facts = {"delta": 0.7} if theirs == "huber_loss" else {}
    value = getattr(torch.nn.functional, theirs)(known, torch.tensor(b), **facts)
    value.backward()
    loss.backward()
    np.testing.assert_allclose(loss.value, value.item(), rtol=1e-12)
    np.testing.assert_allclose(y.grad, known.grad, rtol=1e-10, atol=1e-14)


def test_kl_divergence():
    import torch

    logits, targets = RNG.randn(6, 4), RNG.dirichlet(np.ones(4), 6)
    targets[0] = [0, 1, 0, 0]
    y = gg.variable(logits)
    loss = gg.kl_divergence(y, targets)
    known = torch.tensor(logits, requires_grad=True)
    value = torch.nn.functional.kl_div(
        torch.log_softmax(known, -1), torch.tensor(targets), reduction="batchmean"
    )
    value.backward()
    loss.backward()
    np.testing.assert_allclose(loss.value, value.item(), rtol=1e-12)
    np.testing.assert_allclose(y.grad, known.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("glorot_uniform", "xavier_uniform_"),
        ("glorot_normal", "xavier_normal_"),
        ("he_normal", "kaiming_normal_"),
        ("he_uniform", "kaiming_uniform_"),
    ],
)
@pytest.mark.parametrize("shape", [(300, 400), (64, 32, 5, 5)])
def test_initial_weights_spread_as_theirs(name, theirs, shape):
    import torch

    ours = getattr(gg.nn.init, name)(np.random.RandomState(0), shape)
    known = torch.empty(shape if len(shape) > 2 else shape[::-1])
    facts = {"nonlinearity": "relu"} if "kaiming" in theirs else {}
    getattr(torch.nn.init, theirs)(known, **facts)
    np.testing.assert_allclose(ours.std(), known.std().item(), rtol=0.02)
