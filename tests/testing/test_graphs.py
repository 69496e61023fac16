"""Random graphs: right ones are accepted; planted bugs shrink to what shows them."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

import graphgrad as gg
from graphgrad.testing.graphs import default_ops
from graphgrad.testing.strategies import graphs

# Without those of docstrings, which only some test processes have declared.
OPS = [op for op in default_ops() if not op.name.endswith("_example")]

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


@gg.primitive(vjp=(lambda g, out, x, y: g * y, lambda g, out, x, y: 2 * g * x))
def planted_twice(xp, x, y, /):
    """x · y with twice the gradient of y."""
    return x * y


@gg.primitive(vjp=(lambda g, out, x: g * gg.where(gg.abs(out) > 2, 0.0, gg.exp(x)),))
def planted_beyond(xp, x, /):
    """eˣ, whose gradient is lost where the result is above 2."""
    return xp.exp(x)


@gg.primitive(vjp=(lambda g, out, x: gg.sin(g) * 2 * x,))
def planted_not_linear(xp, x, /):
    """x², whose rule is not linear in what arrives."""
    return x * x


@pytest.mark.parametrize("op", [planted_twice, planted_beyond, planted_not_linear])
def test_a_planted_bug_shrinks_to_its_op_alone(op):
    ops = [*OPS, *[op] * 10]
    graph = find(
        graphs(ops),
        lambda graph: gg.testing.check_gradients(graph, order=1).verdict == "wrong",
        settings=quick,
    )
    inside = [t.op.name for t in graph.nodes if t.inputs]
    assert inside in ([op.name], [op.name, "sum"]), graph
    assert gg.testing.check_gradients(graph, order=1).op == op.name
