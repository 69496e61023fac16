"""The search for cycles waits while something compiles, and goes on in every case."""

import gc
import os
import threading
import warnings

import pytest

from graphgrad.graph.tracking import no_search


@pytest.fixture(autouse=True)
def _as_before():
    before = gc.isenabled()
    yield
    assert gc.isenabled() == before


def test_it_waits_and_goes_on():
    with no_search():
        assert not gc.isenabled()
        with no_search():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error():
    with pytest.raises(KeyboardInterrupt), no_search():
        raise KeyboardInterrupt
    assert gc.isenabled()


def test_who_had_turned_it_off_finds_it_off():
    gc.disable()
    try:
        with no_search():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_it_waits_for_the_last_of_several_threads():
    inside, leave = threading.Event(), threading.Event()

    def other():
        with no_search():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=other)
    with no_search():
        thread.start()
        assert inside.wait(60)
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes")
def test_it_goes_on_in_a_copy_of_the_process():
    """The thread for which it waits is not in the copy."""
    inside, leave = threading.Event(), threading.Event()

    def other():
        with no_search():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads
        child = os.fork()
    if child == 0:
        with no_search():
            waits = not gc.isenabled()
        os._exit(0 if waits and gc.isenabled() else 1)
    _, status = os.waitpid(child, 0)
    leave.set()
    thread.join()
    assert os.waitstatus_to_exitcode(status) == 0
