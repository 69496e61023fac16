"""Affine layer, softmax with loss, squared error: gradients as formulas (book §5.6).

A gradient is a graph, so it can be read before there are any numbers: softmax with
cross entropy sends back (softmax − one-hot) / n, squared error of an identity y − t.
"""

from pathlib import Path

import numpy as np

import graphgrad as gg

LABELS = np.array([0, 2, 1, 2])


def layer() -> tuple[gg.Tensor, dict[str, gg.Tensor], gg.Tensor, gg.Tensor]:
    """Y = X W + b without numbers: Y, its inputs, and both losses of it."""
    inputs = {
        "X": gg.placeholder(("n", 4), name="X"),
        "W": gg.placeholder((4, 3), name="W"),
        "b": gg.placeholder((3,), name="b"),
    }
    y = (inputs["X"] @ inputs["W"] + inputs["b"]).named("Y")
    labels = gg.placeholder(("n",), dtype="int64", name="t")
    numbers = gg.placeholder(("n", 3), name="t")
    softmax = gg.nn.softmax_cross_entropy(y, labels).named("L")
    squared = gg.nn.squared_error(y, numbers).named("L")
    return y, inputs, softmax, squared


def opened() -> tuple[gg.Tensor, gg.Tensor]:
    """Softmax with cross entropy laid open, down to exp, sum and log; and its Y."""
    y = gg.placeholder(("n", 3), name="Y")
    labels = gg.placeholder(("n",), dtype="int64", name="t")
    (loss,) = gg.expand(gg.nn.softmax_cross_entropy(y, labels)).outputs
    return loss.named("L"), y


def difference(loss: gg.Tensor, y: gg.Tensor) -> float:
    """How far the gradient is from (softmax − one-hot) / n, at random scores."""
    scores = np.random.RandomState(0).randn(4, 3)
    known = (gg.nn.softmax(scores) - np.eye(3)[LABELS]) / 4
    found = gg.compile(gg.grad(loss, y))(scores, LABELS)
    return float(np.abs(found - known).max())


def with_numbers() -> tuple[gg.Tensor, gg.Tensor, gg.Tensor]:
    """The loss of a layer of four examples, and its W and b."""
    rng = np.random.RandomState(1)
    x = gg.constant(rng.randn(4, 2), name="X")
    w = gg.variable(rng.randn(2, 3), name="W")
    b = gg.variable(np.zeros(3), name="b")
    y = (x @ w + b).named("Y")
    labels = gg.constant(LABELS, name="t")
    return gg.nn.softmax_cross_entropy(y, labels).named("L"), w, b


def main(out: Path, quick: bool) -> None:
    """Print the gradients as formulas, check them with numbers, and draw a layer."""
    y, inputs, softmax, squared = layer()
    for said, loss in (
        ("softmax with cross entropy", softmax),
        ("identity with squared error", squared),
    ):
        print(f"   {said}, Y = X @ W + b:")
        for x in (y, *inputs.values()):
            print("      " + gg.explain(loss, wrt=x).splitlines()[0])

    loss, y = opened()
    print("   the same, when the chain rule goes through exp, sum and log:")
    print("      " + gg.explain(loss, wrt=y).replace("\n", "\n      "))
    print("      where(t = …) is −one_hot(t) / n, so its negative adds up to 1 / n in")
    print(
        "      a row, and b / sum(b) is softmax(Y). With random numbers it differs from"
    )
    print(f"      (softmax(Y) − one_hot(t)) / n by {difference(loss, y):.0e}")

    loss, w, b = with_numbers()
    print(f"   with numbers: {gg.testing.check_gradients(loss)}")
    slopes = gg.grad(loss, [w, b])
    drawn = [dw.named(f"dL/d{name}") for dw, name in zip(slopes, "Wb", strict=True)]
    for kind in ("svg", "png"):
        gg.render(loss, out / f"affine.{kind}", engine="layered")
        gg.render(drawn, out / f"affine-gradient.{kind}", engine="layered")
    print("   affine.svg and .png: the layer, norms forward above and backward below")
    print("   affine-gradient.svg and .png: its gradient is a graph as well")
