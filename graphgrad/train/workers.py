"""A function called with one job after another, here or in worker processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from graphgrad.errors import ArgumentError, EvaluationError

_SCRIPT = 'with the call below `if __name__ == "__main__":` if it is a script'


def check_importable(function: Any) -> None:
    """Whether another process can have a function.

    Raises:
        ArgumentError: if it cannot be pickled, or is of a session without a file.
    """
    session = not hasattr(sys.modules["__main__"], "__file__")
    try:
        pickle.dumps(function)
        found = not (session and getattr(function, "__module__", "") == "__main__")
    except Exception:  # whatever an object's own __reduce__ raises
        found = False
    if not found:
        raise ArgumentError(
            f"worker processes cannot import {function!r}",
            remedy=f"define it with `def` at the top of a module, {_SCRIPT}; "
            "or take workers=1",
        )


def outcomes(
    function: Callable[[Any], Any], jobs: Iterator[tuple[int, Any]], workers: int
) -> Iterator[tuple[int, Any]]:
    """What a function gives for each job, as they end.

    Args:
        function: importable, if there are several workers.
        jobs: by number; the next is asked for when there is a worker for it.
        workers: processes; 1 is this one. They end when this one does, killed or not.

    Raises:
        EvaluationError: if a worker dies. What the function raises passes through.
    """
    if workers == 1:
        for number, job in jobs:
            yield number, function(job)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, _end_with_parent) as pool:
        running: dict[Future[Any], int] = {}
        try:
            while True:
                while len(running) < workers and (job := next(jobs, None)):
                    running[pool.submit(function, job[1])] = job[0]
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        except BrokenProcessPool:
            raise EvaluationError(
                "a worker process ended without a word",
                remedy=f"try with workers=1; and define the function in a module, "
                f"{_SCRIPT}",
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """Watch the parent process: a pool whose owner is killed would wait for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
