"""Geometry: what the built-in engine and Graphviz promise of every picture."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from graphgrad.drawing.engines import arrange
from graphgrad.drawing.frames import frames_of
from graphgrad.drawing.layout import Layout
from graphgrad.drawing.measure import port
from graphgrad.drawing.scene import Edge, Flow, Node, Scene
from tests.drawing.geometry import overlaps, pierced
from tests.drawing.scenes import scenes, sweep

many = settings(
    max_examples=450, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
some = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
few = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def scopes(scene):
    paths = set()
    for node in scene.nodes:
        parts = node.scope.split("/") if node.scope else []
        paths |= {"/".join(parts[: end + 1]) for end in range(len(parts))}
    return paths


def assert_clear(scene):
    """No overlap, no wire through a foreign node, and a frame for every scope."""
    layout = arrange(scene, "layered")
    assert overlaps(layout) == []
    assert pierced(scene, layout) == []
    # A frame is left out where it would hold a stranger's node or label.
    assert {frame.scope for frame in frames_of(scene, layout)} == scopes(scene)


@many
@given(scenes(most=28))
def test_boxes_and_wires_keep_clear_and_every_scope_has_its_frame(scene):
    assert_clear(scene)


@pytest.mark.parametrize("seed", range(2))
def test_the_same_holds_for_graphs_of_up_to_300_nodes(seed):
    checked = 0
    for _, scene in sweep(27, 300, seed=seed):
        assert_clear(scene)
        checked += 1
    assert checked == 27


@few
@given(scenes(most=40))
def test_graphviz_keeps_nodes_and_labels_apart_too(scene):
    assert overlaps(arrange(scene, "graphviz")) == []


def test_graphviz_does_so_up_to_the_size_where_auto_leaves_it():
    for name, scene in sweep(18, 150, seed=3):
        if name != "backward":  # dot takes seconds for its clusters
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


@some
@given(scenes(most=30))
def test_equal_scenes_are_placed_equally(scene):
    first, second = arrange(scene, "layered"), arrange(scene, "layered")
    assert first.nodes == second.nodes
    assert first.routes == second.routes


def chain(length, *, far=()):
    """`length` sines in a row; those numbered in `far` use the first value as well."""
    nodes = [Node("input", "x")]
    edges = []
    for i in range(length):
        nodes.append(Node("op", "sin"))
        edges.append(Edge(i, i + 1, 0, Flow("1.5"), Flow("-0.5")))
        if i in far:
            edges.append(Edge(0, i + 1, 1, Flow("1.5"), Flow("-0.5")))
    return Scene(tuple(nodes), tuple(edges))


def test_a_long_chain_is_one_straight_line_and_needs_no_recursion():
    layout = arrange(chain(2_000), "layered")
    assert len({y for _, y in layout.nodes}) == 1
    assert all(len(route) == 2 for route in layout.routes)


def test_a_wire_past_many_operators_has_one_straight_stretch():
    scene = chain(40, far=[39])
    route = arrange(scene, "layered").routes[-1]
    rises = [a[1] != b[1] for a, b in pairwise(route)]
    assert sum(rises) <= 2


def layers(count, x):
    """Products one after the other, each with its weight in a scope."""
    nodes, edges = [x], []
    for layer in range(count):
        scope = f"layer{layer}"
        last = len(nodes) - 1
        nodes += [Node("parameter", "W", scope=scope), Node("op", "@", scope=scope)]
        edges += [Edge(last, last + 2, 0), Edge(last + 1, last + 2, 1)]
    return Scene(tuple(nodes), tuple(edges))


def test_the_main_line_runs_level_into_its_port():
    layout = arrange(layers(5, Node("input", "x")), "layered")
    for route in layout.routes[2::2]:  # the first operator has two leaves
        assert len({y for _, y in route}) == 1


def test_a_layer_is_beside_the_one_before_it_not_below():
    scene = layers(3, Node("input", "x", scope="layer0"))
    first, second, third = frames_of(scene, arrange(scene, "layered"))
    assert first.right < second.left
    assert second.right < third.left


def test_more_waypoints_than_there_is_room_for_still_give_a_picture():
    scene = chain(600, far=range(1, 600))
    crowd = Scene(
        scene.nodes,
        tuple(
            sorted(
                {
                    *scene.edges,
                    *(Edge(i, 600, 2 + i, Flow("1")) for i in range(300)),
                },
                key=lambda edge: (edge.target, edge.slot),
            )
        ),
    )
    assert overlaps(arrange(crowd, "layered")) == []


@pytest.mark.parametrize(
    "scene",
    [
        Scene((), ()),
        Scene((Node("input", "x"),), ()),
        Scene((Node("input", "x", scope="a/b"), Node("op", "+", scope="c")), ()),
    ],
    ids=["none", "one", "loose"],
)
def test_the_smallest_scenes(scene):
    assert_clear(scene)


def test_the_judges_see_what_is_wrong():
    scene = chain(3)
    layout = arrange(scene, "layered")
    nodes = list(layout.nodes)
    nodes[3] = nodes[1]  # its wire to node 2 now runs through node 2's place
    moved = Layout("x", layout.sizes, nodes, layout.labels, layout.routes)
    assert overlaps(moved)
    nodes = list(layout.nodes)
    nodes[0] = layout.labels[2]
    moved = Layout("x", layout.sizes, nodes, layout.labels, layout.routes)
    assert pierced(scene, moved) == [(2, 0)]
