"""Loops whose step is compiled give what the reference gives, to the last step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg

some = settings(max_examples=25, deadline=None)


def recurrent(h, x, w):
    h = gg.tanh(h @ w + x)
    return h, h


def twice_the_same(state, x, w):
    a, b = state
    new = gg.sin(a @ w) + b * x
    return (new, new), (new, a)


def handed_through(state, x, w):
    a, b = state
    return (b @ w, a), x * 2


def without_rows(h, x, w):
    return h @ w * 0.5, gg.sum(h)


def of_sorts(h, x, w):
    return gg.sort(h @ w + x), h  # NumPy has a part in this step


def nothing_kept(h, x, w):
    return h * 0.9 + x @ w, None


STEPS = {
    step.__name__: (step, pair)
    for step, pair in (
        (recurrent, False),
        (twice_the_same, True),
        (handed_through, True),
        (without_rows, False),
        (of_sorts, False),
        (nothing_kept, False),
    )
}


def looped(name, count, reverse, rng, dtype="float64"):
    """Outputs of a loop and the gradients of their sum, with values for its inputs."""
    step, pair = STEPS[name]
    start = gg.placeholder((2, 3), dtype=dtype, name="start")
    rows = gg.placeholder((count, 2, 3), dtype=dtype, name="rows")
    w = gg.placeholder((3, 3), dtype=dtype, name="w")
    init = (start, start * 0.5) if pair else start
    xs, length = (None, count) if step is without_rows else (rows, None)
    state, made = gg.scan(
        lambda h, x: step(h, x, w), init, xs, length=length, reverse=reverse
    )
    results = [*(state if pair else [state])]
    results += [
        y for y in (made if isinstance(made, tuple) else [made]) if y is not None
    ]
    total = gg.sum(gg.stack([gg.sum(y * y) for y in results]))
    inputs = [start, w] if xs is None else [start, rows, w]
    arrays = [rng.standard_normal(x.shape).astype(dtype) / 2 for x in inputs]
    return [*results, *gg.grad(total, inputs)], inputs, arrays


@some
@given(
    st.sampled_from(sorted(STEPS)),
    st.sampled_from([0, 1, 2, 9, 10, 13]),
    st.booleans(),
    st.integers(0, 99),
)
def test_a_compiled_loop_is_the_loop(name, count, reverse, seed):
    rng = np.random.default_rng(seed)
    outputs, inputs, arrays = looped(name, count, reverse, rng)
    native = gg.compile(outputs, inputs, backend="native")(*arrays)
    reference = gg.compile(outputs, inputs, backend="reference")(*arrays)
    for a, b in zip(native, reference, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["recurrent", "twice_the_same", "nothing_kept"])
def test_nothing_but_machine_code_runs_in_a_loop(name):
    outputs, inputs, arrays = looped(name, 12, False, np.random.default_rng(0))
    program = gg.compile(outputs[:1], inputs, backend="native")
    program(*arrays)
    told = program.explain()
    assert "scan, each step:" in told
    assert "scan, as" not in told
    assert "NumPy: tanh" not in told


def test_results_of_two_calls_are_apart():
    outputs, inputs, arrays = looped("recurrent", 12, False, np.random.default_rng(0))
    program = gg.compile(outputs, inputs, backend="native")
    first = program(*arrays)
    kept = [a.copy() for a in first]
    program(*(a + 1 for a in arrays))
    for a, b in zip(first, kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_loop_in_a_loop_is_compiled():
    x = gg.placeholder((9, 11), name="x")

    def outer(h, row):
        last, _ = gg.scan(lambda g, e: (gg.tanh(g + e), None), h, row)
        return last * 0.5, last

    state, made = gg.scan(outer, gg.constant(0.1), x)
    outputs = [state, made, gg.grad(state, x)]
    values = np.linspace(-1, 1, 99).reshape(9, 11)
    native = gg.compile(outputs, [x], backend="native")(values)
    reference = gg.compile(outputs, [x], backend="reference")(values)
    for a, b in zip(native, reference, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_long_loop_keeps_two_states_where_nobody_asks_for_more():
    import tracemalloc

    h = gg.placeholder((1000, 10), name="h")
    w = gg.placeholder((10, 10), name="w")
    state, _ = gg.scan(lambda h, _: (gg.tanh(h @ w), None), h, None, length=500)
    program = gg.compile(state, [h, w], backend="native")
    arrays = np.ones((1000, 10)), np.eye(10)
    program(*arrays)
    tracemalloc.start()
    program(*arrays)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * arrays[0].nbytes  # all states would be 500 times that


def test_a_loop_of_no_steps_hands_its_state_on():
    h = gg.variable(np.array([1.0, 2.0]), name="h")
    rows = gg.placeholder(("t", 2), name="rows")
    (a, b), _ = gg.scan(lambda s, r: ((s[1], s[0] + r), None), (h, h * 2), rows)
    slope = gg.grad(gg.sum(a * b), [h])
    (found,) = gg.compile(slope, [rows], backend="native")(np.zeros((0, 2)))
    np.testing.assert_array_equal(found, [4, 8])


@pytest.mark.parametrize("count", [3, 12])
def test_a_step_may_give_a_constant(count):
    h = gg.variable([0.0, 0.0])
    xs = gg.variable(np.ones((count, 2)))
    _, y = gg.scan(lambda s, x: (s + x, gg.constant([1.0, 2.0])), h, xs)
    found = gg.compile(y, backend="native")()
    np.testing.assert_array_equal(found, [[1.0, 2.0]] * count)
