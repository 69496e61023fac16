"""Formulas that lose digits, as ops that do not."""

import numpy as np
import pytest
from scipy import special

import graphgrad as gg

X = np.array([[-800.0, 0.0, 3.0], [710.0, 709.0, 1e-20], [1e-9, -1e-9, 40.0]])
FORMULAS = {
    "log softmax": (
        lambda x: gg.log(gg.softmax(x, axis=0)),
        lambda x: special.log_softmax(x, axis=0),
    ),
    "log Σ exp": (
        lambda x: gg.log(gg.sum(gg.exp(x), axis=1, keepdims=True)),
        lambda x: special.logsumexp(x, axis=1, keepdims=True),
    ),
    "log sigmoid": (lambda x: gg.log(gg.sigmoid(x)), special.log_expit),
    "log (1 − sigmoid)": (
        lambda x: gg.log(1 - gg.sigmoid(x)),
        lambda x: special.log_expit(-x),
    ),
    "exp x − 1": (lambda x: gg.exp(x) - 1, np.expm1),
    "log (1 + x)": (lambda x: gg.log(1 + gg.abs(x)), lambda x: np.log1p(np.abs(x))),
    "log (x + 1)": (lambda x: gg.log(gg.abs(x) + 1), lambda x: np.log1p(np.abs(x))),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_values_are_exact_where_the_formula_loses_them(name):
    formula, exact = FORMULAS[name]
    x = gg.placeholder(X.shape)
    program = gg.compile(formula(x), [x], backend="native")
    assert "stable" in program.explain() or "expm1" in program.explain()
    with np.errstate(all="ignore"):
        wanted = exact(X)
        plain = gg.compile(formula(x), [x], backend="reference")(X)
    np.testing.assert_allclose(program(X), wanted, rtol=4e-15)
    assert not np.allclose(plain, wanted, rtol=1e-12, atol=0)


OTHERS = {
    "softmax + ε": lambda x: gg.log(gg.softmax(x) + 1e-7),
    "Σ x²": lambda x: gg.log(gg.sum(x * x)),
    "2 + x": lambda x: gg.log(2 + x),
    "exp x − 2": lambda x: gg.exp(x) - 2,
    "1 − x": lambda x: gg.log(1 - x),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formulas_stay(name):
    x = gg.placeholder((2, 3))
    text = gg.compile(OTHERS[name](x), [x], backend="native").explain()
    assert "stable" not in text
    assert "× expm1" not in text
