"""Graphs written and read back: nothing is lost, and nothing bad gets in."""

import copy
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.errors import DataError
from tests.ops.test_generated import OPS, admitted, cases, ids

FORMS = ("json", "text", "networkx")


def there_and_back(graph, form):
    return getattr(gg.Graph, f"from_{form}")(getattr(graph, f"to_{form}")())


def same_value(a, b):
    return (
        a.dtype == b.dtype
        and a.shape == b.shape
        and np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()
    )


def require_same(one, other):
    assert other.hash() == one.hash()
    assert other.to_json() == one.to_json()
    for a, b in zip(one.nodes, other.nodes, strict=True):
        assert (a.name, a.scope, a.op) == (b.name, b.scope, b.op)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        assert str(a.attrs) == str(b.attrs)


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_op_survives_every_form(op, data):
    arrays, options = data.draw(cases(op))
    arrays = [np.array(x, order="C") for x in arrays]  # BLAS adds by memory order
    graph = gg.Graph(admitted(op, arrays, options))
    for form in FORMS:
        again = there_and_back(graph, form)
        require_same(graph, again)
        with np.errstate(all="ignore"):
            for a, b in zip(graph.outputs, again.outputs, strict=True):
                assert same_value(np.asarray(a.value), np.asarray(b.value)), form


def recurrent():
    """Bodies, one inside the other, symbols, names, scopes and several results."""
    x = gg.placeholder(("batch", "2*time", 3), name='said "so" — 名')
    w = gg.variable(np.arange(9.0).reshape(3, 3) / 10, name="w\nw")
    with gg.scope("layer"):
        rows = gg.moveaxis(x, 1, 0)

        def step(h, row):
            h = gg.cond(
                gg.sum(h) > 0, lambda: gg.tanh(row @ w + h), lambda: h - 1j.imag
            )
            return h, h * np.float32(2)

        last, each = gg.scan(step, x[:, 0] * 0.0, rows)
    complexes = gg.constant([1 + 2j, complex("nan"), -0.0])
    key = gg.random.key()
    noise = gg.random.normal(key, (2, 3), dtype="float32")
    u, _, vh = gg.linalg.svd(w[::-1, [0, -1]])
    return [
        last,
        each,
        gg.sum(gg.abs(complexes)),
        noise,
        u,
        vh,
        x[..., None, 0],
        w[..., None, 2:0:-1],
    ]


@pytest.mark.parametrize("form", FORMS)
def test_bodies_symbols_names_and_parts_survive(form):
    graph = gg.Graph(recurrent())
    again = there_and_back(graph, form)
    require_same(graph, again)
    data = np.linspace(-1, 1, 24).reshape(2, 4, 3)
    runs = [
        gg.run(list(g.outputs), {g.placeholders[0]: data}, seed=3)
        for g in (graph, again)
    ]
    for a, b in zip(graph.outputs, again.outputs, strict=True):
        assert same_value(runs[0][a], runs[1][b])


@pytest.mark.parametrize("dtype", [*"?bBhHiIlLqQefdFD"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (40,), (2, 0, 3)])
def test_arrays_of_every_dtype_are_kept_to_the_bit(dtype, shape):
    rng = np.random.default_rng(5)
    array = np.frombuffer(
        rng.bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype
    ).reshape(shape)
    array = array if dtype != "?" else array.view("u1") % 2 == 0
    graph = gg.Graph([gg.variable(array), gg.constant(array)])
    for form in FORMS:
        for t in there_and_back(graph, form).outputs:
            assert same_value(array, t.value)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-320, 1e308, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("form", FORMS)
def test_numbers_and_attrs_at_the_edges_are_kept(form, value):
    x = gg.variable([1.0, value])
    y = gg.clip(x, None, 1.0) if np.isnan(value) else gg.clip(x, value, 2.0)
    graph = gg.Graph(gg.pad(y, 1, value=value))
    again = there_and_back(graph, form)
    require_same(graph, again)
    assert same_value(graph.outputs[0].value, again.outputs[0].value)


def test_a_loaded_graph_is_told_apart_by_its_variables_alone():
    x = gg.variable(2.0, name="x")
    again = gg.Graph.from_json(gg.Graph(x * 3).to_json())
    (y,), (copied,) = again.outputs, again.find(name="x")
    x.assign(5.0)
    assert float(y) == 6
    copied.assign(4.0)
    assert float(y) == 12
    y.backward()
    assert float(copied.grad) == 3


def test_a_networkx_graph_may_be_changed_and_run():
    x = gg.variable(2.0, name="x")
    made = gg.Graph(gg.sin(x) + 1).to_networkx()
    (sine,) = (n for n, op in made.nodes(data="op") if op == "sin")
    made.nodes[sine]["op"] = "cos"
    assert float(gg.Graph.from_networkx(made).outputs[0]) == np.cos(2.0) + 1


def test_hash_and_json_are_the_same_in_other_processes():
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "import graphgrad as gg\n"
        "from tests.graph.test_saving import recurrent\n"
        "g = gg.Graph(recurrent()); print(g.hash()); print(g.to_json())"
    )
    for seed in ("0", "17"):
        told = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        graph = gg.Graph(recurrent())
        assert told == f"{graph.hash()}\n{graph.to_json()}\n"


def wide_and_deep(count):
    """A chain, with a second path beside it that joins now and then."""
    x = gg.variable(0.5, name="x")
    y = z = x
    for i in range(count // 2 - 1):
        y = gg.sin(y) if i % 2 else y * x
        z = z + y if i % 3 else gg.negative(z)
    return gg.Graph([y, z])


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_hundred_thousand_nodes(form):
    graph = wide_and_deep(100_000)
    assert len(graph) > 99_900
    again = there_and_back(graph, form)
    assert again.hash() == graph.hash()
    assert [float(t) for t in again.outputs] == [float(t) for t in graph.outputs]
    assert not graph.diff(again)


SOUND = json.loads(gg.Graph(recurrent()).to_json())
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**70)
    | st.floats()
    | st.sampled_from(["", "add", "batch", "float32", "inf", "../x", "a" * 999, "0*n"])
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["slice", "body", "float", "complex", "index", "op"]), inner
        )
    ),
    max_leaves=5,
)


def places(data):
    """Where something can be put in place of something else."""
    found, stack = [], [data]
    while stack:
        held = stack.pop()
        items = held.items() if isinstance(held, dict) else enumerate(held)
        for key, value in list(items):
            found.append((held, key))
            if isinstance(value, dict | list):
                stack.append(value)
    return found


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bad_json_is_refused_and_nothing_else(data):
    document = copy.deepcopy(SOUND)
    for _ in range(data.draw(st.integers(1, 2))):
        spots = places(document)
        held, key = spots[data.draw(st.integers(0, len(spots) - 1))]
        deed = data.draw(st.sampled_from(["put", "drop", "copy", "swap"]))
        if deed == "put":
            held[key] = data.draw(JSON)
        elif deed == "drop":
            del held[key]
        else:
            other, there = spots[data.draw(st.integers(0, len(spots) - 1))]
            old = held[key]
            held[key] = copy.deepcopy(other[there])
            if deed == "swap":
                other[there] = copy.deepcopy(old)
    try:
        graph = gg.Graph.from_json(json.dumps(document))
    except DataError:
        return
    assert graph.hash() == SOUND["hash"]


TEXT = gg.Graph(recurrent()).to_text()


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bad_text_is_refused_and_nothing_else(data):
    at = data.draw(st.integers(0, len(TEXT)))
    until = at + data.draw(st.integers(0, 8))
    new = data.draw(
        st.text(max_size=4) | st.sampled_from([*'(),="[]', "v0", "\n", "->"])
    )
    try:
        graph = gg.Graph.from_text(TEXT[:at] + new + TEXT[until:])
    except DataError:
        return
    assert there_and_back(graph, "text").hash() == graph.hash()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bad_networkx_graphs_are_refused_and_nothing_else(data):
    made = gg.Graph(recurrent()).to_networkx()
    node = data.draw(st.sampled_from(sorted(made)))
    deed = data.draw(st.sampled_from(["put", "drop", "edge", "argument", "outputs"]))
    if deed == "put":
        made.nodes[node][
            data.draw(
                st.sampled_from(
                    ["op", "shape", "dtype", "name", "attrs", "value", "scope"]
                )
            )
        ] = data.draw(JSON)
    elif deed == "drop":
        made.remove_node(node)
    elif deed == "edge":
        made.add_edge(node, data.draw(st.sampled_from(sorted(made))))
    elif deed == "argument":
        for *_, facts in list(made.edges(data=True))[node : node + 2]:
            facts["argument"] = data.draw(JSON)
    else:
        made.graph["outputs"] = data.draw(JSON)
    try:
        graph = gg.Graph.from_networkx(made)
    except DataError:
        return
    assert there_and_back(graph, "networkx").hash() == graph.hash()
