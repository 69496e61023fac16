"""Planted faults are found, named, and nothing else is."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ArgumentError


def kinds(report):
    return [finding.kind for finding in report.findings]


def only(report, kind):
    assert kinds(report) == [kind], str(report)
    return report.findings[0]


def test_a_sound_net_has_no_findings():
    rng = np.random.RandomState(0)
    net = gg.nn.mlp((20, 50, 50, 3), rng, normalise="before", dropout=0.1)
    x = rng.randn(64, 20).astype("float32")
    loss = gg.nn.softmax_cross_entropy(net(x, training=True), np.arange(64) % 3)
    report = gg.diagnose(loss)
    assert report.ok, str(report)
    assert str(report) == "nothing suspicious was found"


def test_the_first_node_that_is_not_finite_is_named_with_its_line():
    x = gg.placeholder((3,), name="x")
    y = gg.log(x - 1)  # the line of the fault
    z = gg.sum(gg.exp(y) * 0 + y)
    found = gg.diagnose(gg.run(z, {x: [1.0, 2.0, 0.5]}))
    finding = found.findings[0]
    assert finding.kind == "forward"
    assert finding.node is y
    assert "nan and -inf in 2 of 3 entries" in finding.text
    assert "the line of the fault" in finding.text
    assert "-0.5 to 1" in finding.text


def test_inside_a_composite_the_op_is_named():
    y = gg.variable([[0.5, -0.5]], name="y")
    finding = gg.diagnose(gg.nn.cross_entropy(y, [[0.0, 1.0]])).findings[0]
    assert "inside it, log gives nan in 1 of 2 entries of -0.5 to 0.5" in finding.text


def test_the_slope_of_sqrt_at_0():
    x = gg.variable([4.0, 0.0], name="x")
    finding = only(gg.diagnose(gg.sum(gg.sqrt(x))), "backward")
    assert finding.node.op.name == "sqrt"
    assert "becomes inf in 1 of 2 entries" in finding.text
    assert "0 to 4" in finding.text


def test_log_of_0_under_where_does_no_harm_and_is_told_as_such():
    x = gg.variable([0.0, 2.0], name="x")
    y = gg.sum(gg.where(x > 0, gg.log(x), 0.0))
    finding = only(gg.diagnose(y), "forward")
    assert "does not reach an output" in finding.text


def deep(rng, activation, weight):
    net = gg.nn.mlp((30,) * 9 + (3,), rng, activation=activation, weight=weight)
    x = rng.randn(40, 30).astype("float32")
    return net, gg.nn.softmax_cross_entropy(net(x), np.arange(40) % 3)


def test_gradients_that_vanish_through_a_stack():
    rng = np.random.RandomState(0)
    net, loss = deep(rng, gg.sigmoid, gg.nn.init.normal(0.5))
    finding = next(f for f in gg.diagnose(loss).findings if f.kind == "vanishing")
    assert finding.node is net[0].weight
    assert "e-0" in finding.text
    _, sound = deep(rng, gg.relu, gg.nn.init.he_normal)
    assert "vanishing" not in kinds(gg.diagnose(sound))


def test_gradients_that_explode():
    rng = np.random.RandomState(0)
    net, loss = deep(rng, gg.relu, gg.nn.init.normal(1.0))
    finding = next(f for f in gg.diagnose(loss).findings if f.kind == "exploding")
    assert any(finding.node is w for w in net.weights())
    assert "times as large as it is" in finding.text
    _, sound = deep(rng, gg.relu, gg.nn.init.he_normal)
    assert "exploding" not in kinds(gg.diagnose(sound))


def test_dead_units_and_saturated_ones():
    rng = np.random.RandomState(0)
    x = rng.randn(40, 5)
    bias = np.array([0, 0, 0, 0, 0, 0, -50, -50.0, 50, 0])
    with gg.scope("hidden"):
        h = gg.variable(rng.randn(5, 10)).value
        z = gg.constant(x @ h + bias)
    dead = only(gg.diagnose(gg.run(gg.relu(z))), "dead")
    assert dead.text.startswith("2 of the 10 units of relu are 0 for all 40 examples")
    saturated = only(gg.diagnose(gg.run(gg.sigmoid(z))), "saturated")
    assert saturated.text.startswith("3 of the 10 units of sigmoid are below 0.01")


def why(y, x):
    finding = only(gg.diagnose(y), "no gradient")
    assert finding.node is x
    return finding.text.partition(": ")[2]


def test_why_a_parameter_gets_no_gradient():
    x = gg.variable([1.0, -2.0, 3.0], name="x")
    one = gg.sum(x)
    assert why(gg.sum(gg.stop_gradient(x)), x).startswith("stopped: by stop_gradient")
    assert why(gg.sum(gg.astype(gg.argmax(x), "float64")), x).startswith(
        "whole numbers"
    )
    assert why(gg.sum(gg.step(x)), x).startswith(("no slope", "flat"))
    assert why(gg.sum(gg.relu(-gg.abs(x))), x).startswith("dead: the input of relu")
    assert why(gg.sum(gg.sigmoid(x * x + 1e3)), x).startswith("saturated: sigmoid")
    assert why(gg.sum(gg.where(x > 9, x, 0.0)), x).startswith("masked: where")
    assert why(gg.sum(x * np.zeros(3)), x).startswith("multiplied by 0")
    assert why(one - one, x).startswith("cancelled: what reaches Σ adds up to 0")


def test_a_parameter_that_is_not_part_of_the_loss():
    x, w = gg.variable(1.0, name="x"), gg.variable(2.0, name="w")
    run = gg.run([x * x, w * 2])
    finding = only(gg.diagnose(run), "no gradient")
    assert finding.text == "'w': disconnected: × does not depend on it"


def test_a_column_against_a_row():
    y, t = gg.variable(np.ones((4, 1)), name="y"), gg.variable(np.ones(4) * 2, name="t")
    finding = only(gg.diagnose(gg.mean(gg.square(y - t))), "broadcast")
    assert "(4, 1) and (4,) is (4, 4)" in finding.text


def test_other_things_are_refused():
    with pytest.raises(ArgumentError, match="a run is diagnosed, not int"):
        gg.diagnose(3)


def test_reasons_hold_where_the_gradient_arrives():
    z = gg.variable([-1.0, 2.0], name="z")
    assert "≤ 0 wherever a gradient arrives" in why(gg.relu(z)[0], z)
    assert why((z * np.array([0.0, 1.0]))[0], z).startswith("multiplied by 0")


def test_huge_values_are_told_without_a_warning():
    x = gg.variable([[1e200, 1e200], [1.0, 2.0]], name="x")
    y = gg.batch_norm(x, np.ones(2), np.zeros(2)).y
    text = str(gg.diagnose(gg.sum(y * y)))
    assert "in 0 of" not in text
    w = [
        gg.variable(np.full((2, 2), s), name=f"w{k}")
        for k, s in enumerate((1, 1e160, 1))
    ]
    gg.diagnose(gg.sum(x @ w[0] @ w[1] * 1e-200 @ w[2]))


def test_a_scalar_of_another_graph_is_refused():
    x = gg.variable(2.0)
    with pytest.raises(ArgumentError, match="not part of the run"):
        gg.diagnose(gg.run(x * x), of=x + 1)
