"""Arrays put together by machine code are those that NumPy puts together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg

some = settings(max_examples=40, deadline=None)
places = st.integers(-6, 6) | st.none()
parts = st.one_of(
    st.builds(slice, places, places, st.sampled_from([None, 1, 2, -1, -3])),
    st.integers(-4, 3),
)


def both(outputs, inputs, arrays):
    """The native values, and those of the reference."""
    native = gg.compile(outputs, inputs, backend="native")
    assert "NumPy: " not in native.explain()
    reference = gg.compile(outputs, inputs, backend="reference")
    return zip(native(*arrays), reference(*arrays), strict=True)


@some
@given(parts, parts, st.sampled_from(["float32", "float64", "int64"]), st.booleans())
def test_slices_are_set_and_added_to(one, other, dtype, turned):
    x = gg.placeholder((4, 5), dtype=dtype, name="x")
    v = gg.placeholder((4, 5), dtype=dtype, name="v")
    y = x.T[:4, :4] if turned else x
    values = (v[:4, :4] if turned else v)[one, other]
    outputs = [y.at[one, other].set(values), y.at[one, other].add(values * 2)]
    outputs.append(y.at[one].set(v[0, 0]))
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-9, 9, (4, 5)).astype(dtype) for _ in range(2)]
    for a, b in both(outputs, [x, v], arrays):
        np.testing.assert_array_equal(a, b)


@some
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.integers(-2, 1),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.sampled_from([0.0, -1.5, np.inf, np.nan]),
)
def test_arrays_are_joined_and_padded(sizes, axis, margins, value):
    shapes = [(n, 3) if axis in (0, -2) else (3, n) for n in sizes]
    inputs = [gg.placeholder(shape) for shape in shapes]
    whole = gg.concat(inputs, axis=axis)
    width = (tuple(margins[:2]), tuple(margins[2:]))
    outputs = [whole, gg.pad(whole, width, value=value)]
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    for a, b in both(outputs, inputs, arrays):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["bool", "complex128", "float16"])
def test_what_has_no_code_is_left_to_numpy(dtype):
    x = gg.placeholder((3,), dtype=dtype, name="x")
    y = gg.concat([x, x.at[0].add(x[1])])
    array = np.array([0, 1, 1], dtype=dtype)
    found = gg.compile(y, [x], backend="native")(array)
    np.testing.assert_array_equal(found, gg.compile(y, [x], backend="reference")(array))


def test_a_variable_takes_its_own_slices_in_place():
    x = gg.variable(np.arange(6.0), name="x")
    step = gg.compile([], [], {x: x.at[1:].set(x[:-1])}, backend="native")
    for _ in range(2):
        step()
    np.testing.assert_array_equal(x.value, [0, 0, 0, 1, 2, 3])


@pytest.mark.parametrize(
    ("dtype", "value"), [("int64", 2**53 + 1), ("bool", 250), ("int64", 2.7)]
)
def test_margins_are_cast_as_numpy_casts(dtype, value):
    x = gg.placeholder((2,), dtype=dtype, name="x")
    y = gg.pad(x, ((1, 0),), value=value)
    array = np.array([1, 0], dtype=dtype)
    found = gg.compile(y, [x], backend="native")(array)
    np.testing.assert_array_equal(found, gg.compile(y, [x], backend="reference")(array))
