"""The JAX backend against the reference: ops, gradients, control flow, updates."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.ops.catalogue import declared_ops, gradient_kind
from graphgrad.testing import strategies

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore:.*donated buffers")]

OPS = [op for op in declared_ops() if op.name != "project"]
SMOOTH = [op for op in OPS if gradient_kind(op) != "none" and not op.multiple]
few = settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ROUNDING = {"float16": 4e-3, "float32": 4e-5, "complex64": 4e-5}


def ids(ops):
    return [op.name for op in ops]


def as_list(made):
    return list(made) if isinstance(made, list | tuple) else [made]


def agree(outputs, inputs=(), arrays=()):
    wanted = gg.compile(outputs, inputs, backend="reference")(*arrays)
    found = gg.compile(outputs, inputs, backend="jax")(*arrays)
    for x, y in zip(wanted, found, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        rtol = ROUNDING.get(x.dtype.name, 1e-8)
        size = np.abs(np.where(np.isfinite(x), x, 0)).max(initial=1)
        np.testing.assert_allclose(y, x, rtol=rtol, atol=rtol * size)


def called(op, arrays, options):
    places = [gg.placeholder(x.shape, dtype=x.dtype.name) for x in arrays]
    try:
        if op.name == "einsum":
            return as_list(op(options["subscripts"], *places)), places
        return as_list(op(*places, **options)), places
    except gg.GraphgradError:
        assume(False)


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@few
@given(data=st.data())
def test_every_op_gives_what_the_reference_gives(op, data):
    arrays = data.draw(strategies.inputs(op.domain))
    made, places = called(op, arrays, data.draw(strategies.options(op.domain)))
    agree(made, places, arrays)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@few
@given(data=st.data())
def test_every_gradient_is_that_of_the_reference(op, data):
    arrays = data.draw(strategies.inputs(op.domain))
    ((y, *_), places) = called(op, arrays, data.draw(strategies.options(op.domain)))
    wanted = [x for x in places if x.differentiable]
    if not (y.differentiable and wanted):
        return
    loss = gg.sum(gg.real(y) if y.dtype.kind == "c" else y * 1.5)
    agree([loss, *gg.grad(loss, wanted)], places, arrays)


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
def test_every_op_in_float32(op):
    arrays = [np.real(x).astype("float32") for x in strategies.typical(op.domain, 2)]
    places = [gg.placeholder(x.shape, dtype="float32") for x in arrays]
    try:
        made = as_list(op(*places, **op.domain.options[0]))
        gg.compile(made, places, backend="reference")(*arrays)
    except (gg.GraphgradError, ValueError, TypeError):
        return  # refused
    agree(made, places, arrays)


def net(rng):
    x, t = (
        gg.placeholder(("n", 5), dtype="float32"),
        gg.placeholder(("n",), dtype="int64"),
    )
    w = gg.variable(rng.normal(size=(5, 3)).astype("float32"))
    b = gg.variable(np.zeros(3, "float32"))
    loss = gg.softmax_cross_entropy(gg.tanh(x) @ w + b, t)
    slopes = gg.grad(loss, [w, b])
    new = {p: p - np.float32(0.1) * g for p, g in zip((w, b), slopes, strict=True)}
    return (x, t), (w, b), loss, new


def test_training_goes_as_with_the_reference():
    found = []
    for backend in ("reference", "jax"):
        rng = np.random.default_rng(0)
        inputs, variables, loss, new = net(rng)
        step = gg.compile(loss, inputs, new, backend=backend)
        losses = [
            step(rng.normal(size=(n, 5)).astype("float32"), rng.integers(0, 3, n))
            for n in (4, 4, 7)
        ]
        found.append([*losses, *(v.value for v in variables)])
        assert all(v.value.dtype == np.float32 for v in variables)
    for x, y in zip(*found, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5)


def test_arrays_that_were_given_or_handed_out_do_not_change():
    start, given = np.ones(300), np.full(300, 2.0)
    w, x = gg.variable(start), gg.placeholder((300,))
    step = gg.compile([w * x, w], [x], {w: w + x}, backend="jax")
    first = step(given)
    kept = [y.copy() for y in first]
    before = w.value
    step(given)
    for y, z in zip(first, kept, strict=True):
        np.testing.assert_array_equal(y, z)
    np.testing.assert_array_equal(before, start + given)
    np.testing.assert_array_equal(given, 2.0)
    gg.compile([], [], {w: w * 0.0}, backend="native")()  # which writes in place
    assert step(given)[1][0] == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_numbers_are_the_same_bits(dtype):
    key = gg.random.key(3)
    made = [
        gg.random.uniform(key, (50,), dtype=dtype),
        gg.random.bits(key, (50,)),
        gg.random.integers(key, (50,), high=10),
    ]
    wanted = gg.compile(made, [], backend="reference")()
    for x, y in zip(wanted, gg.compile(made, [], backend="jax")(), strict=True):
        np.testing.assert_array_equal(x, y)


def test_loops_and_branches_with_their_gradients():
    w, rows = gg.placeholder(()), gg.placeholder(("n", 3))
    last, all_of_them = gg.scan(lambda s, r: (gg.tanh(s * w + r), s * s), rows[0], rows)
    y = gg.sum(last) + gg.sum(all_of_them)
    chosen = gg.cond(w > 0, lambda v: v * v, lambda v: -v, y)
    end = gg.while_loop(lambda v: v < 50, lambda v: v * 3, gg.exp(w), bound=9)
    outputs = [chosen, *gg.grad(chosen, [w, rows]), end, gg.grad(end, w)]
    for value in (0.5, -0.5):
        arrays = [np.asarray(value), np.random.default_rng(0).normal(size=(12, 3))]
        agree(outputs, [w, rows], arrays)


def test_whole_numbers_beside_single_precision_are_promoted_as_in_numpy():
    x, n = gg.placeholder((2,), dtype="float32"), gg.placeholder((2,), dtype="int64")
    agree(n * x, [x, n], [np.ones(2, "float32"), np.array([2**40 + 1, 3])])


def test_explain_says_where():
    x = gg.placeholder((2,))
    assert "on cpu" in gg.compile(x * 2, backend="jax").explain()
