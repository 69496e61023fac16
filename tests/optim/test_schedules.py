"""Schedules: formulas, curves of arrays, and the counter that drives them."""

import math

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors, optim

BACKENDS = ["reference", "native"]
STEPS = np.arange(60)

SCHEDULES = {
    "piecewise": (
        lambda s: optim.piecewise(s, [10, 30], [0.5, 0.1, 0.02]),
        lambda s: 0.5 if s < 10 else 0.1 if s < 30 else 0.02,
    ),
    "exponential": (
        lambda s: optim.exponential(s, 0.1, 0.5, every=20),
        lambda s: 0.1 * 0.5 ** (s / 20),
    ),
    "power": (
        lambda s: optim.power(s, 0.1, 20, exponent=0.5),
        lambda s: 0.1 / math.sqrt(1 + s / 20),
    ),
    "cosine": (
        lambda s: optim.cosine(s, 0.1, 40, floor=0.01),
        lambda s: (
            0.01 + 0.09 * (1 + math.cos(math.pi * s / 40)) / 2 if s < 40 else 0.01
        ),
    ),
    "warm-up": (
        lambda s: optim.warm_up(s, 0.1, 10),
        lambda s: 0.1 * (s + 1) / 10 if s < 9 else 0.1,
    ),
    "warm-up to a schedule": (
        lambda s: optim.warm_up(s, optim.exponential(s, 0.1, 0.5, every=20), 10),
        lambda s: 0.1 * 0.5 ** (s / 20) * min(1, (s + 1) / 10),
    ),
}
each = pytest.mark.parametrize("name", SCHEDULES)


@each
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_schedule_follows_its_formula_call_by_call(name, backend):
    schedule, formula = SCHEDULES[name]
    program = gg.compile(schedule(optim.counter()), backend=backend)
    found = [float(program()) for _ in STEPS]
    np.testing.assert_allclose(found, [formula(s) for s in STEPS], rtol=1e-14)


@each
def test_a_schedule_of_numbers_and_arrays_is_numbers_and_arrays(name):
    schedule, formula = SCHEDULES[name]
    curve = schedule(STEPS)
    assert isinstance(curve, np.ndarray)
    np.testing.assert_allclose(curve, [formula(s) for s in STEPS], rtol=1e-14)
    rate = schedule(3)
    assert float(rate) == pytest.approx(formula(3), rel=1e-14)
    assert optim.SGD(rate).rate == float(rate)


def test_the_parts_of_a_schedule_may_be_variables():
    rate = gg.variable(0.1, trainable=False)
    schedule = optim.piecewise(optim.counter(), [1], [rate, rate / 2])
    program = gg.compile(schedule)
    assert [float(program()) for _ in range(2)] == [0.1, 0.05]
    rate.assign(1.0)
    assert float(program()) == 0.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_counter_of_many_uses_advances_once_per_call(backend):
    step = optim.counter()
    w, v = gg.variable(0.0), gg.variable(0.0)
    updates = {w: w + step, v: v + gg.exp(-step)}
    program = gg.compile([step, step * 2, step + 1], updates=updates, backend=backend)
    for i in range(4):
        assert [int(x) for x in program()] == [i, 2 * i, i + 1]
    assert float(w) == 0 + 1 + 2 + 3
    assert float(v) == pytest.approx(sum(math.exp(-i) for i in range(4)))
    assert step.dtype == "int64"


def test_looking_at_a_counter_does_not_advance_it():
    step = optim.counter("calls")
    (count,) = gg.Graph(step).find(op="variable")
    assert (count.name, count.attrs["trainable"]) == ("calls", False)
    program = gg.compile(step * 1)
    program()
    assert [int(step), int(step), int(gg.run(step)[step]), int(step)] == [1] * 4


def test_two_optimisers_may_share_a_counter():
    step = optim.counter()
    rate = optim.exponential(step, 0.5, 0.5)
    w, v = gg.variable(0.0), gg.variable(0.0)
    updates = {
        **optim.SGD(rate).apply([w], [gg.constant(1.0)]),
        **optim.Momentum(2 * rate, 0.0).apply([v], [gg.constant(1.0)]),
    }
    program = gg.compile([], updates=updates)
    program()
    program()
    assert (float(w), float(v)) == (-0.75, -1.5)
    assert int(step) == 2


FAULTS = {
    "falling": (lambda: optim.piecewise(0, [5, 5], [1, 2, 3]), "do not rise"),
    "too few": (lambda: optim.piecewise(0, [5], [1]), "1 rates for 1 boundaries"),
    "none": (lambda: optim.piecewise(0, [], []), "0 rates for 0 boundaries"),
    "negative": (lambda: optim.piecewise(0, [5], [1, -1]), "rate -1"),
    "factor": (lambda: optim.exponential(0, 0.1, 0.0), "factor 0.0 is not above 0"),
    "every": (lambda: optim.exponential(0, 0.1, 0.5, every=0), "every 0"),
    "power": (lambda: optim.power(0, 0.1, -1), "every -1"),
    "exponent": (lambda: optim.power(0, 0.1, 1, exponent=-1), "exponent -1"),
    "cosine": (lambda: optim.cosine(0, 0.1, 0), "steps 0"),
    "floor": (lambda: optim.cosine(0, 0.1, 10, floor=-0.1), "floor -0.1"),
    "warm-up": (lambda: optim.warm_up(0, 0.1, 0), "steps 0"),
    "a function": (lambda: optim.warm_up(0, optim.cosine, 5), "call it with a step"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_arguments_are_refused(fault):
    call, text = FAULTS[fault]
    with pytest.raises(errors.ArgumentError, match=text):
        call()
