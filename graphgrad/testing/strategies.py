"""Hypothesis strategies for inputs that find bugs.

Most gradient bugs show at a shape, a tie, a special value or a memory layout and not at
a typical sample, so these are drawn far more often than chance would. Every strategy
shrinks towards the plain sample.

Needs the extra ``graphgrad[testing]``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite, prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

from graphgrad.domains import Domain, Interval
from graphgrad.testing.graphs import graphs  # noqa: F401  a strategy as the others
from graphgrad.testing.layouts import LAYOUTS
from graphgrad.testing.problem import Array, read_only

Shape = tuple[int, ...]

SIDES = (2, 2, 2, 1, 1, 3, 4, 0)
_ENTRIES = 24  # so that a check by entries stays quick
_MAGNITUDES = (1e-50, 1e-20, 1e-8, 1e-4, 1e4, 1e8)
_NEAR = 1e-7
MOODS = (
    "plain", "wide", "special", "special", "ties", "scaled", "kinks", "kinks",
)  # fmt: skip


def shapes(min_dims: int = 0, max_dims: int = 3) -> st.SearchStrategy[Shape]:
    """Shapes with sides of 2, 1, 3 and 0, size 0 and 0-d included.

    Args:
        min_dims: least number of axes.
        max_dims: greatest number of axes.
    """
    sides = st.lists(st.sampled_from(SIDES), min_size=min_dims, max_size=max_dims)
    return sides.map(tuple).filter(lambda shape: prod(shape) <= _ENTRIES)


@st.composite
def broadcast_shapes(
    draw: st.DrawFn, count: int = 2, max_dims: int = 3
) -> tuple[Shape, ...]:
    """Shapes that broadcast: sides of 1 against n, and missing leading axes.

    Args:
        draw: given by Hypothesis.
        count: how many shapes.
        max_dims: greatest number of axes.
    """
    whole = draw(shapes(max_dims=max_dims))
    found = []
    for _ in range(count):
        change = draw(st.sampled_from(("same", "same", "ones", "fewer", "both")))
        shape = list(whole)
        if change in {"ones", "both"}:
            shape = [draw(st.sampled_from((n, 1))) for n in shape]
        if change in {"fewer", "both"}:
            shape = shape[draw(st.integers(0, len(shape))) :]
        found.append(tuple(shape))
    return tuple(found)


def arrays(
    domain: Domain, index: int = 0, shape: Shape | None = None
) -> st.SearchStrategy[Array]:
    """Arrays for one input of a domain.

    The mood of an array is drawn (plain, wide, special, ties, scaled, kinks), its
    entries then come from a seeded generator: forty examples see more in this way than
    if each entry were drawn.

    Args:
        domain: says the interval, the dtype, the kinks.
        index: which input.
        shape: of the array; drawn if None.
    """
    interval = domain.inputs[min(index, len(domain.inputs) - 1)]
    chosen = shapes() if shape is None else st.just(shape)
    known = MOODS if domain.kinks else MOODS[:-2]
    moods = st.sampled_from((*known, "ties", "ties") if domain.ties else known)
    layouts = st.sampled_from((None, *(f for _, f in LAYOUTS), read_only))
    seeds = st.integers(0, 2**32 - 1)

    def build(shape: Shape, mood: str, layout: Any, seed: int) -> Array:
        rng = np.random.default_rng([seed, index, MOODS.index(mood), *shape])
        array = _filled(rng, mood, interval, domain.kinks, shape)
        return array if layout is None else layout(array)

    return st.builds(build, chosen, moods, layouts, seeds)


def options(domain: Domain) -> st.SearchStrategy[Mapping[str, Any]]:
    """The sets of keyword arguments that a domain lists, each in its turn."""
    return st.sampled_from(domain.options)


def inputs(domain: Domain) -> st.SearchStrategy[tuple[Array, ...]]:
    """All inputs of a function, in shapes that its signature allows.

    The simplest example is the plain typical sample.

    Example:
        >>> domain = Domain((Interval(-3, 3), Interval(0, 3)))
        >>> from hypothesis import find
        >>> [x.shape for x in find(inputs(domain), lambda xs: True)]
        [(2, 3), (2, 3)]
    """
    repair, valid = domain.repair, domain.valid
    drawn = _drawn_inputs(domain)
    drawn = drawn if repair is None else drawn.map(lambda xs: repair(*xs))
    drawn = st.one_of(st.just(typical(domain)), drawn)
    return drawn if valid is None else drawn.filter(lambda xs: valid(*xs))


def typical(domain: Domain, seed: int = 0) -> tuple[Array, ...]:
    """The plain sample: entries of ordinary size, far from kinks, all different."""
    rng = np.random.default_rng(seed)
    cores = _signature(domain)
    sizes = {
        name: 3 + i for i, name in enumerate(sorted({n for c in cores for n in c}))
    }
    loop = () if sizes else (2, 3)
    found = []
    for core, interval in zip(cores, _intervals(domain), strict=True):
        shape = (*loop, *(_size(sizes, n) for n in core))
        low, high = _ordinary(interval)
        values = low + (high - low) * rng.uniform(0.05, 0.95, shape)
        if np.dtype(interval.dtype).kind in "iub":
            values = np.resize(rng.permutation(_integers(interval)), shape)
            values = rng.permutation(values.ravel()).reshape(shape)
        found.append(np.asarray(values, interval.dtype))
    return tuple(found) if domain.repair is None else domain.repair(*found)


@st.composite
def _drawn_inputs(draw: st.DrawFn, domain: Domain) -> tuple[Array, ...]:
    cores = _signature(domain)
    names = sorted({n for core in cores for n in core})
    intervals = _intervals(domain)
    sizes = {n: draw(st.sampled_from(SIDES)) for n in names}
    loops = draw(_loops(len(cores)) if names else broadcast_shapes(len(cores)))
    found = []
    for i, (core, loop) in enumerate(zip(cores, loops, strict=True)):
        shape = (*loop, *(_size(sizes, n) for n in core))
        found.append(draw(arrays(domain, i, shape)))
    often = (True, False) if domain.ties else (False, False, False, True)
    if len(found) > 1 and draw(st.sampled_from(often)):
        found[1:] = map(_sharing, found[1:], [found[0]] * len(found), intervals[1:])
    return tuple(found)


@st.composite
def _loops(draw: st.DrawFn, count: int) -> tuple[Shape, ...]:
    """Loop shapes beside core dimensions: a batch against none is the usual case."""
    whole = draw(st.sampled_from(((), (), (2,), (2,), (3,), (1,), (0,))))
    changes = (whole, whole, (), tuple(1 for _ in whole))
    return tuple(draw(st.sampled_from(changes)) for _ in range(count))


def _sharing(target: Array, source: Array, interval: Interval) -> Array:
    """An array of the target's shape with those entries of the source that may be."""
    if not source.size or source.dtype != target.dtype:
        return target
    values = np.resize(source, target.shape)
    inside = (interval.low < values) & (values < interval.high)
    return np.where(inside, values, target)


def _intervals(domain: Domain) -> list[Interval]:
    """One interval per input of the signature; the last repeats."""
    count = max(len(domain.inputs), domain.signature.split("->")[0].count("("))
    return [domain.inputs[min(i, len(domain.inputs) - 1)] for i in range(count)]


def _signature(domain: Domain) -> list[tuple[str, ...]]:
    """Names of the core dimensions of each input; the last repeats."""
    parts = re.findall(r"\(([^)]*)\)", domain.signature.split("->")[0])
    cores = [tuple(n.strip() for n in p.split(",") if n.strip()) for p in parts]
    count = max(len(domain.inputs), len(cores))
    return [cores[min(i, len(cores) - 1)] for i in range(count)]


def _size(sizes: Mapping[str, int], name: str) -> int:
    return int(name) if name.isdigit() else sizes[name]


def _ordinary(interval: Interval) -> tuple[float, float]:
    """The part of an interval in which entries are neither large nor tiny."""
    low, high = max(interval.low, -3.0), min(interval.high, 3.0)
    if low < high:
        return low, high
    low, high = interval.low, interval.high
    if isfinite(low):
        return low, high if isfinite(high) else low + 3.0
    return high - 3.0, high


def _integers(interval: Interval) -> list[int]:
    """Whole numbers of the open interval, at most a dozen around its middle."""
    low = int(np.floor(interval.low)) + 1 if isfinite(interval.low) else -6
    high = int(np.ceil(interval.high)) - 1 if isfinite(interval.high) else low + 12
    if np.dtype(interval.dtype).kind == "b":
        return [0, 1]
    return list(range(low, high + 1))[:12]


def _filled(
    rng: np.random.Generator,
    mood: str,
    interval: Interval,
    kinks: tuple[float, ...],
    shape: Shape,
) -> Array:
    """An array whose entries are of one mood."""
    if np.dtype(interval.dtype).kind in "iub":
        pool = rng.choice(_integers(interval), 2) if mood == "ties" else None
        whole = rng.choice(_integers(interval) if pool is None else pool, shape)
        return np.asarray(whole, interval.dtype)
    low, high = _ordinary(interval)
    if mood == "wide":
        wide = max(interval.low, -50.0), min(interval.high, 50.0)
        low, high = wide if wide[0] < wide[1] else (low, high)
    values = np.asarray(low + (high - low) * rng.integers(1, 1000, shape) / 1000)
    if mood == "ties":
        values = rng.choice(low + (high - low) * rng.integers(1, 1000, 2) / 1000, shape)
    elif mood == "scaled":
        values = values * rng.choice(_MAGNITUDES)
    elif mood in {"special", "kinks"}:
        pool = _special(interval) if mood == "special" else _near_kinks(kinks)
        chosen = rng.random(shape) < rng.choice((0.3, 0.7, 1.0))
        values = np.where(chosen, rng.choice(pool, shape), values)
    values = np.asarray(values, interval.dtype)
    inside = (interval.low < values) & (values < interval.high)
    plain = low + (high - low) * rng.integers(1, 1000, shape) / 1000
    return np.where(inside, values, plain).astype(interval.dtype)


def _special(interval: Interval) -> list[float]:
    """Zeros, ones, and entries just inside the bounds."""
    size = max(abs(b) for b in (interval.low, interval.high, 1.0) if isfinite(b))
    margin = 4 * size * max(float(np.finfo(interval.dtype).eps), 1e-9)
    bounds = [interval.low + margin, interval.high - margin]
    return [v for v in (0.0, -0.0, 1.0, -1.0, *bounds) if isfinite(v)]


def _near_kinks(kinks: tuple[float, ...]) -> list[float]:
    return [k + d for k in kinks for d in (0.0, _NEAR, -_NEAR)]
