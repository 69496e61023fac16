"""Loops in parts: what the reference gives, the same for any number of threads."""

import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

import graphgrad as gg
from graphgrad.execute.native import sharing
from graphgrad.execute.native.machine import threads
from graphgrad.testing import strategies
from tests import backends

agree = partial(backends.agree, "native")


@pytest.fixture
def small(monkeypatch):
    """Loops are split that are far too short for it."""
    monkeypatch.setattr(sharing, "_PART", 16)
    monkeypatch.setattr(sharing, "_FEWEST", 2)
    monkeypatch.setattr(sharing, "_SHARE", 1)


def results(program, *arrays):
    """What one to three threads give."""
    found = []
    for count in (1, 2, 3):
        with threadpool_limits(count, user_api="blas"):
            assert threads() == count
            found.append([np.asarray(y) for y in program(*arrays)])
    return found


def assert_same(found):
    for others in found[1:]:
        for y, z in zip(found[0], others, strict=True):
            assert y.tobytes() == z.tobytes()


@pytest.mark.usefixtures("small")
@settings(max_examples=60, deadline=None)
@given(strategies.graphs())
def test_random_graphs_with_their_gradients(graph):
    backends.graph_agrees("native", graph)


@pytest.mark.usefixtures("small")
@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple),
    name=st.sampled_from(["sum", "max", "min", "mean"]),
    dtype=st.sampled_from(["float32", "float64", "int64"]),
    data=st.data(),
)
def test_reductions_of_parts(shape, name, dtype, data):
    axes = st.sets(st.integers(0, len(shape) - 1)).map(lambda s: tuple(sorted(s)))
    axis = data.draw(st.none() | axes)
    x = gg.placeholder(shape, dtype=dtype)
    array = (np.random.default_rng(0).normal(size=shape) * 9).astype(dtype)
    y = x * 2 + 1
    program = agree([y, getattr(gg, name)(y, axis=axis)], [x], [array])
    assert_same(results(program, array))


@pytest.mark.parametrize("size", [1023, 1024, 1025, 5000, 1 << 16, (1 << 16) + 1])
@pytest.mark.usefixtures("small")
def test_stretches_end_where_parts_do(size):
    x = gg.placeholder((size,), dtype="float32")
    array = np.random.default_rng(0).normal(size=size).astype("float32")
    agree([gg.sum(gg.exp(x)), gg.max(x)], [x], [array])


def test_a_million_has_the_same_sum_for_any_number_of_threads():
    x = gg.placeholder((1000, 1000), dtype="float32")
    y = gg.tanh(x) * gg.exp(x)
    outputs = [gg.sum(y), gg.sum(y, axis=0), gg.sum(y, axis=1), gg.grad(gg.sum(y), x)]
    array = np.random.default_rng(0).normal(size=x.shape).astype("float32")
    program = agree(outputs, [x], [array])
    assert " parts: " in program.explain()
    assert_same(results(program, array))


def test_a_variable_is_updated_in_parts():
    start = np.random.default_rng(0).normal(size=1_000_000)
    found = []
    for count in (1, 2):
        v = gg.variable(start)
        step = gg.compile(gg.sum(v), [], {v: v - 0.1 * gg.tanh(v) * gg.exp(-v)})
        with threadpool_limits(count, user_api="blas"):
            step()
            found.append(v.value.tobytes())
    assert found[0] == found[1]


def test_small_loops_are_left_whole():
    x = gg.placeholder((1000,))
    program = gg.compile(gg.exp(x) + 1, [x], backend="native")
    program(np.ones(1000))
    assert "parts" not in program.explain()


def test_parts_cover_an_axis_once():
    for sizes in [(1 << 22,), (7, 1 << 19), (3_000_017,), (2048, 2048)]:
        split = sharing.split_of(sizes, 1, 0)
        assert split.length * (split.count - 1) < split.size
        assert split.length * split.count >= split.size
    assert sharing.split_of((1 << 22,), 1, 1 << 20) is None  # sums as large as the loop


def test_an_interrupt_waits_for_helpers(monkeypatch):
    """They write into memory that is used again after the call."""
    release, waits = threading.Event(), []
    own = sharing.wait

    def interrupted(futures):
        waits.append(futures)
        if len(waits) == 1:
            raise KeyboardInterrupt
        release.set()
        return own(futures)

    done = []

    def work(address, first, end):
        if first:
            release.wait(10)
        done.append((first, end))

    monkeypatch.setattr(sharing, "wait", interrupted)
    monkeypatch.setattr(sharing, "threads", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        sharing.Shared(work, 4)(0)
    assert sorted(done) == [(0, 2), (2, 4)]


def test_helpers_are_waited_for_if_one_cannot_be_had(monkeypatch):
    done = []

    class Pool(ThreadPoolExecutor):
        def submit(self, work, *facts):
            if done or facts[1] > 1:
                raise RuntimeError("no thread is left")
            return super().submit(lambda: (time.sleep(0.1), done.append(facts)))

    with Pool(1) as pool:
        monkeypatch.setattr(sharing, "_pool", lambda _: pool)
        monkeypatch.setattr(sharing, "threads", lambda: 4)
        with pytest.raises(RuntimeError, match="no thread"):
            sharing.Shared(lambda *_: None, 4)(7)
        assert done == [(7, 1, 2)]


@pytest.mark.usefixtures("small")
def test_the_profile_of_a_split_loop_has_one_line():
    x = gg.placeholder((4000,))
    program = gg.compile([gg.sum(x * x + 1), gg.max(x)], [x], backend="native")
    table = str(program.profile(np.ones(4000)))
    assert table.count("loop over (4000,) in") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not copied here")
def test_a_copied_process_has_helpers_of_its_own(monkeypatch):
    monkeypatch.setattr(sharing, "threads", lambda: 2)
    done = []
    shared = sharing.Shared(lambda address, first, end: done.append(first), 2)
    shared(0)
    with warnings.catch_warnings():
        # From Python 3.12 on: locks may be held. Ours are not, between two calls.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        done.clear()
        shared(0)
        os._exit(sorted(done) != [0, 1])
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sorted(done) == [0, 1]


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
def test_the_environment_says_how_many_threads(name):
    code = "from graphgrad.execute.native.machine import threads; print(threads())"
    others = {k: v for k, v in os.environ.items() if "NUM_THREADS" not in k}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**others, name: "1"},
    )
    assert done.stdout.strip() == b"1"
