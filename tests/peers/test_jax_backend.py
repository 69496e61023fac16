"""The JAX backend against the reference: ops, gradients, control flow, updates."""

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.errors import EvaluationError
from tests import backends
from tests.backends import OPS, SMOOTH, ids

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore:.*donated buffers")]

few = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
agree = partial(backends.agree, "jax")


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@few
@given(data=st.data())
def test_every_op_gives_what_the_reference_gives(op, data):
    backends.op_agrees("jax", op, data)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@few
@given(data=st.data())
def test_every_gradient_is_that_of_the_reference(op, data):
    backends.gradient_agrees("jax", op, data)


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_every_op_of_every_dtype(op, dtype):
    backends.dtype_agrees("jax", op, dtype)


def net(rng):
    x, t = (
        gg.placeholder(("n", 5), dtype="float32"),
        gg.placeholder(("n",), dtype="int64"),
    )
    w = gg.variable(rng.normal(size=(5, 3)).astype("float32"))
    b = gg.variable(np.zeros(3, "float32"))
    loss = gg.softmax_cross_entropy(gg.tanh(x) @ w + b, t)
    slopes = gg.grad(loss, [w, b])
    new = {p: p - np.float32(0.1) * g for p, g in zip((w, b), slopes, strict=True)}
    return (x, t), (w, b), loss, new


def test_training_goes_as_with_the_reference():
    found = []
    for backend in ("reference", "jax"):
        rng = np.random.default_rng(0)
        inputs, variables, loss, new = net(rng)
        step = gg.compile(loss, inputs, new, backend=backend)
        losses = [
            step(rng.normal(size=(n, 5)).astype("float32"), rng.integers(0, 3, n))
            for n in (4, 4, 7)
        ]
        found.append([*losses, *(v.value for v in variables)])
        assert all(v.value.dtype == np.float32 for v in variables)
    for x, y in zip(*found, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5)


def test_arrays_that_were_given_or_handed_out_do_not_change():
    start, given = np.ones(300), np.full(300, 2.0)
    w, x = gg.variable(start), gg.placeholder((300,))
    step = gg.compile([w * x, w], [x], {w: w + x}, backend="jax")
    first = step(given)
    kept = [y.copy() for y in first]
    before = w.value
    step(given)
    for y, z in zip(first, kept, strict=True):
        np.testing.assert_array_equal(y, z)
    np.testing.assert_array_equal(before, start + given)
    np.testing.assert_array_equal(given, 2.0)
    gg.compile([], [], {w: w * 0.0}, backend="native")()  # which writes in place
    assert step(given)[1][0] == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_numbers_are_the_same_bits(dtype):
    key = gg.random.key(3)
    made = [
        gg.random.uniform(key, (50,), dtype=dtype),
        gg.random.bits(key, (50,)),
        gg.random.integers(key, (50,), high=10),
    ]
    wanted = gg.compile(made, [], backend="reference")()
    for x, y in zip(wanted, gg.compile(made, [], backend="jax")(), strict=True):
        np.testing.assert_array_equal(x, y)


def test_loops_and_branches_with_their_gradients():
    w, rows = gg.placeholder(()), gg.placeholder(("n", 3))
    last, all_of_them = gg.scan(lambda s, r: (gg.tanh(s * w + r), s * s), rows[0], rows)
    y = gg.sum(last) + gg.sum(all_of_them)
    chosen = gg.cond(w > 0, lambda v: v * v, lambda v: -v, y)
    end = gg.while_loop(lambda v: v < 50, lambda v: v * 3, gg.exp(w), bound=9)
    outputs = [chosen, *gg.grad(chosen, [w, rows]), end, gg.grad(end, w)]
    for value in (0.5, -0.5):
        arrays = [np.asarray(value), np.random.default_rng(0).normal(size=(12, 3))]
        agree(outputs, [w, rows], arrays)


@pytest.mark.parametrize("start", [1.0, 1])
def test_a_loop_that_has_not_ended_is_an_error_and_changes_nothing(start):
    x, w = gg.placeholder((), dtype=np.asarray(start).dtype), gg.variable(0.0)
    y = gg.while_loop(lambda v: v < 50, lambda v: v * 3, x, bound=3)
    step = gg.compile(y, [x], {w: w + 1}, backend="jax")
    with pytest.raises(EvaluationError, match="not ended after 3 steps"):
        step(start)
    assert float(w.value) == 0
    assert float(step(start * 9)) == 81
    assert float(w.value) == 1


def test_the_branch_that_is_not_chosen_is_not_run():
    a, chosen = gg.placeholder((2, 2)), gg.placeholder((), dtype="bool")
    y = gg.cond(chosen, lambda a: gg.linalg.inv(a), lambda a: a + 1, a)
    program = gg.compile(y, [chosen, a], backend="jax")
    assert "cond" in [t.op.name for t in program.lowered().nodes]
    np.testing.assert_array_equal(program(False, np.zeros((2, 2))), 1.0)


def test_profile_is_one_step_and_changes_nothing():
    w = gg.variable(np.ones(3))
    step = gg.compile(gg.sum(w), [], {w: w * 2}, backend="jax")
    profile = step.profile(rounds=2)
    assert [text for text, _ in profile.steps] == ["one function"]
    np.testing.assert_array_equal(w.value, 1.0)


def test_whole_numbers_beside_single_precision_are_promoted_as_in_numpy():
    x, n = gg.placeholder((2,), dtype="float32"), gg.placeholder((2,), dtype="int64")
    agree(n * x, [x, n], [np.ones(2, "float32"), np.array([2**40 + 1, 3])])


def test_explain_says_where():
    x = gg.placeholder((2,))
    assert "on cpu" in gg.compile(x * 2, backend="jax").explain()
