"""A Boltzmann machine against sums over all of its states, and CD-k in NumPy."""

import itertools

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors

BACKENDS = ["reference", "native"]


def machine(visible=6, hidden=4, dtype="float64", spread=1.0):
    """One whose variables are all away from 0."""
    rng = np.random.RandomState(3)
    rbm = gg.nn.RBM(visible, hidden, rng, weight=gg.nn.init.normal(spread), dtype=dtype)
    rbm.bias.assign(rng.standard_normal(hidden))
    rbm.visible_bias.assign(rng.standard_normal(visible))
    return rbm


def values(rbm):
    return [x.value for x in (rbm.weight, rbm.bias, rbm.visible_bias)]


def binary(n):
    return np.array(list(itertools.product([0.0, 1.0], repeat=n)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def divergence(w, b, a, key, x, rate, k):
    """CD-k by hand (Hinton 2010, §2 and §3), with graphgrad's uniform numbers."""
    keys = gg.random.split(key, k + 1)
    at_data = sigmoid(x @ w + b)
    made, hidden = x, at_data
    for step in range(k):
        numbers = gg.random.uniform(keys[step + 1], hidden.shape, dtype=w.dtype).value
        made = sigmoid((numbers < hidden) @ w.T + a)
        hidden = sigmoid(made @ w + b)
    n = len(x)
    return (
        w + rate * (x.T @ at_data - made.T @ hidden) / n,
        b + rate * (at_data - hidden).mean(axis=0),
        a + rate * (x - made).mean(axis=0),
        keys[0].value,
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("k", [1, 3])
def test_updates_are_those_of_contrastive_divergence(backend, k):
    rbm = machine()
    x = gg.placeholder(("batch", 6))
    step = gg.compile([], [x], rbm.updates(x, 0.3, k), backend=backend)
    rng = np.random.RandomState(0)
    for rows in (5, 8, 5):
        batch = rng.uniform(size=(rows, 6))
        expected = divergence(*values(rbm), rbm.key.value, batch, 0.3, k)
        step(batch)
        for new, known in zip([*values(rbm), rbm.key.value], expected, strict=True):
            np.testing.assert_allclose(new, known, rtol=0, atol=1e-13)


def test_another_optimiser_goes_down_the_same_slope():
    ours, theirs = machine(), machine()
    x = gg.placeholder(("batch", 6))
    contrast = theirs.contrast(x)
    learnt = [theirs.weight, theirs.bias, theirs.visible_bias]
    steps = [
        gg.compile([], [x], ours.updates(x, 0.1)),
        gg.compile(contrast, [x], gg.optim.SGD(0.1).updates(contrast, learnt)),
    ]
    batch = np.random.RandomState(0).uniform(size=(7, 6))
    for step in steps * 2:
        step(batch)
    for a, b in zip(ours.state().values(), theirs.state().values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_free_energy_sums_over_all_hidden_states():
    rbm = machine()
    w, b, a = values(rbm)
    x, h = binary(6), binary(4)
    energies = -(x @ w @ h.T) - (x @ a)[:, None] - h @ b
    expected = -np.log(np.exp(-energies).sum(axis=1))
    np.testing.assert_allclose(rbm.free_energy(x).value, expected, rtol=1e-12)
    chances = np.exp(-energies) @ h / np.exp(-energies).sum(axis=1)[:, None]
    np.testing.assert_allclose(rbm(x).value, chances, rtol=1e-10)
    back = np.exp(-energies).T @ x / np.exp(-energies).sum(axis=0)[:, None]
    np.testing.assert_allclose(rbm.visible(h).value, back, rtol=1e-10)


def test_what_was_seen_becomes_likely():
    """The exact probability, with the sum over all states."""
    rbm = gg.nn.RBM(6, 4, 0, dtype="float64")
    seen = np.repeat(np.eye(2), 3, axis=1)
    chance = gg.exp(-rbm.free_energy(seen)) / gg.exp(-rbm.free_energy(binary(6))).sum()
    np.testing.assert_allclose(chance.value, 1 / 64, rtol=0.1)
    x = gg.placeholder(("batch", 6))
    step = gg.compile([], [x], rbm.updates(x, 0.2))
    for _ in range(2000):
        step(seen)
    assert (chance.value > 0.3).all()


def test_reconstruction_error_and_free_energy_fall_on_digits():
    images = gg.data.load_digits().train_images[:500]
    pixels = images.shape[1]
    shuffled = np.random.RandomState(0).permutation(images.T).T
    rbm = gg.nn.RBM(pixels, 50, 0)
    x = gg.placeholder(("batch", pixels), dtype="float32")
    error, energy = rbm.reconstruction_error(x), gg.mean(rbm.free_energy(x))
    measure = gg.compile([error, energy], [x])
    before = measure(images)
    step = gg.compile(error, [x], rbm.updates(x, 0.1))
    losses = gg.train.fit(step, (images,), epochs=20, batch=20)["loss"]
    after = measure(images)
    assert after[0] < 0.5 * before[0]
    assert after[1] < before[1]
    assert after[1] < measure(shuffled)[1]  # digits, and not all images
    assert losses[-1] < losses[0]
    assert all(p.dtype == "float32" for p in (*rbm.parameters(), rbm.visible_bias))


def test_draws_follow_from_the_seed_and_are_new_in_every_step():
    first, same, other = (gg.nn.RBM(6, 4, seed, dtype="float64") for seed in (0, 0, 1))
    x = np.random.RandomState(0).uniform(size=(50, 6))
    slopes = [rbm.contrast(gg.constant(x)) for rbm in (first, same, other)]
    assert slopes[0].value == slopes[1].value != slopes[2].value
    step = gg.compile(first.contrast(gg.constant(x)))  # changes the key alone
    assert len({float(step()) for _ in range(5)}) == 5


def test_in_a_net_it_is_a_linear_layer_with_a_sigmoid_and_learns_from_labels():
    rbm = machine(dtype="float32")
    x = np.random.RandomState(0).uniform(size=(9, 6)).astype("float32")
    head = gg.nn.Linear(4, 3, 0)
    own = gg.nn.Sequential(rbm, head)
    copied = gg.nn.Sequential(rbm.to_linear(), gg.sigmoid, head)
    np.testing.assert_array_equal(own(x).value, copied(x).value)
    assert own.parameters() == [rbm.weight, rbm.bias, head.weight, head.bias]
    loss = gg.nn.softmax_cross_entropy(own(x, training=True), np.arange(9) % 3)
    before, still = rbm.state(), copied[0].state()
    gg.compile(loss, updates=gg.optim.SGD(0.1).updates(loss, own.parameters()))()
    changed = {n for n, v in rbm.state().items() if not np.array_equal(v, before[n])}
    assert changed == {"weight", "bias"}
    for name, value in copied[0].state().items():
        np.testing.assert_array_equal(value, still[name])


def test_no_step_of_sampling_is_refused():
    with pytest.raises(errors.ArgumentError, match="CD-0"):
        machine().updates(np.zeros((1, 6)), 0.1, k=0)


def test_a_tensor_as_rate_keeps_float32():
    rbm = machine(dtype="float32")
    rate = gg.variable(0.1, trainable=False)
    new = rbm.updates(np.zeros((1, 6), "float32"), rate)
    assert [v.dtype for v in new.values()] == ["float32"] * 3 + ["uint32"]
