"""`check_vjp`: each kind of fault by its name, and what it costs."""

import subprocess
import sys

import numpy as np
import pytest

from graphgrad.errors import ArgumentError, CheckError
from graphgrad.testing import Domain, check_vjp

X = np.linspace(0.2, 2.0, 6).reshape(2, 3)


def sine(g, y, x):
    return (g * np.cos(x),)


def in_place(g, y, x):
    g *= np.cos(x)
    return (g,)


FAULTS = {
    "value": lambda g, y, x: (g * y,),
    "count": lambda g, y, x: (g, g),
    "shape": lambda g, y, x: ((g * np.cos(x)).sum(0),),
    "dtype": lambda g, y, x: ((g * np.cos(x)).astype(np.float32),),
    "nan": lambda g, y, x: (g * np.cos(x) * np.where(x == X[0, 0], np.nan, 1),),
    "writes to input": in_place,
    "not linear": lambda g, y, x: (np.clip(g * np.cos(x), -3, 3),),
    "layout": lambda g, y, x: (g * np.cos(x.ravel("K").reshape(x.shape)),),
    "raises": lambda g, y, x: (g @ np.cos(x),),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_named_by_its_kind(kind):
    verdict = check_vjp(np.sin, FAULTS[kind], X)
    assert (verdict.verdict, verdict.kind) == ("wrong", kind)


def test_a_vjp_that_remembers_is_not_repeatable():
    calls = []

    def drifting(g, y, x):
        calls.append(0)
        return (g * np.cos(x) * (1 + 1e-3 * len(calls)),)

    assert check_vjp(np.sin, drifting, X).kind == "not repeatable"


def test_a_buffer_that_is_used_again_is_not_repeatable():
    buffer = np.empty_like(X)

    def vjp(g, y, x):
        buffer[...] = g * np.cos(x)
        return (buffer,)

    assert check_vjp(np.sin, vjp, X).kind == "not repeatable"


def test_a_random_function_cannot_be_judged():
    rng = np.random.default_rng(0)
    verdict = check_vjp(lambda x: x * rng.random(), lambda g, y, x: (g,), X)
    assert (verdict.verdict, verdict.kind) == ("inconclusive", "not repeatable")


def test_an_output_that_is_not_finite_cannot_be_judged():
    verdict = check_vjp(np.log, lambda g, y, x: (g / x,), np.zeros(2))
    assert verdict.verdict == "inconclusive"
    assert "not finite" in verdict.reason


def test_gradients_that_are_all_zero_prove_little():
    verdict = check_vjp(lambda x: x * x, lambda g, y, x: (2 * g * x,), np.zeros(2))
    assert (verdict.verdict, verdict.kind) == ("inconclusive", "all zero")


def test_zero_is_right_where_the_function_is_constant():
    assert check_vjp(np.floor, lambda g, y, x: (0 * g,), X + 0.05).ok


def test_without_a_floating_input_there_is_nothing_to_judge():
    verdict = check_vjp(lambda i: i * 2.0, lambda g, y, i: (None,), np.arange(3))
    assert verdict.verdict == "inconclusive"


def test_a_tie_may_not_get_the_whole_gradient_twice():
    x = np.array([1.0, 3.0, 3.0])
    verdict = check_vjp(np.max, lambda g, y, x: (g * (x == y),), x)
    assert verdict.kind == "ties"


def test_any_slope_between_those_of_a_kink_is_right():
    for share in (0.0, 0.3, 1.0):
        vjp = lambda g, y, x, share=share: (g * np.heaviside(x, share),)  # noqa: E731
        assert check_vjp(lambda x: np.maximum(x, 0), vjp, np.array([0.0, 1.0])).ok
    vjp = lambda g, y, x: (g * np.heaviside(x, 1.1),)  # noqa: E731
    verdict = check_vjp(lambda x: np.maximum(x, 0), vjp, np.array([0.0, 1.0]))
    assert verdict.verdict == "wrong"


def test_single_precision_is_judged_by_the_formula_in_double():
    x = X.astype(np.float32)
    assert check_vjp(np.sin, sine, x).ok
    slightly = lambda g, y, x: (g * np.cos(x) * x.dtype.type(1 + 1e-5),)  # noqa: E731
    assert check_vjp(np.sin, slightly, x).verdict == "wrong"


def test_a_fault_in_single_precision_alone_is_found():
    def vjp(g, y, x):
        return (g * np.cos(x) * x.dtype.type(1.1 if x.dtype == np.float32 else 1),)

    verdict = check_vjp(np.sin, vjp, X.astype(np.float32))
    assert "float32 far from" in verdict.reason


def test_the_derivative_of_the_gradient_must_be_symmetric():
    point = np.array([0.3, 1.2])

    def lookup(g, y, x):
        exact = np.array([np.cos(0.3) * 1.2, np.sin(0.3)])
        return (g * (exact + np.array([0.5, 0.0]) * (x - point)[::-1]),)

    def fn(x):
        return np.sin(x[0]) * x[1]

    assert check_vjp(fn, lookup, point).kind in {"", "not repeatable"}
    assert check_vjp(fn, lookup, point, order=2).kind == "second order"


def test_the_complex_step_settles_what_differences_cannot():
    def rough(x):
        exact = np.exp(x)
        return exact if np.iscomplexobj(x) else np.round(exact, 3)

    def vjp(g, y, x):
        return (g * np.exp(x),)

    x = np.array([0.7])
    assert check_vjp(rough, vjp, x).verdict == "inconclusive"
    assert check_vjp(rough, vjp, x, domain=Domain()).ok


def test_the_entry_at_fault_is_found_among_many():
    x = np.random.default_rng(0).normal(size=(300, 200))

    def vjp(g, y, x):
        out = g * y
        out[17, 5] *= 1.5
        return (out,)

    verdict = check_vjp(np.exp, vjp, x)
    assert (verdict.entry, verdict.faulty) == ((17, 5), 1)
    assert verdict.got == pytest.approx(1.5 * verdict.expected)


def test_the_same_seed_gives_the_same_report():
    reports = {
        str(check_vjp(np.sin, lambda g, y, x: (g,), X, seed=3)) for _ in range(3)
    }
    assert len(reports) == 1


def test_a_wrong_verdict_raises_its_report():
    verdict = check_vjp(np.sin, lambda g, y, x: (g,), X)
    with pytest.raises(CheckError, match="Gradient of `sin` is wrong"):
        verdict.raise_if_wrong()
    right = check_vjp(np.sin, sine, X)
    assert right.raise_if_wrong() is right


def test_complex_inputs_and_unknown_orders_are_refused():
    with pytest.raises(ArgumentError, match="complex"):
        check_vjp(np.sin, sine, X + 0j)
    with pytest.raises(ArgumentError, match="order is 3"):
        check_vjp(np.sin, sine, X, order=3)


def test_what_fn_raises_at_the_point_is_passed_on():
    with pytest.raises(ValueError, match="zero-size"):
        check_vjp(np.max, lambda g, y, x: (g,), np.zeros(0))


def test_hypothesis_loads_with_the_strategies_only():
    code = (
        "import sys, graphgrad.testing as t; assert 'hypothesis' not in sys.modules;"
        "t.strategies.inputs; assert 'hypothesis' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def lost(g, y, a, c):
    return g * np.cos(a), 0 * c


@pytest.mark.parametrize("c", [1e-3, 1e-12, 1e-15, 1e-20, 0.0])
def test_a_lost_path_to_an_entry_that_is_rounded_off_is_found(c):
    verdict = check_vjp(lambda a, c: np.sin(a) + c, lost, np.array(0.7), np.array(c))
    assert (verdict.verdict, verdict.input) == ("wrong", 1)


def test_a_large_entry_does_not_hide_the_others():
    x = np.array([0.3, 30.0])
    for factor in (-1.0, 0.0, 1.1):
        vjp = lambda g, y, x, f=factor: (g * y * np.where(x < 1, f, 1),)  # noqa: E731
        verdict = check_vjp(np.exp, vjp, x)
        assert (verdict.verdict, verdict.entry) == ("wrong", (0,))


@pytest.mark.parametrize("shape", [(10, 10), (1_000_000,)])
def test_a_right_gradient_costs_few_evaluations(shape):
    """benchmarks/checking.py has the seconds."""
    calls = {"fn": 0, "vjp": 0}

    def counted(x):
        calls["fn"] += 1
        return np.sin(x)

    def counted_vjp(g, y, x):
        calls["vjp"] += 1
        return sine(g, y, x)

    x = np.random.default_rng(0).normal(size=shape)
    assert check_vjp(counted, counted_vjp, x).ok
    assert calls["fn"] <= 50
    assert calls["vjp"] <= 25
