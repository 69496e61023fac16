"""A user's op, declared in one block outside the package, is an op like any other."""

import functools

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors
from graphgrad.testing import Domain, Interval


@gg.primitive(
    vjp=(lambda g, out, x: g / gg.square(1 + gg.abs(x)),),
    domain=Domain((Interval(-5, 5),), kinks=(0.0,), analytic=False),
    glyph="s",
)
def user_softsign(xp, x, /):
    """x / (1 + |x|)."""
    return x / (1 + xp.abs(x))


@gg.composite()
def user_softsign_by_parts(x, /):
    """x / (1 + |x|), with a derived gradient."""
    return x / (1 + gg.abs(x))


@pytest.mark.parametrize("op", [user_softsign, user_softsign_by_parts])
def test_it_evaluates_differentiates_compiles_draws_and_is_listed(op):
    x = gg.variable([0.5, -2.0])
    y = op(x)
    expected = x.value / (1 + np.abs(x.value))
    np.testing.assert_allclose(y.value, expected)
    np.testing.assert_allclose(op(x.value), expected)
    np.testing.assert_allclose(gg.compile(y)(), expected)
    slope = 1 / (1 + np.abs(x.value)) ** 2
    gg.sum(y).backward()
    np.testing.assert_allclose(x.grad, slope)
    assert gg.testing.check_gradients(op, x.value, order=2).ok
    assert (op.glyph or op.name) in gg.render(y, engine="layered")
    assert op.name in {row["name"] for row in gg.ops.table()}


def test_vectors_too_short_for_the_axis_are_refused():
    with pytest.raises(errors.ShapeError, match="do not meet along axis -2"):
        gg.vecdot(gg.variable([[1.0], [2.0]]), gg.variable([1.0]), axis=-2)


def test_a_wrong_rule_is_caught_and_named():
    @gg.primitive(vjp=(lambda g, out, x: g * out,))
    def user_wrong(xp, x, /):
        """x³ with the gradient of another function."""
        return x**3

    verdict = gg.testing.check_gradients(user_wrong, np.array([0.5, 2.0]))
    assert verdict.verdict == "wrong"
    assert "user_wrong" in str(verdict)


def test_an_op_that_says_so_stops_the_gradient():
    @gg.primitive(vjp=(None,))
    def user_opaque(xp, x, /):
        """x, as a constant."""
        return x

    x = gg.variable(2.0)
    assert float(gg.grad(user_opaque(x) * x, x)) == 2


def test_an_elementwise_op_may_have_attrs():
    @gg.primitive(vjp=(lambda g, out, x, slope: g * gg.where(x > 0, 1.0, slope),))
    def user_leaky(xp, x, /, slope=0.1):
        """x, or slope · x below 0."""
        return xp.where(x > 0, x, slope * x)

    assert gg.testing.check_gradients(user_leaky, [0.5, -2.0]).ok
    x = gg.variable([0.5, -2.0])
    assert user_leaky(x, slope=0.5).value.tolist() == [0.5, -1.0]


def test_an_unknown_argument_is_named():
    with pytest.raises(errors.ArgumentError, match="'where'"):
        np.exp(gg.variable(1.0), where=True)


def test_the_wrong_number_of_arguments_shows_the_signature():
    with pytest.raises(errors.ArgumentError, match=r"it takes user_softsign\(x, /\)"):
        user_softsign(gg.variable(1.0), gg.variable(2.0))


def test_a_rule_that_wraps_anothers_is_asked_all_the_same():
    @functools.wraps(gg.add.infer)
    def outer(x, y):
        return (*x.shape, *y.shape), x.dtype

    @gg.primitive(infer=outer)
    def outer_sum_example(xp, x, y, /):
        """Sums of all pairs."""
        return x[:, None] + y

    x = gg.variable([1.0, 2.0])
    assert outer_sum_example(x, x).shape == (2, 2)
    assert outer_sum_example(x, x).value.tolist() == [[2.0, 3.0], [3.0, 4.0]]
