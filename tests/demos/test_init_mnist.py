"""Weights of deviation 0.01 learn nothing; He's learn sooner than Xavier's."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.init_mnist import WEIGHTS, trained

STEPS = 500


@pytest.fixture(scope="module")
def found():
    return {start: trained(start, STEPS) for start in WEIGHTS}


def test_small_weights_do_no_better_than_a_guess(found):
    assert found["std 0.01"].last == pytest.approx(np.log(10), abs=0.01)
    assert found["std 0.01"].accuracy < 0.2


def test_hes_weights_learn_sooner_than_xaviers(found):
    xavier, he = found["Xavier"], found["He"]
    assert he.last < xavier.last < 0.8 * found["std 0.01"].last
    assert he.accuracy > 0.8


def test_the_same_seed_gives_the_same_losses(found):
    again = trained("He", 20)
    assert again.losses == found["He"].losses[:20]


def test_with_the_books_settings_the_figures_are_the_books():
    if gg.data.load_digits().source != "MNIST":
        pytest.skip("the book's digits are not there")
    outcome = trained("He", 2_000)
    assert 0.117 <= outcome.last <= 0.137
    assert outcome.accuracy == pytest.approx(0.923, abs=0.01)
