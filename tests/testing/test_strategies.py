"""The drawn inputs: what they contain, and that they keep to the domain."""

import numpy as np
import pytest
from hypothesis import find, given

from graphgrad.testing import Domain, Interval, strategies

UNIT = Domain((Interval(-1, 1),), kinks=(0.0,))


@given(strategies.inputs(Domain((Interval(0, 1), Interval(-2, 5, "float32")))))
def test_entries_stay_inside_their_intervals_and_dtypes(arrays):
    a, b = arrays
    assert (a.dtype, b.dtype) == (np.float64, np.float32)
    assert ((a > 0) & (a < 1)).all()
    assert ((b > -2) & (b < 5)).all()
    np.broadcast_shapes(a.shape, b.shape)


@given(strategies.inputs(Domain((Interval(-9, 9),) * 2, "(n,k),(k,m)->(n,m)")))
def test_core_dimensions_agree(arrays):
    a, b = arrays
    assert (a @ b).shape[-2:] == (a.shape[-2], b.shape[-1])


@given(strategies.inputs(Domain((Interval(-3, 3, "int64"),), valid=lambda i: i.any())))
def test_integers_are_inside_and_valid(arrays):
    (i,) = arrays
    assert i.dtype == np.int64
    assert np.isin(i, [-2, -1, 0, 1, 2]).all()
    assert i.any()


WANTED = {
    "0-d": lambda x: x.ndim == 0,
    "empty": lambda x: x.size == 0,
    "a side of one": lambda x: 1 in x.shape,
    "minus zero": lambda x: np.signbit(x[x == 0]).any(),
    "beside a kink": lambda x: (np.abs(x) == 1e-7).any(),
    "all tiny": lambda x: x.size and 0 < np.abs(x).max() < 1e-6,
    "ties": lambda x: np.unique(x).size < x.size,
    "read-only": lambda x: not x.flags.writeable,
    "Fortran order": lambda x: min(x.shape, default=0) > 1 and x.flags.f_contiguous,
    "reversed": lambda x: x.size > 1 and min(x.strides) < 0,
}


@pytest.mark.parametrize("name", WANTED)
def test_everything_that_finds_bugs_is_drawn(name):
    find(strategies.arrays(UNIT), WANTED[name])


def test_sides_of_one_meet_larger_ones():
    find(strategies.broadcast_shapes(2), lambda s: 1 in s[0] and np.prod(s[1]) > 2)
    find(strategies.broadcast_shapes(2), lambda s: len(s[0]) > len(s[1]) > 0)


def test_inputs_tie_with_each_other():
    pair = Domain((Interval(-9, 9),) * 2, ties=True)
    find(
        strategies.inputs(pair),
        lambda xs: xs[0].size > 1 and np.array_equal(*xs),
    )


def test_the_simplest_inputs_are_the_typical_sample():
    (simplest,) = find(strategies.inputs(UNIT), lambda xs: True)
    (plain,) = strategies.typical(UNIT)
    np.testing.assert_array_equal(simplest, plain)
    assert plain.shape == (2, 3)


def test_every_option_is_drawn():
    domain = Domain(options=({"axis": 0}, {"axis": 1, "keepdims": True}))
    for option in domain.options:
        assert find(strategies.options(domain), lambda o, w=option: o == w) == option
