"""Two moons are scikit-learn's, with labels −1 and 1."""

import numpy as np
import pytest

from graphgrad.data import load_moons
from graphgrad.errors import ArgumentError


def test_moons_are_those_of_micrograds_demo():
    datasets = pytest.importorskip("sklearn.datasets")
    points, labels = load_moons(seed=1337)
    np.random.seed(1337)
    expected, classes = datasets.make_moons(n_samples=100, noise=0.1)
    np.testing.assert_array_equal(points, expected)
    np.testing.assert_array_equal(labels, classes * 2 - 1)
    assert (points.dtype, labels.dtype) == (np.float64, np.int64)


def test_without_noise_each_moon_is_half_a_circle():
    points, labels = load_moons(50, noise=0)
    upper, lower = points[labels == -1], points[labels == 1]
    assert len(upper) == len(lower) == 25
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert (upper[:, 1] >= 0).all()
    assert (lower[:, 1] <= 0.5).all()


@pytest.mark.parametrize("wrong", [{"n": 1}, {"noise": -0.1}, {"noise": np.nan}])
def test_moons_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ArgumentError, match="two moons of"):
        load_moons(**wrong)
