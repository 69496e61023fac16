"""Symbolic dimensions are polynomials in canonical text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad import errors, shapes

_DIMS = st.recursive(
    st.one_of(st.integers(0, 5), st.sampled_from(["a", "b", "c"])),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(shapes.product),
        st.lists(inner, min_size=1, max_size=3).map(shapes.total),
    ),
    max_leaves=6,
)
_SIZES = {"a": 2, "b": 3, "c": 7}


def _value(dim):
    return shapes.resolve((dim,), _SIZES)[0]


@given(st.lists(_DIMS, min_size=1, max_size=4))
def test_product_and_total_agree_with_numbers(dims):
    product, total = 1, 0
    for dim in dims:
        product *= _value(dim)
        total += _value(dim)
    assert _value(shapes.product(dims)) == product
    assert _value(shapes.total(dims)) == total


@given(st.lists(_DIMS, min_size=1, max_size=4))
def test_equal_polynomials_are_equal_text(dims):
    assert shapes.product(dims) == shapes.product(dims[::-1])
    assert shapes.total(dims) == shapes.total(dims[::-1])


@given(_DIMS, st.one_of(st.integers(1, 5), st.sampled_from(["a", "b", "2*a"])))
def test_quotient_undoes_product(dim, divisor):
    assert shapes.quotient(shapes.product([dim, divisor]), divisor) == dim


def test_broadcast_treats_a_symbol_as_a_size_of_its_own():
    assert shapes.broadcast(("batch", 1), (3,)) == ("batch", 3)
    with pytest.raises(errors.ShapeError, match="axis -1 has batch against 3"):
        shapes.broadcast(("batch",), (3,))


def test_learning_sizes_refuses_a_contradiction():
    sizes = {}
    shapes.learn(("n", 3), (5, 3), sizes)
    assert sizes == {"n": 5}
    with pytest.raises(errors.ShapeError, match=r"does not fit \(n,\), n = 5"):
        shapes.learn(("n",), (4,), sizes)


@pytest.mark.parametrize("bad", [(-1,), ("two words",), (1.5,), ("a-b",)])
def test_a_bad_dimension_is_refused(bad):
    with pytest.raises(errors.ShapeError):
        shapes.as_shape(bad)


def test_an_axis_of_unknown_size_is_turned_round_and_added_up():
    x = gg.placeholder(("batch", 2), name="x")
    array = np.arange(6.0).reshape(3, 2)
    for function in (gg.flip, lambda x: gg.cumulative_sum(x, axis=0)):
        y = function(x)
        slope = gg.grad(gg.sum(y * y), x)
        known = gg.variable(array)
        expected = gg.grad(gg.sum(gg.square(function(known))), known)
        run = gg.run([y, slope], {x: array})
        np.testing.assert_allclose(run[y], function(known).value)
        np.testing.assert_allclose(run[slope], expected.value)
    ones = gg.grad(gg.sum(x), x)  # it depends on the size of x, and on no value
    assert gg.run(ones, {x: array})[ones].tolist() == [[1, 1]] * 3
