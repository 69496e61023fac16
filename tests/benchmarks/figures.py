"""The figures of docs/compiling.md: a roofline, and time against size.

    .venv/bin/python tests/benchmarks/figures.py     writes docs/pictures/*.svg

The roofline's roof is measured too: the inner kernel of products on data in the first
cache, and a copy of 256 MB.
"""

import rounds  # isort: skip  # noqa: F401  it sets the BLAS threads
import time
from pathlib import Path
from statistics import median

import matplotlib as mpl
import numpy as np
from compiled import NETS, program, start

import graphgrad as gg
from graphgrad.execute.native.steps import Product
from graphgrad.execute.native.views import entries, sizes_of

OUT = Path(__file__).parents[2] / "docs" / "pictures"
LAYERS = (1, 3, 10, 30, 100, 300, 1000)
NODES = (100, 1_000, 10_000, 100_000, 1_000_000)


def seconds(work, number=5):
    work()
    found = []
    for _ in range(9):
        begun = time.perf_counter()
        for _ in range(number):
            work()
        found.append((time.perf_counter() - begun) / number)
    return median(found)


def peaks():
    """What the core can do: operations and bytes per second."""
    a, b = np.ones((48, 384), "float32"), np.ones((384, 64), "float32")
    x, y = (gg.placeholder(p.shape, dtype="float32") for p in (a, b))
    # Many times the same, so that neither a call's own time counts nor a cache's.
    often = [gg.broadcast_to(p, (200, *p.shape)) for p in (x, y)]
    program = gg.compile(gg.matmul(*often), [x, y])
    most = 200 * 2 * a.size * b.shape[1] / seconds(lambda: program(a, b))
    source = np.ones(1 << 25)
    target = np.empty_like(source)
    speed = 2 * source.nbytes / seconds(lambda: np.copyto(target, source), 1)
    return most, speed


def points(step, arrays):
    """Operations and bytes per part of a step, and how long it takes."""
    profile = step.profile(*arrays, rounds=31)
    (specialised,) = step._executable._known.values()
    plan = specialised.plan
    for part, (_, taken) in zip(plan.steps, profile.steps, strict=True):
        read = {x for x in plan.read_by(part) if x.shape}
        made = [y for y in plan.made_by(part) if y in plan.stored]
        size = sum(entries(sizes_of(x)) * x.dtype.itemsize for x in (*read, *made))
        if isinstance(part, Product):
            yield "product", 2 * part.work, size, taken
        elif size and entries(part.space) > 1000:
            yield "loop", len(part.nodes) * entries(part.space), size, taken


def roofline(plt):
    most, speed = peaks()
    figure, axes = plt.subplots(figsize=(7, 4.2))
    reach = np.geomspace(0.1, 300, 200)
    roof = np.minimum(most, reach * speed) / 1e9
    axes.loglog(reach, roof, color="#374151", label="roof: measured peak, and copying")
    marks = zip(NETS.items(), "ov^", ("#2563eb", "#d97706", "#059669"), strict=True)
    for (name, (sizes, batch)), mark, colour in marks:
        x, t, layers = start(sizes, batch)
        step, arrays = program(x, t, layers), (x, t)
        found = [p for p in points(step, arrays) if p[3] > 1.5e-6]
        for kind, face in (("product", colour), ("loop", "none")):
            rows = [p[1:] for p in found if p[0] == kind]
            if not rows:
                continue
            work, size, taken = (np.array(column) for column in zip(*rows, strict=True))
            print(
                f"{name}: {kind}s {work.sum() / taken.sum() / 1e9:.0f} Gop/s, "
                f"{size.sum() / taken.sum() / 1e9:.0f} GB/s of memory that is named"
            )
            axes.scatter(
                work / size, work / taken / 1e9, marker=mark, s=26,
                facecolors=face, edgecolors=colour, label=f"{name}: {kind}s",
            )  # fmt: skip
    print(f"peak {most / 1e9:.0f} GFLOP/s, {speed / 1e9:.0f} GB/s")
    axes.set_xlabel("operations per byte that a step reads or writes")
    axes.set_ylabel("10⁹ operations per second")
    axes.legend(fontsize=7, frameon=False)
    figure.savefig(OUT / "roofline.svg", bbox_inches="tight", metadata={"Date": None})


def growth(plt):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    times = []
    for count in LAYERS:
        x, t, layers = start((100, *(100,) * count, 10), 100)
        step = program(x, t, layers)
        number = max(1, 200 // count)
        times.append(seconds(lambda p=step, x=x, t=t: p(x, t), number))
        print(f"{count} layers: {times[-1] * 1e6:.0f} µs")
    left.loglog(LAYERS, np.array(times) * 1e3, "o-", color="#2563eb")
    left.set_xlabel("layers of 100 × 100, batch 100")
    left.set_ylabel("milliseconds per step")
    times = []
    for count in NODES:
        times.append(seconds(scalars(count), max(1, 100_000 // count)))
        print(f"{count} scalars: {times[-1] * 1e6:.0f} µs")
    right.loglog(NODES, np.array(times) * 1e3, "o-", color="#d97706")
    right.set_xlabel("scalar nodes")
    figure.savefig(OUT / "growth.svg", bbox_inches="tight", metadata={"Date": None})


def scalars(count):
    """A program of so many nodes: neurons of one input each, summed in a chain."""
    w = gg.variable(0.5)
    total = w
    for k in range(count // 3):
        total = total + gg.tanh(w * (k / count))
    return gg.compile(total, [])


def main():
    mpl.use("svg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "graphgrad", "font.size": 9})
    roofline(plt)
    growth(plt)


if __name__ == "__main__":
    main()
