"""What folds, and what a folded picture still shows."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.drawing.folding import MOST, fold, folded, opened
from graphgrad.drawing.groups import group
from graphgrad.drawing.options import Options
from graphgrad.drawing.periods import repetitions
from graphgrad.drawing.reading import read
from graphgrad.drawing.scene import Edge, Flow, Node, Scene
from graphgrad.drawing.trace import Traced, trace

some = settings(max_examples=150, deadline=None)


def layers(count, each, outputs=None):
    """A run of a net of alike layers in scopes of their own."""
    rng = np.random.RandomState(0)
    h = x = gg.placeholder(("n", 4), name="x")
    for i in range(count):
        with gg.scope(f"layer{i + 1}"):
            h = each(h, gg.variable(rng.randn(4, 4), name=f"W{i + 1}"))
        if outputs is not None:
            outputs.append(h)
    return gg.run(gg.mean(h**2).named("loss"), {x: rng.randn(3, 4)})


def dense(h, w):
    return gg.tanh(h @ w) * 0.5 + gg.sigmoid(h) * gg.exp(-(h * h)) + gg.cos(h) * h


@st.composite
def tangles(draw):
    """Scenes whose scopes are left and entered again, in any way."""
    rng = random.Random(draw(st.integers(0, 10**6)))
    nodes, edges, shares = [], [], []
    for i in range(draw(st.integers(2, 60))):
        count = rng.choice([0, 1, 2, 2]) if i else 0
        kind = "op" if count else rng.choice(["input", "parameter", "constant"])
        scope = rng.choice(["", "", "a", "b", "a/c", "a/d", "b/e"])
        nodes.append(Node(kind, rng.choice("+×−") if count else "x", (), "", scope))
        for slot in range(count):
            edges.append(Edge(rng.randrange(i), i, slot, Flow("1"), Flow("2")))
            shares.append(rng.choice([None, 1.0, 2.0]))
    scene = Scene(tuple(nodes), tuple(edges))
    return Traced(scene, (None,) * len(nodes), {}, tuple(shares), Options())


@some
@given(tangles(), st.randoms(use_true_random=False))
def test_whatever_is_folded_runs_from_left_to_right(traced, rng):
    grouping = group(traced.scene)
    assert all(g.parent < i for i, g in enumerate(grouping.groups))
    shut = {i for i in range(len(grouping.groups)) if rng.random() < 0.5}
    scene = fold(traced, grouping, set(range(len(grouping.groups))) - shut)
    assert all(edge.source < edge.target for edge in scene.edges)
    assert [(e.target, e.slot) for e in scene.edges] == sorted(
        (e.target, e.slot) for e in scene.edges
    )


@some
@given(tangles())
def test_a_box_holds_what_its_group_counts(traced):
    grouping = group(traced.scene)
    scene = fold(traced, grouping, set())
    boxes = [node for node in scene.nodes if node.kind == "module"]
    outer = [g for g in grouping.groups if g.parent < 0]
    assert sorted(f"{g.size} nodes" for g in outer) == sorted(
        box.captions[0] for box in boxes
    )
    inside = sum(g.size for g in outer)
    assert len(scene.nodes) == len(traced.scene.nodes) - inside + len(outer)


@some
@given(tangles())
def test_all_open_is_the_scene_itself(traced):
    grouping = group(traced.scene)
    scene = fold(traced, grouping, set(range(len(grouping.groups))))
    assert sorted(map(repr, scene.nodes)) == sorted(map(repr, traced.scene.nodes))
    assert len(scene.edges) == len(traced.scene.edges)


def test_a_small_graph_is_not_folded_and_a_large_one_shows_its_layers():
    small, large = layers(2, dense), layers(7, dense)
    assert "×2" not in gg.render(small)
    picture = gg.render(large)
    assert "×7" in picture
    assert "layer1 … layer7" in picture
    names = [node.text for node in _scene(large, 1).nodes]
    assert names[:1] + [n for n in names if n.startswith("layer")] == [
        "x",
        *(f"layer{i}" for i in range(1, 8)),
    ]
    assert len(_scene(large, math.inf).nodes) == len(_traced(large).scene.nodes)


def _traced(target):
    return trace(read(target, gradients=True), Options())


def _scene(target, depth):
    return folded(_traced(target), depth)


def test_gradients_into_a_box_are_those_of_the_value():
    made = []
    run = layers(7, dense, made)
    adjoints = read(run, gradients=True).adjoints
    scene = _scene(run, 1)
    named = [node.text for node in scene.nodes]
    for i, h in enumerate(made[:-1], start=1):
        source = named.index(f"layer{i}")
        (edge,) = [e for e in scene.edges if e.source == source]
        assert edge.gradient.text == f"‖{np.linalg.norm(adjoints[h]):.4g}‖"


def test_alike_stretches_of_single_nodes_fold_without_scopes():
    h = gg.variable(0.5, name="x")
    for i in range(60):
        h = gg.sin(h * gg.variable(1.0, name=f"w{i}"))
    scene = _scene(h, None)
    (box,) = [node for node in scene.nodes if node.kind == "module"]
    assert (box.text, box.count) == ("×, sin", 60)


def test_a_flat_crowd_folds_into_stages():
    rng = random.Random(0)
    pool = [gg.variable(float(i)) for i in range(40)]
    ops = [gg.add, gg.multiply, gg.subtract]
    for _ in range(3000):
        pool.append(rng.choice(ops)(rng.choice(pool[-60:]), rng.choice(pool[-60:])))
    scene = _scene(gg.stack(pool[-50:]).sum() * 0.0, None)
    assert len(scene.nodes) <= MOST
    assert all(edge.source < edge.target for edge in scene.edges)


@pytest.mark.parametrize("depth", [None, 0, 1, 2])
def test_no_more_is_open_than_asked_for(depth):
    grouping = group(_traced(layers(9, dense)).scene)
    shown = opened(grouping, depth)
    assert all(grouping.groups[g].parent in {*shown, -1} for g in shown)


@some
@given(st.lists(st.integers(0, 3), max_size=40))
def test_repetitions_cover_a_sequence_once(codes):
    at = 0
    for start, period, count in repetitions(codes):
        assert start == at
        part = codes[start : start + period]
        assert codes[start : start + period * count] == part * count
        at += period * count
    assert at == len(codes)
