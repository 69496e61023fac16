"""Expressions are parsed and never evaluated."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphgrad.cli.expression import parse
from graphgrad.errors import ExpressionError


def test_fruit():
    result, leaves = parse(
        "(apple * 2 + orange * 3) * tax", {"apple": 100, "orange": 150, "tax": 1.1}
    )
    result.backward()
    assert float(result) == pytest.approx(715)
    slopes = {name: float(x.grad) for name, x in leaves.items()}
    assert slopes == pytest.approx({"apple": 2.2, "orange": 3.3, "tax": 650})


def test_functions_powers_and_unicode_names():
    result, _ = parse("maximum(exp(-사과), 0.5) ** 2 + abs(사과) % 3", {"사과": 4.0})
    assert float(result) == pytest.approx(0.25 + 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('true')", "__import__.* is not a function"),
        ("x.__class__", "an attribute cannot be part"),
        ("x[0]", "a subscript cannot be part"),
        ("(lambda: 1)()", "is not a function that an expression may call"),
        ("open('file')", "'open' is not a function"),
        ("sum(x)", "'sum' is not a function"),
        ("getitem(x)", "'getitem' is not a function"),
        ("x if x else 1", "IfExp cannot be part"),
        ("x == 1", "a comparison cannot be part"),
        ("'text'", "a text cannot be part"),
        ("[x for x in y]", "ListComp cannot be part"),
        ("exp(x, x)", "exp takes 1 arguments"),
        ("exp(x=x)", "exp takes 1 arguments"),
        ("x +", "is not an expression"),
        ("1" * 20_000, "longer than"),
        ("", "is not an expression"),
    ],
)
def test_what_is_not_arithmetic_is_refused_by_name(text, message):
    names = {name: 1.0 for name in ("x", "y") if re.search(rf"\b{name}\b", text)}
    with pytest.raises(ExpressionError, match=message):
        parse(text, names)


def test_a_name_without_a_value_and_a_value_without_a_name():
    with pytest.raises(ExpressionError, match="'y' has no value"):
        parse("x + y", {"x": 1})
    with pytest.raises(ExpressionError, match="'z' is not in the expression"):
        parse("x", {"x": 1, "z": 2})


_TEXT = st.recursive(
    st.sampled_from(["x", "y", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(
            lambda p: f"({''.join(p)})"
        ),
        inner.map(lambda t: f"-({t})"),
        inner.map(lambda t: f"sin({t})"),
    ),
    max_leaves=12,
)


@given(_TEXT)
def test_values_agree_with_pythons_own(text):
    expected = eval(text, {"sin": math.sin, "x": 1.5, "y": -0.5})
    names = {k: v for k, v in {"x": 1.5, "y": -0.5}.items() if k in text}
    result, _ = parse(text, names)
    assert float(result) == pytest.approx(expected)
