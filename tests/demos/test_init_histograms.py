"""Initial weights decide what reaches the fifth layer, with the book's figures."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos import init_histograms

# Of the book's weight_init_activation_histogram, means over seeds 0 to 2: deviation and
# saturated share in layer 1, and in layer 5.
BOOK = {
    ("sigmoid", "std 1"): ((0.459, 0.644), (0.440, 0.526)),
    ("sigmoid", "std 0.01"): ((0.0249, 0), (0.0121, 0)),
    ("sigmoid", "Xavier"): ((0.208, 0), (0.123, 0)),
    ("sigmoid", "He"): ((0.261, 0.001), (0.171, 0)),
    ("tanh", "std 1"): ((0.959, 0.789), (0.957, 0.779)),
    ("tanh", "std 0.01"): ((0.099, 0), (9.7e-6, 0)),
    ("tanh", "Xavier"): ((0.627, 0.008), (0.316, 0)),
    ("tanh", "He"): ((0.720, 0.061), (0.562, 0.001)),
    ("ReLU", "std 1"): ((5.84, 0.500), (1.68e4, 0.511)),
    ("ReLU", "std 0.01"): ((0.0584, 0.500), (1.7e-6, 0.511)),
    ("ReLU", "Xavier"): ((0.584, 0.500), (0.168, 0.511)),
    ("ReLU", "He"): ((0.826, 0.500), (0.953, 0.511)),
}


def _means(name, weight):
    found = [
        init_histograms.figures(name, init_histograms.activations(name, weight, seed))
        for seed in range(3)
    ]
    spread, share = np.mean(found, axis=0)
    return spread, share


@pytest.mark.parametrize(("name", "start"), BOOK)
def test_deviation_and_saturation_are_those_of_the_books_code(name, start):
    spread, share = _means(name, init_histograms.WEIGHTS[start])
    for layer, (deviation, saturated) in zip((0, -1), BOOK[name, start], strict=True):
        # Half a unit of the last digit that the table has.
        assert spread[layer] == pytest.approx(
            deviation, rel=0.03 if deviation < 2e-6 else 0.006
        )
        assert share[layer] == pytest.approx(saturated, abs=0.0006)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "ReLU"])
def test_weights_of_zero_give_every_unit_one_value(name):
    spread, share = _means(name, gg.nn.init.zeros)
    assert (spread == 0).all()
    assert (share == (name == "ReLU")).all()


def test_glorots_uniform_weights_keep_what_xaviers_keep():
    weights = init_histograms.WEIGHTS
    spread, _ = _means("tanh", weights["Glorot, uniform"])
    assert spread == pytest.approx(_means("tanh", weights["Xavier"])[0], rel=0.05)
