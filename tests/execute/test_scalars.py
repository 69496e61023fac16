"""Graphs of scalars: many nodes at once give what one after the other gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.errors import UnboundPlaceholderError
from graphgrad.execute import levels, scalars
from graphgrad.execute.native import table

UNARY = [gg.tanh, gg.exp, gg.relu, gg.sigmoid, gg.abs, gg.negative, gg.stop_gradient]
BINARY = [gg.add, gg.multiply, gg.subtract, gg.maximum, gg.divide]


@st.composite
def graphs(draw, dtype="float64"):
    """A scalar of many, its leaves, constants among them."""
    value = st.floats(-2, 2, width=32)
    leaves = [gg.variable(np.dtype(dtype).type(draw(value))) for _ in range(4)]
    pool = [*leaves, gg.constant(np.asarray(draw(value), dtype))]
    for _ in range(draw(st.integers(1, 25))):
        if draw(st.booleans()):
            made = draw(st.sampled_from(UNARY))(draw(st.sampled_from(pool)))
        else:
            pair = [draw(st.sampled_from(pool)) for _ in range(2)]
            made = draw(st.sampled_from(BINARY))(*pair)
        pool.append(made)
    return pool[-1], leaves


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(scalars, "_FEWEST", 0)
    monkeypatch.setattr(scalars, "_AT_ONCE", 0)
    monkeypatch.setattr(table, "_FEWEST", 1)
    monkeypatch.setattr(table, "_ROW", 2)


def one_by_one(y, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(scalars, "_FEWEST", 10**9)
        y.backward()
    nodes = gg.Graph(y).nodes
    found = [(x.value.copy(), x.grad) for x in nodes]
    for x in nodes:
        x._gradient = None
    return nodes, found


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_values_and_gradients_of_all_nodes(dtype, data):
    y, _ = data.draw(graphs(dtype))
    with pytest.MonkeyPatch.context() as patch:
        nodes, wanted = one_by_one(y, patch)
    done = scalars.backward_of_scalars(y, nodes)
    assert done
    for x, (value, gradient) in zip(nodes, wanted, strict=True):
        np.testing.assert_array_equal(x.value, value)
        assert (x.grad is None) == (gradient is None)
        if gradient is not None:
            assert x.grad.dtype == gradient.dtype
            eps = 100 * np.finfo(dtype).eps
            np.testing.assert_allclose(x.grad, gradient, rtol=eps, atol=eps)


def chain(count):
    w = gg.variable(0.5)
    y = w
    for i in range(count):
        y = y * w + 0.1 if i % 2 else gg.tanh(y)
    return w, y


def neurons(count):
    w = gg.variable(0.5)
    total = 0.0
    for i in range(count):
        total = total + gg.tanh(w * (i / count))
    return w, total


def test_values_stay_current_after_many_at_once(monkeypatch):
    monkeypatch.setattr(scalars, "_AT_ONCE", 1)
    w, y = neurons(600)
    assert scalars.backward_of_scalars(y, gg.Graph(y).nodes)
    y.backward()
    first, slope = float(y.value), float(w.grad)
    w.assign(0.7)
    assert float(y.value) != first
    y.backward()
    assert float(w.grad) != slope
    w.assign(0.5)
    y.backward()
    assert (float(y.value), float(w.grad)) == (first, slope)


def test_a_placeholder_without_a_value_is_named():
    x = gg.placeholder((), name="speed")
    _, y = neurons(600)
    with pytest.raises(UnboundPlaceholderError, match="speed"):
        (x * y).backward()


@pytest.mark.parametrize(
    "other",
    [lambda y: gg.sum(gg.ones((2,)) * y), lambda y: y.astype("float32") * 2],
    ids=["arrays", "dtypes"],
)
def test_other_graphs_are_left_alone(other):
    w, y = neurons(600)
    z = other(y)
    assert not scalars.backward_of_scalars(z, gg.Graph(z).nodes)
    z.backward()
    assert np.isfinite(w.grad)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_programs_of_scalars(dtype, data):
    y, leaves = data.draw(graphs(dtype))
    used = [x for x in leaves if x in set(gg.Graph(y).nodes)]
    slopes = gg.grad(y, used) if used else []
    outputs = [y, *slopes, y > 0.5, gg.astype(leaves[0] > 0, "int64") + 3]
    wanted = gg.compile(outputs, [], backend="reference")()
    found = gg.compile(outputs, [], backend="native")()
    # What cancels keeps the rounding errors of what it was made of.
    inside = [x for x in gg.Graph(outputs).nodes if x.dtype == dtype]
    values = np.abs(gg.compile(inside, [], backend="reference")())
    eps = np.finfo(dtype).eps
    size = 100 * eps * values[np.isfinite(values)].max(initial=1)
    for a, b in zip(wanted, found, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(b, a, rtol=100 * eps, atol=size)


@pytest.mark.usefixtures("small")
def test_scalars_beside_arrays():
    w, x = gg.variable(2.0), gg.placeholder((3,))
    t = gg.placeholder(())
    scale = gg.exp(w * t) + 1.0
    y = gg.sum(x * scale) * t
    step = gg.compile([y, scale, scale], [x, t], {w: w - 0.1 * scale}, backend="native")
    assert "scalars of" in step.explain()
    size = np.exp(2.0 * 0.5) + 1
    found = step(np.arange(3.0), 0.5)
    np.testing.assert_allclose(found, [3 * size * 0.5, size, size])
    np.testing.assert_allclose(w.value, 2 - 0.1 * size)


def test_a_deep_chain_is_one_step():
    w, y = chain(20_000)
    program = gg.compile([y, gg.grad(y, w)], [], backend="native")
    assert program.explain().count("\n  ") <= 3
    y.backward()
    np.testing.assert_allclose(program(), [y.value, w.grad], rtol=1e-12)


def test_profile_changes_nothing():
    w, y = chain(300)
    step = gg.compile(y, [], {w: w - gg.grad(y, w)}, backend="native")
    profile = step.profile(rounds=3)
    assert float(w.value) == 0.5
    ((text, seconds),) = profile.steps
    assert "scalars of" in text
    assert 0 < seconds <= profile.seconds
    assert "100.0%" in str(profile)


def dense(rows, columns, batch):
    """A layer, scalar by scalar: its weights, and the sum of what it gives."""
    w = [[gg.variable(0.1 * (i - j)) for j in range(columns)] for i in range(rows)]
    total = 0.0
    for k in range(batch):
        for row in w:
            inner = 0.0
            for j, p in enumerate(row):
                inner = inner + p * (k + j)
            total = total + inner
    return [p for row in w for p in row], total


def kinds_of_reading(*outputs):
    order = gg.Graph(outputs).nodes
    return {steps for _, steps in table.table_of(order).kinds}


def test_what_is_read_together_lies_together():
    weights, y = dense(8, 6, 30)
    # Partial sums and products stand as the next sums read them.
    assert (1, 1) in kinds_of_reading(y)
    program = gg.compile([y, *gg.grad(y, weights)], [], backend="native")
    wanted = gg.compile([y, *gg.grad(y, weights)], [], backend="reference")()
    np.testing.assert_allclose(program(), wanted, rtol=1e-12)


@given(data=st.data())
def test_another_order_within_groups_is_the_same_graph(data):
    y, _ = data.draw(graphs())
    order = gg.Graph(y).nodes
    first = levels.levels_of(order, lambda x: True)
    other = levels.side_by_side(first)
    assert set(other.nodes[: other.leaves]) == set(first.nodes[: first.leaves])
    assert (other.starts == first.starts).all()
    where = {x: i for i, x in enumerate(other.nodes)}
    for before, group in zip(first.groups(), other.groups(), strict=True):
        assert group.kind == before.kind
        members = other.nodes[group.own]
        assert set(members) == set(first.nodes[before.own])
        for i, x in enumerate(members):
            places = [where[source] for source in x.inputs]
            assert [int(column[i]) for column in group.columns] == places
            assert all(place < group.own.start for place in places)


def test_levels_found_before_are_those_of_that_graph_alone():
    _, y = neurons(600)
    order = gg.Graph(y).nodes
    whole = levels.levels_of(order, lambda x: True)
    # The same edges, but of one op nothing may be in the table.
    part = levels.levels_of(order, lambda x: x.op is not gg.tanh)
    again = levels.levels_of(order, lambda x: True)
    assert len(part.nodes) < len(whole.nodes)
    assert not any(x.op is gg.tanh for x in part.nodes)
    assert again.nodes == whole.nodes
    assert (again.columns == whole.columns).all()


@given(st.sets(st.integers(0, 400), min_size=1), st.integers(1, 10**6), st.data())
def test_positions_among_serial_numbers(serials, apart, data):
    rising = np.array(sorted(serials)) * apart + 3
    some = st.integers(0, 401 * apart + 5) | st.sampled_from(rising.tolist())
    wanted = np.array(data.draw(st.lists(some)), np.int64)
    found = levels._positions(rising, wanted)
    places = {x: i for i, x in enumerate(rising.tolist())}
    assert found.tolist() == [places.get(x, len(rising)) for x in wanted.tolist()]
