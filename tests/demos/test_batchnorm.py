"""With batch normalisation nets learn from weights with which they otherwise do not."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.batchnorm import PLACES, curves, net_of

SCALES = (1.0, 0.025, 1e-3)
EPOCHS = 5


@pytest.fixture(scope="module")
def found():
    return {name: curves(name, EPOCHS, SCALES) for name in PLACES}


def test_without_it_large_weights_diverge_and_small_ones_do_not_learn(found):
    accuracies, diverged = found["no normalisation"]
    assert diverged == 1
    assert (accuracies[:, -1] < 0.2).all()


@pytest.mark.parametrize("name", ["before ReLU", "after ReLU"])
def test_with_it_every_scale_learns(found, name):
    accuracies, diverged = found[name]
    assert diverged == 0
    large, middle, small = accuracies[:, -1]
    assert large > 0.15
    assert middle > 0.7
    assert small > 0.4


def test_one_program_serves_all_scales_from_fresh_weights(found):
    alone, _ = curves("before ReLU", EPOCHS, SCALES[1:2])
    np.testing.assert_array_equal(alone[0], found["before ReLU"][0][1])


def test_the_layers_are_those_of_the_book():
    net = net_of(0.1, "before", 0)
    layers = [layer for layer in net if isinstance(layer, gg.nn.BatchNorm)]
    assert len(layers) == 5
    for layer in layers:
        assert layer.epsilon == 1e-6
        assert (layer.running_var.value == 0).all()
