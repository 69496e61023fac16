"""Rewrites: what they do, what they leave alone, and that no bit changes."""

import numpy as np
import pytest
from hypothesis import given, reject, settings

import graphgrad as gg
from graphgrad.errors import EvaluationError, GraphgradError
from graphgrad.rewrite import algebra, folding
from graphgrad.rewrite.engine import about, rewrite
from graphgrad.testing import strategies

RULES = (
    folding.of_shape,
    folding.known,
    algebra.identity,
    algebra.chain,
    algebra.masked,
)


def ops(outputs):
    return [t.op.name for t in gg.Graph(list(outputs)).nodes if t.inputs]


def after(*outputs):
    return ops(rewrite(outputs, RULES).outputs)


X = gg.variable(np.arange(6.0).reshape(2, 3), name="x")


@pytest.mark.parametrize(
    "y",
    [
        X * 1.0,
        1.0 * X,
        X / 1.0,
        X - 0.0,
        gg.negative(gg.negative(X)),
        gg.permute_dims(gg.permute_dims(X, (1, 0)), (1, 0)),
        gg.reshape(gg.reshape(X, (6,)), (2, 3)),
        gg.astype(X, "float64"),
        gg.stop_gradient(X),
        gg.broadcast_to(X, (2, 3)),
        gg.strong_multiply(X, 1.0),
    ],
    ids=lambda y: y.op.name + "".join(x.op.name[0] for x in y.inputs),
)
def test_what_changes_nothing_is_left_out(y):
    assert after(y) == []


@pytest.mark.parametrize(
    "y",
    [X + 0.0, X * 0.0, X - (-0.0), 0.0 - X, X * gg.ones((1, 2, 3)), X / X],
    ids=["plus 0", "times 0", "minus -0", "0 minus", "another shape", "by itself"],
)
def test_what_may_change_a_bit_or_the_shape_stays(y):
    """-0 + 0 is 0, and 0 · ∞ is NaN."""
    assert after(y) != []


def test_equal_nodes_are_made_once():
    y = gg.exp(X) + gg.exp(X) * gg.sum(gg.exp(X), axis=1, keepdims=True)
    assert ops([y]).count("exp") == 3
    assert after(y).count("exp") == 1
    different = gg.sum(X, axis=0) + gg.sum(X, axis=1)[:1]
    assert after(different).count("sum") == 2


def test_casts_are_joined_only_where_the_first_loses_nothing():
    truth = X > 1.0
    assert after(gg.astype(gg.astype(truth, "float64"), "float32")).count("astype") == 1
    assert after(gg.astype(gg.astype(X, "float32"), "float64")).count("astype") == 2


def test_constants_are_folded_and_shapes_are_known():
    a = gg.constant(np.arange(3.0))
    assert after(gg.exp(a) * 2.0 + 1.0) == []
    assert after(gg.zeros_like(X)) == ["broadcast_to"]
    n = gg.placeholder(("n", 3))
    mean = gg.mean(n * 1.0, axis=0)
    size = gg.grad(gg.sum(mean), n)
    bound = {n: gg.placeholder((4, 3))}
    made = rewrite([size], RULES, bound, {"n": 4}).outputs[0]
    assert "size_along" not in ops([made])


def test_where_nodes_came_from_is_kept():
    y = gg.exp(X * 1.0)
    found = rewrite([y], RULES)
    assert found.origins[found.outputs[0]] is y
    assert found.counts == {"identity": 1}


def test_rules_that_go_round_in_circles_are_stopped():
    def around(node):
        return gg.exp(gg.negative(node.inputs[0])) if node.inputs else None

    with pytest.raises(GraphgradError, match="comes to no end"):
        rewrite([gg.exp(X)], [around])


@settings(max_examples=150, deadline=None)
@given(strategies.graphs())
def test_no_bit_of_any_value_changes(graph):
    leaves = [x for x in graph.nodes if not x.inputs and x.differentiable]
    (y,) = graph.outputs
    outputs = [y, *gg.grad(y, leaves)]
    try:
        gg.run(outputs)
    except EvaluationError:  # as the inverse of a singular matrix
        reject()
    for before, now in zip(outputs, rewrite(outputs, RULES).outputs, strict=True):
        assert (before.shape, before.dtype) == (now.shape, now.dtype)
        np.testing.assert_array_equal(now.value, before.value)
        assert np.array_equal(np.signbit(now.value), np.signbit(before.value))


def test_a_node_is_not_taken_for_one_that_was_replaced_and_is_gone():
    """Its memory is that of the next node, and so is its `id`."""

    @about("negative")
    def in_between(node):
        return gg.square(node.inputs[0]) * gg.square(node.inputs[0])

    @about("multiply")
    def at_last(node):
        return gg.exp(node.inputs[0].inputs[0])

    xs = [gg.variable(float(k)) for k in range(100)]
    made = rewrite([gg.negative(x) for x in xs], [in_between, at_last]).outputs
    assert [y.inputs for y in made] == [(x,) for x in xs]
