"""Steps in an order that needs less memory: each once, after what it needs."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.execute.native.ordering import Work, ordered


@st.composite
def programs(draw):
    """Works that read what earlier ones make, and the sizes of what they make."""
    count = draw(st.integers(1, 25))
    made = [gg.placeholder(()) for _ in range(count)]
    works = []
    for k in range(count):
        before = draw(st.sets(st.integers(0, k - 1), max_size=3)) if k else set()
        more = draw(st.sets(st.integers(0, k - 1), max_size=1)) if k else set()
        size = draw(st.integers(0, 9))
        works.append(Work(before | more, {made[b] for b in before}, size))
    return works, {x: work.takes for x, work in zip(made, works, strict=True)}


@given(programs())
def test_every_step_is_done_once_after_what_it_needs(facts):
    works, sizes = facts
    order = ordered(works, sizes)
    assert sorted(order) == list(range(len(works)))
    place = {k: i for i, k in enumerate(order)}
    for k, work in enumerate(works):
        assert all(place[before] < place[k] for before in work.after)
    assert order == ordered(works, sizes)


def test_steps_that_free_nothing_stay_where_they_were():
    works = [Work(set(), set(), 1), Work({0}, set(), 1), Work(set(), set(), 1)]
    assert ordered(works, {}) == [0, 1, 2]


def step(layers, size=64, batch=32, backend="native"):
    """A step of SGD of a net of equal layers."""
    rng = np.random.default_rng(0)
    x = gg.placeholder((batch, size), dtype="float32")
    weights = [
        gg.variable(rng.normal(size=(size, size)).astype("f4") / 8)
        for _ in range(layers)
    ]
    h = x
    for w in weights:
        h = gg.tanh(h @ w)
    loss = gg.mean(gg.square(h))
    slopes = gg.grad(loss, weights)
    rate = np.float32(0.1)
    updates = {w: w - rate * g for w, g in zip(weights, slopes, strict=True)}
    return gg.compile(loss, [x], updates, backend=backend)


def test_a_weight_is_updated_as_soon_as_nobody_reads_the_old_one():
    text = step(6).explain()
    sizes = [int(re.search(r"(\d+) bytes", step(n).explain())[1]) for n in (6, 12)]
    layer = 32 * 64 * 4  # of activations, which the backward pass needs
    # Gradients of layers take two layers' memory, however many there are.
    assert sizes[1] - sizes[0] <= 6 * layer + 1024
    steps = [line for line in text.splitlines() if "product" in line][1:]
    backward = steps[-11:]
    kinds = ["added" in line for line in backward]
    assert kinds == [False, True] * 5 + [True]


def test_the_order_changes_no_value():
    x = np.random.default_rng(1).normal(size=(32, 64)).astype("f4")
    found = [
        [float(program(x)) for _ in range(4)]
        for program in (step(4), step(4, backend="reference"))
    ]
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_a_derivative_is_computed_where_it_is_needed():
    """It would take as much memory as tanh, from which it is computed, until then."""
    lines = [line.strip() for line in step(3).explain().splitlines()]
    assert lines.count("loop over (32, 64): tanh") == 2
    derivative = "loop over (32, 64): subtract, add, multiply, strong_multiply"
    assert lines.count(derivative) == 2


def test_what_would_keep_more_than_it_saves_stays():
    x, y = gg.placeholder((100, 100)), gg.placeholder((100, 100))
    large = x @ y
    sign = large > 0  # a byte, of eight that `large` has
    loss = gg.sum(gg.where(sign, gg.exp(large) @ y, 0.0))
    text = gg.compile(loss, [x, y], backend="native").explain()
    first, second = (
        line for line in text.splitlines() if "loop" in line and "10" in line
    )
    assert "greater" in first
    assert "greater" not in second


def test_a_copy_into_another_shape_stays():
    x = gg.placeholder((3, 4))
    y = gg.repeat(x, 2)
    slope = gg.grad(gg.sum(y * y), x)
    a = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(gg.compile(slope, [x])(a), 4 * a)


def test_a_loop_has_no_more_ops_than_registers_and_llvm_can_take():
    x = gg.placeholder((50,))
    y = x
    for _ in range(150):
        y = gg.tanh(y) * 1.01
    slope = gg.grad(gg.sum(y), x)
    program = gg.compile([y, slope], [x], backend="native")
    counts = [
        line.count(",")
        for line in program.explain().splitlines()
        if "loop over" in line
    ]
    assert len(counts) > 6
    assert max(counts) <= 101
    a = np.linspace(-1, 1, 50)
    reference = gg.compile([y, slope], [x], backend="reference")
    for found, wanted in zip(program(a), reference(a), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-10)
