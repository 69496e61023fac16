"""Buying apples: the price of two, with tax, and what each input does to it.

Two apples at 100 with 10 % tax cost 220 (Deep Learning from Scratch, §5.1). One more
unit of money on the price of an apple adds 2.2 to the bill; one more apple, 110.
"""

from pathlib import Path

import graphgrad as gg


def main(out: Path, quick: bool) -> None:
    """Print values, gradients and the chain rule; draw the graph in both themes."""
    apple = gg.variable(100, name="apple")
    count = gg.variable(2, name="count")
    tax = gg.variable(1.1, name="tax")
    price = (apple * count * tax).named("price")
    price.backward()

    print(f"   price = {float(price):.6g}")
    for x in (apple, count, tax):
        print("   " + gg.explain(price, wrt=x).replace("\n", "\n   "))
    for theme in ("light", "dark"):
        gg.render(price, out / f"apple-{theme}.svg", theme=theme, engine="layered")
    gg.render(price, out / "apple.png", engine="layered")
    print("   apple-light.svg, apple-dark.svg, apple.png: value above each edge,")
    print("   gradient below; every node multiplies what arrives by its own slope")
