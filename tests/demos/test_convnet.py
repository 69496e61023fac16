"""The book's conv net learns, and its filters become smooth."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.convnet import as_in_the_book, convnet, mosaic, pictures, train


@pytest.fixture(scope="module")
def digits():
    found = pictures(gg.data.load_digits())
    return gg.data.Digits(found.source, *(array[:1000] for array in found[1:]))


def roughness(kernels):
    """Change from one weight of a filter to the next, beside the spread of all."""
    steps = np.diff(kernels, axis=2), np.diff(kernels, axis=3)
    return np.mean([np.mean(s**2) for s in steps]) / np.var(kernels)


def test_it_is_the_books_net():
    shapes = [p.shape for p in convnet(28).parameters()]
    wanted = [(30, 1, 5, 5), (30,), (4320, 100), (100,), (100, 10), (10,)]
    assert shapes == wanted


def test_it_learns_and_its_filters_become_smoother(digits):
    side = digits.train_images.shape[-1]
    net = convnet(side)
    before = np.array(net[0].weight.value)
    history = train(net, digits, 5 if side == 28 else 25)
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    assert history["test"][-1] > max(0.3, history["test"][0])
    assert roughness(net[0].weight.value) < 0.8 * roughness(before)


def test_as_in_the_book_the_loss_falls(digits):
    few, _, _ = as_in_the_book(digits, 5)
    more, _, seconds = as_in_the_book(digits, 40)
    assert more < few
    assert seconds > 0


def test_kernels_stand_side_by_side():
    kernels = np.arange(4 * 9.0).reshape(4, 1, 3, 3)
    drawn = mosaic(kernels, columns=2)
    assert drawn.shape == (10, 10)
    assert np.isnan(drawn[0]).all()
    np.testing.assert_allclose(drawn[1:4, 6:9].ravel(), np.linspace(0, 1, 9))
