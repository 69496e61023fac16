"""The node: leaves, names, scopes, weak scalars, and values that stay current."""

import _thread
import copy
import gc
import operator
import time
import weakref

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors
from graphgrad.graph.tensor import Clock


def test_a_python_int_makes_a_float_variable_and_an_array_keeps_its_dtype():
    assert gg.variable(100).dtype == "float64"
    assert gg.variable([1, 2]).dtype == "float64"
    assert gg.variable(np.array([1, 2])).dtype == "int64"
    assert gg.constant(2).dtype == "int64"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scalar", [2, 2.5, True, -3])
def test_python_scalars_never_widen(dtype, scalar):
    x = gg.variable(np.ones(3, dtype))
    for y in (x + scalar, scalar * x, x / scalar, gg.maximum(x, scalar), x**scalar):
        assert y.dtype == dtype
        assert y.value.dtype == dtype


def test_a_float_scalar_turns_integers_into_float64_as_numpy_does():
    assert (gg.constant(np.int32([1])) * 2.5).dtype == "float64"
    assert (gg.constant(np.uint8([1])) + 1).dtype == "uint8"


def test_values_follow_assignments_and_only_what_depends_is_recomputed():
    calls = []

    @gg.primitive(vjp=(lambda g, out, x: g,))
    def counted_identity(xp, x, /):
        """Counts how often it is computed."""
        calls.append(float(x))
        return x

    a, b = gg.variable(1.0), gg.variable(2.0)
    left, right = counted_identity(a), counted_identity(b)
    total = left + right
    assert float(total) == 3
    assert calls == [1, 2]
    a.assign(10)
    assert float(total) == 12
    assert calls == [1, 2, 10]
    assert float(total) == 12
    assert calls == [1, 2, 10]


def test_new_leaves_leave_cached_values_current():
    before = Clock.now
    y = gg.variable(1.0) * 2 + gg.constant([1.0, 2.0])
    assert y.value.tolist() == [3, 4]
    assert Clock.now == before


def test_a_caller_cannot_change_a_value_or_the_array_it_came_from():
    source = np.array([1.0, 2.0])
    x = gg.variable(source)
    y = x.reshape(2, 1)
    source[0] = 99
    assert x.value.tolist() == [1, 2]
    for array in (x.value, y.value, (x * 2).value):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5


def test_construction_never_merges_nodes():
    x = gg.variable(3.0)
    y = x * x
    assert y.inputs == (x, x)
    assert len(gg.Graph((x + 1) * (x + 1)).find(op="add")) == 2


def test_scopes_nest_and_end_with_their_block():
    with gg.scope("block"):
        a = gg.variable(1.0)
        with gg.scope("layer"):
            b = a * 2
    assert (a.scope, b.scope, gg.variable(1.0).scope) == ("block", "block/layer", "")


def test_where_names_the_users_line():
    x = gg.variable(1.0)
    y = x * 2 + 1
    place = y.where()
    assert place.file == __file__
    assert place.text == "y = x * 2 + 1"


def test_comparison_builds_a_node_and_tensors_are_keys():
    x, y = gg.variable([1.0, 2.0]), gg.variable([1.0, 3.0])
    assert (x == y).value.tolist() == [True, False]
    assert {x: "x", y: "y"}[x] == "x"
    assert (x == "text") is False
    assert (x == None) is False  # noqa: E711  the comparison itself is the subject


def test_numpy_functions_build_graphs_and_never_lose_them():
    x = gg.variable([1.0, 2.0, 3.0])
    made = [
        np.exp(x),
        np.ones(3) * x,
        np.float64(2) * x,
        np.ones(3) @ x,
        np.sum(x, axis=0),
        np.concatenate([x, np.ones(3)]),
        np.stack([x, x]),
        np.where(np.array([True, False, True]), x, 0),
        np.maximum(0, x),
        np.clip(x, 0, 2),
        np.mean(x, keepdims=True),
        np.var(x, ddof=1),
        np.amax(x, axis=0),
        np.transpose(x),
        np.dot(x, x),
        np.reshape(x, (3, 1)),
        np.add(x, 1),
        np.subtract(np.ones(3), x),
        np.abs(x),
        np.linspace(0, 1, 3) ** x,
    ]
    for t in made:
        assert isinstance(t, gg.Tensor)
        assert x in gg.Graph(t).nodes
    assert np.shape(x) == (3,)
    assert np.asarray(x).tolist() == [1, 2, 3]


REFUSED = {
    "interp": lambda x: np.interp(x, [0, 1], [0, 1]),
    "reduce": lambda x: np.add.reduce(x),
    "out": lambda x: np.exp(x, out=np.ones(3)),
    "gcd": lambda x: np.gcd(x, x),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_numpy_function_without_an_op_is_refused_rather_than_computed(name):
    with pytest.raises(errors.ArgumentError, match="np"):
        REFUSED[name](gg.variable([1.0, 2.0, 3.0]))


def test_a_graph_is_freed_by_reference_counting():
    gc.disable()
    try:
        x = gg.variable(1.0)
        y = gg.sigmoid(x * 2) + gg.grad(x * x, x)
        y.backward()
        ghost = weakref.ref(y)
        del y
        assert ghost() is None
    finally:
        gc.enable()


def test_float_int_bool_len_and_iteration():
    x = gg.variable([1.0, 2.0])
    assert len(x) == 2
    assert [float(v) for v in x] == [1.0, 2.0]
    assert int(x[1]) == 2
    assert bool(x[0] > 0)
    assert f"{x[1]:.2f}" == "2.00"
    with pytest.raises(errors.ArgumentError, match="no length"):
        len(gg.variable(1.0))


def test_symbolic_dimensions_are_inferred_and_specialised():
    x = gg.placeholder(("batch", 28, 28), name="x")
    flat = x.reshape(-1, 784)
    assert flat.shape == ("batch", 784)
    assert x.reshape(-1).shape == ("784*batch",)
    assert gg.concat([flat, flat]).shape == ("2*batch", 784)
    assert gg.mean(flat, axis=1).shape == ("batch",)
    loss = gg.mean(gg.square(flat))
    slope = gg.grad(loss, x)
    for n in (1, 3):
        r = gg.run([loss, slope], {x: np.ones((n, 28, 28))})
        assert r[slope].shape == (n, 28, 28)
        np.testing.assert_allclose(r[slope], 2 / (784 * n))


def test_tensors_are_not_pickled():
    import pickle

    with pytest.raises(errors.ArgumentError, match="not pickled"):
        pickle.dumps(gg.variable(1.0))


def test_attrs_cannot_be_changed():
    x = gg.variable(2.0)
    for attrs in (x.attrs, (x * x).attrs, gg.relu(x).attrs, gg.sum(x, axis=()).attrs):
        before = dict(attrs)
        assert copy.deepcopy(attrs) == copy.copy(attrs) == before
        for change in (
            lambda a: a.__setitem__("axis", 3),
            lambda a: a.update(axis=3),
            lambda a: a.setdefault("extra", 3),
            lambda a: a.__ior__({"axis": 3}),
            lambda a: a.clear(),
            lambda a: a.pop("axis", None),
        ):
            with pytest.raises(TypeError, match="cannot be changed"):
                change(attrs)
        assert attrs == before


def test_nodes_are_freed_by_counting_and_not_searched_for_cycles():
    x = gg.variable(2.0)
    for y in (x, x * x, gg.tanh(x), x.relu() + 1, gg.constant(1), gg.placeholder()):
        assert not gc.is_tracked(y)


@gg.primitive(vjp=(lambda g, out, x, call: g,))
def shown_to_example(xp, x, /, *, call):
    """x, which is shown to a function."""
    call(x)
    return x


OWN_OP = """
@gg.primitive(dtype="same", vjp=(lambda g, out, x: 2 * g,))
def doubled_in_a_script_example(xp, x, /):
    "2 x."
    return 2 * x

loss = doubled_in_a_script_example(gg.variable(1.0)) * 3.0 + 1.0
"""


def held_by_what_an_attr_refers_to():
    class Owner:
        def __init__(self):
            self.shown = shown_to_example(gg.variable(1.0), call=self.note)
            self.loss = gg.tanh(self.shown) * 2.0

        def note(self, x):
            """Nothing: what counts is that the method refers to the owner."""

    return Owner().loss


def held_by_the_globals_of_its_op():
    names = {"gg": gg}
    exec(OWN_OP, names)
    return names["loss"]


@pytest.mark.parametrize(
    "made", [held_by_what_an_attr_refers_to, held_by_the_globals_of_its_op]
)
def test_nodes_on_a_cycle_of_the_users_are_found(made):
    ghosts = [weakref.ref(made()) for _ in range(4)]
    gc.collect()
    # The registry of ops may hold the last one.
    assert all(ghost() is None for ghost in ghosts[:-1])


MATRIX = np.ones((2, 2))
WAYS = {
    "operator": lambda x: x * 2.0,
    "of two": lambda x: x + x,
    "reflected": lambda x: 2.0 - x,
    "unary": lambda x: -x,
    "subscript": lambda x: x[0],
    "method": lambda x: x.relu(),
    "function": lambda x: gg.tanh(x),
    "with attrs": lambda x: gg.sum(x, axis=0),
    "several results": lambda x: gg.linalg.svd(x)[1],
    "composite": lambda x: gg.softmax(x),
    "NumPy's": lambda x: np.add(x, MATRIX),
    "an array first": lambda x: MATRIX @ x,
    "matrix": lambda x: x.T,
    "sum": lambda x: sum([x, x]),
    "map": lambda x: next(map(gg.exp, [x])),
    "layer": lambda x: gg.nn.Linear(2, 2, rng=np.random.default_rng(0))(x),
    "gradient": lambda x: gg.grad(gg.sum(x * x), x),
    "leaf": lambda x: gg.variable(1.0),
    "constant": lambda x: gg.constant(1.0),
    "placeholder": lambda x: gg.placeholder(()),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_node_knows_the_line_that_made_it(name):
    way = WAYS[name]
    place = way(gg.variable(MATRIX)).where()
    assert (place.file, place.line) == (__file__, way.__code__.co_firstlineno)


@pytest.mark.parametrize("work", [gg.tanh, operator.neg, gg.Tensor.relu])
def test_a_node_made_where_no_python_code_calls_has_a_place(work):
    made = []
    # All of it is C's but the op.
    _thread.start_new_thread(list.extend, (made, map(work, [gg.variable(2.0)])))
    end = time.monotonic() + 60
    while not made and time.monotonic() < end:
        time.sleep(0.001)
    assert made[0].where().line


@pytest.mark.parametrize("make", [gg.variable, gg.constant])
@pytest.mark.parametrize("backend", ["native", "reference"])
def test_arrays_of_another_byte_order_are_the_same_numbers(make, backend):
    x = make(np.arange(3.0).astype(">f8"))
    place = gg.placeholder((3,), dtype=">f8")
    assert x.dtype is place.dtype is np.dtype("float64")
    program = gg.compile(x + place, [place], backend=backend)
    assert program(np.ones(3).astype(">f8")).tolist() == [1.0, 2.0, 3.0]
