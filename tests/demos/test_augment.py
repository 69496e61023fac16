"""Augmented digits teach more at equal steps."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.augment import changes, train

EPOCHS = 40


@pytest.fixture(scope="module")
def found():
    side = int(gg.data.load_digits().train_images.shape[1] ** 0.5)
    ways = changes(side)
    return {name: train(name, ways[name], EPOCHS) for name in ("none", "shifts")}


def test_shifted_digits_make_test_accuracy_higher(found):
    if gg.data.load_digits().source != "MNIST":
        pytest.skip("digits of 8 × 8 pixels are too coarse to be moved")
    late = {name: np.mean(result.test[-5:]) for name, result in found.items()}
    assert late["shifts"] > late["none"] + 0.01


def test_the_same_digits_are_learned_later_when_they_are_changed(found):
    assert np.mean(found["shifts"].train) < np.mean(found["none"].train)


def test_all_changes_are_those_of_the_single_ways():
    amounts = {"shift": 2.0, "degrees": 15, "scale": 1.2}
    amounts |= {"elastic": 1.0, "smoothness": 4.0}
    assert changes(28)["all"].keywords == amounts


@pytest.mark.parametrize("name", ["shifts", "rotations", "scaling", "bending"])
def test_a_way_alone_changes_images(name):
    image = np.zeros((1, 784), np.float32)
    image[0, 300:320] = 1
    changed = changes(28)[name](image, np.random.RandomState(0))
    assert changed.shape == image.shape
    assert np.abs(changed - image).max() > 0.1
