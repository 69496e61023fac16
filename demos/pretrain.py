"""Pretraining: layers that saw all images without labels learn from few labels.

Layer after layer is trained as an autoencoder (Vincent et al. 2010) or as a restricted
Boltzmann machine (Hinton et al. 2006); a third net learns which way up images are.
"""

from collections.abc import Callable
from functools import partial
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import figure
from graphgrad_demos._starts import Examples, Learner, draw, report
from graphgrad_demos.convnet import mosaic

HIDDEN = (200, 100)
NAMES = "cold start", "autoencoders", "Boltzmann machines", "rotations"


def autoencoder(
    codes: np.ndarray, units: int, rng: Any, epochs: int, noise: float = 0.5
) -> tuple:
    """An encoder and a decoder, which learn to give back entries that are dropped."""
    inputs, glorot = codes.shape[1], gg.nn.init.glorot_uniform
    encoder = gg.nn.Linear(inputs, units, rng, weight=glorot), gg.sigmoid
    decoder = gg.nn.Linear(units, inputs, rng, weight=glorot)
    x = gg.placeholder(("batch", inputs), dtype="float32")
    whole = gg.nn.Sequential(gg.nn.Dropout(noise, rng), *encoder, decoder)
    loss = gg.nn.binary_cross_entropy(whole(x, training=True), x)
    updates = gg.optim.Adam(0.003).updates(loss, whole.parameters())
    step = gg.compile(loss, [x], updates)
    gg.train.fit(step, (codes,), epochs=epochs, progress=True)
    return gg.nn.Sequential(*encoder), gg.nn.Sequential(decoder, gg.sigmoid)


def boltzmann(codes: np.ndarray, units: int, rng: Any, epochs: int) -> tuple:
    """The two directions of a machine, trained by contrastive divergence, CD-1."""
    rbm = gg.nn.RBM(codes.shape[1], units, rng)
    x = gg.placeholder(("batch", codes.shape[1]), dtype="float32")
    step = gg.compile(rbm.reconstruction_error(x), [x], rbm.updates(x, 0.05))
    gg.train.fit(step, (codes,), epochs=epochs, batch=50, progress=True)
    return gg.nn.Sequential(rbm.to_linear(), gg.sigmoid), rbm.visible


def stacked(kind: Callable, images: np.ndarray, epochs: int) -> tuple[Any, Any]:
    """Layers, each trained on what the one below gives, and the way back from them."""
    rng, codes, layers, back = np.random.RandomState(1), images, [], []
    for units in HIDDEN:
        encoder, decoder = kind(codes, units, rng, epochs)
        codes = gg.train.precomputed(encoder, codes)
        layers += encoder
        back.insert(0, decoder)
    return gg.nn.Sequential(*layers), gg.nn.Sequential(*back)


def rotations(images: np.ndarray, epochs: int, shift: int) -> gg.nn.Sequential:
    """Layers of a net that tells by which of four angles an image was turned."""
    net = fresh(images.shape[1], 4, 1)
    model = Classifier(net, images.shape[1:], gg.optim.Adam(0.003))

    def change(rng: Any, x: np.ndarray, turns: np.ndarray) -> tuple[np.ndarray, ...]:
        side, turns = isqrt(x.shape[1]), rng.randint(4, size=len(x))
        moved = gg.data.shifted(x, rng, shift).reshape(-1, side, side)
        turned = [np.rot90(image, k) for image, k in zip(moved, turns, strict=True)]
        return np.reshape(turned, x.shape), turns

    none = np.zeros(len(images), int)
    model.fit(images, none, epochs=epochs, change=change, progress=True)
    return net[:-1]


def fresh(pixels: int, classes: int, seed: int) -> gg.nn.Sequential:
    """A net of sigmoid units with random weights."""
    facts = {"activation": gg.sigmoid, "weight": gg.nn.init.glorot_uniform}
    return gg.nn.mlp((pixels, *HIDDEN, classes), seed, **facts)


def learnt(learner: Learner, layers: Any, data: Examples, counts: Any) -> dict:
    """Accuracies by number of labels, with new layers on these."""

    def start(seed: int) -> gg.nn.Sequential:
        new = fresh(data.features, 10, seed)[len(layers) :]
        return gg.nn.Sequential(*layers, *new)

    return learner.accuracies(start, data, counts)


def lost(layers: Any, back: Any, images: np.ndarray) -> tuple[np.ndarray, float]:
    """The images from their codes, and the share of their variance that is lost."""
    again = gg.train.precomputed(gg.nn.Sequential(*layers, *back), images)
    return again, float(np.mean(np.square(again - images)) / images.var())


def main(out: Path, quick: bool) -> None:
    """Pretrain on all images, learn from 2 to 100 of a class (5 and 20), draw."""
    data = Examples.of_digits()
    images, pixels = data.train[0], data.features
    steps, seeds = (300, 2) if quick else (600, 5)
    counts = (5, 20) if quick else (2, 5, 10, 20, 50, 100)
    seen = (5, 5) if quick else (10, 40)  # times that 8,000 images are; fewer, more
    epochs, longer = (round(n * 8_000 / len(images)) for n in seen)
    print(f"   {len(images)} images without labels:", ", ".join(NAMES[1:]))
    auto, machines = (stacked(k, images, epochs) for k in (autoencoder, boltzmann))
    turned = rotations(images, longer, max(1, isqrt(pixels) // 9))
    layers = dict(zip(NAMES, ((), auto[0], machines[0], turned), strict=True))
    if not quick:
        plain = stacked(partial(autoencoder, noise=0), images, epochs)
        layers["autoencoders, no noise"] = plain[0]
        layers["rotations, no shifts"] = rotations(images, longer, 0)
    learner = Learner(fresh(pixels, 10, 0), steps, seeds)
    rows = {name: learnt(learner, x, data, counts) for name, x in layers.items()}
    report("labels of each class", rows)
    shown, cold = {name: rows[name] for name in NAMES}, rows[NAMES[0]]
    gains = {name: {n: row[n] - cold[n] for n in row} for name, row in shown.items()}
    with figure(out / "pretrain.png", 1, 2) as (left, right):
        draw(left, "few labels, on layers that saw all images", shown)
        draw(right, "the same, less the cold start", gains)
        right.set_ylabel("gain of accuracy")
        right.get_legend().remove()  # that of the left is for both
    pictures = [data.test[0][:10]]
    for name, pair in zip(NAMES[1:], (auto, machines), strict=False):
        again, share = lost(*pair, data.test[0])
        pictures.append(again[:10])
        print(f"   {name}: {HIDDEN[-1]} numbers lose {share:.0%} of a digit's variance")
    _draw_features(out / "pretrain-features.png", pictures, layers, data.test[0])
    ahead = ", ".join(name for name in NAMES if min(gains[name].values()) > 0)
    print("   pretrain.png: always ahead of a cold start:", ahead or "none")
    print("   pretrain-features.png: what units of the first layers look for: strokes")


def _draw_features(path: Path, pictures: list, layers: dict, images: Any) -> None:
    """Ten digits before and after; weights of 30 units that tell images apart most."""
    panels = {"ten digits; from autoencoders; from machines": np.concatenate(pictures)}
    for name in NAMES[1:]:
        spread = gg.train.precomputed(layers[name][:2], images).std(axis=0)
        weights = layers[name][0].weight.value.T
        panels[f"{name}: weights of 30 units"] = weights[np.argsort(spread)[-30:]]
    with figure(path, 2, 2, size=(9, 3.3)) as grid:
        for axes, (name, rows) in zip(grid.flat, panels.items(), strict=True):
            side = isqrt(rows.shape[1])
            greys = np.round(15 * mosaic(rows.reshape(-1, 1, side, side)))
            axes.imshow(greys, cmap="gray", interpolation="nearest")
            axes.set_title(name)
            axes.set_axis_off()
