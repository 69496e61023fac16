"""Graphs as formulas: as a book has them, in brackets where they are needed."""

import operator
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.insight.formula import formula

X, Y, Z = (gg.variable(v, name=n) for v, n in ((0.7, "x"), (1.3, "y"), (2.1, "z")))


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (X + Y + Z, "x + y + z"),
        (X - (Y - Z), "x − (y − z)"),
        ((X + Y) * Z, "(x + y) · z"),
        (X / (Y * Z), "x / (y · z)"),
        (X / (Y / Z), "x / (y / z)"),
        (-(X + Y), "-(x + y)"),
        (gg.square(X + Y), "(x + y)²"),
        (X**Y, "x^y"),
        (gg.exp(-X) * 2, "exp(-x) · 2"),
        (X * 1 * (1 / Y), "x / y"),
        (0.5 * (2 * X), "x"),
        (2 * (X * 3), "6 · x"),
        (2 * X / 2, "x"),
        (X + 2 + X, "x + 2 + x"),
        (X + X + X, "3 · x"),
        (X * X, "x²"),
        (X - (-2.0), "x + 2"),
        (X * -2.0, "-2 · x"),
        (-(X - Y), "y − x"),
        (-(X * Y), "-x · y"),
        ((-X) * (-Y), "x · y"),
        (X * 0.0 + Y, "y"),
        (X + 1234567, "x + 1234567"),
        (X * np.pi, "x · 3.14159"),
        (X / Y / Y, "x / y²"),
        (gg.where(X > 0, 1.0, 0.0), "[x > 0]"),
        (gg.where(X > 0, 0.0, 1.0), "[x ≤ 0]"),
        (gg.tanh(X) * (1 - gg.tanh(X)), "tanh(x) · (1 − tanh(x))"),
        ((1 - gg.tanh(X)) * (1 + gg.tanh(X)), "1 − tanh(x)²"),
        ((1 - X) * (1 + Y), "(1 − x) · (1 + y)"),
        (gg.sigmoid(X) * gg.sigmoid(-X), "sigmoid(x) · (1 − sigmoid(x))"),
        (gg.sigmoid(X) * gg.sigmoid(-Y), "sigmoid(x) · sigmoid(-y)"),
        (gg.where(gg.equal(X, 0), 1.0, X), "where(x = 0, 1, x)"),
        (gg.where(X > Y, X, Z), "where(x > y, x, z)"),
    ],
)
def test_scalars(tensor, text):
    head, _, found = formula(tensor).partition(" = ")
    assert (head in ("y", "f"), found) == (True, text)  # f where a leaf is called y


def test_softmax_with_loss_has_the_gradient_of_the_book():
    scores = gg.placeholder(("n", 3), name="scores")
    labels = gg.placeholder(("n",), dtype="int64", name="t")
    loss = gg.nn.softmax_cross_entropy(scores, labels).named("loss")
    assert gg.explain(loss, wrt=scores) == (
        "d loss / d scores = (softmax(scores) − one_hot(t)) / n"
    )
    assert gg.to_latex(gg.grad(loss, scores)) == (
        r"y = \frac{\mathrm{softmax}\left(\mathrm{scores}\right) - "
        r"\mathrm{one\_hot}\left(t\right)}{n}"
    )


def test_squared_error_has_the_gradient_of_the_book():
    y = gg.placeholder(("n", 3), name="y")
    t = gg.placeholder(("n", 3), name="t")
    loss = gg.nn.squared_error(y, t).named("loss")
    assert gg.explain(loss, wrt=y) == "d loss / d y = y − t"


def test_a_layer_has_its_matrices():
    x = gg.placeholder(("n", 4), name="x")
    w = gg.variable(np.ones((4, 2)), name="W1")
    h = gg.tanh(x @ w).named("h")
    loss = gg.sum(h).named("loss")
    text = gg.explain(loss, wrt=w)
    assert text.startswith("d loss / d W1 = xᵀ @ (1 − h²)")
    assert "where h = tanh(x @ W1)" in text
    assert "x^{\\top} \\, " in gg.to_latex(gg.grad(loss, w))


def test_what_is_used_twice_has_one_letter():
    h = gg.exp(X + Y + Z)
    assert formula(h * h + gg.sin(h)) == ("f = a² + sin(a)\n  where a = exp(x + y + z)")


def test_deep_graphs_stay_short():
    y = X
    for _ in range(20_000):
        y = gg.tanh(y + X) * Y
    assert len(formula(y)) < 20_000 * 60


OPS = (operator.add, operator.sub, operator.mul, operator.truediv)
NUMBERS = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0)
VALUES = {"x": Fraction(7, 10), "y": Fraction(13, 10), "z": Fraction(-21, 10)}


@st.composite
def expressions(draw, depth=4):
    """A tensor, and its value as a fraction."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        if draw(st.integers(0, 2)) == 0:
            number = draw(st.sampled_from(NUMBERS))
            return gg.constant(number), Fraction(number)
        leaf = draw(st.sampled_from([X, Y, Z]))
        return leaf, VALUES[leaf.name]
    first = draw(expressions(depth - 1))
    if draw(st.integers(0, 5)) == 0:
        return -first[0], -first[1]
    second = draw(expressions(depth - 1))
    op = draw(st.sampled_from(OPS))
    assume(op is not operator.truediv or second[1] != 0)
    return op(first[0], second[0]), op(first[1], second[1])


@settings(max_examples=200, deadline=None)
@given(expressions())
def test_a_formula_read_again_has_the_same_value(drawn):
    """Python reads the text; what has a letter is computed first."""
    head, *letters = formula(drawn[0]).split("\n  where ")
    known = dict(VALUES)
    for line in [*reversed(letters), head]:
        name, _, text = line.partition(" = ")
        text = text.replace("−", "-").replace("·", "*").replace("²", "**2")
        numbers = re.findall(r"[\d.]+(?:e[-+]\d+)?", text)
        assume(
            all(len(n.strip("0.").replace(".", "")) < 6 for n in numbers)
        )  # all told
        text = re.sub(r"(?<![*\w])(\d+(?:\.\d+)?)", r"Fraction('\1')", text)
        value = eval(text, {"Fraction": Fraction}, dict(known))
        known["result" if line is head else name] = value
    assert known["result"] == drawn[1]


def test_two_tensors_of_one_name_are_told_apart():
    x = gg.placeholder(("n", 2), name="x")
    w, v = (
        gg.variable(np.ones((2, 3)), name="W"),
        gg.variable(np.ones((3, 2)), name="W"),
    )
    assert formula(gg.relu(x @ w) @ v) == "y = relu(x @ W) @ W2"
    n = gg.variable(1.0, name="n")
    assert formula(gg.sum(x, axis=0) * n) == "y = sum(x, axis 0) · n2"


def test_entries_axes_and_results_are_told():
    x = gg.variable(np.ones((3, 3)), name="x")
    assert formula(x[0] - x[1:]) == "y = x[0] − x[1:]"
    assert formula(gg.argmax(x, axis=0)) == "y = argmax(x, axis 0)"
    u, _, vt = gg.linalg.svd(x)
    assert formula(u @ vt) == "y = svd(x)[0] @ svd(x)[2]"


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (gg.sqrt(X) * 1e-7, r"\sqrt{x} \cdot 10^{-7}"),
        (-(X / Z), r"-\frac{x}{z}"),
        (X - (-Z), r"x + z"),
        (gg.abs(X) * gg.inf, r"\left|x\right| \cdot \infty"),
        (X + 12345.0, r"x + 12345"),
        (X + 1.5e9, r"x + 1.5 \cdot 10^{9}"),
        (X**-2.0, r"x^{-2}"),
        ((X + Y) ** (X / Y), r"\left(x + y\right)^{\frac{x}{y}}"),
    ],
)
def test_latex(tensor, text):
    assert gg.to_latex(tensor).partition(" = ")[2] == text


def test_products_by_entry_and_by_rows_are_told_apart():
    a, b = gg.variable(np.eye(2), name="A"), gg.variable(np.eye(2), name="B")
    assert formula((a * b) @ b) == "y = (A · B) @ B"
    assert formula(a * (b @ b)) == "y = A · (B @ B)"
    assert formula(a @ b @ b) == "y = A @ B @ B"
    assert formula((a < b) < b) == "y = (A < B) < B"
