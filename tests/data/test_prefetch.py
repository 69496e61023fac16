"""Items are made ahead, in order, in a thread that never outlives the loop."""

import gc
import itertools
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphgrad.data import prefetched
from graphgrad.errors import ArgumentError


def threads():
    return [t.name for t in threading.enumerate() if t.name.startswith("prefetched")]


@pytest.fixture(autouse=True)
def _no_thread_left():
    yield
    gc.collect()
    assert threads() == []


@given(st.lists(st.integers() | st.none(), max_size=20), st.integers(1, 5))
def test_items_come_in_order(items, ahead):
    assert list(prefetched(items, ahead)) == items


def failing(after):
    yield from range(after)
    raise LookupError(f"item {after}")


@given(st.integers(0, 6), st.integers(1, 4))
def test_an_exception_comes_at_its_place(after, ahead):
    found = []
    with pytest.raises(LookupError, match=f"item {after}"):
        found.extend(prefetched(failing(after), ahead))
    assert found == list(range(after))


def test_so_many_are_made_ahead_and_no_more():
    made = []
    items = prefetched((made.append(i) or i for i in itertools.count()), ahead=3)
    assert made == []
    for used in range(4):
        assert next(items) == used
        deadline = time.monotonic() + 10
        while len(made) < used + 4 and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.01)
        assert made == list(range(used + 4))
    items.close()


def test_items_are_made_in_another_thread():
    (name,) = prefetched(threading.current_thread().name for _ in range(1))
    assert name.startswith("prefetched")


def test_a_break_ends_the_thread():
    for item in prefetched(itertools.count()):
        if item == 3:
            assert len(threads()) == 1
            break
    assert threads() == []


def test_an_interrupt_ends_the_thread():
    def loop():
        for item in prefetched(itertools.count()):
            if item == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()


def test_a_source_that_is_closed_cleans_up():
    closed = []

    def source():
        try:
            yield from itertools.count()
        finally:
            closed.append(True)

    for _ in prefetched(source()):
        break
    gc.collect()
    assert closed == [True]


def test_fewer_than_one_ahead_is_refused_at_the_call():
    with pytest.raises(ArgumentError, match="0 items ahead"):
        prefetched([], 0)


SCRIPT = """
import itertools, signal, threading
from graphgrad.data import prefetched
# What runs in the background of a shell may have been told to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    for item in prefetched(itertools.count()):
        if item == 3:
            signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted", threading.active_count())
kept = prefetched(itertools.count())
next(kept)  # left open: the interpreter ends all the same
"""


def test_control_c_leaves_no_thread_and_the_interpreter_ends():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        check=True,
        text=True,
        timeout=180,
    )
    assert (done.stdout, done.stderr) == ("interrupted 1\n", "")
