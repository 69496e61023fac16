"""Memory of native programs: results that take the place of what they are made of."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.execute.native import memory
from graphgrad.execute.native.assemble import assemble
from graphgrad.execute.native.steps import Product

SIZE = 6
# Each makes a square matrix of one or two; some read entries other than their own.
MOVES = {
    "tanh": lambda x, _: gg.tanh(x),
    "twice, and its sign": lambda x, _: gg.where(x > 0, 2 * x, -x),
    "add": lambda x, y: x + y,
    "multiply": lambda x, y: x * y / 4,
    "product": lambda x, y: (x @ y) / 8,
    "added product": lambda x, y: x + y @ y / 8,
    "transpose": lambda x, y: x.T - y,
    "turned": lambda x, _: x.T,
    "flipped": lambda x, y: x[::-1] + y / 2,
    "a row": lambda x, y: x[1] - y,
    "less its mean": lambda x, _: x - gg.mean(x, axis=0),
    "sums of rows": lambda x, y: y - gg.sum(x, axis=1, keepdims=True) / SIZE,
    "reshaped": lambda x, y: gg.reshape(gg.reshape(x, (-1,)) / 2, x.shape) + y,
    "rounded": lambda x, _: gg.astype(gg.astype(4 * x, "float32"), "float64") / 4,
}


def plan_of(program):
    (specialised,) = program._executable._known.values()
    return specialised.plan


def taken(program):
    """Whose memory is taken, by names of ops."""
    plan = plan_of(program)
    return [(y.op.name, x.op.name) for y, x in plan.over.items()]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0), st.integers(0)),
        min_size=2,
        max_size=14,
    ),
    st.lists(st.integers(0), min_size=1, max_size=3),
)
def test_random_matrices_are_those_of_the_reference(moves, wanted):
    rng = np.random.default_rng(0)
    given_ = [rng.normal(size=(SIZE, SIZE)) for _ in range(2)]
    places = [gg.placeholder((SIZE, SIZE)) for _ in given_]
    known = list(places)
    for name, i, j in moves:  # mostly of what was made last, which is soon not needed
        known.append(MOVES[name](known[-1 - i % 2], known[-1 - j % len(known)]))
    outputs = [known[-1 - i % 4] for i in wanted]
    native, plain = (
        gg.compile(outputs, places, backend=b) for b in ("native", "reference")
    )
    for _ in range(2):  # the second call finds what the first one left
        for found, right in zip(native(*given_), plain(*given_), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)


def test_a_deep_net_needs_two_layers_of_memory():
    x, h = gg.placeholder((64, 64)), gg.placeholder((64, 64))
    for _ in range(5):
        h = gg.tanh(x @ h)
    program = gg.compile(gg.sum(h * h), gg.Graph(h).placeholders, backend="native")
    assert taken(program) == [("tanh", "matmul")] * 4
    assert f" {2 * 8 * 64 * 64} bytes" in program.explain()


def test_a_product_is_added_in_the_place_of_what_it_is_added_to():
    x, w = gg.placeholder((64, 64)), gg.placeholder((64, 64))
    h = gg.tanh(x @ w)
    program = gg.compile(gg.tanh(h + w @ x) @ x, [x, w], backend="native")
    assert ("add", "tanh") in taken(program)


READ = {
    "transposed": lambda h: h + h.T,
    "backwards": lambda h: h[::-1] + h,
    "a row for all": lambda h: h + h[0],
    "as other numbers": lambda h: gg.astype(h > 0.5, "float32") + 1,
    "by a product": lambda h: h @ h,
}


@pytest.mark.parametrize("name", READ)
def test_no_memory_is_taken_that_is_read_elsewhere(name):
    x = gg.placeholder((30, 30))
    y = READ[name](x @ x)
    program = gg.compile(gg.sum(gg.sin(y @ y)), [x], backend="native")
    plan = plan_of(program)
    first = next(step.node for step in plan.steps if isinstance(step, Product))
    assert first not in plan.over.values()
    value = np.random.default_rng(0).normal(size=(30, 30)) / 9
    reference = gg.compile(program.outputs, [x], backend="reference")
    np.testing.assert_allclose(program(value), reference(value), rtol=1e-5)


def test_no_memory_is_taken_that_a_view_hands_out():
    x = gg.placeholder((30, 30))
    h = x @ x
    program = gg.compile([h.T[:3], gg.sum(gg.exp(h) @ x)], [x], backend="native")
    assert "matmul" not in (of for _, of in taken(program))
    value = np.random.default_rng(0).normal(size=(30, 30)) / 9
    np.testing.assert_allclose(program(value)[0], (value @ value).T[:3], rtol=1e-12)


spans = st.tuples(st.integers(1, 40), st.integers(0, 30), st.integers(0, 12))


@given(st.lists(spans, max_size=30))
def test_values_that_are_needed_at_once_have_bytes_of_their_own(drawn):
    known = np.array([(n, k, k + rest) for n, k, rest in drawn], int).reshape(-1, 3)
    starts, size = memory._placed(known)
    bytes_, steps = np.zeros(size, int), range(45)
    for step in steps:
        bytes_[:] = 0
        for (n, first, last), start in zip(known, starts, strict=True):
            if first <= step <= last:
                bytes_[start : start + n] += 1
        assert bytes_.max(initial=0) <= 1
    needed = [sum(n for n, i, j in known if i <= step <= j) for step in steps]
    assert max(needed) <= size <= sum(n for n, *_ in drawn)


def test_the_conv_net_needs_no_more_than_what_is_needed_at_once():
    x = gg.placeholder((10, 1, 28, 28), dtype="float32")
    w = gg.variable(np.ones((30, 1, 5, 5), "float32"))
    loss = gg.sum(gg.max_pool2d(gg.relu(gg.conv2d(x, w)), 2) ** 2)
    program = gg.compile(loss, [x], {w: w - gg.grad(loss, w)}, backend="native")
    plan, ((size, used),) = (
        plan_of(program),
        [(s._size, s._offsets) for s in program._executable._known.values()],
    )
    last = plan.last_reads()
    made = {x: k for k, step in enumerate(plan.steps) for x in plan.made_by(step)}
    needed = [
        sum(
            y.size * y.dtype.itemsize
            for y in used
            if made[y] <= k <= last[y] - any(y is z for z in plan.over.values())
        )
        for k in range(len(plan.steps))
    ]
    assert size <= max(needed) * 1.02


def test_what_is_written_over_is_not_promised_to_lie_apart():
    x, w = gg.placeholder((9, 9)), gg.placeholder((9, 9))
    y = gg.sum(gg.tanh(x @ w) @ w)
    program = gg.compile(y, [x, w], backend="native")
    assert taken(program) == [("tanh", "matmul")]
    (specialised,) = program._executable._known.values()
    facts = specialised.plan, specialised._addresses, False, 1
    source = assemble(*facts)[1].replace('"', "")
    told = re.findall(r"define internal void @loop\d+\((.*?)\)", source)
    # That of tanh has one pointer to read and to write; that of the sum has two.
    assert sorted(arguments.count("noalias") for arguments in told) == [1, 2]
