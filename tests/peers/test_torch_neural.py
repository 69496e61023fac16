"""PyTorch as a judge of convolutions, pooling, normalisation and recurrent nets."""

import itertools

import numpy as np
import pytest

import graphgrad as gg

pytestmark = pytest.mark.peer

RNG = np.random.default_rng(7)


def judged(ours, theirs, *arrays, tolerance=1e-10):
    """Compare values, gradients, and gradients of the gradients' squares."""
    import torch

    mine = [gg.variable(a) for a in arrays]
    known = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, t = ours(*mine), theirs(torch, *known)
    weights = RNG.normal(size=t.shape)
    np.testing.assert_allclose(y.value, t.detach(), atol=tolerance)
    slopes = gg.grad(gg.sum(gg.square(y) * weights), mine)
    told = torch.autograd.grad(
        (t**2 * torch.tensor(weights)).sum(), known, create_graph=True
    )
    for a, b in zip(slopes, told, strict=True):
        scale = 1 + float(b.detach().abs().max())
        np.testing.assert_allclose(a.value, b.detach(), atol=tolerance * scale)
    curves = gg.grad(sum(gg.sum(gg.square(a)) for a in slopes), mine)
    bent = torch.autograd.grad(sum((b**2).sum() for b in told), known)
    for a, b in zip(curves, bent, strict=True):
        scale = 1 + float(b.abs().max())
        np.testing.assert_allclose(a.value, b, atol=tolerance * scale)


OPTIONS = [
    {"stride": s, "padding": p, "dilation": d, "groups": g}
    for s, p, d, g in itertools.product((1, 2), (0, 2), (1, 2), (1, 2))
]


@pytest.mark.parametrize(
    "options", [*OPTIONS, {"padding": "same", "groups": 4, "dilation": 2}], ids=str
)
@pytest.mark.parametrize("sides", [(9,), (8, 7)], ids=["1d", "2d"])
def test_convolutions(options, sides):
    name = f"conv{len(sides)}d"
    window = (3, 2)[: len(sides)]
    x = RNG.normal(size=(2, 4, *sides))
    w = RNG.normal(size=(8, 4 // options.get("groups", 1), *window))
    judged(
        lambda x, w: getattr(gg, name)(x, w, **options),
        lambda torch, x, w: getattr(torch.nn.functional, name)(x, w, **options),
        *(x, w),
    )


SPREAD = [
    {"stride": s, "padding": p, "dilation": d, "output_padding": s - 1}
    for s, p, d in itertools.product((1, 2, 3), (0, 1), (1, 2))
]


@pytest.mark.parametrize("options", SPREAD, ids=str)
@pytest.mark.parametrize("sides", [(5,), (4, 3)], ids=["1d", "2d"])
def test_transposed_convolutions(options, sides):
    name = f"conv_transpose{len(sides)}d"
    x = RNG.normal(size=(2, 3, *sides))
    w = RNG.normal(size=(3, 2, *(3, 2)[: len(sides)]))
    judged(
        lambda x, w: getattr(gg, name)(x, w, **options),
        lambda torch, x, w: getattr(torch.nn.functional, name)(x, w, **options),
        *(x, w),
    )


@pytest.mark.parametrize(
    ("window", "stride", "padding"),
    [(2, 2, 0), (3, 1, 1), ((3, 2), (2, 1), (1, 0)), (2, 3, 1)],
)
def test_pooling(window, stride, padding):
    x = RNG.normal(size=(2, 3, 8, 7))
    judged(
        lambda x: gg.max_pool2d(x, window, stride=stride, padding=padding),
        lambda torch, x: torch.nn.functional.max_pool2d(x, window, stride, padding),
        x,
    )
    for count in (True, False):
        judged(
            lambda x, count=count: gg.avg_pool2d(
                x, window, stride=stride, padding=padding, count_padding=count
            ),
            lambda torch, x, count=count: torch.nn.functional.avg_pool2d(
                x, window, stride, padding, count_include_pad=count
            ),
            x,
        )


def test_batch_norm_over_images():
    x = RNG.normal(size=(5, 3, 4, 4))
    gamma, beta = RNG.normal(size=3), RNG.normal(size=3)
    judged(
        lambda x, a, b: gg.batch_norm(x, a, b, axis=(0, 2, 3)).y,
        lambda torch, x, a, b: torch.nn.functional.batch_norm(
            x, None, None, a, b, training=True
        ),
        *(x, gamma, beta),
    )


def test_layer_norm_and_embedding():
    x = RNG.normal(size=(4, 5))
    judged(
        lambda x, a, b: gg.layer_norm(x, a, b),
        lambda torch, x, a, b: torch.nn.functional.layer_norm(x, (5,), a, b),
        *(x, RNG.normal(size=5), RNG.normal(size=5)),
    )
    indices = np.array([[0, 3, 3], [1, 0, 2]])
    judged(
        lambda table: gg.embedding(table, indices),
        lambda torch, table: torch.nn.functional.embedding(
            torch.tensor(indices), table
        ),
        x,
    )


@pytest.mark.parametrize("checkpoint", [False, True])
def test_a_recurrent_net_over_a_thousand_steps(checkpoint):
    import torch

    steps, batch, size, hidden = 1000, 4, 3, 6
    xs = RNG.normal(size=(steps, batch, size))
    start = [
        RNG.normal(size=(size, hidden)) / 2,
        np.linalg.qr(RNG.normal(size=(hidden, hidden)))[0] * 1.02,
        RNG.normal(size=hidden) / 10,
        RNG.normal(size=(batch, hidden)),
    ]

    wx, wh, b, h0 = ours = [gg.variable(p) for p in start]

    def step(h, x):
        h = gg.tanh(x @ wx + h @ wh + b)
        return h, h

    last, every = gg.scan(step, h0, xs, checkpoint=checkpoint)
    loss = gg.mean(gg.square(every)) + gg.sum(last)
    slopes = gg.grad(loss, ours)

    ux, uh, c, h = theirs = [torch.tensor(p, requires_grad=True) for p in start]
    states = []
    for x in torch.tensor(xs):
        h = torch.tanh(x @ ux + h @ uh + c)
        states.append(h)
    told = (torch.stack(states) ** 2).mean() + states[-1].sum()
    np.testing.assert_allclose(float(loss), told.item(), rtol=1e-12)
    for a, b in zip(slopes, torch.autograd.grad(told, theirs), strict=True):
        np.testing.assert_allclose(a.value, b, rtol=1e-9, atol=1e-9)
