"""Layers that know 0–4 help to learn 5–9, and frozen ones may be run once."""

import os

import numpy as np
import pytest
from safetensors.numpy import load_file

import graphgrad as gg
from graphgrad_demos._starts import Examples
from graphgrad_demos.transfer import CLASSES, Transfer, cached, source, through_pytorch

LOW, HIGH = Examples.of_digits(0, CLASSES), Examples.of_digits(5, CLASSES)
of_mnist = pytest.mark.skipif(
    "GRAPHGRAD_DATA" not in os.environ, reason="the figures are of MNIST"
)


@pytest.fixture(scope="module")
def net():
    return source(LOW, epochs=8, shift=3)


@pytest.fixture(scope="module")
def accuracies(net):
    return Transfer(net, HIGH, steps=100, seeds=2).accuracies


def test_the_digits_five_to_nine_are_labelled_from_zero():
    digits = gg.data.load_digits()
    assert set(HIGH.train[1]) == set(HIGH.test[1]) == set(range(CLASSES))
    both = len(LOW.train[1]) + len(HIGH.train[1])
    assert both == len(digits.train_labels)
    first = np.flatnonzero(digits.train_labels >= CLASSES)[0]
    np.testing.assert_array_equal(HIGH.train[0][0], digits.train_images[first])
    assert HIGH.train[1][0] == digits.train_labels[first] - CLASSES


def test_so_many_of_each_class_are_drawn():
    images, labels = HIGH.few(7, seed=1)
    assert np.bincount(labels).tolist() == [7] * CLASSES
    assert len(np.unique(images, axis=0)) == 7 * CLASSES


@of_mnist
def test_kept_layers_help_where_examples_are_few(accuracies):
    cold, tuned = (accuracies(kept, (2, 10)) for kept in (0, 3))
    frozen = accuracies(1, (2, 10), frozen=True)
    assert all(tuned[n] > cold[n] + 0.02 for n in (2, 10))
    assert all(frozen[n] > cold[n] + 0.02 for n in (2, 10))


@of_mnist
def test_frozen_only_the_lowest_layer_helps(accuracies):
    first, second, third = (accuracies(k, frozen=True)[10] for k in (1, 2, 3))
    assert first > second > third
    assert third < accuracies(0)[10]


def test_the_layers_that_are_kept_are_not_changed(net, accuracies):
    before = net.state()
    accuracies(2, (2,))
    accuracies(2, (2,), frozen=True)
    accuracies(3, (2,), hidden=(8,))
    for name, value in net.state().items():
        np.testing.assert_array_equal(value, before[name])


def test_what_frozen_layers_give_may_be_computed_once(net):
    within, alone, difference = cached(net, HIGH, steps=200)
    assert difference < 1e-6
    assert within > 1.3 * alone


def test_weights_in_pytorchs_layout_are_the_same_net(net, tmp_path):
    read = through_pytorch(net, tmp_path / "net.safetensors")
    stored = load_file(tmp_path / "net.safetensors")
    assert stored["0.weight"].shape == net[0].weight.shape[::-1]
    images = HIGH.test[0]
    np.testing.assert_array_equal(read(images).value, net(images).value)
