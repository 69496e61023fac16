"""Measuring in turn: every contender once per round, medians and ratios at the end."""

import gc
import os
import re
import statistics
import time
from itertools import accumulate

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
# A forced type of core halves the speed of NumPy alone (OpenBLAS reads these at load).
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_name, None)

# PyTorch's profiler, which is asked for memory, is to say nothing else.
os.environ["KINETO_LOG_LEVEL"] = "99"

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
            gc.collect()  # nobody pays for another's garbage, everybody for the own
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


def with_memory(program, *data):
    """A program of graphgrad's as a step, and its memory beside the parameters."""

    def step():
        return program(*data)

    found = re.search(r"(\d+) bytes", program.explain())
    step.memory = int(found[1]) if found else None
    return step


def tell_memory(contenders):
    """Print the memory of those that know it."""
    for who, step in contenders.items():
        size = getattr(step, "memory", None)
        if size := size() if callable(size) else size:
            print(f"  {who}: {size:,} bytes beside the parameters")


def temporary(compiled, *arguments):
    """Bytes that a function of jax.jit's needs beside what it takes and gives."""
    made = compiled.lower(*arguments).compile()
    return made.memory_analysis().temp_size_in_bytes


def eager(torch, step):
    """A step of PyTorch's that can be asked for its memory: then it does one more.

    What PyTorch allocates and frees is counted, from its lowest level to the highest.
    """

    def memory():
        kinds = [torch.profiler.ProfilerActivity.CPU]
        with torch.profiler.profile(activities=kinds, profile_memory=True) as profile:
            step()
        events = profile.profiler.kineto_results.events()
        changes = [e for e in events if e.name() == "[memory]"]
        changes.sort(key=lambda e: e.start_ns())
        levels = [0, *accumulate(e.nbytes() for e in changes)]
        return max(levels) - min(levels)

    step.memory = memory
    return step


def beside_peers(title, facts, own, pytorch, jitted, *, more=(), **race_):
    """Race steps of training: graphgrad's, the peers' that are there, and others.

    Every step is made of the same facts and gives its loss, which is printed first.
    """
    torch, jax = optional("torch"), optional("jax")
    contenders = {"graphgrad": own(*facts), **dict(more)}
    if torch:
        contenders["PyTorch eager"] = pytorch(torch, *facts)
    if jax:
        contenders["jax.jit, donated"] = jitted(jax, *facts)
    for name, step in contenders.items():
        print(f"{name}: losses {step():.5f}, {step():.5f}, {step():.5f}")
    tell_memory(contenders)
    report(title, race(contenders, **race_), unit=1e3, label="ms")


def eager_descent(torch, flat, loss, rate):
    """A step of SGD as PyTorch is written: a loss of parameters, and its gradients."""
    flat = [torch.tensor(p, requires_grad=True) for p in flat]

    def step():
        value = loss(flat)
        slopes = torch.autograd.grad(value, flat)
        with torch.no_grad():
            torch._foreach_add_(flat, slopes, alpha=-float(rate))
        return value.item()

    return eager(torch, step)


def jitted_descent(jax, flat, loss, rate, *data, measured=True):
    """A step of SGD by jax.jit, the parameters donated; its memory beside them.

    To measure the memory it is compiled a second time.
    """

    def update(flat, *data):
        value, slopes = jax.value_and_grad(loss)(flat, *data)
        return value, [p - rate * g for p, g in zip(flat, slopes, strict=True)]

    compiled = jax.jit(update, donate_argnums=0)
    state = [[jax.numpy.asarray(p) for p in flat]]
    data = [jax.numpy.asarray(a) for a in data]

    def step():
        value, state[0] = compiled(state[0], *data)
        return float(value)

    if measured:
        step.memory = temporary(compiled, state[0], *data)
    return step
