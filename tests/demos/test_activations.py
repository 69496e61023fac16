"""Slopes of activations are those of differences; an accuracy has none."""

import numpy as np
import pytest

from graphgrad_demos import activations

POINTS = np.linspace(-3.9, 3.9, 40)  # none at a kink


@pytest.mark.parametrize("title", activations.FUNCTIONS)
def test_a_slope_is_that_of_differences(title):
    function = activations.FUNCTIONS[title]
    slope = activations.slopes(function, POINTS)[1]
    above, below = (activations.slopes(function, POINTS + h)[0] for h in (1e-6, -1e-6))
    assert slope == pytest.approx((above - below) / 2e-6, abs=1e-8)


def test_the_loss_has_a_slope_along_a_weight_and_the_accuracy_none():
    line = activations.along_a_weight(101)
    differences = np.gradient(line.loss, line.weights)
    assert line.loss_slope[1:-1] == pytest.approx(differences[1:-1], abs=0.01)
    assert (np.abs(line.loss_slope) > 1e-3).mean() > 0.95
    assert not line.accuracy_slope.any()
    assert line.flat > 0.7
    assert 3 < len(np.unique(line.accuracy)) < 50
