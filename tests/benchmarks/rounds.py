"""Measuring in turn: every contender once per round, medians and ratios at the end."""

import os
import statistics
import time

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
# A forced type of core halves the speed of NumPy alone (OpenBLAS reads these at load).
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_name, None)

# One core for all, threads or not: XLA, for one, asks for none of these variables.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def race(contenders, *, rounds=9, number=1):
    """Median seconds of each contender, a mapping from names to functions."""
    for work in contenders.values():
        work()
    times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, work in contenders.items():
            start = time.perf_counter()
            for _ in range(number):
                work()
            times[name].append((time.perf_counter() - start) / number)
    return {name: statistics.median(values) for name, values in times.items()}


def report(title, medians, *, unit=1e6, label="µs"):
    """Print medians, and how many times slower each peer is than graphgrad."""
    print(title)
    own = medians["graphgrad"]
    for name, seconds in medians.items():
        print(f"  {name:<22} {seconds * unit:10.2f} {label}   × {seconds / own:.2f}")


def optional(name):
    """A peer's module, or None, said aloud."""
    try:
        return __import__(name)
    except ImportError:
        print(f"({name} is not installed and left out)")
        return None
