"""Building a training step and its first call, in processes of their own.

The step is that of 784-100×6-10, batch 100. Cold: no earlier process left code behind.
Warm: all was. What is measured begins after the imports, and ends with the first loss.
All have Python's byte code, as an installation has.
"""

from rounds import optional, report  # isort: skip  it sets the BLAS threads
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compiled import NETS, jitted, program, start

FACTS = start(*NETS["784-100×6-10, batch 100"])
ROUNDS = 7


def own():
    x, t, layers = FACTS
    return float(program(x, t, layers)(x, t))


def peer():
    return jitted(optional("jax"), *FACTS, measured=False)()


def measured(who, folder):
    """Seconds of one of the functions above in a new process."""
    variables = {"GRAPHGRAD_CACHE": folder, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, __file__, who],
        env={**os.environ, **variables},
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


def main():
    times = {"graphgrad": [], "graphgrad, cold": []}
    if optional("jax"):
        times["jax.jit"] = []
    with tempfile.TemporaryDirectory() as kept:
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(kept) / "bytecode")
        measured("own", kept)
        if "jax.jit" in times:
            measured("peer", kept)
        for turn in range(ROUNDS):
            times["graphgrad"].append(measured("own", kept))
            new = str(Path(kept) / str(turn))
            times["graphgrad, cold"].append(measured("own", new))
            if "jax.jit" in times:
                times["jax.jit"].append(measured("peer", kept))
    medians = {who: statistics.median(found) for who, found in times.items()}
    report("building and first call of 784-100×6-10", medians, unit=1e3, label="ms")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work = {"own": own, "peer": peer}[sys.argv[1]]
        if work is peer:
            optional("jax").numpy.zeros(1)  # JAX wakes up
        began = time.perf_counter()
        work()
        print(time.perf_counter() - began)
    else:
        main()
