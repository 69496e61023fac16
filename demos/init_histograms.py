"""Activations of five layers under five kinds of initial weights (book §6.2.2).

Weights that are too large saturate sigmoids or blow ReLU up; those that are too small
leave every unit with the same answer. Xavier's keep the scale through layers that are
linear near 0, He's through ReLU.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import graphgrad as gg
from graphgrad_demos._figures import figure

LAYERS, UNITS, INPUTS = 5, 100, 1_000


class Activation(NamedTuple):
    """A function, when a value of it counts as saturated, and the axis to draw on."""

    function: Callable[[Any], Any]
    saturated: Callable[[np.ndarray], np.ndarray]
    edges: np.ndarray


ACTIVATIONS = {
    "sigmoid": Activation(
        gg.nn.sigmoid, lambda a: (a < 0.01) | (a > 0.99), np.linspace(0, 1, 41)
    ),
    "tanh": Activation(gg.tanh, lambda a: np.abs(a) > 0.99, np.linspace(-1, 1, 41)),
    "ReLU": Activation(gg.relu, lambda a: a == 0, np.logspace(-8, 6, 43)),
}
WEIGHTS = {
    "std 1": gg.nn.init.normal(1.0),
    "std 0.01": gg.nn.init.normal(0.01),
    "Xavier": gg.nn.init.xavier,
    "Glorot, uniform": gg.nn.init.glorot_uniform,
    "He": gg.nn.init.he_normal,
}


def activations(name: str, weight: Any, seed: int = 0) -> list[np.ndarray]:
    """What each layer gives for 1,000 inputs of standard normal numbers.

    Returns:
        An array (1000, 100) for each of the five layers.
    """
    rng = np.random.RandomState(seed)
    x = gg.constant(rng.randn(INPUTS, UNITS), name="x")
    found = []
    for _ in range(LAYERS):
        facts = {"weight": weight, "bias": None, "dtype": "float64"}
        x = ACTIVATIONS[name].function(gg.nn.Linear(UNITS, UNITS, rng, **facts)(x))
        found.append(x)
    run = gg.run(found)
    return [run[layer] for layer in found]


def figures(name: str, layers: list[np.ndarray]) -> tuple[list[float], list[float]]:
    """Standard deviation and share of saturated activations of each layer."""
    saturated = ACTIVATIONS[name].saturated
    spread = [float(a.std()) for a in layers]
    return spread, [float(saturated(a).mean()) for a in layers]


def main(out: Path, quick: bool) -> None:
    """Print deviation and saturation of every layer, and draw all histograms."""
    print("   1,000 inputs, five layers of 100 units; for layers 1 to 5:")
    print(f"   {'':24}{'standard deviation':47}saturated, %")
    found = {}
    for name in ACTIVATIONS:
        for start, weight in WEIGHTS.items():
            layers = found[name, start] = activations(name, weight)
            spread, share = figures(name, layers)
            row = "".join(f"{s:9.2g}" for s in spread)
            row += " " + "".join(f"{100 * s:4.0f}" for s in share)
            print(f"   {name:8}{start:16}{row}")
    _draw(out / "init-histograms.png", found)
    print("   Saturated is a sigmoid below 0.01 or above 0.99, a tanh beyond ±0.99, a")
    print("   ReLU of 0. Xavier's and Glorot's weights have the same variance here,")
    print("   for a layer has as many units as inputs. init-histograms.png: Xavier's")
    print("   weights keep sigmoid and tanh spread without saturation, and only He's")
    print("   keep ReLU's scale to the fifth layer")


def _draw(path: Path, found: dict[tuple[str, str], list[np.ndarray]]) -> None:
    """Rows of activations, columns of weights, and five layers in each panel."""
    rows, columns = len(ACTIVATIONS), len(WEIGHTS)
    with figure(path, rows, columns, size=(10.6, 7), sharey=True) as axes:
        for (name, start), panel in zip(found, axes.flat, strict=True):
            _panel(panel, name, found[name, start])
            panel.set_title(start if name == "sigmoid" else "")
            panel.set_ylabel(f"{name}: layer" if start == "std 1" else "")
        for panel, name in zip(axes[:, 2], ACTIVATIONS, strict=True):
            note = ", log scale; zeros are not drawn" if name == "ReLU" else ""
            panel.set_xlabel(f"activation ({name}){note}")
        head = "Activations by layer; beside them deviation σ and saturated share"
        axes[0, 0].figure.suptitle(head)


def _panel(axes: Any, name: str, layers: list[np.ndarray]) -> None:
    """One histogram above the other, layer 1 on top, each as high as its peak."""
    edges = ACTIVATIONS[name].edges
    for k, (a, s, share) in enumerate(zip(layers, *figures(name, layers), strict=True)):
        counts, _ = np.histogram(a, edges)
        base = LAYERS - 1 - k
        heights = 0.85 * counts / counts.max() + base
        axes.stairs(heights, edges, baseline=base, fill=True)
        text, beside = f"σ {s:.2g}\n{100 * share:.0f} %", axes.get_yaxis_transform()
        axes.text(1.03, base + 0.4, text, transform=beside, va="center", fontsize=7.5)
    if name == "ReLU":
        axes.set(xscale="log", xticks=[1e-6, 1, 1e6])
        axes.minorticks_off()
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, LAYERS))
    axes.set_yticks([LAYERS - 0.5 - k for k in range(LAYERS)], range(1, LAYERS + 1))
    axes.grid(visible=False)
