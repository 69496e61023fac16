"""Crossings of both layout engines by family and size, and seconds of the built-in one.

.venv/bin/python tests/benchmarks/layout.py            small graphs, then 10,000 nodes
.venv/bin/python tests/benchmarks/layout.py --large    100,000 nodes as well
"""

from rounds import optional  # isort: skip  it sets the BLAS threads
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from graphgrad.drawing.engines import arrange
from graphgrad.drawing.frames import frames_of
from graphgrad.drawing.svg import paint_svg
from graphgrad.drawing.theme import theme_named
from tests.drawing.geometry import crossings
from tests.drawing.scenes import FAMILIES, sweep

COUNT, MOST = 90, 300
LARGE = ("mlp", "residual", "backward", "dag", "deep")


def scopes(scene):
    paths = {node.scope for node in scene.nodes if node.scope}
    return len({"/".join(p.split("/")[:n]) for p in paths for n in range(1, 9)})


def size_of(scene):
    count = len(scene.nodes)
    return next(f"up to {most}" for most in (40, 120, MOST) if count <= most * 1.1)


def compare():
    """Crossings, frames and seconds of the two engines on the same scenes."""
    totals = {}
    for family, scene in sweep(COUNT, MOST):
        if family == "backward" and len(scene.nodes) > 150:
            continue  # dot needs up to minutes for one
        keys = (family, size_of(scene), "all")
        for key in keys:
            total = totals.setdefault(key, Counter())
            total["graphs"] += 1
            total["scopes"] += scopes(scene)
        for engine in ("layered", "graphviz"):
            start = time.perf_counter()
            layout = arrange(scene, engine)
            seconds = time.perf_counter() - start
            for key in keys:
                totals[key][engine, "crossings"] += crossings(scene, layout)
                totals[key][engine, "frames"] += len(frames_of(scene, layout))
                totals[key][engine, "seconds"] += seconds
    print("built-in engine / Graphviz: crossings, frames drawn, seconds")
    for key, total in sorted(totals.items()):
        own, peer = total["layered", "crossings"], total["graphviz", "crossings"]
        print(
            f"  {key:<10} {total['graphs']:3} graphs  {own:5} / {peer:5}"
            f"  × {own / peer if peer else float(own > 0):4.2f}"
            f"  {total['layered', 'frames']:4} / {total['graphviz', 'frames']:3}"
            f" of {total['scopes']:3}  {total['layered', 'seconds']:6.2f}"
            f" / {total['graphviz', 'seconds']:6.2f} s"
        )


def speed(size):
    """Seconds of the built-in engine, and of the painter after it."""
    print(f"graphs of {size:,} nodes, seconds to place and to paint")
    for family in LARGE:
        scene = FAMILIES[family](random.Random(1), size)
        start = time.perf_counter()
        layout = arrange(scene, "layered")
        middle = time.perf_counter()
        paint_svg(scene, layout, theme_named("light"), None)
        end = time.perf_counter()
        print(f"  {family:<10} {middle - start:6.2f} {end - middle:6.2f}")


def main():
    if optional("pygraphviz"):
        compare()
    speed(10_000)
    if "--large" in sys.argv:
        speed(100_000)


if __name__ == "__main__":
    main()
