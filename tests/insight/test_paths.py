"""Paths: those chosen are the largest, and all of them add up to the gradient."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.execute.current import refresh
from graphgrad.graph.walk import topological
from graphgrad.insight import paths
from graphgrad.testing.graphs import graphs


def value(node):
    return node._value


def every(y, x, edges):
    """All paths, one by one: the oracle, for small graphs."""
    if y is x:
        return [()]
    return [
        (*path, edge)
        for edge in edges.get(y, ())
        for path in every(edge.source, x, edges)
    ]


@st.composite
def scalars(draw):
    """A graph of scalars in which values are shared; factors may be 0 or large."""
    numbers = st.sampled_from((-2.0, -0.5, 0.0, 0.3, 1.0, 5.0))
    x = gg.variable(draw(numbers), name="x")
    nodes = [x, gg.variable(draw(numbers), name="w")]
    for _ in range(draw(st.integers(1, 7))):
        a, b = (nodes[draw(st.integers(0, len(nodes) - 1))] for _ in "ab")
        op = draw(st.sampled_from((gg.add, gg.multiply, gg.subtract, gg.maximum)))
        nodes.append(op(a, b))
    return nodes[-1], x


@settings(deadline=None)
@given(scalars(), st.integers(1, 6))
def test_of_scalars_the_largest_products_are_chosen(drawn, most):
    y, x = drawn
    order = topological([y])
    if x not in set(order):
        return
    refresh(y)
    edges = paths.edges_between(order, x)
    known = paths.factors(edges, value)
    oracle = every(y, x, edges)
    products = sorted(abs(np.prod([known[e] for e in p])) for p in oracle)[::-1]
    found = paths.largest_products(y, x, edges, known, most)
    assert paths.count_paths(order, y, x, edges) == len(oracle)
    assert [abs(np.prod(p.sent)) for p in found] == pytest.approx(products[:most])
    assert len({p.edges for p in found}) == len(found)
    assert {p.edges for p in found} <= set(oracle)
    total = paths.total(order, y, x, edges, known)
    assert total == pytest.approx(float(gg.grad(y, x)))
    assert sum(np.prod([known[e] for e in p]) for p in oracle) == pytest.approx(total)


@settings(deadline=None, max_examples=60)
@given(graphs(most=6))
def test_of_tensors_what_arrives_along_all_paths_is_the_gradient(graph):
    (y,) = graph.outputs
    leaves = [x for x in graph.nodes if x.op.name == "variable"]
    refresh(y)
    for x in leaves:
        edges = paths.edges_between(graph.nodes, x)
        count = paths.count_paths(graph.nodes, y, x, edges)
        if not 0 < count <= 100:
            continue
        total, found, _ = paths.push(graph.nodes, y, x, edges, value, 100)
        expected = gg.grad(y, x).value
        assert len(found) == count
        assert [len(p.edges) for p in found] == [len(p.sent) for p in found]
        np.testing.assert_allclose(total, expected, rtol=1e-9, atol=1e-12)
        size = sum(float(np.abs(p.arrives).max(initial=0)) for p in found)
        np.testing.assert_allclose(
            sum(p.arrives for p in found), expected, rtol=1e-7, atol=1e-12 * size
        )
        weights = [np.linalg.norm(p.arrives) for p in found]
        assert weights == sorted(weights)[::-1]
        assert [p.sent[0] if p.sent else 1.0 for p in found] == pytest.approx(weights)


def test_results_of_one_op_are_ways_of_their_own():
    x = gg.variable(np.arange(1.0, 5.0), name="x")
    first, second = gg.split(x, [2])
    y = gg.sum(first) * gg.sum(second * second)
    refresh(y)
    order = topological([y])
    edges = paths.edges_between(order, x)
    total, found, _ = paths.push(order, y, x, edges, value, 10)
    assert len(found) == paths.count_paths(order, y, x, edges) == 3
    np.testing.assert_allclose(total, gg.grad(y, x).value)
    np.testing.assert_allclose(sum(p.arrives for p in found), total)


def test_a_beam_finds_the_largest_of_many_paths():
    x = gg.variable(np.ones(2), name="x")
    y, factors = x, []
    for k in range(8):
        big, small = 1.0 + 0.1 * k, 0.5
        y = y * big + y * small
        factors.append((big, small))
    y = gg.sum(y)
    refresh(y)
    order = topological([y])
    edges = paths.edges_between(order, x)
    _, found, _ = paths.push(order, y, x, edges, value, 5)
    products = sorted(map(np.prod, itertools.product(*factors)))[::-1]
    norms = [np.linalg.norm(p.arrives) / np.sqrt(2) for p in found]
    assert paths.count_paths(order, y, x, edges) == 256
    assert norms == pytest.approx(products[:5])


def test_paths_without_values_come_in_order_and_no_more_than_asked_for():
    x = gg.placeholder((), name="x")
    y = x
    for _ in range(40):
        y = y + y
    order = topological([y])
    edges = paths.edges_between(order, x)
    found = paths.first_paths(y, x, edges, 3)
    assert len(found) == len({p.edges for p in found}) == 3
    assert all(p.edges[0].source is x and p.edges[-1].target is y for p in found)
    assert paths.count_paths(order, y, x, edges) == 2**40


def test_updates_of_state_are_no_paths():
    rng = np.random.RandomState(0)
    net = gg.nn.mlp((4, 5, 5, 2), rng, normalise="before")
    scores = net(rng.randn(6, 4).astype("float32"), training=True)
    loss = gg.nn.softmax_cross_entropy(scores, np.arange(6) % 2)
    assert "along 1 path\n" in gg.explain(loss, wrt=net[0].weight)


def test_dead_ends_are_no_paths():
    x = gg.variable(2.0, name="x")
    y = x * gg.stop_gradient(x + 1) + gg.astype(gg.astype(x, "int64"), "float64")
    edges = paths.edges_between(topological([y]), x)
    assert paths.count_paths(topological([y]), y, x, edges) == 1
    assert len(paths.first_paths(y, x, edges, 5)) == 1
