"""What reports recognise; test_reports.py has the whole texts."""

import numpy as np

from graphgrad.testing import Verdict, check_vjp


def multiply(a, b):
    return a * b


def test_report_of_a_sign():
    verdict = check_vjp(np.sin, lambda g, y, x: (-g * np.cos(x),), np.array([0.5, 1.0]))
    assert str(verdict).splitlines()[2:4] == [
        "  every entry has the wrong sign",
        "  2 of 2 judged are wrong",
    ]


def test_report_of_a_transpose():
    a = np.array([[0.5, 2.0, 3.0], [4.0, 1.0, 6.0], [7.0, 8.0, 9.0]])
    verdict = check_vjp(lambda a: np.trace(a @ a), lambda g, y, a: (2 * g * a,), a)
    assert verdict.hint == "the gradient is transposed"


def test_report_of_a_lost_path():
    x = np.array([0.5, 1.0])
    verdict = check_vjp(multiply, lambda g, y, a, b: (g * b, None), x, x)
    assert verdict.hint == (
        "every entry of the gradient is zero: is the path through input 1 lost?"
    )


def test_report_of_a_mean_for_a_sum():
    x = np.arange(1.0, 5.0)
    verdict = check_vjp(np.sum, lambda g, y, x: (np.full(4, g / 4),), x)
    assert verdict.hint == (
        "every entry is 1/4 of what it should be: divided by a size?"
    )


def test_report_of_moved_entries():
    x = np.arange(1.0, 4.0)
    verdict = check_vjp(np.cumprod, _cumprod_reversed, x)
    assert verdict.hint == (
        "the right numbers stand at the wrong places: is an axis swapped?"
    )


def _cumprod_reversed(g, y, x):
    n = len(x)
    jacobian = np.array([[y[i] / x[j] * (j <= i) for j in range(n)] for i in range(n)])
    return ((g @ jacobian)[::-1].copy(),)


def test_report_of_an_exact_check():
    text = str(check_vjp(np.sin, lambda g, y, x: (g, g), np.ones(2))).splitlines()
    assert text[:2] == [
        "Gradient of `sin` is wrong: count",
        "  2 gradients for 1 inputs; one per input",
    ]


def test_report_of_a_right_gradient():
    verdict = check_vjp(np.sin, lambda g, y, x: (g * np.cos(x),), np.ones(2))
    assert str(verdict) == (
        "Gradient of `sin` is right: 3 derivatives agree with differences"
    )


def test_report_of_an_undecided_gradient():
    verdict = Verdict("inconclusive", "f", reason="fn is not finite here")
    assert not verdict.ok
    assert str(verdict) == "Gradient of `f` is inconclusive: fn is not finite here"
