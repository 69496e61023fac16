"""Loops, branches and checkpoints against the same written out in Python."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad import errors

RNG = np.random.default_rng(5)


def leaves(steps=5):
    w = gg.variable(RNG.normal(size=(2, 2)), name="w")
    h = gg.variable(RNG.normal(size=2), name="h")
    xs = gg.variable(RNG.normal(size=(steps, 2)), name="xs")
    return w, h, xs


def looped(w, h, xs, *, reverse=False):
    """The cell of `scanned`, step by step."""
    made = [None] * xs.shape[0]
    for i in reversed(range(xs.shape[0])) if reverse else range(xs.shape[0]):
        h = gg.tanh(xs[i] + h @ w)
        made[i] = h * w[0]
    return h, gg.stack(made)


def scanned(w, h, xs, **options):
    def step(h, x):
        h = gg.tanh(x + h @ w)
        return h, h * w[0]

    return gg.scan(step, h, xs, **options)


def loss_of(last, made):
    return gg.sum(gg.sin(last)) + gg.sum(
        made * np.cos(np.arange(made.value.size / 2))[:, None]
    )


def require_equal_derivatives(one, other, xs):
    np.testing.assert_allclose(one.value, other.value, rtol=1e-12)
    first = [gg.grad(y, xs) for y in (one, other)]
    for a, b in zip(*first, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-10, atol=1e-12)
    second = [gg.grad(sum(gg.sum(g * g) for g in gs), xs) for gs in first]
    for a, b in zip(*second, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 5, 11])
def test_scan_is_the_loop_it_stands_for(steps, checkpoint, reverse):
    xs = leaves(steps)
    plain = loss_of(*looped(*xs, reverse=reverse))
    made = loss_of(*scanned(*xs, reverse=reverse, checkpoint=checkpoint))
    require_equal_derivatives(made, plain, xs)


def test_scan_of_no_steps():
    w, h, xs = leaves(0)
    last, made = scanned(w, h, xs)
    assert made.shape == made.value.shape == (0, 2)
    np.testing.assert_array_equal(last.value, h.value)
    np.testing.assert_array_equal(gg.grad(gg.sum(last), h).value, [1, 1])


def test_scan_over_a_symbolic_number_of_steps():
    x = gg.placeholder(("time", 2), name="x")
    last, made = gg.scan(lambda h, r: (h + r, h * r), gg.zeros(2), x)
    y = gg.sum(last) + gg.sum(made)
    slope = gg.grad(y, x)
    for steps in (1, 4):
        run = gg.run([y, slope], {x: np.ones((steps, 2))})
        assert run[slope].shape == (steps, 2)


def test_the_state_may_be_nested_and_the_result_none():
    def step(state, row):
        return {"sum": state["sum"] + row, "n": state["n"] + 1}, None

    last, nothing = gg.scan(step, {"sum": 0.0, "n": 0}, gg.asarray([1.0, 2.0, 4.0]))
    assert nothing is None
    assert (float(last["sum"]), int(last["n"])) == (7.0, 3)


def test_a_checkpointed_scan_holds_less():
    def peak(checkpoint):
        h, x = gg.variable(np.zeros(20_000)), gg.variable(0.5)
        last, _ = gg.scan(
            lambda h, _: (gg.sin(h) + x, None), h, None, 400, checkpoint=checkpoint
        )
        y = gg.sum(last)
        tracemalloc.start()
        y.backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found, float(x.grad)

    (plain, slope), (less, same) = peak(False), peak(True)
    np.testing.assert_allclose(slope, same, rtol=1e-12)
    assert less < plain / 3, (less, plain)


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_cond_takes_one_branch(a, b):
    x, y = gg.variable(a), gg.variable(b)
    made = gg.cond(x > y, lambda x: gg.exp(x) * y, lambda x: x * x, x)
    plain = gg.exp(x) * y if a > b else x * x
    require_equal_derivatives(made + x * y, plain + x * y, [x, y])


def test_cond_computes_nothing_of_the_other_branch():
    x = gg.variable([1.0, 2.0])
    singular = lambda: gg.sum(gg.linalg.inv(x[:, None] * x))  # noqa: E731
    made = gg.cond(x[0] > 0, lambda: gg.sum(x), singular)
    assert float(made) == 3
    assert gg.grad(made, x).value.tolist() == [1, 1]


def test_while_loop_runs_until_its_condition_fails():
    x = gg.variable(1.5)
    y = gg.while_loop(
        lambda s: s[0] < 50, lambda s: (s[0] * x, s[1] + 1), (x, 0), bound=20
    )
    count = int(y[1])
    assert count == 9
    require_equal_derivatives(y[0], x ** (count + 1.0), [x])
    with pytest.raises(errors.EvaluationError, match="bound"):
        float(gg.while_loop(lambda v: v < 50, lambda v: v * x, x, bound=3))


def test_while_loop_without_a_bound_has_no_gradient_and_says_so():
    x = gg.variable(1.5)
    y = gg.while_loop(lambda v: v < 50, lambda v: v * x, x)
    assert float(y) > 50
    with pytest.raises(gg.GraphgradError, match="bound"):
        gg.grad(y, x)


def test_a_checkpoint_changes_no_derivative():
    w, h, _ = leaves()

    def block(h):
        return gg.tanh(gg.exp(h @ w) - 1)

    plain, kept = gg.sum(block(h)), gg.sum(gg.checkpoint(block)(h))
    require_equal_derivatives(kept, plain, [w, h])


def test_loops_map_and_nest():
    w, _, xs = leaves()
    starts = gg.variable(RNG.normal(size=(3, 2)))

    def run(h):
        def outer(h, x):
            h = gg.cond(gg.sum(h) > 0, lambda: gg.tanh(h + x), lambda: h @ w)
            inner = gg.while_loop(
                lambda v: gg.sum(v * v) > 1, lambda v: v * 0.5, h, bound=9
            )
            return inner, gg.checkpoint(gg.sum)(inner)

        last, made = gg.scan(outer, h, xs)
        return gg.sum(last * last) + gg.sum(made)

    mapped = gg.sum(gg.vmap(run)(starts))
    plain = sum(run(starts[i]) for i in range(3))
    require_equal_derivatives(mapped, plain, [w, xs, starts])


@pytest.mark.parametrize("ops", [None, ["scan"], ["cond", "softplus"], []])
def test_an_expanded_graph_has_the_same_derivatives(ops):
    xs = leaves(4)
    last, made = scanned(*xs)
    y = gg.sum(gg.softplus(made)) + gg.cond(
        last[0] > 0,
        lambda: gg.sum(gg.sigmoid(last)),
        lambda: gg.checkpoint(gg.sum)(last),
    )
    graph = gg.expand(y, ops)
    require_equal_derivatives(graph.outputs[0], y, xs)
    names = {t.op.name for t in graph.nodes}
    outer = {"scan", "cond", "softplus"}  # the others are inside
    if ops is not None:
        assert names & outer == outer - set(ops)
    else:
        assert not names & {*outer, "sigmoid", "checkpoint"}
        assert {"scan/step 1", "cond/true", "softplus"} <= {
            t.scope for t in graph.nodes
        }


def test_what_is_opened_inside_stands_in_nested_scopes():
    y = gg.log_softmax(gg.variable([1.0, 2.0]))
    scopes = {t.scope for t in gg.expand(y).nodes if t.inputs}
    assert scopes == {"log_softmax", "log_softmax/logsumexp"}


def test_a_long_scan_and_a_loop_stay_closed():
    w, h, xs = leaves(9)
    y = gg.sum(scanned(w, h, xs)[0]) + gg.while_loop(
        lambda v: v < 9, lambda v: v * 3, w[0, 0] + 1
    )
    names = {t.op.name for t in gg.expand(y).nodes}
    assert {"scan", "while_loop"} <= names
    assert "scan" not in {t.op.name for t in gg.expand(y, steps=9).nodes}


def test_expansion_keeps_names_and_opens_a_million_nodes():
    x = gg.variable(0.5)
    y = x
    for _ in range(1000):
        y = gg.softplus(y)
    y.named("y")
    graph = gg.expand(y)
    assert graph.outputs[0].name == "y"
    assert float(graph.outputs[0]) == float(y)


def test_a_named_composite_of_placeholders_keeps_its_name():
    """Tensors are compared as themselves, not entry by entry."""
    x = gg.placeholder((3,))
    y = gg.sigmoid(x).named("gate")
    (made,) = gg.expand(y).outputs
    assert made.name == "gate"
    assert made.op.name == "divide"
