"""Weights that are too large make a gradient explode; clipping lets the net learn."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.clip import FORMS, LARGE, reach, rows, train


@pytest.fixture(scope="module")
def digits():
    return gg.data.load_digits()


@pytest.fixture(scope="module")
def found(digits):
    return {name: train(name, digits, 100) for name in FORMS}


def test_a_digit_is_read_in_rows():
    images = np.arange(2 * 784).reshape(2, 784)
    assert rows(images).shape == (2, 28, 28)
    assert (rows(images)[1] == images[1].reshape(28, 28)).all()


def test_the_gradient_grows_on_its_way_back_only_with_large_weights(digits):
    large, orthogonal = reach(LARGE, digits), reach(gg.nn.init.orthogonal, digits)
    assert large[0] > 50 * large[-1]
    assert orthogonal.max() < 3 * orthogonal[-1]


@pytest.mark.parametrize("name", [name for name in FORMS if name != "without"])
def test_every_form_of_clipping_learns_faster_than_none(found, name):
    last = {n: result.losses[-20:].mean() for n, result in found.items()}
    assert last[name] < last["without"] - 0.2
    assert found[name].accuracy > found["without"].accuracy + 0.1


def test_all_begin_with_the_same_gradient(found):
    first = {float(result.norms[0]) for result in found.values()}
    assert len(first) == 1
    assert first.pop() > 5
