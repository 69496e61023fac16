"""Geometry: what the built-in engine and Graphviz promise of every picture."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from graphgrad.drawing.engines import arrange
from graphgrad.drawing.measure import port
from graphgrad.drawing.scene import Edge, Node, Scene
from tests.drawing.scenes import scenes

many = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def boxes(layout):
    """Left, top, right and bottom of every node, and of every label."""
    rows = []
    for (x, y), shape in zip(layout.nodes, layout.sizes.shapes, strict=True):
        half = shape.height / 2
        rows.append((x - shape.width / 2, y - half, x + shape.width / 2, y + half))
        if shape.below:
            reach = shape.breadth / 2
            rows.append((x - reach, y + half, x + reach, y + half + shape.below))
    for (x, y), box in zip(layout.labels, layout.sizes.labels, strict=True):
        if box.width:
            half = box.width / 2
            rows.append((x - half, y - box.above, x + half, y + box.below))
    return np.array(rows, dtype=float).reshape(-1, 4)


def overlaps(layout):
    rows = boxes(layout)
    left, top, right, bottom = (rows[:, [i]] for i in range(4))
    slack = 0.5
    hit = (
        (left < right.T - slack)
        & (right - slack > left.T)
        & (top < bottom.T - slack)
        & (bottom - slack > top.T)
    )
    np.fill_diagonal(hit, False)
    pairs = np.argwhere(np.triu(hit))
    return [tuple(pair) for pair in pairs]


@many
@given(scenes())
def test_no_node_and_no_label_covers_another(scene):
    assert overlaps(arrange(scene, "layered")) == []


@few
@given(scenes(most=25))
def test_graphviz_keeps_nodes_and_labels_apart_too(scene):
    assert overlaps(arrange(scene, "graphviz")) == []


@pytest.mark.parametrize("engine", ["layered", "graphviz"])
@few
@given(scene=scenes(most=25))
def test_edges_enter_operators_in_the_order_of_their_arguments(engine, scene):
    layout = arrange(scene, engine)
    for edge, route in zip(scene.edges, layout.routes, strict=True):
        inputs = layout.sizes.inputs[edge.target]
        expected = layout.nodes[edge.target][1] + port(edge.slot, inputs)
        assert route[-1][1] == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("engine", ["layered", "graphviz"])
@few
@given(scene=scenes(most=25))
def test_routes_run_from_left_to_right(engine, scene):
    for route in arrange(scene, engine).routes:
        xs = [x for x, _ in route]
        assert xs == sorted(xs)


def test_two_uses_of_one_value_are_two_routes():
    nodes = (Node("parameter", "x"), Node("op", "×"))
    scene = Scene(nodes, (Edge(0, 1, 0), Edge(0, 1, 1)))
    one, two = arrange(scene, "layered").routes
    assert one[-1] != two[-1]


@many
@given(scenes(most=20))
def test_equal_scenes_are_placed_equally(scene):
    first, second = arrange(scene, "layered"), arrange(scene, "layered")
    assert first.nodes == second.nodes
    assert first.routes == second.routes


@pytest.mark.parametrize("length", [2_000])
def test_a_long_chain_needs_no_recursion(length):
    nodes = (Node("input", "x"), *(Node("op", "sin") for _ in range(length)))
    edges = tuple(Edge(i, i + 1, 0) for i in range(length))
    layout = arrange(Scene(nodes, edges), "layered")
    assert len({y for _, y in layout.nodes}) == 1
