"""A million nodes: every walk over a graph is a loop."""

import sys

import numpy as np
import pytest

import graphgrad as gg

MILLION = 1_000_000


def _chain():
    x = gg.variable(1.0)
    y = x
    for _ in range(MILLION // 2):
        y = y + x
        y = y * 1.0 if y is x else -y
    return x, y


def _tree():
    leaves = [gg.variable(float(i % 7)) for i in range(MILLION // 2)]
    level = leaves
    while len(level) > 1:
        pairs = [a + b for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return leaves[3], level[0]


@pytest.mark.slow
@pytest.mark.parametrize("build", [_chain, _tree])
def test_a_million_nodes_build_evaluate_differentiate_hash_and_are_freed(build):
    limit = sys.getrecursionlimit()
    x, y = build()
    assert len(gg.Graph(y)) >= MILLION - 1
    y.backward()
    assert np.isfinite(float(y))
    slope = gg.grad(y, x)
    np.testing.assert_allclose(float(slope), float(x.grad))
    assert len(gg.Graph(y).hash()) == 64
    x.assign(2.0)
    assert np.isfinite(float(y))
    del x, y, slope
    assert sys.getrecursionlimit() == limit


@pytest.mark.slow
def test_a_million_nodes_are_compared_opened_and_written():
    one, other = (gg.Graph(_chain()[1]) for _ in range(2))
    assert not one.diff(other)
    assert len(gg.expand(one)) == len(one)
    assert str(one).count("\n") >= MILLION - 1
    body = gg.checkpoint(_long)(gg.variable(0.5))
    assert np.isfinite(float(body))


def _long(x):
    y = x
    for _ in range(100_000):
        y = y * x
    return y
