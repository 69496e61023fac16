"""Buying apples and oranges: where paths join, gradients are shared out and summed.

Two apples at 100 and three oranges at 150 with 10 % tax cost 715 (Deep Learning from
Scratch, §5.4.2).
"""

from pathlib import Path

import graphgrad as gg


def main(out: Path, quick: bool) -> None:
    """Print values, gradients and the chain rule; draw the graph."""
    apple = gg.variable(100, name="apple")
    apples = gg.variable(2, name="apples")
    orange = gg.variable(150, name="orange")
    oranges = gg.variable(3, name="oranges")
    tax = gg.variable(1.1, name="tax")
    total = ((apple * apples + orange * oranges) * tax).named("total")
    total.backward()

    print(f"   total = {float(total):.6g}")
    for x in (apple, apples, orange, oranges, tax):
        print("   " + gg.explain(total, wrt=x).replace("\n", "\n   "))
    gg.render(total, out / "fruit.svg", engine="layered")
    gg.render(total, out / "fruit.png", engine="layered")
    print("   fruit.svg, fruit.png: the sum passes 1.1 to both of its inputs unchanged")
