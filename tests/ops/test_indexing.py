"""Indexing follows NumPy in every form, and its gradient counts every use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad import errors

X = np.arange(60.0).reshape(3, 4, 5)


@st.composite
def indices(draw):
    """Numbers, slices, None, one ellipsis, integer arrays and one mask, mixed."""
    parts, axes = [], list(X.shape)
    while axes and draw(st.integers(0, 3)):
        size = axes.pop(0)
        kind = draw(st.sampled_from(["number", "slice", "array", "mask", "whole"]))
        whole = st.one_of(st.none(), st.integers(-6, 6))
        if kind == "number":
            parts.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            step = draw(st.sampled_from([None, 1, 2, -1, -3]))
            parts.append(slice(draw(whole), draw(whole), step))
        elif kind == "array":
            shape = draw(st.sampled_from([(2,), (2, 2), (1,), ()]))
            entries = st.integers(-size, size - 1)
            count = int(np.prod(shape))
            drawn = draw(st.lists(entries, min_size=count, max_size=count))
            parts.append(np.array(drawn, int).reshape(shape))
        elif kind == "mask" and not any(isinstance(p, np.ndarray) for p in parts):
            mask = np.zeros(size, bool)
            mask[[0, size - 1]] = True  # two entries, which broadcast with arrays
            parts.append(mask)
        else:
            parts.append(slice(None))
        if draw(st.integers(0, 4)) == 0:
            parts.append(None)
    if draw(st.booleans()):
        parts.append(Ellipsis)
    return tuple(parts)


def _expected(index):
    try:
        return X[index]
    except IndexError:
        return None


@given(indices())
def test_every_form_of_index_selects_what_numpy_selects(index):
    expected = _expected(index)
    if expected is None:
        return
    y = gg.variable(X)[index]
    assert y.shape == expected.shape
    np.testing.assert_array_equal(y.value, expected)


@given(indices())
def test_the_gradient_counts_how_often_an_entry_was_taken(index):
    expected = _expected(index)
    if expected is None:
        return
    x = gg.variable(X)
    y = x[index]
    weights = np.arange(1.0, expected.size + 1).reshape(expected.shape)
    counted = np.zeros_like(X)
    np.add.at(counted, index, weights)
    gg.sum(y * weights).backward()
    np.testing.assert_array_equal(x.grad, counted)
    slope = gg.grad(gg.sum(y * weights), x)
    np.testing.assert_array_equal(slope.value, counted)


@given(indices())
def test_set_and_add_change_a_copy_as_numpy_changes_in_place(index):
    expected = _expected(index)
    if expected is None:
        return
    values = -np.arange(1.0, expected.size + 1).reshape(expected.shape)
    changed, added = X.copy(), X.copy()
    changed[index] = values
    np.add.at(added, index, values)
    x = gg.variable(X)
    np.testing.assert_array_equal(x.at[index].set(values).value, changed)
    np.testing.assert_array_equal(x.at[index].add(values).value, added)
    np.testing.assert_array_equal(x.value, X)


@pytest.mark.parametrize(
    "mask",
    [
        np.array([True]),
        np.array([True, False, False, False]),
        np.ones((3, 5), bool),
        (slice(None), np.ones(3, bool)),
        (Ellipsis, np.ones(4, bool)),
        (True, 0),
    ],
    ids=range(6),
)
def test_a_mask_that_does_not_fit_is_refused(mask):
    with pytest.raises(errors.IndexingError, match="does not fit the axes"):
        gg.variable(X)[mask]


def test_a_fitting_mask_selects_and_a_wider_value_widens():
    x = gg.variable(X)
    mask = X > 30
    np.testing.assert_array_equal(x[mask].value, X[mask])
    np.testing.assert_array_equal(x[..., X[0, 0] > 1].value, X[..., X[0, 0] > 1])
    whole = gg.constant(np.arange(3))
    assert whole.at[0].set(1.5).value.tolist() == [1.5, 1, 2]
    assert whole.at[0].add(0.5).value.tolist() == [0.5, 1, 2]
