"""A deep net needs digits to be better than a simple model."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.small_data import compare

FEW = 50


@pytest.fixture(scope="module")
def found():
    many = len(gg.data.load_digits().train_images)
    return compare((FEW, many), 500, 1)


def test_the_lead_of_the_deep_net_comes_with_the_digits(found):
    simple, deep = (values[:, 0, 1] for values in found.values())
    few, many = deep - simple
    assert few < 0.02
    assert many > few + 0.03


def test_both_know_few_digits_by_heart(found):
    for values in found.values():
        assert values[0, 0, 0] == 1


def test_the_seed_draws_other_digits(found):
    two = compare((FEW,), 50, 2)["softmax regression"]
    assert two.shape == (1, 2, 2)
    assert not np.array_equal(two[0, 0], two[0, 1])
