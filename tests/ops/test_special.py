"""Gradients where slopes are infinite or undefined: finite, right, and documented."""

import numpy as np
import pytest

import graphgrad as gg
from tests.special import SPECIAL


class Own:
    norm = staticmethod(gg.linalg.norm)

    def __getattr__(self, name):
        return getattr(gg, name)


@pytest.mark.parametrize("label", SPECIAL)
def test_the_gradient_is_as_it_is_documented(label):
    function, point, gradient = SPECIAL[label]
    x = gg.variable(np.array(point))
    slope = gg.grad(function(Own(), x), x)
    np.testing.assert_array_equal(slope.value, gradient)
    y = gg.variable(np.array(point))
    function(Own(), y).backward()
    np.testing.assert_array_equal(y.grad, gradient)
    if label != "√x":
        curve = gg.grad(gg.sum(slope), x).value
        assert not np.isnan(curve).any(), curve
