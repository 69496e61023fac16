"""Figures of a `Recording`: what went on inside a net while it was trained.

Every figure is Matplotlib's and outside pyplot's state: save it with ``savefig``.
Colours follow the depth, dark for the first, and stay apart for the colour-blind and in
grey print.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.data.libraries import library
from graphgrad.drawing.theme import FONTS
from graphgrad.errors import ArgumentError
from graphgrad.insight.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#4b5563",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "font.size": 9,
    "grid.alpha": 0.25,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}
_RIDGES = 8  # looks in a panel of histograms, at most
_COLUMNS = 4  # panels side by side, at most
_PANEL = 3.2  # width of one in inches, and about its height
_LINES = 18  # in a column of a legend
_POINTS = 60  # of a line, about; more looks are averaged
_WIDEST = 230.0  # logarithm of a number that log axes still have ticks for
_GREY = "#6b7280"
_FEW = 25  # looks, up to which each is a point on its line


def activation_histograms(recording: Recording) -> Figure:
    """A panel per layer: how its activations are spread, from the first look down.

    At most 8 looks are drawn, evenly chosen. Heights are square roots of shares, so
    that the many zeros of a ReLU leave the others visible; in the outermost bins are
    also those beyond.

    Args:
        recording: of at least one layer.

    Returns:
        A ``matplotlib.figure.Figure``.

    Raises:
        ArgumentError: if nothing was recorded, or no layer.
        DataError: if Matplotlib is not installed.
    """
    _require(recording, "layers")
    rows, columns = _grid(recording)
    size = _PANEL * columns + 0.4, _PANEL * rows + 0.4
    return _drawn(recording, size, _draw_histograms)


def gradient_norms(recording: Recording) -> Figure:
    """The norm of each parameter's gradient over the steps, on a log scale.

    Args:
        recording: of at least one parameter.

    Returns:
        A ``matplotlib.figure.Figure``; triangles on its lower edge are exact zeros,
        crosses on its upper edge are infinite or NaN.

    Raises:
        ArgumentError: if nothing was recorded, or no parameter.
        DataError: if Matplotlib is not installed.
    """
    _require(recording, "parameters")
    return _drawn(recording, (6.5, 4), _draw_gradients)


def update_ratios(recording: Recording) -> Figure:
    """How large a step is beside its parameter, norm by norm, on a log scale.

    About 1e-3 is usual: far less is slow, far more is unstable.

    Args:
        recording: of at least one parameter.

    Returns:
        A ``matplotlib.figure.Figure``, with marks as in `gradient_norms`.

    Raises:
        ArgumentError: if nothing was recorded, or no parameter.
        DataError: if Matplotlib is not installed.
    """
    _require(recording, "parameters")
    return _drawn(recording, (6.5, 4), _draw_ratios)


def unit_shares(recording: Recording) -> Figure:
    """Shares of zeros, of dead units and of saturated activations in each layer.

    Args:
        recording: of at least one layer.

    Returns:
        A ``matplotlib.figure.Figure``.

    Raises:
        ArgumentError: if nothing was recorded, or no layer.
        DataError: if Matplotlib is not installed.
    """
    _require(recording, "layers")
    return _drawn(recording, (6.5, 5), _draw_shares)


def overview(recording: Recording) -> Figure:
    """All four figures on one sheet.

    Args:
        recording: of at least one layer and one parameter.

    Returns:
        A ``matplotlib.figure.Figure``.

    Raises:
        ArgumentError: if nothing was recorded, or no layer or parameter.
        DataError: if Matplotlib is not installed.
    """
    _require(recording, "layers")
    _require(recording, "parameters")
    high = _PANEL * _grid(recording)[0] + 0.4
    with _figure(13.5, high + 4) as figure:
        parts: Any = figure.subfigures(2, 1, height_ratios=[high, 4])
        above, below = parts
        _draw_histograms(above, recording)
        for draw, part in zip(
            (_draw_gradients, _draw_ratios, _draw_shares),
            below.subfigures(1, 3),
            strict=True,
        ):
            draw(part, recording)
    return figure


def _drawn(
    recording: Recording, size: tuple[float, float], draw: Callable[..., None]
) -> Figure:
    with _figure(*size) as figure:
        draw(figure, recording)
    return figure


def _require(recording: Recording, what: str) -> None:
    if not isinstance(recording, Recording):
        raise ArgumentError(
            f"a recording is drawn, not {type(recording).__name__}",
            remedy="a Recorder has one: recorder.recording",
        )
    if not recording.steps:
        raise ArgumentError(
            "the recording is empty",
            remedy="train with its recorder: gg.train.fit(..., callbacks=[recorder])",
        )
    if not getattr(recording, what):
        raise ArgumentError(
            f"the recording has no {what}", remedy=f"name {what} to the Recorder"
        )


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    """A figure in the style of all; the user's own settings stay as they are."""
    matplotlib = library("matplotlib", "Matplotlib")
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    present = set(fontManager.get_font_names())
    fonts = [f for f in re.findall("'(.+?)'", FONTS) if f in present]
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "font.family": fonts})
        yield Figure(figsize=(width, height), dpi=110, layout="constrained")


def _grid(recording: Recording) -> tuple[int, int]:
    """Rows and columns of panels, as even as can be: 5 layers are 3 and 2."""
    count = len(recording.layers)
    rows = -(-count // _COLUMNS)
    return rows, -(-count // rows)


def _colours(count: int) -> Any:
    """From dark to light; the end of viridis is too light for a line on white."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0, 0.82, count))


def _draw_histograms(figure: Any, recording: Recording) -> None:
    rows, columns = _grid(recording)
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    last = len(recording.steps) - 1
    looks = np.unique(np.linspace(0, last, _RIDGES).round().astype(int))
    for panel in panels[len(recording.layers) :]:
        panel.remove()
    for layer, (axes, name) in enumerate(zip(panels, recording.layers, strict=False)):
        shares = np.array([recording.histograms[k][layer] for k in looks])
        _draw_ridges(axes, np.sqrt(shares), np.array(recording.edges[layer]))
        axes.set_title(name, parse_math=False)
        steps = [recording.steps[k] for k in looks]
        axes.set_yticks(-np.arange(len(looks)), steps, va="bottom")
        axes.set_xlabel("activation")
        if layer % columns == 0:
            axes.set_ylabel("step")
    figure.suptitle("Activations (height: square root of the share)")


def _draw_ridges(axes: Any, heights: np.ndarray, edges: np.ndarray) -> None:
    """One histogram under the other, the highest as high as a row."""
    used = np.flatnonzero(heights.any(axis=0))
    inside = slice(used[0], used[-1] + 1) if used.size else slice(None)
    bins = edges[inside.start : inside.stop and inside.stop + 1]
    scale = 0.9 / (heights.max() or 1.0)
    for row, colour in enumerate(_colours(len(heights))):
        tops = heights[row, inside] * scale - row
        axes.stairs(tops, bins, fill=True, color=colour, baseline=-row)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(0.9 - len(heights), 1.0)


def _draw_gradients(figure: Any, recording: Recording) -> None:
    axes = figure.subplots()
    _draw_logarithmic(axes, recording, np.array(recording.gradients))
    axes.set_title("Gradients")
    axes.set_ylabel(f"norm{_told(recording)}")


def _draw_ratios(figure: Any, recording: Recording) -> None:
    updates, weights = np.array(recording.updates), np.array(recording.weights)
    with np.errstate(all="ignore"):
        ratios = np.where(updates == 0, 0.0, updates / weights)
    axes = figure.subplots()
    guide = axes.axhline(1e-3, color=_GREY, linestyle=":", label="usual: 1e-3")
    _draw_logarithmic(axes, recording, ratios, guide)
    axes.set_title("Update/weight ratio")
    axes.set_ylabel(f"norm of update / norm of weight{_told(recording)}")


def _draw_logarithmic(
    axes: Any, recording: Recording, values: np.ndarray, *others: Any
) -> None:
    """A line per parameter; what a log scale has no place for is marked at its edge."""
    steps, names = np.array(recording.steps), recording.parameters
    odd = {
        "exactly 0": (values == 0, "v", 0.0),
        "not finite": (~np.isfinite(values), "x", 1.0),
    }
    lines, marks = [], {}
    for k, colour in enumerate(_colours(len(names))):
        dashes = "--" if k % 2 else "-"
        curve = _smooth(steps, values[:, k])
        lines += axes.plot(
            *curve, color=colour, linestyle=dashes, marker=_marker(recording)
        )
        for label, (rows, marker, edge) in odd.items():
            places = steps[rows[:, k]]
            if places.size:
                (marks[label],) = axes.plot(
                    places,
                    np.full(places.shape, edge),
                    marker,
                    color=colour,
                    transform=axes.get_xaxis_transform(),
                    clip_on=False,
                )
    axes.set_yscale("log")
    axes.set_xlabel("step")
    labels = [*names, *(other.get_label() for other in others), *marks]
    _add_legend(axes.figure, [*lines, *others, *marks.values()], labels)


def _smooth(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Geometric means of neighbours, so that many looks make a line, not a band."""
    width = _neighbours(len(steps))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(np.isfinite(values) & (values > 0), np.log(values), np.nan)
    logs = np.clip(logs, -_WIDEST, _WIDEST)
    starts = np.arange(0, len(steps), width)
    counts = np.add.reduceat(np.isfinite(logs), starts)
    sums = np.add.reduceat(np.nan_to_num(logs), starts)
    means = np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 0)
    sizes = np.diff(np.append(starts, len(steps)))
    places = np.add.reduceat(steps, starts) / sizes
    return places, np.exp(means)


def _neighbours(looks: int) -> int:
    return max(1, looks // _POINTS)


def _told(recording: Recording) -> str:
    width = _neighbours(len(recording.steps))
    return f", mean of {width} looks" if width > 1 else ""


def _draw_shares(figure: Any, recording: Recording) -> None:
    from matplotlib.ticker import PercentFormatter

    panels = figure.subplots(3, 1, sharex=True)
    lines: list[Any] = []
    for axes, title, rows in zip(
        panels,
        ("Activations that are 0", "Dead units", "Saturated activations"),
        (recording.zeros, recording.dead, recording.saturated),
        strict=True,
    ):
        shares = np.array(rows)
        marker = _marker(recording)
        lines = [
            axes.plot(recording.steps, shares[:, k], color=colour, marker=marker)[0]
            for k, colour in enumerate(_colours(len(recording.layers)))
        ]
        if not shares.any():
            axes.text(0.5, 0.5, "none", color=_GREY, transform=axes.transAxes)
        axes.set_title(title)
        axes.set_ylim(-0.04, 1.04)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    panels[-1].set_xlabel("step")
    _add_legend(figure, lines, recording.layers)


def _marker(recording: Recording) -> str:
    """Points where looks are few: one look alone is no line."""
    return "." if len(recording.steps) <= _FEW else ""


def _add_legend(figure: Any, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Beside the curves, never over them; labels are text, whatever they hold."""
    legend = figure.legend(
        handles,
        [str(k) for k in range(len(labels))],
        loc="outside right upper",
        ncols=-(-len(labels) // _LINES),
    )
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set(text=label, parse_math=False)
