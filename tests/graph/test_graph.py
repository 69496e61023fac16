"""The view of a graph: order, find, hash, text."""

import subprocess
import sys

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors

_BUILD = """
import graphgrad as gg, numpy as np
x = gg.placeholder(("batch", 4), name="x")
w = gg.variable(np.arange(12.0).reshape(4, 3), name="w")
y = gg.softmax(x @ w, axis=1)[:, ::2].sum() + 3.5
"""


def _built():
    space = {}
    exec(_BUILD, space)
    return space


def test_nodes_come_after_their_inputs():
    graph = gg.Graph(_built()["y"])
    at = {t: i for i, t in enumerate(graph.nodes)}
    assert all(at[x] < at[t] for t in graph.nodes for x in t.inputs)


def test_find_by_op_and_name():
    space = _built()
    graph = gg.Graph(space["y"])
    assert graph.find(op="matmul")[0].inputs == (space["x"], space["w"])
    assert graph.find(name="w") == [space["w"]]
    assert graph.find(op="add", name="w") == []


def test_hash_is_equal_in_another_process():
    code = _BUILD + "print(gg.Graph(y).hash())"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == gg.Graph(_built()["y"]).hash()


def _variant(names=("a", "b"), order=False, constant=2.0, shape=(2,), swap=False):
    a = gg.variable(np.ones(shape), name=names[0])
    b = gg.variable(np.zeros(shape), name=names[1])
    if order:
        right, left = gg.exp(b), gg.sin(a)
    else:
        left, right = gg.sin(a), gg.exp(b)
    return gg.Graph((right - left if swap else left - right) * constant)


def test_hash_tells_structure_and_nothing_else():
    base = _variant().hash()
    assert _variant(names=("c", "d")).hash() == base
    assert _variant(order=True).hash() == base
    assert _variant(constant=3.0).hash() != base
    assert _variant(shape=(3,)).hash() != base
    assert _variant(swap=True).hash() != base


def test_hash_tells_a_shared_node_from_two_equal_ones():
    x = gg.variable(1.0)
    shared = x + 1
    assert gg.Graph(shared * shared).hash() != gg.Graph((x + 1) * (x + 1)).hash()


def test_outputs_must_be_tensors():
    with pytest.raises(errors.ArgumentError, match="expected tensors, got float"):
        gg.Graph([1.5])
