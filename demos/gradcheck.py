"""Gradient check: backpropagation against numerical differentiation (book §5.7.3).

On a net of 39,760 weights both agree to ten digits. A check can be vacuous too: with
batch normalisation and one example nearly every gradient is 0, the right and the wrong.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import graphgrad as gg
from graphgrad_demos._differences import Check, Parameters, Values
from graphgrad_demos._figures import figure

BOOK = {"W1": 4.1e-10, "b1": 2.4e-9, "W2": 6.0e-9, "b2": 1.4e-7}
STEPS = [10.0**-k for k in range(1, 13)]
Tables = dict[str, dict[str, float]]


@gg.composite(vjp=(lambda g, out, x: (g - gg.mean(g, axis=0)) / _spread(x),))
def forgetful_norm(x: Any, /) -> Any:
    """Columns of mean 0 and variance 1, with a gradient that forgets the variance.

    Right would be (g − mean(g) − out · mean(g · out)) / spread.
    """
    return norm(x)


def norm(x: Any) -> Any:
    """Columns of mean 0 and variance 1; the gradient follows from the formula."""
    return (x - gg.mean(x, axis=0)) / _spread(x)


def _spread(x: Any) -> Any:
    return gg.sqrt(gg.var(x, axis=0) + 1e-7)


def two_layers(count: int) -> tuple[gg.Tensor, gg.Tensor, Values]:
    """The loss of 784-50-10 on so many digits, and as the book computes it.

    The book adds 1e-7 to probabilities, and its backward pass leaves that out.
    """
    x, labels = _examples(count)
    make = Parameters(0.01)
    hidden = gg.relu(x @ make("W1", x.shape[1], 50) + make("b1", 50))
    scores = hidden @ make("W2", 50, 10) + make("b2", 10)
    loss = gg.nn.softmax_cross_entropy(scores, labels)
    book = gg.nn.cross_entropy(gg.nn.softmax(scores), np.eye(10)[labels])
    return loss, book, make.values


def normalised(count: int, norm: Callable[[Any], Any]) -> tuple[gg.Tensor, Values]:
    """The loss of 784-20-20-10 with batch normalisation before each ReLU."""
    h, labels = _examples(count)
    make = Parameters(0.1)
    for k in "12":
        h = norm(h @ make(f"W{k}", h.shape[1], 20))
        h = gg.relu((1 + make(f"γ{k}", 20)) * h + make(f"β{k}", 20))
    scores = h @ make("W3", 20, 10) + make("b3", 10)
    return gg.nn.softmax_cross_entropy(scores, labels), make.values


def _examples(count: int) -> tuple[Any, np.ndarray]:
    digits = gg.data.load_digits()
    images = digits.train_images[:count].astype(np.float64)
    return images, digits.train_labels[:count]


def main(out: Path, quick: bool) -> None:
    """Check the book's net and one with batch normalisation; draw the differences."""
    found, ladder = plain(quick)
    tables = with_batch_normalisation(quick)
    _draw(out / "gradcheck.png", found, ladder, tables)
    print("   gradcheck.png: both gradients agree, best with steps of 1e-5 to 1e-3; a")
    print("   wrong one stands out on five digits (below), and passes for right on one")


def plain(quick: bool) -> tuple[Tables, list[dict[str, float]]]:
    """Differences for the book's net: by loss, and by step."""
    loss, book, values = two_layers(3)
    check = Check(loss, values)
    most = 500 if quick else check.gradients[0].size
    start = perf_counter()
    found = {"book": BOOK, "here": check.errors(most, said="weights")}
    middle = perf_counter()
    verdict = check.verdict()
    end = perf_counter()
    found["book's loss"] = Check(book, values, backward=loss).errors(500)

    print("   mean |backprop − numerical|, 3 digits, step 1e-4")
    print("     " + "".join(f"{said:>12}" for said in found))
    for name in BOOK:
        row = "".join(f"{table[name]:12.1e}" for table in found.values())
        print(f"   {name}{row}")
    print(
        "   The book's loss has ln(y + 1e-7), its backward pass ln y: its check sees it"
    )
    print(f"   {most} entries of W1, all others: {middle - start:.1f} s ", end="")
    print("(book, all entries: 3.2 s)")
    print(f"   gg.testing.check_gradients: {verdict}, {end - middle:.1f} s")
    return found, [check.errors(50, h) for h in STEPS]


def with_batch_normalisation(quick: bool) -> dict[int, Tables]:
    """Differences of a right and a wrong gradient, by number of digits."""
    tables: dict[int, Tables] = {1: {}, 5: {}}
    print("   with batch normalisation  all-zero gradients  off by  check_gradients")
    for count, table in tables.items():
        for said, kind in (("right", norm), ("wrong", forgetful_norm)):
            check = Check(*normalised(count, kind))
            off = table[f"{said} gradient"] = check.errors(20 if quick else 200)
            verdict = "not in the short form" if quick else check.verdict()
            print(f"   {said} gradient, digits: {count} {check.idle():14} of 8", end="")
            print(f"{max(off.values()):12.0e}  {verdict}")
    print("   On one digit x − mean(x) is 0: nothing flows back, and each ReLU sits at")
    print("   its kink, where a difference gives half a slope: β2 is off, wrongly.")
    return tables


def _draw(path: Path, found: Tables, ladder: Any, tables: dict[int, Tables]) -> None:
    with figure(path, 2, 2, size=(10, 6.6)) as axes:
        _bars(axes[0, 0], "784-50-10, step 1e-4", found)
        steps = axes[0, 1]
        for name in BOOK:
            steps.loglog(STEPS, [row[name] for row in ladder], "o-", ms=3, label=name)
        steps.set(title="784-50-10: the step matters", xlabel="step h")
        steps.legend()
        _bars(axes[1, 0], "batch normalisation, one digit: vacuous", tables[1])
        _bars(axes[1, 1], "batch normalisation, five digits", tables[5])
        for panel in axes.flat:
            panel.set(ylabel="mean |backprop − numerical|")


def _bars(axes: Any, title: str, tables: Tables) -> None:
    width = 0.8 / len(tables)
    for k, (said, table) in enumerate(tables.items()):
        places = np.arange(len(table)) + width * (k + 0.5) - 0.4
        axes.bar(places, list(table.values()), width, label=said)
        for place, height in zip(places, table.values(), strict=True):
            axes.text(place, 1e-14, "" if height else "0", ha="center", va="bottom")
        axes.set_xticks(range(len(table)), table)
    axes.set(title=title, ylim=(1e-14, 10), yscale="log")
    axes.grid(axis="x", visible=False)
    axes.legend(loc="upper left", ncols=3)
