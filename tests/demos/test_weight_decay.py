"""Decay holds the weights down and narrows the gap of `overfit`."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.weight_decay import KINDS, SMALL, trained

EPOCHS = 40


@pytest.fixture(scope="module")
def found():
    return {kind: trained(kind, EPOCHS) for kind in KINDS}


DECAYS = [kind for kind in KINDS if kind != "no decay"]


@pytest.mark.parametrize("kind", DECAYS)
def test_the_gap_is_smaller_with_decay(found, kind):
    if gg.data.load_digits().source != "MNIST":
        pytest.skip("8 × 8 digits are too easy to overfit")
    assert found[kind][0].gap < found["no decay"][0].gap - 0.01


@pytest.mark.parametrize("kind", DECAYS)
def test_decay_shortens_the_weights_and_holds_training_back(found, kind):
    free, loose = found["no decay"]
    held, short = found[kind]
    assert held.train[-1] < free.train[-1]
    assert np.linalg.norm(short) < 0.95 * np.linalg.norm(loose)


def test_decoupled_decay_is_l2_but_for_the_biases_with_plain_sgd(found):
    l2, decoupled = found["L2, λ = 0.1"][1], found["decoupled, λ = 0.1"][1]
    free = found["no decay"][1]
    assert np.abs(l2 - decoupled).max() < 0.05 * np.abs(l2 - free).max()


def test_l1_brings_weights_next_to_zero_which_l2_does_not(found):
    share = {kind: np.mean(np.abs(w) < SMALL) for kind, (_, w) in found.items()}
    assert share["L1, λ = 0.01"] > 5 * share["no decay"]
    assert share["L2, λ = 0.1"] < 2 * share["no decay"]
