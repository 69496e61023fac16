"""A book of graphs: from buying apples to a residual net, drawn in both themes.

Every picture shows values above and gradients below each edge, at small sizes, so that
the numbers can be followed by hand.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

import graphgrad as gg

Graph = gg.Tensor | gg.Run


def apple() -> Graph:
    """Two apples at 100 with 10 % tax (book §5.1)."""
    price, count = gg.variable(100, name="apple"), gg.variable(2, name="count")
    return (price * count * gg.variable(1.1, name="tax")).named("price")


def fruit() -> Graph:
    """Two apples and three oranges, with tax (book §5.3)."""
    apple, orange = gg.variable(100, name="apple"), gg.variable(150, name="orange")
    apples = apple * gg.variable(2, name="apples")
    oranges = orange * gg.variable(3, name="oranges")
    return ((apples + oranges) * gg.variable(1.1, name="tax")).named("price")


def neuron() -> Graph:
    """One neuron: a weighted sum, a bias, tanh."""
    x1, x2 = gg.variable(2.0, name="x1"), gg.variable(0.0, name="x2")
    w1, w2 = gg.variable(-3.0, name="w1"), gg.variable(1.0, name="w2")
    bias = gg.variable(6.8813735870195432, name="b")
    return gg.tanh(x1 * w1 + x2 * w2 + bias).named("out")


def sigmoid() -> Graph:
    """The sigmoid as the book takes it apart: 1 / (1 + exp(−x)) (book §5.5)."""
    return (1 / (1 + gg.exp(-gg.variable(0.5, name="x")))).named("y")


def softmax_with_loss() -> Graph:
    """Softmax with cross-entropy, laid open (book §5.6.3, appendix A)."""
    scores = gg.variable([[0.3, 2.9, 4.0]], name="scores")
    target = gg.constant([[0.0, 0.0, 1.0]], name="t")
    powers = gg.exp(scores)
    y = (powers / gg.sum(powers, axis=1, keepdims=True)).named("y")
    return (-gg.sum(target * gg.log(y))).named("loss")


def batch_norm() -> Graph:
    """Batch normalisation, from the batch to its gradient (book §6.3)."""
    rng = np.random.RandomState(0)
    x = gg.variable(rng.randn(4, 2).round(1), name="x")
    gamma, beta = gg.variable(np.ones(2), name="γ"), gg.variable(np.zeros(2), name="β")
    with gg.scope("mean"):
        centred = x - gg.mean(x, axis=0)
    with gg.scope("deviation"):
        deviation = gg.sqrt(gg.mean(centred**2, axis=0) + 1e-7)
    with gg.scope("scale and shift"):
        y = (gamma * (centred / deviation) + beta).named("y")
    return gg.sum(y * gg.constant(rng.randn(4, 2).round(1), name="g")).named("loss")


def _digits(layers: list[int]) -> Graph:
    """A net on five images of noise, and its loss."""
    rng = np.random.RandomState(0)
    net = gg.nn.mlp(layers, rng, dtype="float64")
    x = gg.placeholder(("n", layers[0]), name="x")
    labels = gg.placeholder(("n",), dtype="int64", name="t")
    loss = gg.nn.softmax_cross_entropy(net(x), labels).named("loss")
    images = rng.rand(5, layers[0])
    return gg.run(loss, {x: images, labels: np.arange(5) % layers[-1]})


def two_layers() -> Graph:
    """The two-layer net of the book, 784-50-10 (book §5.7)."""
    return _digits([784, 50, 10])


def seven_layers() -> Graph:
    """Seven layers of 100 units, as where gradients vanish (book §6.4)."""
    return _digits([784, *[100] * 6, 10])


def recurrent() -> Graph:
    """A recurrent layer as a loop: one node, with its step drawn once."""
    weight, drive = gg.variable(0.9, name="w"), gg.variable(0.5, name="u")
    series = gg.variable([1.0, -0.5, 0.25], name="x")

    def step(h: gg.Tensor, x: gg.Tensor) -> tuple[gg.Tensor, gg.Tensor]:
        h = gg.tanh(h * weight + x * drive)
        return h, h

    _, states = gg.scan(step, gg.constant(0.0, name="h"), series)
    return gg.mean(states).named("loss")


def convolutional() -> Graph:
    """The small convolutional net of the book (book §7.5)."""
    rng = np.random.RandomState(0)
    net = gg.nn.Sequential(
        gg.nn.Conv2D(1, 4, 3, rng, dtype="float64"),
        gg.nn.relu,
        gg.nn.MaxPool2D(2),
        gg.nn.flatten,
        gg.nn.Linear(4 * 3 * 3, 5, rng, dtype="float64"),
        gg.nn.relu,
        gg.nn.Linear(5, 3, rng, dtype="float64"),
    )
    x = gg.placeholder(("n", 1, 8, 8), name="x")
    labels = gg.placeholder(("n",), dtype="int64", name="t")
    loss = gg.nn.softmax_cross_entropy(net(x), labels).named("loss")
    return gg.run(loss, {x: rng.rand(2, 1, 8, 8), labels: np.array([0, 2])})


def residual() -> Graph:
    """Two residual blocks: the gradient has a way past each layer."""
    rng = np.random.RandomState(0)
    h = x = gg.placeholder(("n", 4), name="x")
    for i in range(2):
        with gg.scope(f"block{i + 1}"):
            inner = gg.nn.Linear(4, 4, rng, dtype="float64")
            h = h + gg.relu(inner(h))
    return gg.run(gg.mean(h**2).named("loss"), {x: rng.randn(3, 4)})


GRAPHS: dict[str, Callable[[], Graph]] = {
    "apple": apple,
    "fruit": fruit,
    "neuron": neuron,
    "sigmoid": sigmoid,
    "softmax-with-loss": softmax_with_loss,
    "batch-norm": batch_norm,
    "two-layers": two_layers,
    "seven-layers": seven_layers,
    "folded": seven_layers,
    "recurrent": recurrent,
    "convolutional": convolutional,
    "residual": residual,
}


def draw(name: str, path: Path, theme: str) -> None:
    """Draw a graph; the built-in engine gives the same picture on every machine."""
    depth = 0 if name == "folded" else None
    gg.render(
        GRAPHS[name](), path, theme=theme, engine="layered", bodies=True, depth=depth
    )


def main(out: Path, quick: bool) -> None:
    """Draw every graph in both themes."""
    for name, make in GRAPHS.items():
        for theme in ("light", "dark"):
            draw(name, out / f"{name}-{theme}.svg", theme)
        print(f"   {name:<18} {(make.__doc__ or '').rstrip('.')}")
    print("   NAME-light.svg and NAME-dark.svg: above each edge the value, below it in")
    print("   orange the gradient that flows back along it")
