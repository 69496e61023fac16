"""The gradients are the book's formulas, letter by letter."""

import graphgrad as gg
from graphgrad_demos import affine


def first_line(loss, x):
    return gg.explain(loss, wrt=x).splitlines()[0]


def test_softmax_with_cross_entropy_sends_back_the_difference_over_n():
    y, inputs, softmax, _ = affine.layer()
    assert first_line(softmax, y) == "d L / d Y = (softmax(Y) − one_hot(t)) / n"
    assert first_line(softmax, inputs["W"]).endswith(
        "Xᵀ @ ((softmax(Y) − one_hot(t)) / n)"
    )


def test_squared_error_of_an_identity_sends_back_the_difference():
    y, inputs, _, squared = affine.layer()
    assert first_line(squared, y) == "d L / d Y = Y − t"
    assert first_line(squared, inputs["X"]) == "d L / d X = (Y − t) @ Wᵀ"
    assert first_line(squared, inputs["b"]) == "d L / d b = sum(Y − t, axis 0)"


def test_the_chain_rule_through_every_part_gives_the_same_numbers():
    loss, y = affine.opened()
    assert len(gg.Graph(gg.grad(loss, y))) > 20
    assert affine.difference(loss, y) < 1e-15


def test_the_layer_that_is_drawn_has_right_gradients():
    loss, *_ = affine.with_numbers()
    assert gg.testing.check_gradients(loss).ok
