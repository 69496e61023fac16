"""Local derivatives as formulas: read again, they are the numbers of the rules."""

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.graph.op import REGISTRY
from graphgrad.insight.identities import of_guard
from graphgrad.insight.local import local_derivative, local_formula
from graphgrad.insight.notation import Latex
from graphgrad.testing.graphs import default_ops

A, B = gg.variable(0.7, name="a"), gg.variable(1.3, name="b")
X = gg.placeholder(("n", 4), name="X")
W = gg.variable(np.ones((4, 3)), name="W")
BIAS = gg.variable(np.zeros(3), name="b")


@pytest.mark.parametrize(
    ("tensor", "argument", "text"),
    [
        (A * B, 0, "b"),
        (A * A, 0, "a"),
        (A / B, 1, "-a / b²"),
        (A + B, 1, "1"),
        (A - B, 1, "-1"),
        (A**3, 0, "3 · a²"),
        (A**B, 0, "b · a^(b − 1)"),
        (A**B, 1, "a^b · log(a)"),
        (gg.exp(A), 0, "exp(a)"),
        (gg.exp(A).named("e"), 0, "e"),
        (gg.sigmoid(A), 0, "out · (1 − out)"),
        (gg.sigmoid(A).named("s"), 0, "s · (1 − s)"),
        (gg.tanh(A).named("h"), 0, "1 − h²"),
        (gg.relu(A), 0, "[a > 0]"),
        (gg.leaky_relu(A), 0, "where(a > 0, 1, 0.01)"),
        (gg.sqrt(A), 0, "1 / (2 · sqrt(a))"),
        (gg.abs(A), 0, "sign(a)"),
        (gg.where(A > B, A, B), 2, "[a ≤ b]"),
        (X @ W, 0, "g @ Wᵀ"),
        (X @ W, 1, "Xᵀ @ g"),
        (X @ W + BIAS, 1, "sum(g, axis 0)"),
        (X * A, 1, "sum(g · X)"),
        (gg.sum(X), 0, "1"),
        (gg.sum(X, axis=1), 0, "g"),
        (gg.mean(X), 0, "1 / (n · 4)"),
        (gg.softmax(X), 0, "out · (g − sum(g · out, axis 1))"),
        (W[1:], 0, "index_add(0, g, [1:])"),
        (gg.relu(X @ W), 0, "[X @ W > 0]"),
        (gg.relu(gg.sin(X @ W + BIAS) * 2 + gg.cos(X @ W)), 0, "[in > 0]"),
        ((A + 1) * (gg.sin(A * B) * gg.exp(A) + B * 3), 0, "in₂"),
    ],
)
def test_formulas(tensor, argument, text):
    assert local_formula(tensor, argument) == text


def test_there_is_none_where_no_gradient_flows_or_it_is_long():
    assert local_formula(gg.stop_gradient(A), 0) is None
    assert local_formula(gg.where(A > B, A, B), 0) is None
    assert local_formula(gg.argmax(W), 0) is None
    assert local_formula(gg.gelu(A), 0) is None
    assert len(local_formula(gg.gelu(A), 0, most=100) or "") > 40


def test_names_of_the_user_are_not_taken_for_other_things():
    g = gg.variable(np.ones((2, 4)), name="g")
    assert local_formula(g @ W, 0) == "g′ @ Wᵀ"
    one, other = (gg.variable(v, name="w") for v in (2.0, 3.0))
    assert local_formula(one * other, 0) == "in₂"


def test_equal_looking_nodes_have_their_own_formulas():
    assert local_formula(A * 2, 0) == "2"
    assert local_formula(A * 3, 0) == "3"
    assert local_formula(gg.sum(W, axis=0), 0) == local_formula(gg.sum(W, axis=1), 0)
    c = gg.constant(np.arange(3.0))
    assert local_formula(BIAS * c, 0) == "constant"


def test_what_a_rule_looks_at_is_not_forgotten():
    wide = gg.placeholder(("n", 5), name="X")
    assert local_formula(gg.mean(X), 0) == "1 / (n · 4)"
    assert local_formula(gg.mean(wide), 0) == "1 / (n · 5)"
    u, v = (gg.variable(2.0), gg.variable(3.0))
    assert [local_formula(u * v, i) for i in (0, 1)] == ["in₂", "in₁"]
    assert [local_formula(u * u, i) for i in (0, 1)] == ["in₁", "in₁"]


def test_only_what_guards_against_0_is_left_out():
    assert of_guard(gg.where(gg.equal(A, 0), 1.0, A)) is A
    both = gg.logical_and(gg.equal(B, 0), gg.equal(A, 0))
    assert of_guard(gg.where(both, 1.0, A)) is A
    for other in (
        gg.where(gg.equal(B, 0), 1.0, A),
        gg.where(gg.equal(A, 1), 1.0, A),
        gg.where(gg.equal(A, 0), 2.0, A),
        gg.where(A > 0, 1.0, A),
    ):
        assert of_guard(other) is None


def _functions() -> dict[str, Any]:
    names = {name: op for name, op in REGISTRY.items() if op.arity}
    return {**names, "sum": np.sum, "inf": np.inf}


def _python(text: str) -> str:
    """A formula in Python's signs."""
    for sign, other in (
        ("−", "-"),
        ("·", "*"),
        ("²", "**2"),
        ("³", "**3"),
        ("^", "**"),
    ):
        text = text.replace(sign, other)
    text = re.sub(r"(?<![<>!])=", "==", text)
    text = text.replace("≤", "<=").replace("≥", ">=").replace("≠", "!=")
    return text.replace("[", "1.0 * (").replace("]", ")")


SMOOTH = [
    op
    for op in default_ops()
    if op.domain.signature == "()" and op.arity in (1, 2) and op.defaults is not None
]


@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.name)
def test_read_again_a_formula_is_the_derivative(op: Callable[..., Any]):
    """The oracle is Python, which reads the text, against the engine's own gradient."""
    inputs = op.domain.inputs[: op.arity]
    for share in (0.3, 0.6, 0.85):
        values = [x.low + (x.high - x.low) * share for x in inputs]
        leaves = [gg.variable(v, name=n) for v, n in zip(values, "ab", strict=False)]
        node = op(*leaves).named("h")
        if node.shape != () or node.op is not op:
            continue
        for i, leaf in enumerate(leaves):
            text = local_formula(node, i, most=200)
            known = {**_functions(), "h": node.value[()]}
            known |= {str(x.name): x.value[()] for x in leaves}
            if text is None:
                continue
            found = eval(_python(text), {"__builtins__": {}}, known)
            expected = float(gg.grad(node, leaf))
            assert float(found) == pytest.approx(expected, rel=1e-5), text


def test_most_ops_are_read_by_the_test_above():
    nodes = [op(*[A] * (op.arity or 1)) for op in SMOOTH]
    told = [local_formula(node, 0, most=200) for node in nodes]
    assert len(SMOOTH) > 40
    assert sum(text is not None for text in told) > 0.9 * len(told)


def test_latex_has_the_same_parts():
    found = local_derivative(gg.sigmoid(A).named("sigma"), 0, Latex())
    assert found is not None
    assert found.written.text == r"\sigma \cdot \left(1 - \sigma\right)"
    assert found.upstream is None


def test_a_large_graph_takes_well_under_a_millisecond_an_edge():
    x = gg.variable(0.5, name="x")
    y = x
    for k in range(1000):
        y = gg.tanh(y * (k + 1.0)) + x
    nodes = [node for node in gg.Graph(y).nodes if node.inputs]
    begun = time.process_time()
    for node in nodes:
        for i in range(len(node.inputs)):
            local_formula(node, i)
    spent = time.process_time() - begun
    assert spent / sum(len(node.inputs) for node in nodes) < 1e-3
