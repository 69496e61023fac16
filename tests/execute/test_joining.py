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


numbers = st.lists(st.integers(-4, 3), min_size=1, max_size=5)
fancy = st.one_of(
    numbers.map(np.array),
    numbers.map(lambda n: np.array(n, "int32")[:, None]),
    st.just(np.array([1, 3, 1], "uint32")),
    st.just(np.zeros((0,), np.int64)),
)


@st.composite
def picks(draw):
    """An index of arrays, slices, numbers and None into (4, 4, 4), and its arrays."""
    index = draw(st.lists(st.one_of(fancy, parts), min_size=1, max_size=3))
    for place in draw(st.sets(st.integers(0, 3), max_size=2)):
        index.insert(place, draw(st.sampled_from([None, slice(None)])))
    if sum(p is not None for p in index) > 3:
        index = [p for p in index if p is not None][:3]
    if draw(st.booleans()):
        index.append(...)
    return index, [p for p in index if isinstance(p, np.ndarray)]


@settings(max_examples=150, deadline=None)
@given(picks(), st.sampled_from(["float32", "float64", "int64", "bool"]), st.booleans())
def test_arrays_pick_entries(chosen, dtype, known):
    index, arrays = chosen
    try:
        selected = np.empty((4, 4, 4))[tuple(index)]
    except IndexError:  # arrays whose shapes do not broadcast
        return
    places = [
        a if known else gg.placeholder(a.shape, dtype=a.dtype.name) for a in arrays
    ]
    rest = iter(places)
    own = tuple(next(rest) if isinstance(p, np.ndarray) else p for p in index)
    x = gg.placeholder((4, 4, 4), dtype=dtype)
    v = gg.placeholder(selected.shape, dtype=dtype)
    turned = gg.permute_dims(x, (2, 0, 1))
    outputs = [x[own], turned[own], turned.at[own].set(v)]
    if dtype != "bool":
        outputs.append(x.at[own].add(v))
    rng = np.random.default_rng(0)
    given = [rng.integers(-9, 9, y.shape).astype(dtype) for y in (x, v)]
    inputs = [x, v] + [] * known if known else [x, v, *places]
    arrays = given if known else [*given, *arrays]
    for a, b in both(outputs, inputs, arrays):
        assert a.shape == b.shape
        np.testing.assert_array_equal(a, b)


def table(backend, rows=50):
    """A step that learns the rows of a table, and the table."""
    weights = gg.variable(np.random.default_rng(0).normal(size=(rows, 8)))
    words = gg.placeholder((6,), dtype="int64")
    loss = gg.sum(gg.tanh(weights[words]))
    slope = gg.grad(loss, weights)
    update = {weights: weights - 0.1 * slope}
    return gg.compile(loss, [words], update, backend=backend), weights


def test_a_table_learns_in_place_and_repeated_rows_sum_their_gradients():
    found = {}
    for backend in ("native", "reference"):
        step, weights = table(backend)
        losses = [float(step(np.array([3, 3, -1, 7, 3, 0]))) for _ in range(5)]
        found[backend] = np.array([*losses, *weights.value.ravel()])
        if backend == "native":
            assert "NumPy: " not in step.explain()
            # It is found out once that all numbers are inside; what is done with the
            # gradient cannot fail any more, so that the table is written over.
            held = weights.value.ctypes.data
            step(np.arange(6))
            assert weights.value.ctypes.data == held
    np.testing.assert_allclose(found["native"], found["reference"], rtol=1e-14)


@pytest.mark.parametrize("outside", [50, -51, 2**62, -(2**63)])
def test_a_number_outside_of_its_axis_is_told_and_changes_nothing(outside):
    messages = []
    for backend in ("native", "reference"):
        step, weights = table(backend)
        before = weights.value.copy()
        with pytest.raises(gg.errors.EvaluationError, match="out of bounds") as caught:
            step(np.array([0, 1, 2, outside, 4, 5]))
        messages.append(str(caught.value))
        np.testing.assert_array_equal(weights.value, before)
        step(np.arange(6))  # and the program goes on
    assert messages[0] == messages[1]


def test_arrays_pick_entries_within_a_scan():
    words = gg.placeholder((7, 3), dtype="int64")
    weights = gg.placeholder((5, 4))

    def step(h, row):
        h = gg.tanh(h + weights[row])
        return h, h

    last, rows = gg.scan(step, gg.zeros((3, 4)), words)
    outputs = [last, rows, gg.grad(gg.sum(rows), weights)]
    rng = np.random.default_rng(0)
    arrays = [rng.integers(-5, 5, (7, 3)), rng.normal(size=(5, 4))]
    programs = [
        gg.compile(outputs, [words, weights], backend=backend)
        for backend in ("native", "reference")
    ]
    for a, b in zip(*(program(*arrays) for program in programs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    with pytest.raises(gg.errors.EvaluationError, match="out of bounds"):
        programs[0](arrays[0] + 9, arrays[1])


def test_no_entry_is_read_before_its_number_was_looked_at():
    """A step that could be done early waits for the one that looks at its numbers."""
    x, z = gg.placeholder((1000,)), gg.placeholder((1000,))
    i = gg.placeholder((5,), dtype="int64")
    outputs = [x[i] * 2.0 + 1, z[i], gg.zeros(1000).at[i].add(1.0)]
    program = gg.compile(outputs, [x, z, i], backend="native")
    arrays = np.arange(1000.0), -np.arange(1000.0)
    with pytest.raises(gg.errors.EvaluationError, match="out of bounds"):
        program(*arrays, np.array([0, 1, 1 << 40, 3, 4]))
    found = program(*arrays, np.arange(5))
    np.testing.assert_array_equal(found[1], -np.arange(5.0))


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_an_ellipsis_stands_between_arrays_also_where_it_is_empty(backend):
    array = np.arange(60.0).reshape(3, 4, 5)
    i, j = np.array([0, 3]), np.array([1, 4])
    x = gg.variable(array)
    first, second = (gg.placeholder((2,), dtype="int64") for _ in range(2))
    for index in [(slice(None), i, ..., j), (i % 3, ..., j), (0, ..., j), (..., i, j)]:
        known = x[index]
        assert known.shape == array[index].shape
        np.testing.assert_array_equal(known.value, array[index])
    y = x[:, first, ..., second]
    slope = gg.grad(gg.sum(gg.square(y)), x)
    found = gg.compile([y, slope], [first, second], backend=backend)(i, j)
    np.testing.assert_array_equal(found[0], array[:, i, ..., j])
    wanted = np.zeros_like(array)
    wanted[:, i, j] = 2 * array[:, i, j]
    np.testing.assert_array_equal(found[1], wanted)
