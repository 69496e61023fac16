"""Every op, read off the table: nothing here lists an op by hand."""

import functools
import importlib
import itertools
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.graph.op import Op
from graphgrad.ops.catalogue import counterpart, declared_ops, gradient_kind, path
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


def called(op, arrays, options):
    """The op as users call it; einsum alone takes an option before its inputs."""
    if op.name == "einsum":
        return op(options["subscripts"], *arrays)
    return op(*arrays, **options)


def admitted(op, arrays, options):
    """The op's results, or none where its shape rule refuses the drawn shapes."""
    try:
        made = called(op, [gg.variable(x) for x in arrays], options)
    except gg.GraphgradError:
        made = None
    assume(made is not None)
    return results(made)


def weighted(op, options):
    """All results of an op as one number, each entry with a weight of its own."""

    def loss(*xs):
        total = 0.0
        made = results(called(op, xs, options))
        if op.domain.invariants is not None:
            made = op.domain.invariants(*made)
        for place, y in enumerate(made):
            if y.dtype.kind not in "fc":
                continue
            weights = np.cos(np.arange(np.prod(y.shape)) + place).reshape(y.shape)
            total = total + gg.sum(gg.real(y) * weights)
            if y.dtype.kind == "c":
                total = total + gg.sum(gg.imag(y) * np.flip(weights))
        return total

    return loss


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@quick
@given(data=st.data())
def test_inferred_shape_and_dtype_are_those_of_the_value(op, data):
    arrays, options = data.draw(cases(op))
    for y in admitted(op, arrays, options):
        assert y.value.shape == y.shape
        assert y.value.dtype == y.dtype


DTYPES = ["bool", "int8", "uint8", "int64", "float16", "float32", "complex64"]


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@pytest.mark.parametrize("dtype", DTYPES)
def test_inferred_dtypes_are_those_of_values_whatever_goes_in(op, dtype):
    for options in op.domain.options:
        arrays = [np.abs(x).astype(dtype) for x in typical(op, 2)]
        try:
            made = results(called(op, [gg.variable(x) for x in arrays], options))
            values = [y.value for y in made]
        except gg.GraphgradError:
            continue  # refused
        for y, value in zip(made, values, strict=True):
            assert (y.shape, y.dtype) == (value.shape, value.dtype), options


@pytest.mark.parametrize("op", OPS, ids=ids(OPS))
@quick
@given(data=st.data())
def test_arrays_compute_what_tensors_build(op, data):
    arrays, options = data.draw(cases(op))
    built = admitted(op, arrays, options)
    with np.errstate(all="ignore"):
        computed = results(called(op, arrays, options))
    for y, z in zip(built, computed, strict=True):
        # strides change SIMD
        np.testing.assert_allclose(y.value, z, rtol=1e-14, atol=1e-13)


@pytest.mark.parametrize("op", WITH_ORACLE, ids=ids(WITH_ORACLE))
@quick
@given(data=st.data())
def test_value_agrees_with_the_same_function_elsewhere(op, data):
    module, _, name = counterpart(op).rpartition(".")
    oracle = getattr(importlib.import_module(module), name)
    arrays, options = data.draw(cases(op))
    built = admitted(op, arrays, options)
    joined = op.arity is None and op.name != "einsum"
    arguments = [arrays] if joined else list(arrays)
    spelling = {
        "correction": "ddof",
        "sections": "indices_or_sections",
        "repetitions": "reps",
        "width": "pad_width",
        "value": "constant_values",
    }
    assume("descending" not in options)  # NumPy sorts upwards only
    renamed = {spelling.get(k, k): v for k, v in options.items()}
    if op.name == "astype":  # positional in NumPy
        arguments.append(renamed.pop("dtype"))
    if module == "scipy.special" and op.parameters:
        renamed.setdefault("axis", -1)
    first = [renamed.pop("subscripts")] if op.name == "einsum" else []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of means of nothing
        expected = results(oracle(*first, *arguments, **renamed))
    for y, z in zip(built, expected, strict=True):
        np.testing.assert_allclose(y.value, z, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@quick
@given(data=st.data())
def test_gradient_is_judged_right(op, data):
    arrays, options = data.draw(cases(op))
    (first, *rest) = admitted(op, arrays, options)
    assume(first.differentiable)
    alone = not rest and first.dtype.kind == "f"
    function = (lambda *xs: called(op, xs, options)) if alone else weighted(op, options)
    verdict = gg.testing.check_gradients(function, *arrays, order=1)
    assert verdict.verdict != "wrong", str(verdict)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
def test_gradient_and_second_gradient_at_a_typical_point(op):
    rng = np.random.default_rng(3)
    for options in op.domain.options:
        arrays = typical(op, rng)
        verdict = gg.testing.check_gradients(weighted(op, options), *arrays, order=2)
        assert verdict.ok, str(verdict)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_second_gradient_is_judged_right(op, data):
    """Over broadcasting, sizes of 0, arrays without axes and any strides."""
    arrays, options = data.draw(cases(op))
    arrays = ordinary(op, arrays, data.draw(st.integers(0, 99)))
    made = admitted(op, arrays, options)
    assume(all(y.differentiable for y in made[:1]))
    verdict = gg.testing.check_gradients(weighted(op, options), *arrays, order=2)
    assert verdict.verdict != "wrong", str(verdict)


def ordinary(op, arrays, seed):
    """The arrays as they lie in memory, with entries away from edges and kinks."""
    rng = np.random.default_rng(seed)
    arrays = list(arrays)
    for i, sample in enumerate(typical(op, seed)):
        x = arrays[i]
        if x.dtype.kind == "f":
            values = rng.permutation(np.resize(sample, x.size)).reshape(x.shape)
            values *= 1 + rng.uniform(-0.02, 0.02, x.shape)  # all different
            turn = tuple(slice(None, None, -1 if n < 0 else 1) for n in x.strides)
            arrays[i] = np.empty_like(x, subok=False)[(..., *turn)]
            arrays[i][...] = values
    return arrays if op.domain.repair is None else op.domain.repair(*arrays)


# Options that name a dtype set it; the bodies of loops and branches have their own.
SINGLE = [
    op
    for op in SMOOTH
    if not any({"dtype", "body", "true"} & o.keys() for o in op.domain.options)
]


@pytest.mark.parametrize("op", SINGLE, ids=ids(SINGLE))
def test_single_precision_agrees_with_double(op):
    for options in op.domain.options:
        arrays = [
            np.flip(np.flip(x.astype("float32")).copy())  # stored backwards
            if x.dtype == "float64"
            else x
            for x in typical(op, 11)
        ]
        kinds = {}
        for dtype in ("float32", "float64"):
            xs = [
                gg.variable(x.astype(dtype) if x.dtype.kind == "f" else x)
                for x in arrays
            ]
            floats = [x for x in xs if x.differentiable]
            loss = weighted(op, options)(*xs)
            slopes = gg.grad(loss, floats)
            total = sum(gg.sum(s * s) for s in slopes)
            total = total + sum(gg.sum(x) * 0 for x in floats)
            kinds[dtype] = [loss, *slopes, *gg.grad(total, floats)]
        singles = results(called(op, [gg.variable(x) for x in arrays], options))
        assert {y.dtype.itemsize for y in singles if y.dtype.kind == "f"} <= {4}
        assert all(s.dtype == "float32" for s in kinds["float32"][1:])
        for single, double in zip(*kinds.values(), strict=True):
            scale = np.max(np.abs(double.value), initial=1e-3)
            np.testing.assert_allclose(
                single.value, double.value, rtol=0, atol=3e-4 * scale
            )


def typical(op, seed=0):
    """One array per input, of the core shape, well inside the domain."""
    if isinstance(seed, np.random.Generator):
        seed = seed.integers(2**32)
    return strategies.typical(op.domain, seed)


@pytest.mark.parametrize("op", SMOOTH, ids=ids(SMOOTH))
@quick
@given(data=st.data())
def test_numeric_and_symbolic_gradients_agree(op, data):
    arrays, options = data.draw(cases(op))
    xs = [gg.variable(x) for x in arrays]
    admitted(op, arrays, options)
    floats = [x for x in xs if x.differentiable]
    loss = weighted(op, options)(*xs)
    assume(floats and not isinstance(loss, float))
    loss.backward()
    slopes = gg.grad(loss, floats)
    for x, slope in zip(floats, slopes, strict=True):
        found = np.zeros(x.shape) if x.grad is None else x.grad
        assert slope.dtype == x.dtype
        np.testing.assert_allclose(found, slope.value, rtol=1e-10, atol=1e-300)


MAPS = [
    (op, place, mapped)
    for op in OPS
    for place in range(len(op.domain.options))
    for mapped in itertools.product((False, True), repeat=len(typical(op)))
    if any(mapped)
]


@pytest.mark.parametrize(
    ("op", "place", "mapped"),
    MAPS,
    ids=[f"{op.name}-{i}-{''.join('01'[m] for m in ms)}" for op, i, ms in MAPS],
)
def test_vmap_is_a_loop(op, place, mapped):
    options = op.domain.options[place]
    samples = [typical(op, seed) for seed in range(3)]
    given = [
        np.stack([s[i] for s in samples]) if m else samples[0][i]
        for i, m in enumerate(mapped)
    ]
    axes = tuple(0 if m else None for m in mapped)
    function = gg.vmap(lambda *xs: called(op, xs, options), in_axes=axes)
    found = results(function(*[gg.variable(x) for x in given]))
    loop = [
        results(
            called(
                op,
                [x[i] if m else x for x, m in zip(given, mapped, strict=True)],
                options,
            )
        )
        for i in range(3)
    ]
    for y, rows in zip(found, zip(*loop, strict=True), strict=True):
        expected = np.stack(rows)
        assert y.dtype == expected.dtype
        np.testing.assert_allclose(y.value, expected, rtol=1e-12, atol=1e-12)


def in_the_plane(op, rng):
    """A typical sample moved off the real line."""
    return [
        x + 1j * rng.uniform(-0.3, 0.3, x.shape) if x.dtype.kind == "f" else x
        for x in typical(op, rng)
    ]


def takes_complex(op):
    """Whether an op computes with complex numbers; others refuse to be built."""
    arrays = in_the_plane(op, np.random.default_rng(0))
    try:
        called(op, [gg.variable(x) for x in arrays], op.domain.options[0])
    except gg.GraphgradError:
        return False
    return True


COMPLEX = [op for op in SMOOTH if takes_complex(op)]


@pytest.mark.parametrize("op", COMPLEX, ids=ids(COMPLEX))
def test_gradient_and_second_gradient_of_complex_inputs(op):
    rng = np.random.default_rng(7)
    for options in op.domain.options:
        arrays = in_the_plane(op, rng)
        parts = [p for x in arrays for p in (x.real, x.imag)]
        imaginary = [x.dtype.kind == "c" for x in arrays]
        loss = weighted(op, options)

        def of_parts(*parts, loss=loss, imaginary=imaginary):
            pairs = zip(parts[::2], parts[1::2], imaginary, strict=True)
            return loss(*[a + 1j * b if c else a for a, b, c in pairs])

        if "dtype" in options:
            continue  # a real dtype is refused
        verdict = gg.testing.check_gradients(of_parts, *parts, order=2)
        assert verdict.ok, f"{options}: {verdict}"


COMPOSITES = [op for op in SMOOTH if op.composite and op.vjp is not None]


@pytest.mark.parametrize("op", COMPOSITES, ids=ids(COMPOSITES))
def test_own_gradient_of_a_composite_is_the_derived_one(op):
    rng = np.random.default_rng(5)
    for options in op.domain.options:
        xs = [gg.variable(x) for x in typical(op, rng)]
        floats = [x for x in xs if x.differentiable]
        own = results(called(op, xs, options))
        node = own[0].inputs[0] if op.multiple else own[0]
        body = results(op.forward(*node.inputs, **dict(node.attrs)))
        cotangents = [rng.normal(size=y.shape) for y in own]
        pairs = zip(
            gg.vjp(own, floats, cotangents),
            gg.vjp(body, floats, cotangents),
            strict=True,
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
    if not path(op).rpartition(".")[2].startswith("_"):
        found = functools.reduce(getattr, path(op).split("."), gg)
        assert found is op or op.module.startswith("graphgrad.control")


def test_the_stub_of_methods_is_up_to_date():
    from graphgrad.ops import stubs

    assert stubs.path().read_text(encoding="utf-8") == stubs.stub(), (
        "run python -m graphgrad.ops.stubs"
    )


FROM_NUMPY = [op for op in WITH_ORACLE if counterpart(op).startswith("numpy.")]


@pytest.mark.parametrize("op", FROM_NUMPY, ids=ids(FROM_NUMPY))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_function_of_numpy_applied_to_a_tensor_builds_the_op(op, data):
    arrays, options = data.draw(cases(op))
    admitted(op, arrays, options)
    module, _, name = counterpart(op).rpartition(".")
    function = getattr(importlib.import_module(module), name)
    tensors = [gg.variable(x) for x in arrays]
    joined = op.arity is None and op.name != "einsum"
    first = [options["subscripts"]] if op.name == "einsum" else []
    rest = {k: v for k, v in options.items() if k != "subscripts"}
    try:
        made = results(function(*first, *([tensors] if joined else tensors), **rest))
    except gg.GraphgradError:
        raise
    except TypeError:
        return  # NumPy has another name for an argument
    assert all(isinstance(x, gg.Tensor) for x in made)
    assert {x.inputs[0].op if x.op.name == "project" else x.op for x in made} == {op}


def is_elementwise(op):
    if (
        not op.arity
        or op.domain.signature != "()"
        or {x.dtype for x in op.domain.inputs} != {"float64"}
    ):
        return False
    pairs = [gg.variable([0.5, 0.5])] * len(op.domain.inputs)
    made = results(called(op, pairs, op.domain.options[0]))
    return len(made) == 1 and made[0].shape == (2,)


ELEMENTWISE = [op for op in SMOOTH if is_elementwise(op)]
EDGES = [0.0, -0.0, 1.0, -1.0, 3.0, -2.0, 1e3, -1e3, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("op", ELEMENTWISE, ids=ids(ELEMENTWISE))
def test_what_is_not_chosen_has_no_gradient_however_steep_it_is(op, order):
    grids = np.meshgrid(*[np.array(EDGES)] * op.arity)
    for options in op.domain.options:
        xs = [gg.variable(x.ravel()) for x in grids]
        kept = gg.variable(np.zeros(xs[0].shape))
        y = gg.where(kept > 0, gg.real(called(op, xs, options)), 0.0)
        slopes = gg.grad(gg.sum(y), xs)
        if order == 2:
            total = sum(gg.sum(s * w) for s, w in zip(slopes, (1, 2, 3), strict=False))
            total = total + sum(gg.sum(gg.strong_multiply(0.0, x)) for x in xs)
            slopes = gg.grad(total, xs)
        for slope in slopes:
            wrong = slope.value != 0
            points = [[float(x.value[i]) for x in xs] for i in np.flatnonzero(wrong)]
            assert not wrong.any(), f"at {points[:5]}: {slope.value[wrong][:5]}"
