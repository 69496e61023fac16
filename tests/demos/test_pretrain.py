"""Layers that saw images without labels give them back, and learn from few labels."""

import os
from functools import partial

import numpy as np
import pytest

from graphgrad_demos._starts import Examples, Learner
from graphgrad_demos.pretrain import (
    HIDDEN,
    autoencoder,
    boltzmann,
    fresh,
    learnt,
    lost,
    rotations,
    stacked,
)

DATA = Examples.of_digits()
IMAGES = DATA.train[0]
EPOCHS = 40_000 // len(IMAGES)
KINDS = {"autoencoder": autoencoder, "boltzmann": boltzmann}
of_mnist = pytest.mark.skipif(
    "GRAPHGRAD_DATA" not in os.environ, reason="the figures are of MNIST"
)


@pytest.fixture(scope="module")
def stacks():
    return {name: stacked(kind, IMAGES, EPOCHS) for name, kind in KINDS.items()}


@pytest.fixture(scope="module")
def learner():
    return Learner(fresh(DATA.features, 10, 0), steps=300, seeds=2)


def accuracy(learner, layers):
    """With few labels, the mean of two numbers of them."""
    return np.mean([*learnt(learner, layers, DATA, (5, 20)).values()])


@pytest.mark.parametrize("name", KINDS)
def test_images_are_given_back_from_their_codes(stacks, name):
    layers, back = stacks[name]
    again, share = lost(layers, back, DATA.test[0])
    assert again.shape == DATA.test[0].shape
    assert share < 0.5
    known = DATA.test[0].mean(axis=0)
    assert share < 0.8 * np.square(DATA.test[0] - known).mean() / DATA.test[0].var()
    assert [w.shape[1] for w in layers.weights()] == [*HIDDEN]


@of_mnist
@pytest.mark.parametrize("name", [*KINDS, "rotations"])
def test_pretrained_layers_are_ahead_of_a_cold_start(stacks, learner, name):
    if name == "rotations":
        layers = rotations(IMAGES, EPOCHS, shift=3)
    else:
        layers = stacks[name][0]
    assert accuracy(learner, layers) > accuracy(learner, ()) + 0.005


@of_mnist
def test_without_noise_autoencoders_give_back_better_and_help_less(stacks, learner):
    plain, back = stacked(partial(autoencoder, noise=0), IMAGES, EPOCHS)
    noisy = stacks["autoencoder"]
    assert lost(plain, back, DATA.test[0])[1] < lost(*noisy, DATA.test[0])[1] - 0.05
    assert accuracy(learner, plain) < accuracy(learner, noisy[0])


def test_layers_that_were_pretrained_are_not_changed_by_labels(stacks, learner):
    layers = stacks["boltzmann"][0]
    before = layers.state()
    learnt(learner, layers, DATA, (2,))
    for name, value in layers.state().items():
        np.testing.assert_array_equal(value, before[name])
