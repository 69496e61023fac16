"""Pooling: one number for each window (book §7.3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import declared
from graphgrad.ops.convolution import as_margins, with_margins
from graphgrad.ops.reduction import max, mean, sum
from graphgrad.ops.structure import ones_like
from graphgrad.ops.windows import as_numbers, unfold


def _largest(
    x: Any, margins: Any, windows: Callable[..., Any], axes: Any, count_padding: bool
) -> Any:
    return max(windows(with_margins(x, margins, -inf)), axes)


def _average(
    x: Any, margins: Any, windows: Callable[..., Any], axes: Any, count_padding: bool
) -> Any:
    seen = windows(with_margins(x, margins))
    if count_padding:
        return mean(seen, axes)
    entries = windows(with_margins(ones_like(x), margins))
    return sum(seen, axes) / sum(entries, axes)


def _preparation(count: int) -> Callable[..., Any]:
    def prepare(
        x: Any,
        /,
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        count_padding: bool = True,
    ) -> Any:
        sizes = as_numbers(window, count, "window")
        if len(x.shape) < count:
            raise ArgumentError(f"a window over {count} axes, of {len(x.shape)}")
        return (x,), {
            "window": sizes,
            "stride": sizes if stride is None else as_numbers(stride, count, "stride"),
            "padding": tuple(padding) if isinstance(padding, list) else padding,
            "count_padding": bool(count_padding),
        }

    return prepare


def _pooling(name: str, count: int, reduce: Callable[..., Any], summary: str) -> Any:
    def body(
        x: Any,
        /,
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        count_padding: bool = True,
    ) -> Any:
        once = (1,) * count
        margins = as_margins(padding, x.shape[x.ndim - count :], window, stride, once)
        windows = partial(unfold, window=window, stride=stride)
        return reduce(x, margins, windows, tuple(range(-count, 0)), count_padding)

    body.__name__ = name
    body.__doc__ = f"""{summary}

Args:
    x: of shape (..., *sizes), the last {count} axes being those of space.
    window: entries of a window, for all axes or for each.
    stride: steps from window to window; by default the window.
    padding: entries at the ends, −∞ for the largest and 0 for the mean: a number, a
        number or pair per axis, "same", "valid".
    count_padding: whether a mean counts the padding."""
    facts = Domain(
        (Interval(-5, 5),),
        signature="(n,4)" if count == 1 else "(n,5,4)",
        options=(
            {"window": 2},
            {"window": 3, "stride": 1, "padding": 1, "count_padding": False},
        ),
        ties=reduce is _largest,
        analytic=False,
    )
    return composite(dtype="floating", prepare=_preparation(count), domain=facts)(body)


_TIES = "The largest entry of each window; entries that tie share the gradient equally."
_MEAN = "The mean of each window."

max_pool1d = _pooling("max_pool1d", 1, _largest, _TIES)
max_pool2d = _pooling("max_pool2d", 2, _largest, _TIES)
avg_pool1d = _pooling("avg_pool1d", 1, _average, _MEAN)
avg_pool2d = _pooling("avg_pool2d", 2, _average, _MEAN)

__all__ = declared(globals())
