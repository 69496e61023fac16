"""The chain rule in words."""

import pytest

import graphgrad as gg
from graphgrad import errors


def test_apple():
    apple, count = gg.variable(100, name="apple"), gg.variable(2, name="count")
    tax = gg.variable(1.1, name="tax")
    price = (apple * count * tax).named("price")
    assert gg.explain(price, wrt=apple) == (
        "d price / d apple = 2.2\n  apple → × → price   2 · 1.1 = 2.2"
    )


def test_paths_sum_and_each_use_is_one():
    x = gg.variable(3.0, name="x")
    y = (x * x + x).named("y")
    assert gg.explain(y, wrt=x) == (
        "d y / d x = 7\n"
        "  x → × → y   3 · 1 = 3\n"
        "  x → × → y   3 · 1 = 3\n"
        "  x → y       1 = 1\n"
        "  sum over 3 paths: 3 + 3 + 1 = 7"
    )


def test_the_total_is_exact_where_paths_are_too_many_to_list():
    x = gg.variable(1.0, name="x")
    y = x
    for _ in range(60):
        y = y + y
    text = gg.explain(y, wrt=x, most=2)
    assert text.startswith(f"d + / d x = {2.0**60:.4g}")
    assert f"{2**60 - 2} more paths" in text


def test_through_tensors_the_gradient_is_a_formula():
    x, w = gg.variable([1.0, 2.0], name="x"), gg.variable([3.0, 4.0], name="w")
    y = gg.sum(x * w).named("y")
    assert gg.explain(y, wrt=x) == "d y / d x = w"
    with pytest.raises(errors.GradientError, match="several entries"):
        gg.explain(x * w, wrt=x)


def test_a_slope_of_0_has_its_reason():
    x = gg.variable(-2.0, name="x")
    text = gg.explain(gg.relu(x) * 3, wrt=x)
    assert "dead: the input of relu" in text
    assert "cancelled" in gg.explain(x * 2 - (x + x), wrt=x)
