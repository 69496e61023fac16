"""Handwritten digits: a two-layer network, declared once, trained, and drawn.

The network of Deep Learning from Scratch, ch05/train_neuralnet: one hidden layer of 50
ReLU units, softmax with cross entropy, SGD with rate 0.1 and batches of 100.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

import graphgrad as gg


def main(out: Path, quick: bool) -> None:
    """Train, print loss and test accuracy, draw the step with gradient heat."""
    digits = gg.data.load_digits()
    pixels = digits.train_images.shape[1]
    print(
        f"   {digits.source}: {len(digits.train_images)} digits to train on, ", end=""
    )
    print(f"{len(digits.test_images)} to test, {pixels} pixels each")

    rng = np.random.RandomState(0)
    x = gg.placeholder(("batch", pixels), dtype="float32", name="x")
    t = gg.placeholder(("batch",), dtype="int64", name="t")
    with gg.scope("hidden"):
        w1 = gg.variable(_he(rng, pixels, 50), name="W1")
        b1 = gg.variable(np.zeros(50, np.float32), name="b1")
        hidden = gg.relu(x @ w1 + b1)
    with gg.scope("output"):
        w2 = gg.variable(_he(rng, 50, 10), name="W2")
        b2 = gg.variable(np.zeros(10, np.float32), name="b2")
        logits = hidden @ w2 + b2
    loss = gg.nn.softmax_cross_entropy(logits, t).named("loss")

    parameters = [w1, b1, w2, b2]
    slopes = gg.grad(loss, parameters)
    updates = {p: p - 0.1 * g for p, g in zip(parameters, slopes, strict=True)}
    step = gg.compile(loss, [x, t], updates)
    accuracy = gg.compile(gg.mean(gg.argmax(logits, axis=1) == t), [x, t])

    losses = _train(step, digits, rng, 1_000 if quick else 10_000)
    print(f"   loss {losses[0]:.3f} → {np.mean(losses[-100:]):.4f} (last 100 steps)")
    right = float(accuracy(digits.test_images, digits.test_labels))
    print(f"   test accuracy {right:.4f}")

    batch = {x: digits.train_images[:100], t: digits.train_labels[:100]}
    run = gg.run(loss, batch)
    run.backward(loss)
    gg.render(run, out / "digits-step.svg", heat=True, engine="layered")
    gg.render(run, out / "digits-step.png", heat=True, engine="layered")
    print("   digits-step.svg, digits-step.png: one step of the trained network; the")
    print("   colour of a lane is the size of the gradient that flows back along it")


def _he(rng: np.random.RandomState, rows: int, columns: int) -> np.ndarray:
    """Weights of variance 2 / rows, which keeps the scale of ReLU layers (He 2015)."""
    return (rng.randn(rows, columns) * np.sqrt(2 / rows)).astype(np.float32)


def _train(
    step: gg.Program, digits: gg.data.Digits, rng: np.random.RandomState, steps: int
) -> list[float]:
    images, labels = digits.train_images, digits.train_labels
    losses = []
    for _ in tqdm(range(steps), desc="   training", unit="step", mininterval=0.5):
        chosen = rng.choice(len(images), 100)
        losses.append(float(step(images[chosen], labels[chosen])))
    return losses
