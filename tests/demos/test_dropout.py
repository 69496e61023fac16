"""Dropout holds training back, and both forms start from the same weights."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos._overfitting import seven_layers
from graphgrad_demos.dropout import DROPPED, FORMS, trained, with_dropout

EPOCHS = 30


@pytest.fixture(scope="module")
def found():
    return {form: trained(form, EPOCHS) for form in FORMS}


def test_the_gap_is_smaller_with_dropout(found):
    if gg.data.load_digits().source != "MNIST":
        pytest.skip("8 × 8 digits are too easy to overfit")
    gaps = {form: accuracies.gap for form, accuracies in found.items()}
    assert gaps["scaled in training"] < gaps["no dropout"] - 0.01
    assert gaps["scaled in use (book)"] < gaps["no dropout"] - 0.01


def test_the_books_form_learns_slowest(found):
    reached = [np.mean(accuracies.train[-10:]) for accuracies in found.values()]
    free, book, inverted = reached
    assert book < inverted < free


def test_nets_with_dropout_share_the_weights_of_the_plain_one():
    rng = np.random.RandomState(0)
    net = seven_layers(rng)
    for scale in ("training", "inference"):
        other = with_dropout(net, rng, scale)
        assert other.parameters() == net.parameters()
        assert sum(isinstance(layer, gg.nn.Dropout) for layer in other) == 6


def test_in_use_the_books_form_shrinks_the_signal_in_every_layer():
    rng = np.random.RandomState(0)
    net = seven_layers(rng)
    x = gg.constant(rng.rand(5, net[0].weight.shape[0]).astype(np.float32))
    plain = np.asarray(net(x))
    inverted = np.asarray(with_dropout(net, rng, "training")(x))
    book = np.asarray(with_dropout(net, rng, "inference")(x))
    np.testing.assert_array_equal(inverted, plain)
    np.testing.assert_allclose(book, plain * (1 - DROPPED) ** 6, rtol=1e-4, atol=1e-5)
