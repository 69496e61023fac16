"""Clipping and max-norm: what they keep, what they bound, what stays visible."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import graphgrad as gg
from graphgrad import errors, optim

BACKENDS = ["reference", "native"]
SHAPES = [(3, 2), (4,), ()]
CLIPS = {
    "each": optim.clip_by_norm,
    "all": optim.clip_by_global_norm,
    "value": optim.clip_by_value,
}
EPSILON = {"float32": 2e-6, "float64": 4e-15}
both = pytest.mark.parametrize("backend", BACKENDS)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


@cache
def clipping(kind, dtype, backend):
    """A program of a limit and gradients, compiled once for all examples."""
    limit = gg.placeholder(())
    places = [gg.placeholder(s, dtype=dtype) for s in SHAPES]
    made = CLIPS[kind](places, limit)
    assert all(x.dtype == dtype for x in made)
    return gg.compile(made, [limit, *places], backend=backend)


def size(values):
    """The norm of all entries, of any magnitude, in long double."""
    entries = np.concatenate([np.ravel(x).astype("longdouble") for x in values])
    return np.sqrt(np.sum(entries**2))


def gradients(dtype, **facts):
    width = np.dtype(dtype).itemsize * 8
    numbers = st.floats(width=width, allow_nan=False, **facts)
    return st.tuples(*[arrays(dtype, s, elements=numbers) for s in SHAPES])


@both
@dtypes
@pytest.mark.parametrize("kind", ["each", "all"])
@given(st.data())
def test_norms_are_bounded_directions_kept_and_short_ones_untouched(
    kind, dtype, backend, data
):
    given_ = data.draw(gradients(dtype, allow_infinity=False))
    limit = data.draw(st.floats(1e-3, 1e3))
    made = clipping(kind, dtype, backend)(limit, *given_)
    groups = [[i] for i in range(3)] if kind == "each" else [[0, 1, 2]]
    tolerance = EPSILON[dtype]
    for group in groups:
        old, new = [given_[i] for i in group], [made[i] for i in group]
        norm = size(old)
        assert size(new) <= limit * (1 + tolerance)
        if norm <= limit * (1 - tolerance):
            for x, y in zip(old, new, strict=True):
                assert x.tobytes() == y.tobytes()
        elif norm >= limit * (1 + tolerance):
            for x, y in zip(old, new, strict=True):
                wanted = x.astype("longdouble") * (limit / norm)
                np.testing.assert_allclose(
                    y.astype("longdouble"), wanted, rtol=4e-6, atol=1e-36
                )


@both
@dtypes
@pytest.mark.parametrize("kind", CLIPS)
@given(st.data())
def test_infinities_are_bounded_too_and_make_no_nan(kind, dtype, backend, data):
    given_ = data.draw(gradients(dtype))
    made = clipping(kind, dtype, backend)(2.0, *given_)
    tolerance = 1 + EPSILON[dtype]
    for x, y in zip(given_, made, strict=True):
        assert np.all(np.abs(y) <= 2 * tolerance)
        assert np.all((y == 0) | (np.sign(x) == np.sign(y)))  # a NaN fails too
        if kind == "value":
            np.testing.assert_array_equal(y, np.clip(x, -2, 2))


@both
@dtypes
def test_an_infinite_entry_outweighs_the_finite_ones(dtype, backend):
    x = np.array([np.inf, 5.0, -np.inf, 0.0], dtype)
    rest = [np.ones((3, 2), dtype), np.asarray(7.0, dtype)]
    _, y, _ = clipping("each", dtype, backend)(2.0, rest[0], x, rest[1])
    np.testing.assert_allclose(y, [2**0.5, 0, -(2**0.5), 0], rtol=1e-6, atol=1e-30)


@both
@dtypes
def test_nan_stays_visible_and_spreads_as_far_as_the_norm(dtype, backend):
    bad = np.array([1.0, np.nan, 9.0, 0.0], dtype)
    others = [np.full((3, 2), 9, dtype), np.asarray(9.0, dtype)]

    def nans(kind):
        made = clipping(kind, dtype, backend)(2.0, others[0], bad, others[1])
        return [np.isnan(x).tolist() for x in made]

    none = np.zeros((3, 2), bool).tolist()
    assert nans("value") == [none, [False, True, False, False], False]
    assert nans("each") == [none, [True] * 4, False]
    assert nans("all") == [np.ones((3, 2), bool).tolist(), [True] * 4, True]


def test_gradients_of_several_dtypes_have_one_common_norm():
    mixed = [np.array([3e38], "f4"), np.array([4e38]), np.array([6e4], "f2")]
    made = optim.clip_by_global_norm([gg.constant(x) for x in mixed], 5.0)
    assert [x.dtype.name for x in made] == ["float32", "float64", "float16"]
    np.testing.assert_allclose([x.item() for x in made], [3, 4, 0], rtol=1e-6)
    many = gg.constant(np.full(100_000, 6e4, "f2"))  # their squares would overflow
    (made,) = optim.clip_by_norm([many], 300.0)
    assert size([made.value]) == pytest.approx(300, rel=1e-3)


@both
@given(st.data())
def test_max_norm_bounds_each_unit_alone(backend, data):
    numbers = st.floats(-10, 10, allow_subnormal=False)
    value = data.draw(arrays("float64", (4, 3), elements=numbers))
    limit = data.draw(st.floats(0.1, 20))
    made = constraint(backend)(limit, value)
    for x, y in zip(value.T, made.T, strict=True):
        norm = np.linalg.norm(x)
        assert np.linalg.norm(y) <= limit * (1 + 1e-14)
        if norm <= limit * (1 - 1e-14):
            assert x.tobytes() == y.tobytes()
        else:
            np.testing.assert_allclose(y, x * min(1, limit / norm), rtol=1e-13)
    np.testing.assert_allclose(constraint(backend)(limit, made), made, rtol=1e-13)


@cache
def constraint(backend):
    limit, value = gg.placeholder(()), gg.placeholder((4, 3))
    return gg.compile(optim.max_norm(value, limit), [limit, value], backend=backend)


def test_max_norm_of_kernels_takes_all_axes_of_a_filter():
    kernels = np.random.default_rng(0).normal(size=(5, 2, 3, 3))
    made = optim.max_norm(gg.constant(kernels), 3.0, (1, 2, 3)).value
    norms = np.linalg.norm(kernels.reshape(5, -1), axis=1)
    assert norms.min() < 3 < norms.max()
    found = np.linalg.norm(made.reshape(5, -1), axis=1)
    np.testing.assert_allclose(found, np.minimum(norms, 3))


def test_constrained_updates_bound_weights_and_leave_biases_and_slots():
    w = gg.variable(np.full((4, 2), 3.0), name="W")
    k = gg.variable(np.full((2, 3, 2, 2), 3.0), name="kernels")
    b = gg.variable(np.full(2, 30.0), name="b")
    loss = gg.sum(w) + gg.sum(b) + gg.sum(k)
    plain = optim.Adam(0.5).updates(loss, [w, b, k])
    made = optim.constrained(plain, 2.0)
    assert list(made) == list(plain)
    assert {x for x in plain if made[x] is not plain[x]} == {w, k}
    np.testing.assert_allclose(made[w].value, 1.0)
    np.testing.assert_allclose(made[k].value, 2 / 12**0.5)
    rows = optim.constrained(plain, 2.0, {w: 1})
    np.testing.assert_allclose(rows[w].value, 2 / 2**0.5)
    assert rows[k] is plain[k]


def test_a_constrained_variable_needs_an_update():
    w, other = gg.variable([[1.0]], name="W"), gg.variable([[1.0]], name="other")
    updates = optim.SGD(0.1).updates(gg.sum(w), [w])
    with pytest.raises(errors.ArgumentError, match=r"'other'.*no update"):
        optim.constrained(updates, 1.0, {other: 0})


@pytest.mark.parametrize("limit", [0, -1.0, float("nan"), float("inf"), "1"])
@pytest.mark.parametrize("kind", [*CLIPS, "max_norm"])
def test_limits_are_above_zero(kind, limit):
    x = gg.constant([[1.0]])
    with pytest.raises(errors.ArgumentError, match="limit"):
        optim.max_norm(x, limit) if kind == "max_norm" else CLIPS[kind]([x], limit)
