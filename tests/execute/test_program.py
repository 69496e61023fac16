"""Runs and programs."""

import threading

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors


def test_a_run_keeps_every_value_and_every_gradient():
    x = gg.placeholder(("n",), name="x")
    w = gg.variable(2.0, name="w")
    y = x * w
    loss = (y * y).sum()
    r = gg.run(loss, {x: [1.0, 3.0]})
    r.backward(loss)
    assert r[y].tolist() == [2, 6]
    assert float(r[loss]) == 40
    assert r.grad[y].tolist() == [4, 12]
    assert float(r.grad[w]) == 40
    assert r.grad[x].tolist() == [8, 24]


def test_a_run_is_not_changed_by_later_assignments_or_by_its_source_arrays():
    x, w = gg.placeholder((2,)), gg.variable(2.0)
    y = (x * w).sum()
    array = np.array([1.0, 2.0])
    r = gg.run(y, {x: array})
    array[:] = 99
    w.assign(50)
    r.backward(y)
    assert float(r[y]) == 6
    assert r.grad[x].tolist() == [2, 2]
    assert float(r.grad[w]) == 3


def test_a_tensor_made_later_is_computed_in_the_run():
    x = gg.placeholder(())
    y = x * 2
    r = gg.run(y, {x: 3.0})
    assert float(r[gg.grad(y * y, x)]) == 24


def test_a_program_takes_and_returns_arrays():
    x, y = gg.placeholder((2,)), gg.placeholder((2,))
    both = gg.compile([x + y, x * y])
    result = both([1.0, 2.0], [3.0, 4.0])
    assert isinstance(result, list)
    assert [r.tolist() for r in result] == [[4, 6], [3, 8]]
    one = gg.compile(x - y, [y, x])
    assert one([1.0, 2.0], [3.0, 4.0]).tolist() == [2, 2]


def test_updates_happen_together_after_the_outputs():
    a, b = gg.variable(1.0), gg.variable(2.0)
    swap = gg.compile(a + b, updates={a: b, b: a})
    assert float(swap()) == 3
    assert (float(a), float(b)) == (2, 1)
    doubled = a * 2
    swap()
    assert float(doubled) == 2


def test_a_failing_call_changes_no_variable():
    x, w = gg.placeholder((2,), name="x"), gg.variable([1.0, 1.0])
    step = gg.compile(w.sum(), [x], {w: w + x})
    with pytest.raises(errors.BindingError):
        step([1.0, 2.0, 3.0])
    assert w.value.tolist() == [1, 1]


def test_results_belong_to_the_caller():
    x, w = gg.placeholder((2,)), gg.variable([1.0, 2.0])
    program = gg.compile([x, w, w.reshape(2, 1)], [x])
    for result in program([5.0, 6.0]):
        result[...] = 0
    assert w.value.tolist() == [1, 2]


def test_a_program_runs_in_several_threads():
    x, total = gg.placeholder((100, 100)), gg.variable(0.0)
    step = gg.compile((x @ x).sum(), [x], {total: total + x.sum()})
    ones = np.ones((100, 100))

    def work():
        for _ in range(25):
            assert float(step(ones)) == 1e6

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert float(total) == 100 * 1e4


def test_training_declared_once_fits_a_line():
    x, t = gg.placeholder(("n",), name="x"), gg.placeholder(("n",), name="t")
    w, b = gg.variable(0.0), gg.variable(0.0)
    loss = gg.mean((w * x + b - t) ** 2)
    slopes = gg.grad(loss, [w, b])
    updates = {p: p - 0.1 * g for p, g in zip([w, b], slopes, strict=True)}
    step = gg.compile(loss, [x, t], updates)
    data = np.linspace(-1, 1, 20)
    for _ in range(300):
        step(data, 3 * data - 1)
    np.testing.assert_allclose([float(w), float(b)], [3, -1], atol=1e-6)


def test_explain_counts_the_calls():
    x = gg.variable(1.0)
    text = gg.compile(x * x + x, backend="reference").explain()
    assert "2 NumPy calls" in text
    assert "1 × multiply" in text


def test_an_op_that_fails_at_run_time_names_the_users_line():
    x = gg.variable([1.0, 2.0])
    i = gg.placeholder((1,), dtype="int64", name="i")
    picked = x[i]
    with pytest.raises(errors.EvaluationError, match=r"picked = x\[i\]"):
        gg.run(picked, {i: [5]})


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_profile_times_each_step_and_changes_nothing(backend):
    x, w = gg.placeholder(("n", 3)), gg.variable(np.ones((3, 2)))
    loss = gg.sum(gg.tanh(x @ w))
    step = gg.compile(loss, [x], {w: w - gg.grad(loss, w)}, backend=backend)
    before = w.value.copy()
    profile = step.profile(np.ones((4, 3)), rounds=2)
    np.testing.assert_array_equal(w.value, before)
    assert len(profile.steps) > 2
    assert all(seconds >= 0 for _, seconds in profile.steps)
    assert str(profile).count("\n") == len(profile.steps)
    with pytest.raises(errors.BindingError):
        step.profile()
