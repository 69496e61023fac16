"""What two graphs, and two runs, have in common."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from tests.graph.test_saving import recurrent, there_and_back


def layer(x, w, between=lambda h: h, bias=1.0):
    return gg.sum(between(gg.tanh(x @ w)) + bias)


@pytest.fixture
def leaves():
    return gg.placeholder((3,), name="x"), gg.variable(np.eye(3), name="w")


def test_a_copy_has_no_difference():
    graph = gg.Graph(recurrent())
    found = graph.diff(there_and_back(graph, "json"))
    assert not found
    assert len(found.same) == len(graph)


def test_an_op_put_in_between_is_all_that_is_added(leaves):
    found = gg.Graph(layer(*leaves)).diff(gg.Graph(layer(*leaves, between=gg.sin)))
    assert [t.op.name for t in found.added] == ["sin"]
    assert found.removed == ()
    assert [(c.after.op.name, c.what) for c in found.changed] == [("add", ("inputs",))]


def test_each_kind_of_change_is_named(leaves):
    x, w = leaves
    one = gg.Graph(gg.sum(x @ w, axis=0) * 2.0)
    for what, other in {
        ("value",): gg.sum(x @ w, axis=0) * 3.0,
        ("op", "inputs"): gg.sum(x @ w, axis=0) + x[0],
    }.items():
        assert [c.what for c in one.diff(gg.Graph(other)).changed] == [what]
    kept = gg.Graph(gg.sum(x @ w, axis=0, keepdims=True) * 2.0)
    assert [c.what for c in one.diff(kept).changed] == [("attrs", "shape"), ("shape",)]


def test_a_renamed_variable_is_found_by_its_structure():
    def graph(name):
        return gg.Graph(gg.sin(gg.variable(2.0, name=name)))

    assert not graph("a").diff(graph("b"))


def test_the_text_of_a_large_difference_is_short():
    x = gg.variable(1.0)
    y, z = x, x
    for _ in range(100):
        y, z = gg.sin(y), gg.exp(z)
    text = str(gg.Graph(y).diff(gg.Graph(z)))
    assert text.count("\n") < 70
    assert "more" in text


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(["sin", "exp", "neg"]), max_size=8),
    st.lists(st.sampled_from(["sin", "exp", "neg"]), max_size=8),
)
def test_a_difference_accounts_for_every_node(one, other):
    def chain(names):
        t = gg.variable(0.5, name="x")
        for name in names:
            t = {"sin": gg.sin, "exp": gg.exp, "neg": gg.negative}[name](t)
        return gg.Graph(t)

    a, b = chain(one), chain(other)
    found = a.diff(b)
    pairs = len(found.same) + len(found.changed)
    assert pairs + len(found.removed) == len(a)
    assert pairs + len(found.added) == len(b)
    assert bool(found) == (a.hash() != b.hash())


def test_runs_of_one_graph_part_where_the_values_do(leaves):
    x, w = leaves
    hidden = gg.relu(x @ w)
    y = gg.sum(hidden)
    one, other = gg.run(y, {x: [1, 2, -3]}), gg.run(y, {x: [1, 2, -4]})
    one.backward(y)
    other.backward(y)
    found = one.diff(other)
    apart = {d.before: (d.value, d.gradient) for d in found.deviations}
    assert apart[x] == (1.0, 0.0)
    assert apart[hidden] == (0.0, 0.0)
    assert apart[w] == (0.0, 1.0)
    assert found.first.before is x
    assert found.first_gradient.before is w
    assert found
    assert not one.diff(one)


def test_nan_is_a_difference_unless_both_have_it():
    x = gg.placeholder((2,), name="x")
    y = gg.log(x)
    runs = [gg.run(y, {x: v}) for v in ([1.0, -1.0], [1.0, 1.0])]
    with np.errstate(invalid="ignore"):
        assert runs[0].diff(runs[0]).first is None
        assert runs[0].diff(runs[1]).deviations[-1].value == np.inf


def test_runs_of_two_graphs_say_what_was_changed_and_how_far_it_went(leaves):
    x, w = leaves
    y, z = layer(x, w), layer(x, w, between=gg.sin)
    one, other = gg.run(y, {x: [1, 2, 3]}), gg.run(z, {x: [1, 2, 3]})
    one.backward(y)
    other.backward(z)
    text = str(one.diff(other))
    assert "+ sin" in text
    assert "2 of 7 values differ" in text
    assert "gradients differ, last first" in text
