"""The chain rule, told: formulas and numbers of each path, and their sum."""

import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad import errors
from graphgrad.testing.graphs import graphs


def layers():
    """A net of two layers with its inputs: loss, W1, run."""
    rng = np.random.RandomState(0)
    data = gg.placeholder(("n", 4), name="X")
    labels = gg.placeholder(("n",), dtype="int64", name="t")
    w = gg.variable(rng.randn(4, 5), name="W1")
    v = gg.variable(rng.randn(5, 3), name="W2")
    h = gg.sigmoid(data @ w).named("h")
    loss = gg.nn.softmax_cross_entropy((h @ v).named("scores"), labels).named("loss")
    run = gg.run(loss, {data: rng.randn(6, 4), labels: [0, 1, 2, 0, 1, 2]})
    return loss, w, run


def test_apple():
    apple, count = gg.variable(100, name="apple"), gg.variable(2, name="count")
    tax = gg.variable(1.1, name="tax")
    price = (apple * count * tax).named("price")
    assert gg.explain(price, wrt=apple) == (
        "d price / d apple = tax · count = 2.2\n"
        "  apple → × → price   2 · 1.1 = 2.2\n"
        "    d × / d apple = count = 2\n"
        "    d price / d × = tax = 1.1"
    )
    assert gg.explain(price, wrt=tax) == (
        "d price / d tax = apple · count = 200\n  tax → price   200"
    )


def test_paths_sum_and_each_use_is_one():
    x = gg.variable(3.0, name="x")
    y = (x * x + x).named("y")
    assert gg.explain(y, wrt=x) == (
        "d y / d x = 1 + 2 · x = 7\n"
        "  x → × → y   3 · 1 = 3\n"
        "    d × / d x = x = 3\n"
        "    d y / d × = 1\n"
        "  x → × → y   3 · 1 = 3\n"
        "  x → y   1\n"
        "    d y / d x = 1\n"
        "  sum over 3 paths: 3 + 3 + 1 = 7"
    )
    assert gg.explain(x, wrt=x) == "d x / d x = 1\n  x   1"


def test_the_total_is_exact_where_paths_are_too_many_to_list():
    x = gg.variable(1.0, name="x")
    y = x
    for _ in range(40):
        y = y + y
    text = gg.explain(y, wrt=x, most=2)
    assert text.startswith(f"d + / d x = {2.0**40:.4g}")
    assert f"… and {2**40 - 2} more paths" in text
    assert f"sum over {2**40} paths: 1 + 1 + … = 1.1e+12" in text
    assert "… 30 more steps …" in text


def test_through_tensors_each_step_says_what_it_sends_on():
    loss, w, run = layers()
    text = gg.explain(loss, wrt=w, run=run)
    lines = text.splitlines()
    assert lines[0].startswith("d loss / d W1 = Xᵀ @ ")
    assert "  where h = sigmoid(X @ W1)" in lines
    run.backward(loss)
    size = np.linalg.norm(run.grad[w])
    assert f"  norm {size:.4g}, along 1 path" in lines
    steps = [line for line in lines if line.startswith("    ")]
    scores = next(x for x in run.graph.nodes if x.name == "scores")
    sent = np.linalg.norm(run.grad[scores])
    assert steps == [
        f"    d loss / d scores = (softmax(scores) − one_hot(t)) / n   ‖{sent:.4g}‖",
        f"    d scores / d h = g @ W2ᵀ   ‖{norm_of(run, 'h'):.4g}‖",
        f"    d h / d @ = g · h · (1 − h)   ‖{norm_of(run, None):.4g}‖",
        f"    d @ / d W1 = Xᵀ @ g   ‖{size:.4g}‖",
    ]
    assert lines[-1] == "  g: what arrives from the step above"


def norm_of(run, name):
    node = next(x for x in run.graph.nodes if x.op.name != "variable"
                and x.name == name and x.ndim)  # fmt: skip
    return np.linalg.norm(run.grad[node])


def test_without_values_there_are_formulas():
    loss, w, _ = layers()
    lines = gg.explain(loss, wrt=w).splitlines()
    assert "  W1 → @ → h → scores → loss" in lines
    assert "    d scores / d h = g @ W2ᵀ" in lines
    assert lines[-1].startswith("  without numbers: placeholder 'X'")
    x = gg.placeholder((), name="x")
    assert gg.explain((x * x * x).named("y"), wrt=x).splitlines()[:3] == [
        "d y / d x = 3 · x²",
        "  x → × → y",
        "    d y / d × = x",
    ]


def test_shares_of_paths_add_up():
    w = gg.variable(np.array([1.0, -2.0, 3.0]), name="w")
    y = gg.sum(w * w - 0.5 * gg.exp(w)).named("y")
    text = gg.explain(y, wrt=w)
    shares = [float(x) for x in re.findall(r"([-\d.]+) % of the gradient", text)]
    assert len(shares) == 3
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert "sum over 3 paths: the gradient, norm " in text


@settings(deadline=None, max_examples=30)
@given(graphs(most=6), st.integers(1, 4))
def test_of_any_graph_the_norm_is_that_of_the_gradient(graph, most):
    (y,) = graph.outputs
    for x in graph.nodes:
        if x.op.name != "variable":
            continue
        text = gg.explain(y, wrt=x, most=most)
        gradient = gg.grad(y, x).value
        first = text.splitlines()[0]
        norm = re.search(r"norm ([\d.e+-]+), along", text)
        told = norm[1] if norm else first.rpartition(" = ")[2].removeprefix("-")
        assert told == f"{np.linalg.norm(gradient):.4g}", text


def test_a_run_gives_the_values():
    x = gg.placeholder((), name="x")
    y = (x * x).named("y")
    assert "= 6" in gg.explain(y, wrt=x, run=gg.run(y, {x: 3.0}))
    with pytest.raises(errors.ArgumentError, match="not part of the run"):
        gg.explain(y + 1, wrt=x, run=gg.run(y, {x: 3.0}))


def test_what_is_no_scalar_or_no_tensor_is_refused():
    x = gg.variable([1.0, 2.0], name="x")
    with pytest.raises(errors.GradientError, match="several entries"):
        gg.explain(x * x, wrt=x)
    with pytest.raises(errors.ArgumentError):
        gg.explain(gg.sum(x), wrt=3)  # type: ignore[arg-type]
    with pytest.raises(errors.ArgumentError, match="one path at least"):
        gg.explain(gg.sum(x), wrt=x, most=0)


def test_a_slope_of_0_has_its_reason():
    x = gg.variable(-2.0, name="x")
    other = gg.variable(1.0, name="other")
    y = (gg.relu(x) * 3).named("y")
    assert "dead: the input of relu" in gg.explain(y, wrt=x)
    assert "cancelled" in gg.explain(x * 2 - (x + x), wrt=x)
    assert gg.explain(y, wrt=other) == (
        "d y / d other = 0\n  disconnected: y does not depend on it"
    )
    assert "  stopped: by stop_gradient" in gg.explain(gg.stop_gradient(x) * 2, wrt=x)
    k = gg.variable(np.array(3), name="k", dtype="int64")
    assert gg.explain((y * k).named("z"), wrt=k).splitlines() == [
        "d z / d k does not exist",
        "  its dtype is int64: gradients are of floating-point numbers",
    ]
    c = gg.constant(2.0, name="c")
    assert gg.explain((x * c).named("z"), wrt=c).startswith("d z / d c = x = -2")


def test_reasons_need_values_only_where_these_decide():
    p, other = gg.placeholder((), name="p"), gg.variable(1.0, name="other")
    y = (p * p).named("y")
    assert "disconnected" in gg.explain(y, wrt=other)
    stopped = gg.explain(gg.stop_gradient(p) * 2, wrt=p)
    assert stopped.endswith("an op on each way to it lets no gradient through")


def test_several_results_are_told_apart():
    x = gg.variable(np.arange(1.0, 5.0), name="x")
    first, second = gg.split(x, [2])
    text = gg.explain((gg.sum(first) * gg.sum(second * second)).named("y"), wrt=x)
    assert "  x → split[0] → Σ → y   ‖" in text
    assert "    d split / d x   ‖" in text


def test_complex_numbers_on_the_way_are_norms():
    x = gg.variable(2.0, name="x")
    text = gg.explain(gg.abs(x * (1 + 1j)).named("y"), wrt=x)
    assert "norm 1.414, along 1 path" in text


def test_deep_graphs_are_explained_without_recursion():
    x, w = gg.variable(0.5, name="x"), gg.variable(0.9, name="w")
    y = x
    for _ in range(3_000):
        y = gg.tanh(y * w) + 0.1
    begun = time.process_time()
    text = gg.explain(y, wrt=w)
    assert time.process_time() - begun < 5
    assert "sum over 3000 paths" in text
    assert len(text) < 6_000
    v = gg.variable(np.ones(3), name="v")
    z = v
    for _ in range(1_000):
        z = gg.tanh(z * 0.9) + z * 0.1
    assert "paths" in gg.explain(gg.sum(z), wrt=v)
