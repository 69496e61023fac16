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


def mlp(rng):
    net = gg.nn.mlp((20, 50, 50, 3), rng)
    return net(rng.randn(64, 20).astype("float32"))


def with_batch_norm_and_dropout(rng):
    net = gg.nn.mlp((20, 50, 50, 3), rng, normalise="before", dropout=0.1)
    return net(rng.randn(64, 20).astype("float32"), training=True)


def deep_relu(rng):
    net = gg.nn.mlp((30,) * 9 + (3,), rng)
    return net(rng.randn(40, 30).astype("float32"))


def convolutions(rng):
    nn, small = gg.nn, gg.nn.init.normal(0.01)
    net = nn.Sequential(
        nn.Conv2D(1, 8, 3, rng),
        gg.relu,
        nn.MaxPool2D(2),
        nn.flatten,
        nn.Linear(8 * 25, 100, rng, weight=small),
        gg.relu,
        nn.Linear(100, 3, rng, weight=small),
    )
    return net(rng.randn(32, 1, 12, 12).astype("float32"))


def lstm(rng):
    return _read_out(gg.nn.LSTM, rng)


def gru(rng):
    return _read_out(gg.nn.GRU, rng)


def rnn(rng):
    return _read_out(gg.nn.RNN, rng)


def _read_out(kind, rng):
    cell, head = kind(5, 16, rng), gg.nn.Linear(16, 3, rng)
    return head(cell(rng.randn(8, 12, 5).astype("float32"))[:, -1])


def residual(rng):
    nn = gg.nn
    blocks = [
        nn.Residual(nn.Sequential(nn.Linear(16, 16, rng), gg.relu)) for _ in range(6)
    ]
    net = nn.Sequential(nn.Linear(10, 16, rng), *blocks, nn.Linear(16, 3, rng))
    return net(rng.randn(20, 10).astype("float32"))


def masked_attention(rng):
    q, k, v = (gg.variable(rng.randn(8, 3), name=name) for name in "qkv")
    mask = np.tril(np.ones((8, 8))) > 0
    return gg.softmax(gg.where(mask, q @ k.mT, -np.inf)) @ v


def a_few_examples(rng):
    return gg.nn.mlp((20, 50, 3), rng)(rng.randn(2, 20).astype("float32"))


HEALTHY = [
    *(mlp, with_batch_norm_and_dropout, deep_relu, convolutions, residual),
    *(lstm, gru, rnn, masked_attention, a_few_examples),
]


@pytest.mark.parametrize("net", HEALTHY)
@pytest.mark.parametrize("seed", range(6))
def test_a_sound_net_has_no_findings(net, seed):
    scores = net(np.random.RandomState(seed))
    labels = np.arange(scores.shape[0]) % 3
    report = gg.diagnose(gg.nn.softmax_cross_entropy(scores, labels))
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


def test_an_input_that_is_not_finite_is_named_itself():
    x = gg.placeholder((3,), name="x")
    y = gg.sum(gg.exp(x * 2))
    finding = gg.diagnose(gg.run(y, {x: [1.0, np.nan, 0.0]})).findings[0]
    assert (finding.kind, finding.node) == ("forward", x)
    assert finding.text.startswith("'x' is nan in 1 of 3 entries")


def test_overflow_in_exp():
    x = gg.variable([1.0, 1000.0], name="x")
    y = gg.exp(x)
    finding = gg.diagnose(gg.sum(y / (1 + y))).findings[0]
    assert (finding.kind, finding.node) == ("forward", y)
    assert finding.text.startswith("exp gives inf in 1 of 2 entries")
    assert "1 to 1000" in finding.text


def test_a_mask_of_minus_infinity_is_meant_unless_it_comes_through():
    x, mask = gg.variable([1.0, 2.0], name="x"), gg.constant([0.0, -np.inf])
    assert gg.diagnose(gg.sum(gg.softmax(x + mask) * x)).ok
    assert only(gg.diagnose(gg.run(gg.sum(x * 1.0 + mask))), "forward").node is mask


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


def test_layers_are_ordered_by_their_use_and_not_by_their_making():
    rng = np.random.RandomState(0)
    weights = [gg.variable(rng.randn(20, 20) * 0.3, name=f"W{k}") for k in range(8)]
    h = gg.constant(rng.randn(30, 20))
    for w in reversed(weights):
        h = gg.sigmoid(h @ w)
    finding = only(gg.diagnose(gg.sum(h)), "vanishing")
    assert finding.node is weights[-1]


def test_a_stack_of_one_weight_or_of_none_vanishes_too():
    x, w = gg.variable(0.5, name="x"), gg.variable(1.0, name="w")
    shared, bare = x, x
    for _ in range(10):
        shared, bare = gg.sigmoid(shared * w), gg.sigmoid(bare)
    for y in (shared, bare):
        finding = only(gg.diagnose(y), "vanishing")
        assert finding.node.op.name == "sigmoid"
    scales = [gg.variable(1.0, name=f"w{k}") for k in range(10)]
    y = gg.constant(0.5)
    for s in scales:
        y = gg.sigmoid(y * s)
    assert only(gg.diagnose(y), "vanishing").node is scales[0]


def test_gradients_that_explode_through_time():
    rng = np.random.RandomState(0)
    w = gg.variable(rng.randn(16, 16), name="Wh")
    h = first = gg.relu(gg.constant(rng.randn(4, 16)) @ w)
    for _ in range(12):
        h = gg.relu(h @ w)
    finding = next(f for f in gg.diagnose(gg.sum(h)).findings if f.kind == "exploding")
    assert finding.node is first


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


def test_a_layer_whose_units_are_all_dead():
    x, w = gg.constant(np.ones((2, 3))), gg.variable(-np.ones((3, 4)), name="W")
    report = gg.diagnose(gg.sum(gg.relu(x @ w)))
    assert kinds(report) == ["dead", "no gradient"]
    assert "4 of the 4 units" in report.findings[0].text
    assert "dead: the input of relu" in report.findings[1].text


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
    of_loss = only(gg.diagnose(gg.nn.mean_squared_error(y, t)), "broadcast")
    assert of_loss.node.op.name == "mean_squared_error"


def test_a_column_that_was_made_to_stand_against_a_row_is_meant():
    x = gg.variable(np.arange(4.0), name="x")
    assert gg.diagnose(gg.sum(gg.square(x[:, None] - x + 1))).ok
    assert gg.diagnose(gg.sum(gg.exp(gg.reshape(x, (4, 1)) - x))).ok


def test_other_things_are_refused():
    with pytest.raises(ArgumentError, match="a run is diagnosed, not int"):
        gg.diagnose(3)  # type: ignore[arg-type]


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
