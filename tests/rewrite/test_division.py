"""Quotients by one denominator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import graphgrad as gg
from graphgrad.rewrite import division
from graphgrad.rewrite.engine import rewrite

BOUNDED = {
    "1 + exp x": lambda x: 1 + gg.exp(x),
    "√(x² + ε)": lambda x: gg.sqrt(x * x + 1e-6),
    "√|x| + ε": lambda x: gg.sqrt(gg.abs(x)) + 1e-7,
    "max(x, 2)": lambda x: gg.maximum(x, 2.0),
    "Σ x² + 1": lambda x: gg.sum(gg.square(x)) + 1.0,
}
UNBOUNDED = {
    "x": lambda x: x,
    "exp x": lambda x: gg.exp(x),
    "exp x − 1": lambda x: gg.exp(x) - 1,
    "exp x + x": lambda x: gg.exp(x) + x,
    "1e-44 + exp x": lambda x: np.float32(1e-44) + gg.exp(x),
}


def rewritten(outputs):
    return rewrite(outputs, (), chosen=division.shared(outputs))


@pytest.mark.parametrize("name", BOUNDED)
def test_quotients_are_products_where_the_denominator_is_bounded(name):
    x, y, z = (gg.placeholder((3,), dtype="float32") for _ in range(3))
    d = BOUNDED[name](x)
    made = rewritten([y / d, z / d])
    assert made.counts["by_reciprocal"] == 2
    names = [node.op.name for node in gg.Graph(made.outputs).nodes]
    assert names.count("reciprocal") == 1
    assert "divide" not in names


@pytest.mark.parametrize("name", UNBOUNDED)
def test_other_quotients_stay(name):
    x, y, z = (gg.placeholder((3,), dtype="float32") for _ in range(3))
    d = UNBOUNDED[name](x)
    assert rewritten([y / d, z / d]).counts == {}


def test_complex_numbers_have_no_order():
    x = gg.placeholder((3,))
    d = gg.real(x * (1 + 2j)) + 1
    assert rewritten([x / d, 2 / d]).counts == {}


def test_a_single_quotient_stays():
    x = gg.placeholder((3,), dtype="float32")
    made = rewritten([x / (1 + gg.exp(x)), x / (2 + gg.exp(x))])
    assert "by_reciprocal" not in made.counts


def test_a_denominator_that_is_itself_made_of_quotients():
    x = gg.placeholder((3,), dtype="float64")
    d = 1 + gg.abs(x)
    e = 1 + gg.square(x / d + 1 / d)
    made = rewritten([x / e, 2 / e])
    assert made.counts["by_reciprocal"] == 4


@given(
    hnp.arrays("float32", (4,), elements=st.floats(width=32)),
    hnp.arrays("float32", (4,), elements=st.floats(width=32)),
)
def test_values_stay_within_units(a, b):
    x, y = (gg.placeholder((4,), dtype="float32") for _ in range(2))
    d = gg.abs(y) + np.float32(1e-37)
    quotients = [x / d, (x + 1) / d]
    with np.errstate(all="ignore"):
        wanted = gg.compile(quotients, [x, y], backend="reference")(a, b)
        found = gg.compile(rewritten(quotients).outputs, [x, y], backend="reference")(
            a, b
        )
        for p, q in zip(found, wanted, strict=True):
            gap = np.abs(p.astype("float64") - q) / np.spacing(np.abs(q))
            odd = ~(np.isfinite(p) & np.isfinite(q))
            # A product may pass the largest number where the quotient just does not.
            near = np.abs(q) > np.finfo("float32").max * (1 - 1e-6)
            same = (p == q) | (np.isnan(p) & np.isnan(q)) | near
            # A denormal reciprocal has fewer digits.
            bound = np.where(np.abs(b) > 2.0**126, 5, 2)
            assert np.where(odd, same, gap <= bound).all()


def test_a_denominator_may_come_from_an_op_of_several_results():
    x = gg.variable(np.array([[2.0, 1.0], [1.0, 3.0]]))
    values, vectors = gg.linalg.eigh(x)
    share = gg.expand_dims(values, 0)
    outputs = [vectors / share, x / share, gg.exp(x) / share]
    for a, b in zip(
        gg.compile(outputs, backend="native")(),
        gg.compile(outputs, backend="reference")(),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-14)
