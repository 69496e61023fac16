"""Random graphs: right ones are accepted; planted bugs shrink to what shows them."""

from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

import graphgrad as gg
from graphgrad.testing.strategies import graphs
from tests.testing.planted import OPS, PLANTED

quick = settings(
    max_examples=400,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


@settings(parent=quick, max_examples=100)
@given(graphs(OPS))
def test_graphs_of_right_ops_are_never_wrong(graph):
    verdict = gg.testing.check_gradients(graph, order=1)
    assert verdict.verdict != "wrong", f"{verdict}\n{graph}"


def test_values_are_shared_and_graphs_are_not_trivial():
    seen = []

    @settings(parent=quick, max_examples=100, phases=[Phase.generate])
    @given(graphs(OPS))
    def collect(graph):
        uses = [x for t in graph.nodes for x in t.inputs]
        results = [x for x in uses if x.inputs]
        shared = [len(xs) > len(set(xs)) for xs in (uses, results)]
        seen.append((len(graph), *shared))

    collect()
    assert max(size for size, *_ in seen) >= 10
    assert sum(shared for _, shared, _ in seen) >= 10
    assert sum(shared for *_, shared in seen) >= 5


def search(name, starts=1):
    """The simplest graph that shows a planted bug, and the verdict on it.

    Shrinking ends where no single step helps; from some starts that is early.
    """
    with PLANTED[name]() as ops:
        found = [
            find(
                graphs(ops),
                lambda g: gg.testing.check_gradients(g, order=1).verdict == "wrong",
                settings=quick,
                random=Random(start),
            )
            for start in range(starts)
        ]
        graph = min(found, key=len)
        return graph, gg.testing.check_gradients(graph, order=1)


@pytest.mark.parametrize(
    ("name", "op"),
    [
        ("wrong vjp", "planted_twice"),
        ("wrong beyond 5", "planted_beyond"),
        ("not linear", "planted_not_linear"),
    ],
)
def test_a_planted_bug_shrinks_to_its_op_alone(name, op):
    graph, verdict = search(name)
    inside = [t.op.name for t in graph.nodes if t.inputs]
    assert inside in ([op], [op, "sum"]), graph
    assert verdict.op == op


def test_an_aliasing_write_shrinks_to_a_result_that_two_ops_use():
    """Variables are read-only: what is written over is a result, seen by another op."""
    graph, verdict = search("aliasing write", starts=3)
    ops = [t.op.name for t in graph.nodes if t.inputs and t.op.name != "sum"]
    assert len(ops) <= 4, graph
    assert (verdict.op, verdict.kind) == ("planted_writer", "writes to input")


def test_a_lost_contribution_shrinks_to_one_op_that_uses_a_value_twice():
    graph, verdict = search("accumulation")
    ops = [t for t in graph.nodes if t.inputs]
    assert len(ops) <= 2, graph
    shared = len(set(ops[0].inputs)) < len(ops[0].inputs)
    assert shared or ops[0].op.composite  # which shares a value inside
    assert ("is not summed?" in str(verdict)) == shared


def test_a_lost_broadcast_sum_shrinks_to_one_op_that_broadcasts():
    graph, verdict = search("broadcast sum", starts=3)
    ops = [t for t in graph.nodes if t.inputs]
    assert len(ops) <= 2, graph
    assert verdict.op == ops[0].op.name or "inside" in verdict.reason
