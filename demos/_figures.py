"""Figures of the demos: one look, and the same bytes at every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

# Okabe and Ito's colours, told apart by the colour-blind too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")

_STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": None,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.dpi": 110,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


@contextmanager
def figure(
    path: Path, rows: int = 1, columns: int = 1, size: Any = None, **facts: Any
) -> Iterator[Any]:
    """Axes to draw on, written to the path at the end.

    Args:
        path: of the PNG.
        rows: of axes.
        columns: of axes.
        size: in inches, by default 5 × 3.4 for each of the axes.
        **facts: for ``matplotlib.pyplot.subplots``.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from cycler import cycler
    from matplotlib import pyplot as plt

    style = {**_STYLE, "axes.prop_cycle": cycler(color=COLOURS)}
    with mpl.rc_context(style):
        size = size or (5 * columns, 3.4 * rows)
        drawn, axes = plt.subplots(
            rows, columns, figsize=size, layout="constrained", **facts
        )
        try:
            yield axes
            drawn.savefig(path, metadata={"Software": None})
        finally:
            plt.close(drawn)


def smooth(values: Any, width: int = 50) -> np.ndarray:
    """Means over windows, for curves that jump from step to step."""
    array = np.asarray(values, np.float64)
    width = max(1, min(width, len(array)))
    return np.convolve(array, np.ones(width) / width, "valid")
