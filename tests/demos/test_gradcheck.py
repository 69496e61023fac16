"""Backpropagation agrees with differences, and one example proves nothing."""

import numpy as np
import pytest

from graphgrad_demos import gradcheck
from graphgrad_demos._differences import Check


def errors(count, norm):
    return Check(*gradcheck.normalised(count, norm)).errors(10)


def test_the_books_net_agrees_to_ten_digits():
    loss, book, values = gradcheck.two_layers(3)
    check = Check(loss, values)
    assert check.idle() == 0
    # A larger step may take a unit over its kink.
    assert max(check.errors(100, h=1e-6).values()) < 1e-9
    # The book's loss has 1e-7 in its logarithm, which its backward pass leaves out.
    found = Check(book, values, backward=loss).errors(100)
    assert found["b2"] == pytest.approx(gradcheck.BOOK["b2"], rel=0.2)
    assert found["W2"] > 1e3 * check.errors(100)["W2"]


def test_a_wrong_gradient_shows_on_five_digits():
    assert max(errors(5, gradcheck.norm).values()) < 1e-7
    assert max(errors(5, gradcheck.forgetful_norm).values()) > 1e-3


def test_one_digit_cannot_tell_right_from_wrong():
    assert errors(1, gradcheck.forgetful_norm) == errors(1, gradcheck.norm)
    check = Check(*gradcheck.normalised(1, gradcheck.norm))
    assert check.idle() == 7


def test_at_a_kink_a_difference_gives_half_a_slope():
    check = Check(*gradcheck.normalised(1, gradcheck.norm))
    slopes = [check.difference(check.names.index("β2"), i, 1e-4) for i in range(20)]
    assert not check.gradients[check.names.index("β2")].any()
    assert np.abs(slopes).max() > 1e-2
