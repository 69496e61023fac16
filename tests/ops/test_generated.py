"""Every op, read off the table: nothing here lists an op by hand."""

import importlib
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.graph.op import Op
from graphgrad.ops.catalogue import counterpart, declared_ops, gradient_kind
from graphgrad.testing import strategies

OPS = [op for op in declared_ops() if op.name != "project"]
SMOOTH = [
    op
    for op in OPS
    if gradient_kind(op) != "none"
    and any(x.dtype.startswith("float") for x in op.domain.inputs)
]
WITH_ORACLE = [op for op in OPS if counterpart(op).startswith(("numpy.", "scipy."))]

quick = settings(
    max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None
)


def ids(ops):
    return [op.name for op in ops]


def cases(op: Op):
    """Arrays from an op's domain, with one of its options."""
    return st.tuples(strategies.inputs(op.domain), st.sampled_from(op.domain.options))


def results(made):
    return list(made) if isinstance(made, list | tuple) else [made]


def admitted(op, arrays, options):
    """The op's result, or none where its shape rule refuses the drawn shapes."""
    try:
        made = op(*[gg.variable(x) for x in arrays], **options)
    except gg.GraphgradError:
        made = None
    assume(made is not None)
    return results(made)


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@quick
@given(data=st.data())
def test_inferred_shape_and_dtype_are_those_of_the_value(op, data):
    arrays, options = data.draw(cases(op))
    for y in admitted(op, arrays, options):
        assert y.value.shape == y.shape
        assert y.value.dtype == y.dtype


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@quick
@given(data=st.data())
def test_arrays_compute_what_tensors_build(op, data):
    arrays, options = data.draw(cases(op))
    built = admitted(op, arrays, options)
    with np.errstate(all="ignore"):
        computed = results(op(*arrays, **options))
    for y, z in zip(built, computed, strict=True):
        np.testing.assert_allclose(y.value, z, rtol=1e-14)  # strides change SIMD


@pytest.mark.parametrize("op", WITH_ORACLE, ids=ids(WITH_ORACLE))
@quick
@given(data=st.data())
def test_value_agrees_with_the_same_function_elsewhere(op, data):
    module, _, name = counterpart(op).rpartition(".")
    oracle = getattr(importlib.import_module(module), name)
    arrays, options = data.draw(cases(op))
    built = admitted(op, arrays, options)
    arguments = [arrays] if op.arity is None else list(arrays)
    spelling = {
        "correction": "ddof",
        "sections": "indices_or_sections",
        "repetitions": "reps",
    }
    assume("descending" not in options)  # NumPy sorts upwards only
    renamed = {spelling.get(k, k): v for k, v in options.items()}
    if op.name == "astype":  # positional in NumPy
        arguments.append(renamed.pop("dtype"))
    if module == "scipy.special" and op.parameters:
        renamed.setdefault("axis", -1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of means of nothing
        expected = results(oracle(*arguments, **renamed))
    for y, z in zip(built, expected, strict=True):
        np.testing.assert_allclose(y.value, z, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@quick
@given(data=st.data())
def test_gradient_is_judged_right(op, data):
    arrays, options = data.draw(cases(op))
    (first, *_) = admitted(op, arrays, options)
    assume(first.differentiable)
    verdict = gg.testing.check_gradients(
        lambda *xs: results(op(*xs, **options))[0], *arrays, order=1
    )
    assert verdict.verdict != "wrong", str(verdict)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
def test_gradient_and_second_gradient_at_a_typical_point(op):
    rng = np.random.default_rng(3)
    for options in op.domain.options:
        arrays = typical(op, rng)
        verdict = gg.testing.check_gradients(
            lambda *xs, options=options: results(op(*xs, **options))[0],
            *arrays,
            order=2,
        )
        assert verdict.ok, str(verdict)


def typical(op, rng):
    """One array per input, of the core shape, well inside the domain."""
    sizes = {"n": 4, "m": 3, "k": 2}
    core = op.domain.signature.split("->")[0].replace("?", "")
    shapes = [
        tuple(sizes.get(d) or int(d) for d in part.strip("()").split(",") if d)
        for part in core.split("),(")
    ]
    shapes += shapes[-1:] * (len(op.domain.inputs) - len(shapes))
    if op.domain.signature == "()":
        shapes = [(2, 3)] * len(op.domain.inputs)
    arrays = []
    for interval, shape in zip(op.domain.inputs, shapes, strict=True):
        if interval.dtype in ("int64", "bool"):
            top = int(interval.high)
            drawn = rng.integers(max(0, int(interval.low)), top, shape)
            arrays.append(drawn.astype(interval.dtype))
        else:
            arrays.append(rng.uniform(interval.low, interval.high, shape))
    return arrays


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@quick
@given(data=st.data())
def test_numeric_and_symbolic_gradients_agree(op, data):
    arrays, options = data.draw(cases(op))
    xs = [gg.variable(x) for x in arrays]
    made = admitted(op, arrays, options)
    made = results(op(*xs, **options))
    y = made[0]
    floats = [x for x in xs if x.differentiable]
    assume(y.differentiable and floats and y.value.size)
    weights = np.linspace(0.5, 1.5, y.value.size).reshape(y.shape).astype(y.dtype)
    loss = gg.sum(y * weights)
    loss.backward()
    slopes = gg.grad(loss, floats)
    for x, slope in zip(floats, slopes, strict=True):
        found = np.zeros(x.shape) if x.grad is None else x.grad
        assert slope.dtype == x.dtype
        np.testing.assert_allclose(found, slope.value, rtol=1e-10, atol=1e-300)


COMPOSITES = [op for op in SMOOTH if op.composite and op.vjp is not None]


@pytest.mark.parametrize("op", COMPOSITES, ids=ids(COMPOSITES))
def test_own_gradient_of_a_composite_is_the_derived_one(op):
    rng = np.random.default_rng(5)
    for options in op.domain.options:
        xs = [gg.variable(x) for x in typical(op, rng)]
        floats = [x for x in xs if x.differentiable]
        own = op(*xs, **options)
        body = op.forward(*xs, **dict(own.attrs))
        cotangent = rng.normal(size=own.shape)
        pairs = zip(
            gg.vjp(own, floats, cotangent), gg.vjp(body, floats, cotangent), strict=True
        )
        for mine, derived in pairs:
            np.testing.assert_allclose(
                mine.value, derived.value, rtol=1e-10, atol=1e-12
            )


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
def test_every_op_is_documented_and_in_the_table(op):
    row = next(r for r in gg.ops.table() if r["name"] == op.name)
    assert row["summary"]
    assert row["summary"][-1] in ".)"
    assert len(row["summary"]) < 120 or "\n" not in row["summary"]
    assert op.module.startswith("graphgrad.control") or getattr(gg, op.name) is op


def test_the_stub_of_methods_is_up_to_date():
    from graphgrad.ops import stubs

    assert stubs.path().read_text(encoding="utf-8") == stubs.stub(), (
        "run python -m graphgrad.ops.stubs"
    )
