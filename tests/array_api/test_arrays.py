"""The array object: conversions, DLPack, indices, and what it refuses."""

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import array_api

import graphgrad as gg
from tests.array_api.test_signatures import DTYPES

xps = array_api.make_strategies_namespace(gg)


def test_hypothesis_draws_from_this_namespace():
    assert "2024.12" in repr(xps) or xps.name == "graphgrad"


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_arrays_that_hypothesis_draws_are_what_they_say(data):
    dtype = data.draw(xps.scalar_dtypes())
    x = data.draw(xps.arrays(dtype, xps.array_shapes(min_side=0)))
    assert isinstance(x, gg.Tensor)
    assert x.dtype == dtype
    assert x.value.shape == x.shape
    assert x.size == x.value.size
    assert x.ndim == len(x.shape)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_indices_of_the_standard(data):
    shape = data.draw(xps.array_shapes(min_dims=0, min_side=0))
    index = data.draw(xps.indices(shape, allow_newaxis=True))
    x = np.arange(int(np.prod(shape))).reshape(shape)
    np.testing.assert_array_equal(gg.asarray(x)[index].value, x[index])
    np.testing.assert_array_equal(gg.variable(x)[index].value, x[index])


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_masks_of_the_standard(data):
    shape = data.draw(xps.array_shapes(min_dims=0, min_side=0))
    mask = data.draw(xps.arrays(gg.bool, shape))
    x = np.arange(int(np.prod(shape))).reshape(shape)
    np.testing.assert_array_equal(gg.asarray(x)[mask].value, x[mask.value])


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack_both_ways_without_a_copy(dtype):
    array = np.ones((2, 3), dtype)
    x = gg.asarray(array)
    seen = np.from_dlpack(x)
    assert np.shares_memory(seen, x.value)
    assert not seen.flags.writeable
    assert seen.dtype == dtype
    back = gg.from_dlpack(np.ones((2, 3), dtype))
    assert back.dtype == x.dtype
    assert gg.from_dlpack(x).shape == (2, 3)
    assert x.__dlpack_device__() == np.ones(1).__dlpack_device__()
    assert np.shares_memory(np.asarray(x), x.value)


def test_the_strict_namespace_takes_tensors_by_dlpack():
    x = strict.from_dlpack(gg.asarray([1.0, 2.0]))
    assert (x + x).shape == (2,)


@pytest.mark.parametrize("number", [True, 3, 2.5, 1 + 2j])
def test_python_numbers_come_back(number):
    x = gg.asarray(number)
    assert x.shape == ()
    assert x.item() == number
    assert type(x.item()) is type(number)
    assert complex(x) == complex(number)
    assert bool(x) is True
    if not isinstance(number, complex):
        assert float(x) == float(number)
        assert int(x) == int(number)
    if isinstance(number, int) and not isinstance(number, bool):
        assert [0, 1, 2, 3][x] == 3


def test_numbers_that_are_none_are_refused():
    many = gg.asarray([1.0, 2.0])
    for convert in (float, int, complex, bool):
        with pytest.raises(TypeError, match="2 entries"):
            convert(many)
    with pytest.raises(TypeError, match="complex"):
        float(gg.asarray(1j))
    with pytest.raises(TypeError, match="no index"):
        [1, 2][gg.asarray(1.0)]


def test_a_tensor_is_not_written_into():
    x = gg.zeros(3)
    with pytest.raises(gg.GraphgradError, match="in place"):
        x[0] = 1.0
    y = x
    y += 1
    assert x.value.tolist() == [0, 0, 0]
    assert y.value.tolist() == [1, 1, 1]


def test_tensors_in_lists_are_stacked():
    x = gg.variable(2.0)
    y = gg.asarray([[x, 1.0], [x * x, 0.0]], dtype=gg.float32)
    assert (y.shape, y.dtype) == ((2, 2), gg.float32)
    assert float(gg.grad(gg.sum(gg.asarray([x, x * x, 3.0])), x)) == 5


def test_an_empty_mask_takes_nothing_as_in_numpy():
    x = np.arange(6).reshape(3, 2)
    for mask in (np.zeros(0, bool), np.zeros((0, 2), bool), np.zeros((3, 0), bool)):
        np.testing.assert_array_equal(gg.asarray(x)[mask].value, x[mask])
    with pytest.raises(IndexError, match="does not fit"):
        gg.asarray(x)[np.zeros(2, bool)]


def test_devices():
    x = gg.zeros(1, device="cpu")
    assert x.to_device("cpu") is x
    assert x.device == "cpu"
    with pytest.raises(gg.GraphgradError):
        x.to_device("gpu")
    with pytest.raises(gg.GraphgradError):
        gg.ones(1, device="gpu")
