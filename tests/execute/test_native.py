"""The native backend against the reference: ops, random graphs, updates in place."""

import re
import threading
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.execute.native.assemble import assemble
from graphgrad.testing import strategies
from tests import backends
from tests.backends import OPS, SMOOTH, ids

few = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
agree = partial(backends.agree, "native")


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@few
@given(data=st.data())
def test_every_op_gives_what_the_reference_gives(op, data):
    backends.op_agrees("native", op, data)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@few
@given(data=st.data())
def test_every_gradient_is_that_of_the_reference(op, data):
    backends.gradient_agrees("native", op, data)


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@pytest.mark.parametrize(
    "dtype", ["bool", "int32", "int64", "uint32", "uint64", "float32"]
)
def test_every_op_of_every_dtype(op, dtype):
    backends.dtype_agrees("native", op, dtype)


@settings(max_examples=100, deadline=None)
@given(strategies.graphs())
def test_random_graphs_with_their_gradients(graph):
    backends.graph_agrees("native", graph)


@settings(max_examples=40, deadline=None)
@given(strategies.graphs(), st.data())
def test_random_updates(graph, data):
    """Steps of descent, exchanges, values of others: as the reference has them."""
    (y,) = graph.outputs
    variables = [x for x in graph.nodes if x.op.name == "variable" and x.differentiable]
    assume(variables)
    slopes = gg.grad(y, variables)
    updates = {}
    for x, g in zip(variables, slopes, strict=True):
        alike = [v for v in variables if (v.shape, v.dtype) == (x.shape, x.dtype)]
        kind = data.draw(st.sampled_from(["descend", "take", "replace", "keep"]))
        if kind == "descend":
            updates[x] = x - 0.1 * g
        elif kind == "take":
            updates[x] = data.draw(st.sampled_from(alike))
        elif kind == "replace":
            updates[x] = g
    assume(updates)
    start = [x.value.copy() for x in variables]
    found = []
    for backend in ("reference", "native"):
        for x, value in zip(variables, start, strict=True):
            x.assign(value)
        step = gg.compile(y, [], updates, backend=backend)
        try:
            losses = [step() for _ in range(2)]
        except gg.errors.EvaluationError:  # singular values of NaN, at the second step
            losses = []
        found.append([*losses, *(x.value.copy() for x in variables)])
    for a, b in zip(*found, strict=True):
        rtol = backends.ROUNDING.get(a.dtype.name, 1e-9)
        size = np.abs(np.where(np.isfinite(a), a, 0)).max(initial=1)
        np.testing.assert_allclose(b, a, rtol=rtol, atol=rtol * size)


def test_a_variable_may_get_a_value_that_does_not_depend_on_it():
    x, w, v = gg.placeholder((3,)), gg.variable(np.ones(3)), gg.variable(np.ones(3))
    step = gg.compile(w + 1, [x], {w: x * 2.0, v: w}, backend="native")
    np.testing.assert_array_equal(step(np.full(3, 5.0)), 2.0)
    np.testing.assert_array_equal([w.value, v.value], [[10.0] * 3, [1.0] * 3])


def test_a_long_sum_of_single_precision_loses_nothing():
    x = np.random.default_rng(0).uniform(size=1_000_000).astype("float32")
    place = gg.placeholder(x.shape, dtype="float32")
    total = gg.compile(gg.sum(place), backend="native")(x)
    assert abs(float(total) - x.sum(dtype="float64")) <= 0.5 * np.spacing(total)


def net(backend, momentum=0.9):
    rng = np.random.default_rng(0)
    x = gg.placeholder(("batch", 6), dtype="float32")
    t = gg.placeholder(("batch",), dtype="int64")
    sizes = [(6, 5), (5,), (5, 3), (3,)]
    w, b, v, c = parameters = [
        gg.variable(rng.normal(size=s).astype("float32")) for s in sizes
    ]
    loss = gg.softmax_cross_entropy(gg.tanh(x @ w + b) @ v + c, t)
    updates = {}
    for p, g in zip(parameters, gg.grad(loss, parameters), strict=True):
        speed = gg.variable(np.zeros(p.shape, "float32"))
        updates[speed] = momentum * speed - 0.1 * g
        updates[p] = p + updates[speed]
    return gg.compile(loss, [x, t], updates, backend=backend), list(updates)


def batch(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 6)).astype("float32"), rng.integers(0, 3, n)


def test_training_goes_as_on_the_reference_for_every_batch_size():
    (reference, wanted), (native, found) = net("reference"), net("native")
    for n in (8, 8, 3, 1, 8, 17):
        np.testing.assert_allclose(native(*batch(n)), reference(*batch(n)), rtol=2e-5)
    for x, y in zip(wanted, found, strict=True):
        np.testing.assert_allclose(y.value, x.value, rtol=1e-3, atol=1e-5)


def test_variables_are_replaced_in_place_and_arrays_that_others_hold_are_not():
    step, variables = net("native")
    step(*batch(8))
    before = [x._value.__array_interface__["data"] for x in variables]
    step(*batch(8))
    assert [x._value.__array_interface__["data"] for x in variables] == before
    held = [x.value for x in variables]
    copies = [x.copy() for x in held]
    rows = variables[1].value[2:4]
    step(*batch(8))
    for x, kept, new in zip(held, copies, variables, strict=True):
        np.testing.assert_array_equal(x, kept)
        assert not np.array_equal(new.value, kept)
    np.testing.assert_array_equal(rows, copies[1][2:4])


def test_variables_that_change_places_do():
    a, b = gg.variable(np.arange(4.0)), gg.variable(np.arange(4.0) + 10)
    swap = gg.compile([a + 0.5], [], {a: b, b: a}, backend="native")
    (half,) = swap()
    np.testing.assert_array_equal(half, np.arange(4.0) + 0.5)
    np.testing.assert_array_equal(a.value, np.arange(4.0) + 10)
    np.testing.assert_array_equal(b.value, np.arange(4.0))
    swap()
    np.testing.assert_array_equal(a.value, np.arange(4.0))


@pytest.mark.parametrize(
    "update",
    [
        lambda w: w[::-1] * 1.0,
        lambda w: gg.cumulative_sum(w),
        lambda w: w - gg.sum(w),
        lambda w: w * gg.max(w) + w[0],
        lambda w: gg.reshape(gg.expand_dims(w, 1) @ gg.ones((1, 1)), (5,)) + w,
        lambda w: w,
        lambda w: gg.zeros(5),
    ],
    ids=["reversed", "cumulative", "sum", "max", "product", "itself", "constant"],
)
def test_an_update_that_reads_other_entries_is_not_overtaken(update):
    w = gg.variable(np.arange(1.0, 6.0))
    wanted = update(w).value.copy()
    old = gg.compile([w * 2.0], [], {w: update(w)}, backend="native")()
    np.testing.assert_array_equal(old[0], 2 * np.arange(1.0, 6.0))
    np.testing.assert_allclose(w.value, wanted)


@pytest.mark.parametrize("rate", [0.0, np.inf, 2.0])
def test_nan_of_a_product_is_not_lost_in_what_it_is_added_to(rate):
    x = gg.placeholder((2, 2))
    w = gg.variable(np.ones((2, 2)))
    step = gg.compile([], [x], {w: w - rate * (x @ x)}, backend="native")
    step(np.array([[np.nan, 1.0], [0.0, 1.0]]))
    assert np.isnan(w.value[0]).all()


def test_a_value_that_is_written_over_may_be_used_twice():
    w = gg.variable(np.arange(64.0))
    new = w * 2.0 + 1.0
    step = gg.compile([w * new, new - w], [], {w: new}, backend="native")
    for _ in range(3):
        old = w.value.copy()
        product, gap = step()
        np.testing.assert_array_equal(w.value, 2 * old + 1)
        np.testing.assert_array_equal(product, old * (2 * old + 1))
        np.testing.assert_array_equal(gap, old + 1)


def test_variables_change_all_or_none():
    """NumPy refuses the singular matrix after the first update could be written."""
    a = gg.placeholder((2, 2))
    w, v = gg.variable(np.ones(3)), gg.variable(np.ones((2, 2)))
    step = gg.compile([], [a], {w: w + 1.0, v: gg.linalg.inv(a)}, backend="native")
    step(np.eye(2))
    with pytest.raises(gg.GraphgradError):
        step(np.zeros((2, 2)))
    np.testing.assert_array_equal(w.value, np.full(3, 2.0))


def test_the_same_value_may_be_asked_for_more_than_once():
    x = gg.placeholder((3,))
    y = gg.exp(x)
    program = gg.compile([y, y, x, y.reshape(3, 1)], backend="native")
    first, second, same, column = program(np.zeros(3))
    first[:] = 7
    for other in (second, same, column):
        assert not np.shares_memory(first, other)
    np.testing.assert_array_equal(column, np.ones((3, 1)))


def test_several_threads_may_call_it():
    x = gg.placeholder((400,))
    program = gg.compile(gg.sum(gg.exp(x) * gg.tanh(x)), backend="native")
    inputs = [np.full(400, k / 10) for k in range(8)]
    wanted = [program(a) for a in inputs]
    wrong = []

    def work(k):
        for _ in range(200):
            if program(inputs[k]) != wanted[k]:
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_any_layout_goes_in():
    x = gg.placeholder((3, 4))
    program = gg.compile(gg.exp(x) @ x.mT, backend="native")
    array = np.random.default_rng(0).normal(size=(3, 4))
    wide = np.zeros((6, 8))
    wide[::2, ::2] = array
    for same in (
        np.asfortranarray(array),
        wide[::2, ::2],
        array[::-1, ::-1][::-1, ::-1],
    ):
        np.testing.assert_allclose(program(same), np.exp(array) @ array.T)


def test_explain_tells_loops_products_and_what_is_left_to_numpy():
    x = gg.placeholder((3, 4))
    program = gg.compile(gg.sort(gg.tanh(x) @ x.mT), backend="native")
    text = program.explain()
    assert "1 loops, 1 matrix products, 2 NumPy calls" in text
    assert "loop over (3, 4): tanh" in text
    assert "NumPy: argsort" in text
    symbolic = gg.compile(gg.exp(gg.placeholder(("n",))), backend="native")
    assert "compiled at the first call" in symbolic.explain()


def objects(folder):
    return sorted(folder.glob("*.o"))


def test_objects_are_kept_and_what_is_damaged_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHGRAD_CACHE", str(tmp_path / "kept"))

    def run():
        x = gg.placeholder((5,))
        program = gg.compile(gg.exp(x) - 1.0, backend="native")
        np.testing.assert_allclose(program(np.ones(5)), np.e - 1)

    run()
    (kept,) = objects(tmp_path / "kept")
    whole = kept.read_bytes()
    run()
    assert objects(tmp_path / "kept") == [kept]
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
    for damaged in (b"", whole[:100], whole[:-1] + b"x", b"x" * len(whole)):
        kept.write_bytes(damaged)
        run()
        assert kept.read_bytes() == whole
    monkeypatch.setenv("GRAPHGRAD_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("in the way")
    run()
    assert (tmp_path / "file").read_text() == "in the way"


def functions(program, word):
    (specialised,) = program._executable._known.values()
    _, source = assemble(specialised.plan, specialised._addresses, False, 1)
    return re.findall(rf'define internal void @"?({word}\w*)', source)


def test_equal_steps_have_one_function():
    x = gg.placeholder((20, 8))
    weights = [gg.variable(np.eye(8)) for _ in range(6)]
    h = x
    for w in weights:
        h = gg.tanh(h @ w)
    program = gg.compile(h, [x], backend="native")
    # The last loop's result is the program's: it does not take its input's memory.
    assert len(functions(program, "loop")) == 2
    assert len(functions(program, "product")) == 1
    start = np.random.default_rng(0).normal(size=(20, 8))
    wanted = start
    for _ in weights:
        wanted = np.tanh(wanted)
    np.testing.assert_allclose(program(start), wanted)


def test_updates_that_swap_do_not_share_code_with_those_that_do_not():
    a, b, c, d = (gg.variable(np.full(300, float(k))) for k in range(4))
    new = {a: a + 2 * b, b: b + 2 * a, c: d + 2 * c, d: c + 2 * d}
    gg.compile([], [], new, backend="native")()
    found = [float(v.value[7]) for v in (a, b, c, d)]
    assert found == [2.0, 1.0, 7.0, 8.0]


MOVED = {
    "slices": lambda x: x[1:3, ::-2],
    "a row": lambda x: x[-1],
    "backwards": lambda x: gg.flip(x, axis=1)[:, 1:],
    "a new axis": lambda x: x[..., None, 1:4],
    "windows": lambda x: gg.unfold(x, (2, 3), stride=(1, 2)),
    "a transpose, flat": lambda x: gg.reshape(gg.matrix_transpose(x), (-1,)),
    "a row, repeated, flat": lambda x: gg.reshape(gg.broadcast_to(x[0], (3, 5)), (15,)),
    "one entry, repeated": lambda x: gg.reshape(
        gg.broadcast_to(x[0, :1], (3, 4)), (2, 6)
    ),
    "an empty slice": lambda x: x[2:2],
}


@pytest.mark.parametrize("name", MOVED)
def test_movement_is_views_and_loops(name):
    """None of it is left to NumPy, whether it is read by loops or is the result."""
    x = gg.placeholder((4, 5))
    array = np.arange(20.0).reshape(4, 5)
    program = agree([MOVED[name](x), MOVED[name](gg.exp(x / 9)) * 2], [x], [array])
    assert "0 NumPy calls" in program.explain()


@pytest.mark.parametrize("op", ["sum", "max", "min", "any", "all", "mean"])
@pytest.mark.parametrize("dtype", ["bool", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("axis", [None, 0, 1, (0, 2)])
def test_reductions_are_loops(op, dtype, axis):
    x = gg.placeholder((3, 4, 2000), dtype=dtype)
    array = (np.random.default_rng(0).normal(size=(3, 4, 2000)) * 5).astype(dtype)
    array[0, 1] = array.min()
    program = agree([getattr(gg, op)(x, axis)], [x], [array])
    own = op in ("any", "all", "mean") or dtype.startswith("float")
    if own or (op, dtype) in {("sum", "int64"), ("max", "int32")}:
        assert "0 NumPy calls" in program.explain()


def test_lowered_shows_steps_as_scopes_and_keeps_names_and_lines():
    x = gg.placeholder((4, 3), name="x")
    w = gg.variable(np.ones((3, 2)), name="W")
    h = gg.tanh(x @ w + 1.0).named("h")
    program = gg.compile(gg.mean(h).named("loss"), [x], backend="native")
    graph = program.lowered()
    found = {t.name: t for t in graph.nodes if t.name}
    assert set(found) == {"x", "W", "h", "loss"}
    assert found["h"].scope == found["h"].inputs[0].scope == "2: loop"
    assert found["loss"].op.name == "divide"
    assert found["loss"].where().line == h.where().line + 1
    assert "2: loop" in gg.render(program, engine="layered")


def test_a_program_of_symbolic_sizes_is_lowered_at_its_call():
    x = gg.placeholder(("n",))
    program = gg.compile(gg.sum(gg.exp(x)), [x], backend="native")
    assert program.lowered() is program.graph
    program(np.ones(3))
    assert [t.shape for t in program.lowered().placeholders] == [(3,)]


def layers(h, sizes, normalised):
    """A net's last values, and its parameters."""
    found = []
    for m, n in pairwise(sizes):
        w, b = gg.variable(np.ones((m, n), "float32")), gg.variable(np.ones(n, "f4"))
        h = h @ w + b
        found += [w, b]
        if n != sizes[-1] and normalised:
            scale, shift = gg.variable(np.ones(n, "f4")), gg.variable(np.zeros(n, "f4"))
            h, *_ = gg.batch_norm(h, scale, shift)
            found += [scale, shift]
        h = gg.relu(h) if n != sizes[-1] else h
    return h, found


@pytest.mark.parametrize("name", ["plain", "normalised", "convolution"])
def test_training_steps_leave_nothing_to_numpy(name):
    labels = gg.placeholder((6,), dtype="int64")
    if name == "convolution":
        x = gg.placeholder((6, 1, 8, 8), dtype="float32")
        filters = gg.variable(np.ones((3, 1, 3, 3), "float32"))
        h = gg.max_pool2d(gg.relu(gg.conv2d(x, filters)), 2)
        h, found = layers(gg.reshape(h, (6, -1)), (27, 5), False)
        found.append(filters)
    else:
        x = gg.placeholder((6, 8), dtype="float32")
        h, found = layers(x, (8, 7, 5), name == "normalised")
    loss = gg.softmax_cross_entropy(h, labels)
    rate = np.float32(0.1)
    slopes = gg.grad(loss, found)
    updates = {p: p - rate * g for p, g in zip(found, slopes, strict=True)}
    step = gg.compile(loss, [x, labels], updates, backend="native")
    assert "0 NumPy calls" in step.explain()
    assert len(step._executable._for({}).plan.replaced) == len(found)


def test_the_branch_that_is_not_chosen_is_not_run():
    """It may fail, or never end."""
    a, chosen = gg.placeholder((2, 2)), gg.placeholder((), dtype="bool")
    forever = gg.cond(
        chosen,
        lambda a: gg.while_loop(lambda v: v > 0, lambda v: v + 1, gg.sum(a) + 1),
        lambda a: gg.sum(a),
        a,
    )
    y = gg.cond(chosen, lambda a: gg.linalg.inv(a), lambda a: a + 1, a)
    program = gg.compile([y, forever], [chosen, a], backend="native")
    made, total = program(False, np.zeros((2, 2)))
    np.testing.assert_array_equal(made, 1.0)
    assert total == 0
