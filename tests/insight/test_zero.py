"""Reasons why a gradient is zero: each planted once, and none that is no cause."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.graph.op import REGISTRY
from graphgrad.insight.flow import Flow, is_zero
from graphgrad.insight.zero import why_zero
from graphgrad.testing.graphs import default_ops, graphs

X = gg.variable([1.0, -2.0, 3.0], name="x")
POSITIVE = gg.variable([1.0, 2.0, 3.0], name="p")
OTHER = gg.variable(2.0, name="other")
S = gg.variable(2.0, name="s")
ONE = gg.sum(X)
ZEROS = gg.variable(np.zeros(3), name="zeros")
M = gg.variable(np.ones((2, 3)), name="M")
HUGE = gg.variable([1e5, 2e5, 3e5], name="huge")

PLANTED = [
    (ONE, OTHER, "disconnected: Σ does not depend on it"),
    (gg.sum(gg.stop_gradient(X)), X, "stopped: by stop_gradient at"),
    (gg.sum(gg.astype(gg.argmax(X), "float64")), X, "whole numbers: argmax"),
    (gg.sum(gg.astype(gg.astype(X, "int64"), "float64")), X, "whole numbers: astype"),
    (gg.sum(gg.where(gg.astype(X, "bool"), 1.0, OTHER)), X, "whole numbers: astype"),
    (gg.sum(gg.step(X)), X, "flat: the local derivative of step"),
    (gg.sum(gg.round(X)), X, "flat: the local derivative of round"),
    (gg.sum(gg.square(ZEROS)), ZEROS, "flat: the local derivative of square"),
    (gg.sum(gg.relu(-gg.abs(X))), X, "dead: the input of relu"),
    (gg.relu(X)[1], X, "dead: the input of relu"),
    (gg.sum(gg.elu(X * 1e4 - 1e5)), X, "dead: the input of elu"),
    (gg.sum(gg.softplus(-gg.abs(X) * 1e4)), X, "dead: the input of softplus"),
    (gg.sum(gg.sigmoid(X * X + 1e3)), X, "saturated: sigmoid"),
    (gg.sum(gg.tanh(X * 100)), X, "saturated: tanh"),
    (gg.sum(gg.softmax(HUGE) * POSITIVE), HUGE, "saturated: softmax"),
    (gg.sum(gg.erf(X * 100)), X, "saturated: erf"),
    (gg.sum(gg.where(X > 9, X, 0.0)), X, "masked: where"),
    (gg.sum(gg.maximum(X, 10.0)), X, "masked: maximum"),
    (gg.sum(gg.clip(X, 10.0, 20.0)), X, "masked: the input of clip"),
    (gg.sum(X * np.zeros(3)), X, "multiplied by 0: constant, the other input of ×"),
    (gg.sum(X * ZEROS), X, "multiplied by 0: zeros, the other input of ×"),
    ((X * np.array([0.0, 1.0, 1.0]))[0], X, "multiplied by 0: constant"),
    (gg.sum(M @ ZEROS), M, "multiplied by 0: zeros, the other input of @"),
    (gg.sum(ZEROS / POSITIVE), POSITIVE, "multiplied by 0: zeros, the other input"),
    (gg.sum(X / np.inf), X, "flat: the local derivative of divide"),
    (ONE - ONE, X, "cancelled: what reaches Σ adds up to 0: − 1, − -1"),
    (X[0] * 2 - X[0] - X[0], X, "cancelled: what reaches x adds up to 0"),
    (gg.sum((S + X) * np.array([1.0, 1.0, -2.0])), S, "cancelled: the entries of what"),
    (gg.sum(M @ gg.variable([[1.0, -1.0]] * 3)), M, "cancelled: the entries of what"),
    (gg.sum(S * 1e-200) * 1e-200, S, "too small: what × at"),
]  # fmt: skip


@pytest.mark.parametrize(("y", "x", "reason"), PLANTED)
def test_planted(y, x, reason):
    found = why_zero(Flow(y), x)
    assert found is not None
    assert found.startswith(reason)


def test_saturation_is_not_told_where_the_entries_cancel():
    # Σ softmax is 1: its gradient is 0 however the units stand.
    x = gg.variable([0.0, 0.0], name="x")
    found = why_zero(Flow(gg.sum(gg.softmax(x))), x)
    assert str(found).startswith("cancelled: the entries of what softmax")


def test_a_product_too_small_is_not_called_flat_or_saturated():
    y = x = gg.variable(1.0, name="x")
    for _ in range(1500):
        y = gg.sigmoid(y)
    assert str(why_zero(Flow(y), x)).startswith("too small: what sigmoid")


def test_what_stops_another_output_is_no_reason():
    x, w = gg.variable(1.0, name="x"), gg.variable(2.0, name="w")
    run = gg.run([x * x, gg.stop_gradient(w)])
    assert str(why_zero(Flow(run), w)).startswith("disconnected")


def test_what_stops_another_use_is_no_reason():
    x = gg.variable([1.0, 2.0], name="x")
    other = gg.stop_gradient(x)
    y = gg.sum(gg.astype(gg.astype(x, "int64"), "float64"))
    assert str(why_zero(Flow(gg.run([y, other])), x)).startswith("whole numbers")


@settings(deadline=None, max_examples=60)
@given(
    graphs(
        ops=[
            *default_ops()[:8],
            *(REGISTRY[n] for n in ("relu", "maximum", "step", "stop_gradient", "abs")),
        ]
    ),
    st.integers(0, 3),
)
def test_there_is_a_reason_exactly_where_the_gradient_is_zero(graph, power):
    (y,) = graph.outputs
    z = y * 0.0 if power == 0 else y
    flow = Flow(z)
    for x in graph.nodes:
        if x.op.name != "variable":
            continue
        reason = why_zero(flow, x)
        assert (reason is None) == (not is_zero(gg.grad(z, x).value)), reason
        if reason is not None and "stopped" not in reason:
            kind = reason.partition(":")[0]
            assert kind in {"multiplied by 0", "flat", "masked", "dead", "cancelled",
                            "no slope"}, reason  # fmt: skip
