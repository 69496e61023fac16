"""What an array holds, in a few numbers, a histogram and a small map of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphgrad.insight.flow import norm

_BINS = 20
_CELLS = 24  # of a map's side; larger arrays are shown by the mean of blocks
_INVALID = 255  # the cell of a NaN or an infinity


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many entries lie in each of equal bins from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """A matrix as rows of bytes: 0 at `low`, 254 at `high`, 255 not finite."""

    rows: int
    columns: int
    low: float
    high: float
    cells: bytes


@dataclass(frozen=True, slots=True)
class Statistics:
    """What an array of numbers holds; figures of none where nothing is finite.

    Args:
        size: number of entries.
        zeros: share of entries that are exactly 0; so NaNs and infinities.
        histogram: of the finite entries, for arrays with axes.
        exponents: of log10 of the sizes of those that are not 0.
        map: the array as a picture, for arrays with axes.
    """

    shape: tuple[int, ...]
    size: int
    zeros: float
    nans: float
    infinities: float
    norm: float | None = None
    mean: float | None = None
    deviation: float | None = None
    low: float | None = None
    high: float | None = None
    histogram: Histogram | None = None
    exponents: Histogram | None = None
    map: Map | None = None


def statistics(value: Any, *, mapped: bool = True) -> Statistics | None:
    """The statistics of an array of real or complex numbers, by size where complex.

    Args:
        value: an array or number.
        mapped: whether to add the map.

    Returns:
        None for what holds no numbers.

    Example:
        >>> found = statistics([3.0, 0.0, -4.0])
        >>> found.norm, found.low, found.high, round(found.zeros, 3)
        (5.0, -4.0, 3.0, 0.333)
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        return None
    if not array.ndim:
        return _of_number(array.item())
    array = np.abs(array) if array.dtype.kind == "c" else array
    array = array.astype(np.float64)
    finite = array[np.isfinite(array)]
    size = max(array.size, 1)
    counts = (array == 0).sum(), np.isnan(array).sum(), np.isinf(array).sum()
    zeros, nans, infinities = (float(count / size) for count in counts)
    known = Statistics(array.shape, array.size, zeros, nans, infinities)
    if not finite.size:
        return known
    sizes = np.abs(finite[finite != 0])
    with np.errstate(over="ignore"):  # what is beyond the largest number is infinite
        return replace(
            known,
            norm=norm(finite),
            mean=float(finite.mean()),
            deviation=float(finite.std()),
            low=float(finite.min()),
            high=float(finite.max()),
            histogram=_histogram(finite),
            exponents=_histogram(np.log10(sizes)) if sizes.size else None,
            map=_map(array) if mapped else None,
        )


def _of_number(number: complex) -> Statistics:
    value = float(number.real)
    if isinstance(number, complex):
        value = math.hypot(number.real, number.imag)
    known = Statistics((), 1, value == 0, math.isnan(value), bool(np.isinf(number)))
    if not math.isfinite(value):
        return known
    return replace(
        known, norm=abs(value), mean=value, deviation=0.0, low=value, high=value
    )


def _histogram(values: np.ndarray) -> Histogram:
    low, high = float(values.min()), float(values.max())
    # Halves, so that no difference is beyond the largest number.
    width = (high / 2 - low / 2) or 1.0
    places = np.minimum((values / 2 - low / 2) / width * _BINS, _BINS - 1)
    counts = np.bincount(places.astype(int), minlength=_BINS)
    return Histogram(low, high, tuple(counts.tolist()))


def _map(array: np.ndarray) -> Map:
    """The array as a matrix, its first axes as rows, in blocks where it is large."""
    matrix = array.reshape(-1, array.shape[-1])
    for axis in (0, 1):
        length = matrix.shape[axis]
        if length > _CELLS:
            starts = np.linspace(0, length, _CELLS + 1).astype(int)
            counts = np.diff(starts).reshape((-1, 1) if axis == 0 else (1, -1))
            matrix = np.add.reduceat(matrix / 4, starts[:-1], axis=axis) / counts * 4
    valid = np.isfinite(matrix)
    shown = matrix[valid] if valid.any() else np.zeros(1)
    low, high = float(shown.min()), float(shown.max())
    # Quarters, so that no difference is beyond the largest number.
    level = (np.where(valid, matrix, low) / 4 - low / 4) / ((high / 4 - low / 4) or 1)
    cells = np.where(valid, level * (_INVALID - 1), _INVALID).astype(np.uint8)
    rows, columns = matrix.shape
    return Map(rows, columns, low, high, cells.tobytes())
