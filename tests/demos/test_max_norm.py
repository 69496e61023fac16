"""With max-norm no unit's incoming weights are longer than the limit."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos._overfitting import seven_layers
from graphgrad_demos.max_norm import LIMIT, incoming, trained

EPOCHS = 40


@pytest.fixture(scope="module")
def found():
    return trained(None, EPOCHS), trained(LIMIT, EPOCHS)


def test_no_norm_is_above_the_limit_and_most_are_at_it(found):
    (_, loose), (_, short) = found
    assert short.max() <= LIMIT * (1 + 1e-6)
    assert np.mean(short > 0.999 * LIMIT) > 0.9
    assert loose.max() > 1.5


def test_the_gap_is_smaller_with_the_limit(found):
    if gg.data.load_digits().source != "MNIST":
        pytest.skip("8 × 8 digits are too easy to overfit")
    (free, _), (held, _) = found
    assert held.gap < free.gap - 0.01


def test_incoming_norms_are_those_of_every_unit_about_root_two_at_the_start():
    norms = incoming(seven_layers(np.random.RandomState(0)))
    assert norms.shape == (6 * 100 + 10,)
    assert norms.mean() == pytest.approx(np.sqrt(2), rel=0.01)
