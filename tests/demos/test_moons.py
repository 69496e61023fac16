"""micrograd's net learns the moons, and its nodes compute what matrices would."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos import moons


def test_all_points_are_told_rightly():
    points, labels = gg.data.load_moons(30, seed=1337)
    found = moons.trained(points, labels, hidden=8, steps=100)
    assert found.accuracy[-1] == 1
    assert found.losses[-1] < 0.1 * found.losses[0]
    assert found.nodes > found.forward > 100 * len(points)


def test_scores_are_those_of_matrices():
    net = moons.Net((2, 4, 3, 1), np.random.RandomState(0))
    point = np.array([0.3, -1.2])
    h = point
    for k, layer in enumerate(net.layers):
        rows = np.array([[float(p) for p in unit] for unit in layer])
        h = rows[:, :-1] @ h + rows[:, -1]
        h = np.maximum(h, 0) if k < 2 else h
    assert float(net(point.tolist())) == pytest.approx(h[0], abs=1e-12)
