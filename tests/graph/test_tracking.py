"""The search for cycles waits while something compiles, and goes on in every case."""

import gc
import os
import threading
import warnings
from contextlib import ExitStack, contextmanager

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


@contextmanager
def elsewhere():
    """Another thread wants it to wait, until this is left."""
    inside, leave = threading.Event(), threading.Event()

    def work():
        with no_search():
            inside.set()
            leave.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert inside.wait(60)
        yield
    finally:
        leave.set()
        thread.join()


def test_it_waits_for_the_last_of_several_threads():
    with ExitStack() as other:
        with no_search():
            other.enter_context(elsewhere())
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no copies of processes")
def test_it_goes_on_in_a_copy_of_the_process():
    """The thread for which it waits is not in the copy."""
    with elsewhere(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads
        child = os.fork()
        if child == 0:
            with no_search():
                waits = not gc.isenabled()
            os._exit(0 if waits and gc.isenabled() else 1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
