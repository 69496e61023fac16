"""Gradients through seven layers are those of the book's own code."""

import os

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos import vanishing

BOOK = {  # mean |dL/dW| of layers 1 and 7, from the book's code
    ("sigmoid", "std 1"): (1.2e-3, 7.7e-2),
    ("sigmoid", "std 0.01"): (5.6e-13, 1.1e-2),
    ("sigmoid", "Xavier"): (5.0e-7, 2.0e-2),
    ("sigmoid", "He"): (3.5e-6, 2.6e-2),
    ("ReLU", "std 1"): (3.8e2, 8.1e3),
    ("ReLU", "std 0.01"): (1.8e-10, 1.8e-9),
    ("ReLU", "Xavier"): (1.8e-4, 6.5e-4),
    ("ReLU", "He"): (1.6e-3, 7.1e-3),
}


@pytest.mark.skipif(
    "GRAPHGRAD_DATA" not in os.environ, reason="the book's figures are of MNIST"
)
@pytest.mark.parametrize(("activation", "start"), BOOK)
def test_gradients_are_those_of_the_books_code(activation, start):
    found = vanishing.sizes_of_gradients(activation, start, seeds=3)
    assert found[[0, -1]] == pytest.approx(BOOK[activation, start], rel=0.05)


@pytest.mark.parametrize("start", vanishing.STARTS)
def test_they_shrink_more_through_sigmoids_than_through_relus(start):
    names = ("sigmoid", "ReLU")
    sigmoid, relu = (vanishing.sizes_of_gradients(name, start, 1) for name in names)
    assert sigmoid[-1] / sigmoid[0] > 2 * relu[-1] / relu[0]


def test_weights_too_small_leave_a_ten_thousand_millionth_of_it():
    sizes = vanishing.sizes_of_gradients("sigmoid", "std 0.01", seeds=1)
    assert sizes[-1] / sizes[0] > 1e9
    assert np.all(np.diff(sizes) > 0)


def test_the_picture_has_the_gradients_of_the_nets():
    total = vanishing.three_nets()
    total.backward()
    net = vanishing.net_of("ReLU", "He", 0)
    x, t = map(gg.constant, vanishing.digits())
    slope = gg.grad(gg.nn.softmax_cross_entropy(net(x), t), net.weights()[0]).value
    drawn = gg.Graph(total).find(name="W1")[2].grad
    assert np.abs(drawn - slope).max() < 1e-5 * np.abs(slope).max()
