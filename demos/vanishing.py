"""Vanishing and exploding gradients through seven layers (book §6.2).

Every layer multiplies the gradient by its slopes and its weights. Sigmoids, whose slope
is ¼ at most, or weights of the wrong size leave little or far too much of it; ReLU with
He's weights hands it down as it came.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._figures import figure

STARTS = {
    "std 1": gg.nn.init.normal(1.0),
    "std 0.01": gg.nn.init.normal(0.01),
    "Xavier": gg.nn.init.xavier,
    "He": gg.nn.init.he_normal,
}
ACTIVATIONS = {"sigmoid": gg.nn.sigmoid, "ReLU": gg.nn.relu}
DRAWN = (("sigmoid", "std 0.01"), ("sigmoid", "std 1"), ("ReLU", "He"))


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """The 300 images and labels that all gradients are of."""
    found = gg.data.load_digits()
    return found.train_images[:300], found.train_labels[:300]


def net_of(activation: str, start: str, seed: int) -> gg.nn.Sequential:
    """784-100×6-10 with biases of 0."""
    return gg.nn.mlp(
        (digits()[0].shape[1], *(100,) * 6, 10),
        np.random.RandomState(seed),
        activation=ACTIVATIONS[activation],
        weight=STARTS[start],
    )


def sizes_of_gradients(activation: str, start: str, seeds: int) -> np.ndarray:
    """Mean |dL/dW| of each layer, a mean over seeds."""
    x, t = map(gg.constant, digits())
    rows = []
    for seed in range(seeds):
        net = net_of(activation, start, seed)
        loss = gg.nn.softmax_cross_entropy(net(x), t)
        slopes = gg.grad(loss, net.weights())
        rows.append([np.mean(np.abs(slope.value)) for slope in slopes])
    return np.array(rows, np.float64).mean(axis=0)


def main(out: Path, quick: bool) -> None:
    """Print and draw the gradients by layer; draw three nets with gradient heat."""
    seeds = 1 if quick else 3
    print(f"   mean |dL/dW| of 784-100×6-10, 300 digits, seeds: {seeds}")
    print("                          layer 1    layer 7     7 : 1")
    found = {}
    for name in ACTIVATIONS:
        for start in STARTS:
            sizes = found[name, start] = sizes_of_gradients(name, start, seeds)
            row = f"{sizes[0]:10.1e} {sizes[-1]:10.1e} {sizes[-1] / sizes[0]:9.2g}"
            print(f"   {name:8} {start:10} {row}")
    _draw(out / "vanishing.png", found)
    for kind in ("svg", "png"):
        path = out / f"vanishing-heat.{kind}"
        look = {"values": False, "shapes": False, "engine": "layered"}
        gg.render(three_nets(), path, heat=True, **look)
    print("   vanishing.png: what arrives at each layer. vanishing-heat.svg and .png:")
    print(
        "   three nets, a node per layer; a lane's colour is the size of the gradient."
    )
    print("   It fades in the first and stays in the last; to keep it in the second,")
    print("   sigmoids need weights so large that most of them are saturated")


def _draw(path: Path, found: dict[tuple[str, str], np.ndarray]) -> None:
    with figure(path, 1, 2, size=(10, 4), sharey=True) as axes:
        for panel, name in zip(axes, ACTIVATIONS, strict=True):
            for start, marker in zip(STARTS, "osD^", strict=True):
                sizes = found[name, start]
                panel.semilogy(range(1, 8), sizes, f"{marker}-", label=start)
            panel.set(title=name, xlabel="layer")
        axes[0].set(ylabel="mean |dL/dW|, 300 digits")
        axes[0].legend(title="initial weights")


@gg.composite(glyph="σ(XW)")
def sigmoid_layer(x: Any, w: Any, /) -> Any:
    """An affine layer and its activation, drawn as one node."""
    return gg.nn.sigmoid(x @ w)


@gg.composite(glyph="relu(XW)")
def relu_layer(x: Any, w: Any, /) -> Any:
    """The same with ReLU."""
    return gg.nn.relu(x @ w)


@gg.composite(glyph="loss(XW, t)")
def last_layer(x: Any, w: Any, t: Any, /) -> Any:
    """The last affine layer, and softmax with cross entropy."""
    return gg.nn.softmax_cross_entropy(x @ w, t)


def three_nets() -> gg.Tensor:
    """The sum of three losses, so that one picture has all gradients on one scale."""
    losses = []
    for name, start in DRAWN:
        layer = relu_layer if name == "ReLU" else sigmoid_layer
        h, t = (
            gg.constant(part, name=said)
            for part, said in zip(digits(), ("digits", "labels"), strict=True)
        )
        *hidden, last = net_of(name, start, 0).weights()
        for k, w in enumerate(hidden, 1):
            h = layer(h, gg.variable(w.value, name=f"W{k}"))
        loss = last_layer(h, gg.variable(last.value, name="W7"), t)
        losses.append(loss.named(f"{name}, {start}"))
    return gg.sum(gg.stack(losses)).named("sum")
