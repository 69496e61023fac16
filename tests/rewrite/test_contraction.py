"""Sums of products by letters are the same as matrix products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.rewrite.contraction import by_matmul

SIZES = {"a": 2, "b": 3, "c": 4, "d": 1, "e": 5}
letters = st.lists(st.sampled_from("abcde"), max_size=4, unique=True).map("".join)


@given(letters, letters, st.data())
def test_two_operands_are_a_product(first, second, data):
    every = sorted({*first, *second})
    result = (
        "".join(data.draw(st.lists(st.sampled_from(every), unique=True)))
        if every
        else ""
    )
    rng = np.random.default_rng(0)
    x, y = (
        gg.variable(rng.normal(size=tuple(SIZES[c] for c in term)))
        for term in (first, second)
    )
    node = gg.einsum(f"{first},{second}->{result}", x, y)
    made = by_matmul(node)
    assert made.shape == node.shape
    assert all(t.op.name != "einsum" for t in gg.Graph(made).nodes)
    np.testing.assert_allclose(made.value, node.value, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ii,ij->j", [(2, 2), (2, 3)]),
        ("ij,jk,kl->il", [(2, 2), (2, 3), (3, 2)]),
        ("ij,jk->ik", [(2, 1), (3, 2)]),
        ("ij,jk->ik", [(2, 0), (0, 2)]),
        ("ij->ji", [(2, 3)]),
    ],
)
def test_others_stay(subscripts, shapes):
    arrays = [np.ones(shape) for shape in shapes]
    assert by_matmul(gg.einsum(subscripts, *map(gg.variable, arrays))) is None


def test_whole_numbers_stay():
    x = gg.constant([1, 2])
    assert by_matmul(gg.einsum("i,i->", x, x)) is None


def test_attention_is_products_and_loops():
    q, k, v = (gg.placeholder((2, 7, 3, 4), dtype="float32", name=n) for n in "qkv")
    weights = gg.softmax(gg.einsum("bqhd,bkhd->bhqk", q, k) / 2.0)
    y = gg.einsum("bhqk,bkhd->bqhd", weights, v)
    outputs = [y, *gg.grad(gg.sum(gg.square(y)), [q, k, v])]
    arrays = [
        np.random.default_rng(i).normal(size=(2, 7, 3, 4)).astype("f4")
        for i in range(3)
    ]
    native = gg.compile(outputs, [q, k, v], backend="native")
    reference = gg.compile(outputs, [q, k, v], backend="reference")
    for a, b in zip(native(*arrays), reference(*arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert "NumPy: " not in native.explain()
