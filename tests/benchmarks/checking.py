"""What a check costs: one input, forty drawn ones, a million entries, a planted bug."""

from rounds import race  # isort: skip  it sets the BLAS threads
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, find, settings

from graphgrad.testing import Domain, Interval, check_gradients, check_vjp
from graphgrad.testing.drawn import check_target
from graphgrad.testing.strategies import graphs

sys.path.append(str(Path(__file__).parents[2]))

from tests.testing.planted import PLANTED

RNG = np.random.default_rng(0)
SMALL, LARGE = RNG.normal(size=(10, 10)), RNG.normal(size=1_000_000)
DOMAIN = Domain((Interval(-10, 10), Interval(-10, 10)))


def sine(g, y, x):
    return (g * np.cos(x),)


def product(g, y, a, b):
    parts = []
    for part, x in ((g * b, a), (g * a, b)):
        part = part.sum(axis=tuple(range(part.ndim - x.ndim)))
        ones = tuple(i for i, n in enumerate(x.shape) if n == 1)
        parts.append(part.sum(axis=ones, keepdims=True))
    return parts


def twenty_evaluations():
    for _ in range(20):
        sine(LARGE, np.sin(LARGE), LARGE)


def search(name):
    with PLANTED[name]() as ops:
        find(
            graphs(ops),
            lambda graph: check_gradients(graph, order=1).verdict == "wrong",
            settings=settings(
                max_examples=400,
                database=None,
                derandomize=True,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )


def main():
    assert check_vjp(np.sin, sine, SMALL).ok
    assert check_vjp(np.sin, sine, LARGE).ok
    assert check_target(np.multiply, product, domain=DOMAIN).ok
    work = {
        "one check, 10×10 elementwise": lambda: check_vjp(np.sin, sine, SMALL),
        "40 drawn checks of a product": lambda: check_target(
            np.multiply, product, domain=DOMAIN
        ),
    }
    for name in PLANTED:
        work[f"planted in graphs: {name}"] = partial(search, name)
    for name, seconds in race(work, rounds=5).items():
        print(f"{name:36} {seconds * 1e3:9.1f} ms")
    large = {
        "check": lambda: check_vjp(np.sin, sine, LARGE),
        "evaluations": twenty_evaluations,
    }
    times = race(large, rounds=5)
    ratio = times["check"] / times["evaluations"]
    print(f"{'a million entries':36} {times['check'] * 1e3:9.1f} ms")
    print(f"{'  over 20 evaluations plus vjps':36} {ratio:9.2f}")


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"({time.perf_counter() - start:.0f} s)")
