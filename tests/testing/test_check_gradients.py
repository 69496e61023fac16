"""`check_gradients`: graphs of graphgrad, and the culprit of a wrong one."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ArgumentError
from graphgrad.testing import check_gradients, graph_pair


@gg.primitive(vjp=(lambda g, out, x: g * x,))
def half_square_planted(xp, x, /):
    """A square whose gradient lacks a factor of 2."""
    return x * x


@gg.primitive(vjp=(lambda g, out, x: g * gg.cos(gg.stop_gradient(x)),))
def frozen_sine_planted(xp, x, /):
    """A sine whose gradient is right and whose second gradient is lost."""
    return xp.sin(x)


def test_a_tensor_of_variables_is_right():
    x = gg.variable([1.0, 2.0], name="x")
    weights = gg.variable([[0.3, -0.2], [0.1, 0.5], [1.0, 2.0]], name="W")
    assert check_gradients(gg.tanh(weights @ x)).ok


def test_placeholders_take_arrays_in_the_order_they_were_made():
    a = gg.placeholder(("n", 2), name="a")
    b = gg.placeholder((2,), name="b")
    assert check_gradients(gg.exp(a - b).mean(), np.ones((3, 2)), [0.5, -1.0]).ok
    with pytest.raises(ArgumentError, match="1 arrays for 2 placeholders"):
        check_gradients(a * b, np.ones((3, 2)))


def test_an_op_a_function_and_a_graph_of_several_outputs_are_right():
    assert check_gradients(gg.multiply, [1.0, 2.0], [[3.0], [4.0]]).ok
    assert check_gradients(lambda a, b: (a * b).sum() / b, [1.0, 2.0], 3.0).ok
    x = gg.variable([0.5, 1.5])
    assert check_gradients(gg.Graph([gg.sin(x), (x * x).sum()])).ok


def test_only_the_leaves_that_are_asked_for_are_differentiated_by():
    x, y = gg.variable(2.0), gg.variable(3.0)
    both = check_gradients(x * y, order=1).entries
    assert check_gradients(x * y, wrt=[x], order=1).entries < both
    assert check_gradients(gg.divide, 1.0, 2.0, wrt=[1]).ok
    with pytest.raises(ArgumentError, match="not a variable or placeholder"):
        check_gradients(x * y, wrt=[gg.variable(1.0)])
    with pytest.raises(ArgumentError, match="positions"):
        check_gradients(gg.divide, 1.0, 2.0, wrt=[2])


def test_a_planted_fault_is_traced_to_its_op_and_line():
    x = gg.variable([1.0, 2.0], name="x")
    w = gg.variable([0.3, 0.7], name="w")
    y = gg.exp(half_square_planted(x) * w).sum()
    verdict = check_gradients(y)
    assert (verdict.op, verdict.input, verdict.name) == ("half_square_planted", 0, "x")
    assert "y = gg.exp(half_square_planted(x) * w).sum()" in verdict.where
    assert [t.op.name for t in verdict.graph.nodes] == ["variable", verdict.op]


def test_a_gradient_that_is_wrong_in_second_order_alone_is_found():
    x = gg.variable([0.4, 1.1])
    y = frozen_sine_planted(x) * 2.0
    assert check_gradients(y, order=1).ok
    verdict = check_gradients(y)
    assert (verdict.op, verdict.kind) == ("frozen_sine_planted", "second order")


def test_when_every_op_is_right_alone_accumulation_is_at_fault(monkeypatch):
    pull_back = graph_pair.pull_back

    def losing(outputs, sources, cotangents):
        found = pull_back(outputs, sources, cotangents)
        deep = any(x.inputs for y in outputs for x in y.inputs)
        return [g * 0.5 for g in found] if deep else found

    monkeypatch.setattr(graph_pair, "pull_back", losing)
    x = gg.variable([1.0, 2.0])
    assert check_gradients(gg.sin(x) * x, order=1).kind == "accumulation"


def test_the_report_shows_the_line_and_the_smallest_graph():
    x = gg.variable([1.0, 2.0], name="x")
    text = str(check_gradients(half_square_planted(x) + x, order=1))
    lines = text.splitlines()
    assert lines[0] == (
        "Gradient of `half_square_planted` is wrong: input 0 `x`, entry (1,)"
    )
    assert lines[1].endswith("ratio 1/2")
    assert lines[-3].startswith("  made at        test_check_gradients.py:")
    assert lines[-2] == "  minimal graph  x[2] ── half_square_planted → v0"
    assert lines[-1] == (
        "  reproduce      gg.testing.check_gradients("
        "half_square_planted, np.array([1.0, 2.0], 'float64'), order=1)"
    )
