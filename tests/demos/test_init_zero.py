"""Weights that start equal stay equal, and have rank 1 after any training."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.init_zero import UNITS, trained

STEPS = 300


@pytest.fixture(scope="module")
def from_random():
    return trained("random (Xavier)", STEPS)


@pytest.mark.parametrize("start", ["zeros", "all 0.01"])
def test_units_that_start_equal_stay_equal(start, from_random):
    outcome = trained(start, STEPS)
    assert max(np.ptp(w) for w in outcome.weights) > 0.01, "the net was trained"
    assert outcome.ranks() == [1, 1, 1]
    assert max(outcome.spread()) < 1e-6
    assert outcome.accuracy < from_random.accuracy - 0.3


def test_random_weights_part_the_units(from_random):
    assert from_random.ranks() == [UNITS, UNITS, 10]
    assert min(from_random.spread()) > 0.1


def test_with_relu_weights_of_zero_do_not_move_at_all():
    for w in trained("zeros", 20, gg.relu).weights:
        assert (w == 0).all()
