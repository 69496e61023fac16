"""Rewrites that put other ops in place of one: means, windows that do not overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.rewrite import algebra, moments, windows
from graphgrad.rewrite.engine import rewrite


def compared(y, rule, x, array, *, applied=True):
    """The rewritten graph has the same values, and the rule was used or not."""
    made = rewrite([y], (rule,))
    assert (rule.__name__ in made.counts) == applied
    wanted = gg.compile(y, [x], backend="reference")(array)
    found = gg.compile(made.outputs[0], [x], backend="reference")(array)
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
@pytest.mark.parametrize("axis", [None, 0, (0, 2), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_means_are_sums(dtype, axis, keepdims):
    x = gg.placeholder((2, 3, 4), dtype=dtype)
    array = (np.random.default_rng(0).normal(size=(2, 3, 4)) * 9).astype(dtype)
    compared(gg.mean(x, axis, keepdims=keepdims), moments.mean_as_sum, x, array)


def test_other_means_stay():
    x = gg.placeholder((3,), dtype="float16")
    compared(gg.mean(x), moments.mean_as_sum, x, np.ones(3, "f2"), applied=False)
    x = gg.placeholder(("n",))
    assert not rewrite([gg.mean(x)], (moments.mean_as_sum,)).counts


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=3),
    st.integers(0, 2),
)
def test_windows_beside_each_other_are_a_matter_of_axes(pairs, ahead):
    places, window = zip(*pairs, strict=True)
    shape = (*range(2, 2 + ahead), *places, *window)
    x = gg.placeholder(shape)
    size = tuple(n * w for n, w in pairs)
    y = gg.fold(x, size, stride=window)
    array = np.arange(float(np.prod(shape))).reshape(shape)
    compared(y, windows.fold_apart, x, array)


@pytest.mark.parametrize(
    ("shape", "facts"),
    [
        ((3, 2), {"size": (4,)}),
        ((2, 2), {"size": (5,), "stride": (2,)}),
        ((2, 2), {"size": (4,), "stride": (1,), "dilation": (2,)}),
    ],
    ids=["overlap", "a rest", "dilated"],
)
def test_other_windows_stay(shape, facts):
    x = gg.placeholder(shape)
    compared(gg.fold(x, **facts), windows.fold_apart, x, np.ones(shape), applied=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("first", [False, True])
def test_products_with_masks_are_choices(dtype, first):
    special = np.array([[0.0, -0.0, np.inf, -np.inf, np.nan, -3.0]]).astype(dtype)
    array = np.concatenate([special, special])
    x = gg.placeholder(array.shape, dtype=dtype)
    chosen = np.broadcast_to(np.array([[True], [False]]), array.shape)
    mask = gg.astype(gg.constant(chosen), dtype)
    y = mask * x if first else x * mask
    compared(y, algebra.masked, x, array)
    compared(gg.signbit(y), algebra.masked, x, array)


def test_other_products_stay():
    x, few = (gg.placeholder(s, dtype="float32") for s in ((2, 3), (3,)))
    mask = gg.astype(x > 0, "float32")
    numbers = gg.astype(gg.constant(np.ones((2, 3), "int32")), "float32")
    wide = gg.astype(x > 0, "float64")
    for y in (x * numbers, x * wide, few * mask, x * mask[:1], mask * mask):
        assert not rewrite([y], (algebra.masked,)).counts
