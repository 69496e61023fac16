"""The net of chapter 6 is right on 19 of 20 new digits after a few epochs."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.mlp import FORMS, train


@pytest.fixture(scope="module")
def found():
    return {form: train(form, 6) for form in FORMS}


def test_new_digits_are_told(found):
    assert found["as they are"].test[-1] > 0.95


def test_the_gap_to_the_training_digits_is_smaller_when_they_are_augmented(found):
    gaps = {form: result.train[-1] - result.test[-1] for form, result in found.items()}
    assert gaps["augmented"] < 0.6 * gaps["as they are"]


def test_what_is_told_agrees_with_the_accuracy(found):
    labels = gg.data.load_digits().test_labels
    for result in found.values():
        assert np.mean(result.told == labels) == pytest.approx(result.test[-1])
