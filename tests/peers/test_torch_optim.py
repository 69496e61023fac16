"""PyTorch as a judge of optimisers, schedules, clipping and max-norm, in float64."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import optim

pytestmark = pytest.mark.peer

RNG = np.random.default_rng(2)
SHAPES = [(6, 5), (5,), (5, 3), (3,)]
X = RNG.normal(size=(8, 6))
LABELS = RNG.integers(0, 3, 8)
START = [RNG.normal(size=s) for s in SHAPES]


@pytest.fixture(autouse=True)
def _double_precision():
    """NAdam's product of momenta has PyTorch's default dtype, float32 if not told."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def loss_of(parameters):
    w1, b1, w2, b2 = parameters
    hidden = gg.tanh(gg.constant(X) @ w1 + b1)
    return gg.nn.softmax_cross_entropy(hidden @ w2 + b2, LABELS)


def theirs(make, steps, schedule=None, before=lambda flat: None):
    """The parameters after so many steps of PyTorch, and the losses on the way."""
    import torch

    flat = [torch.tensor(p, requires_grad=True) for p in START]
    optimiser = make(torch.optim, flat)
    rates = schedule and schedule(torch.optim.lr_scheduler, optimiser)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        w1, b1, w2, b2 = flat
        logits = torch.tanh(torch.tensor(X) @ w1 + b1) @ w2 + b2
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS))
        loss.backward()
        before(flat)
        optimiser.step()
        losses.append(loss.item())
        if rates:
            rates.step()
    return [p.detach().numpy() for p in flat], losses


def compare(optimiser, wanted, rtol=1e-10, **options):
    flat, losses = wanted
    parameters = [gg.variable(p) for p in START]
    loss = loss_of(parameters)
    step = gg.compile(loss, updates=optimiser.updates(loss, parameters, **options))
    found = [float(step()) for _ in losses]
    np.testing.assert_allclose(found, losses, rtol=rtol)
    assert losses[-1] < 0.9 * losses[0]
    for ours, p in zip(parameters, flat, strict=True):
        np.testing.assert_allclose(ours.value, p, rtol=rtol, atol=rtol)


OPTIMISERS = {
    "SGD": (optim.SGD(0.1), lambda o, p: o.SGD(p, 0.1)),
    "SGD with decay": (
        optim.SGD(0.1, decay=0.05),
        lambda o, p: o.SGD(p, 0.1, weight_decay=0.05),
    ),
    "Momentum": (optim.Momentum(0.1), lambda o, p: o.SGD(p, 0.1, 0.9)),
    "Nesterov": (
        optim.Nesterov(0.1, 0.8),
        lambda o, p: o.SGD(p, 0.1, 0.8, nesterov=True),
    ),
    "AdaGrad": (optim.AdaGrad(), lambda o, p: o.Adagrad(p)),
    "RMSProp": (optim.RMSProp(), lambda o, p: o.RMSprop(p)),
    "Adam": (optim.Adam(), lambda o, p: o.Adam(p)),
    "Adam with other means": (
        optim.Adam(0.01, 0.8, 0.95, 1e-4),
        lambda o, p: o.Adam(p, 0.01, (0.8, 0.95), 1e-4),
    ),
    "AdamW": (optim.AdamW(), lambda o, p: o.AdamW(p)),
    "AdamW with more decay": (
        optim.AdamW(0.01, decay=0.5),
        lambda o, p: o.AdamW(p, 0.01, weight_decay=0.5),
    ),
    "NAdam": (optim.NAdam(), lambda o, p: o.NAdam(p)),
    "NAdam with decay": (
        optim.NAdam(0.01, momentum_decay=0.1, decay=0.1),
        lambda o, p: o.NAdam(
            p, 0.01, momentum_decay=0.1, weight_decay=0.1, decoupled_weight_decay=True
        ),
    ),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_three_hundred_steps_are_pytorchs(name):
    """With the defaults of PyTorch where there are defaults."""
    ours, make = OPTIMISERS[name]
    compare(ours, theirs(make, 300))


SCHEDULES = {
    "piecewise": (
        lambda s: optim.piecewise(s, [20, 50], [0.1, 0.01, 0.001]),
        lambda r, o: r.MultiStepLR(o, [20, 50]),
    ),
    "exponential": (
        lambda s: optim.exponential(s, 0.1, 0.97),
        lambda r, o: r.ExponentialLR(o, 0.97),
    ),
    "cosine": (
        lambda s: optim.cosine(s, 0.1, 99, floor=0.01),
        lambda r, o: r.CosineAnnealingLR(o, 99, 0.01),
    ),
    "warm-up": (
        lambda s: optim.warm_up(s, 0.1, 30),
        lambda r, o: r.LinearLR(o, 1 / 30, total_iters=29),
    ),
    "power": (
        lambda s: optim.power(s, 0.1, 10, 0.5),
        lambda r, o: r.LambdaLR(o, lambda t: (1 + t / 10) ** -0.5),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_pytorchs(name):
    import torch

    ours, make = SCHEDULES[name]
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    rates = make(torch.optim.lr_scheduler, optimiser)
    program = gg.compile(ours(optim.counter()))
    for _ in range(100):
        (wanted,) = rates.get_last_lr()
        assert float(program()) == pytest.approx(wanted, rel=1e-11)
        optimiser.step()
        rates.step()


@pytest.mark.parametrize("name", SCHEDULES)
def test_training_with_a_schedule_is_pytorchs(name):
    ours, make = SCHEDULES[name]
    wanted = theirs(lambda o, p: o.AdamW(p, lr=0.1), 60, make)
    compare(optim.AdamW(ours(optim.counter())), wanted)


def test_training_with_clipped_gradients_is_pytorchs():
    import torch

    norms = []

    def clip(flat):
        norms.append(torch.nn.utils.clip_grad_norm_(flat, 0.3).item())

    wanted = theirs(lambda o, p: o.SGD(p, 0.5), 60, before=clip)
    assert min(norms) < 0.3 < max(norms)

    def ours(gradients):
        return optim.clip_by_global_norm(gradients, 0.3)

    # PyTorch divides by norm + 10⁻⁶, so that its result is a little shorter.
    compare(optim.SGD(0.5), wanted, rtol=1e-4, clip=ours)


@pytest.mark.parametrize("limit", [0.5, 5.0, 1e3])
def test_clipping_is_pytorchs(limit):
    import torch

    def clipped(function, groups):
        flat = [torch.tensor(p, requires_grad=True) for p in START]
        for p, g in zip(flat, START, strict=True):
            p.grad = torch.tensor(g)
        for group in groups:
            function([flat[i] for i in group], limit)
        return [p.grad.numpy() for p in flat]

    tools = torch.nn.utils
    alone = [[i] for i in range(len(START))]
    gradients = [gg.constant(g) for g in START]
    for ours, function, groups in [
        (optim.clip_by_global_norm, tools.clip_grad_norm_, [range(len(START))]),
        (optim.clip_by_norm, tools.clip_grad_norm_, alone),
        (optim.clip_by_value, tools.clip_grad_value_, alone),
    ]:
        wanted = clipped(function, groups)
        for g, theirs_too in zip(ours(gradients, limit), wanted, strict=True):
            np.testing.assert_allclose(g.value, theirs_too, rtol=2e-6)


def test_max_norm_is_pytorchs_renorm():
    import torch

    w, kernels = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 2, 3, 3))
    for value, axis, kept in [(w, 0, 1), (w, 1, 0), (kernels, (1, 2, 3), 0)]:
        wanted = torch.renorm(torch.tensor(value), 2, kept, 2.0).numpy()
        assert not np.array_equal(wanted, value)
        made = optim.max_norm(gg.constant(value), 2.0, axis).value
        np.testing.assert_allclose(made, wanted, rtol=1e-6)
