"""Few wires cross: counted on the drawn wires, and beside Graphviz."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from graphgrad.drawing.engines import arrange
from graphgrad.drawing.layered.network import build_network
from graphgrad.drawing.layered.ordering import order_blocks
from graphgrad.drawing.layered.ranks import assign_ranks
from graphgrad.drawing.layered.scopes import ScopeTree
from graphgrad.drawing.layered.sifting import Sifter
from graphgrad.drawing.layered.wires import Wires
from graphgrad.drawing.layout import Layout, Sizes
from graphgrad.drawing.scene import Edge, Node, Scene
from tests.drawing.geometry import crossings
from tests.drawing.scenes import scenes, sweep

some = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_crossings_are_within_a_tenth_of_those_of_dot():
    own = peer = 0
    for _, scene in sweep(45, 90, seed=11):
        own += crossings(scene, arrange(scene, "layered"))
        peer += crossings(scene, arrange(scene, "graphviz"))
    assert peer > 100
    assert own <= 1.1 * peer


def network_of(scene):
    tree = ScopeTree.of(scene)
    network = build_network(scene, tree, assign_ranks(scene))
    return network, tree.over(network.home)


def pieces(wires):
    return zip(*(c.tolist() for c in (wires.gap, wires.left, wires.right)), strict=True)


def counted(wires, order):
    """Crossings pair by pair."""
    place = np.argsort(order)
    ends = [
        (gap, place[left], (place[right], slot), weight)
        for (gap, left, right), slot, weight in zip(
            pieces(wires), wires.slot, wires.weight, strict=True
        )
    ]
    return sum(
        w * v
        for (g, a, b, w), (h, c, d, v) in combinations(ends, 2)
        if g == h and ((a < c and b > d) or (a > c and b < d))
    )


@some
@given(scenes(most=35))
def test_the_fast_count_is_the_count_of_pairs(scene):
    network, tree = network_of(scene)
    wires = Wires.of(network, len(scene.nodes))
    order = tree.arranged(np.arange(len(network.home))[::-1])
    assert wires.crossings(order) == counted(wires, order)


@some
@given(scenes(most=25))
def test_no_single_block_could_stand_better_where_no_scope_hinders(scene):
    plain = Scene(tuple(Node("op", n.text) for n in scene.nodes), scene.edges)
    network, tree = network_of(plain)
    wires = Wires.of(network, len(plain.nodes))
    order = Sifter(wires, tree, 1e5).run(np.arange(len(network.home)))
    fewest = wires.crossings(order)
    for block in order[::5]:
        rest = order[order != block]
        for place in range(len(order)):
            assert wires.crossings(np.insert(rest, place, block)) >= fewest


@some
@given(scenes(most=40))
def test_every_scope_is_one_stretch_of_the_order(scene):
    network, tree = network_of(scene)
    place = order_blocks(scene, network, tree)
    assert sorted(place.tolist()) == list(range(len(network.home)))
    for members in tree.members():
        assert np.ptp(place[members]) == len(members) - 1


def test_a_known_knot_is_untied():
    # Two operators whose arguments were made in the opposite order.
    nodes = (*(Node("input", t) for t in "abcd"), Node("op", "f"), Node("op", "g"))
    edges = (Edge(2, 4, 0), Edge(3, 4, 1), Edge(0, 5, 0), Edge(1, 5, 1))
    scene = Scene(nodes, edges)
    assert crossings(scene, arrange(scene, "layered")) == 0


@pytest.mark.parametrize(
    ("ends", "expected"), [((0.0, 100.0), 0), ((100.0, 0.0), 1)], ids=["level", "cross"]
)
def test_the_judge_counts_drawn_crossings(ends, expected):
    nodes = (*(Node("input", "x"),) * 2, *(Node("op", "f"),) * 2)
    scene = Scene(nodes, (Edge(0, 2, 0), Edge(1, 3, 0)))
    places = [(0.0, 0.0), (0.0, 100.0), (200.0, ends[0]), (200.0, ends[1])]
    routes = [[places[0], places[2]], [places[1], places[3]]]
    layout = Layout("x", Sizes.of(scene), places, [(100.0, 0.0)] * 2, routes)
    assert crossings(scene, layout) == expected


def test_edges_that_share_an_end_do_not_count_as_crossing():
    nodes = (Node("input", "x"), Node("op", "f"), Node("op", "g"))
    scene = Scene(nodes, (Edge(0, 1, 0), Edge(0, 2, 0)))
    places = [(0.0, 0.0), (200.0, 0.0), (200.0, 100.0)]
    routes = [
        [places[0], (50.0, 100.0), (100.0, 0.0), places[1]],
        [places[0], (50.0, 0.0), (100.0, 100.0), places[2]],
    ]
    layout = Layout("x", Sizes.of(scene), places, [(150.0, 0.0)] * 2, routes)
    assert crossings(scene, layout) == 0
