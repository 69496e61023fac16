"""Few data: a simple model against a deep one as the training set grows.

Softmax regression has 7,850 weights, the net of seven layers 130,000. With a hundred
digits the simple model tells more of the new ones rightly; with thousands it has
learned all that it can, and the deep net goes on.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

import graphgrad as gg
from graphgrad_demos._classifier import Classifier
from graphgrad_demos._figures import COLOURS, figure

HIDDEN = {"softmax regression": (), "seven layers": (100,) * 6}
SIZES = (50, 100, 200, 500, 1000, 2000, 4000, 8000)
BATCH = 50


def accuracies(
    hidden: tuple[int, ...], samples: int, steps: int, seed: int
) -> tuple[float, float]:
    """Train on so many digits, drawn by the seed; accuracy on these and on the test."""
    digits = gg.data.load_digits()
    rng = np.random.RandomState(seed)
    chosen = rng.permutation(len(digits.train_images))[:samples]
    data = digits.train_images[chosen], digits.train_labels[chosen]
    pixels = digits.train_images.shape[1]
    rate = gg.optim.cosine(gg.optim.counter(), 0.003, steps)
    net = gg.nn.mlp((pixels, *hidden, 10), rng)
    model = Classifier(net, (pixels,), gg.optim.Adam(rate))
    for batch in gg.data.draws(data, BATCH, steps, seed=seed):
        model.step(*batch)
    test = digits.test_images, digits.test_labels
    return model.accuracy(*data), model.accuracy(*test)


def compare(sizes: tuple[int, ...], steps: int, seeds: int) -> dict[str, np.ndarray]:
    """Accuracies of both models, shape (sizes, seeds, 2): training and test digits."""
    found = {name: np.empty((len(sizes), seeds, 2)) for name in HIDDEN}
    total = len(HIDDEN) * len(sizes) * seeds
    with tqdm(total=total, desc="   training", unit="net", mininterval=0.5) as bar:
        for name, hidden in HIDDEN.items():
            for place in np.ndindex(len(sizes), seeds):
                samples, seed = sizes[place[0]], place[1]
                found[name][place] = accuracies(hidden, samples, steps, seed)
                bar.update()
    return found


def main(out: Path, quick: bool) -> None:
    """Train both on 50 to 8,000 digits, 1,000 steps, 3 seeds (fewer in quick form)."""
    count = len(gg.data.load_digits().train_images)
    wanted = (50, 200, 8000) if quick else SIZES
    sizes = tuple(dict.fromkeys(min(size, count) for size in wanted))
    steps, seeds = (500, 1) if quick else (1000, 3)
    found = compare(sizes, steps, seeds)
    print(f"   test accuracy after {steps} steps ({seeds} of each net):")
    print(f"   {'training digits':20}" + "".join(f"{size:7}" for size in sizes))
    for name, values in found.items():
        means = values[..., 1].mean(axis=1)
        print(f"   {name:20}" + "".join(f"{mean:7.3f}" for mean in means))
    with figure(out / "small-data.png", size=(7, 4)) as axes:
        for (name, values), colour in zip(found.items(), COLOURS, strict=False):
            train, test = values[..., 0], values[..., 1]
            low, high = test.min(axis=1), test.max(axis=1)
            axes.fill_between(sizes, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(
                sizes, test.mean(axis=1), "o-", color=colour, label=f"{name}, test"
            )
            label = f"{name}, training"
            axes.plot(sizes, train.mean(axis=1), ":", color=colour, label=label)
        axes.set(title=f"Accuracy as the training set grows (seeds: {seeds})")
        axes.set(xlabel="training digits", ylabel="accuracy", xscale="log")
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.legend()
    print("   small-data.png: with few digits the deep net has no advantage; with many")
    print("   it still gains where the simple model no longer does")
