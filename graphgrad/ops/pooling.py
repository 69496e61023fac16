"""Pooling: one number for each window (book §7.3)."""

from __future__ import annotations

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


def _facts(
    x: Any, window: Any, stride: Any, padding: Any, count: int
) -> dict[str, Any]:
    sizes = as_numbers(window, count, "window")
    if len(x.shape) < count:
        raise ArgumentError(f"a window over {count} axes, of {len(x.shape)}")
    return {
        "window": sizes,
        "stride": sizes if stride is None else as_numbers(stride, count, "stride"),
        "padding": tuple(padding) if isinstance(padding, list) else padding,
    }


def _windows(x: Any, window: Any, stride: Any, padding: Any, value: float) -> Any:
    """The windows over the last axes, and the axes within one."""
    count = len(window)
    once = (1,) * count
    margins = as_margins(padding, x.shape[x.ndim - count :], window, stride, once)
    padded = with_margins(x, margins, value)
    return unfold(padded, window, stride=stride), tuple(range(-count, 0))


def _declared(count: int, prepare: Any, body: Any, doc: str, **facts: Any) -> Any:
    body.__name__ += f"{count}d"
    body.__doc__ = f"""{doc}

Args:
    x: of shape (..., *sizes), the last {count} axes being those of space.
    window: entries of a window, for all axes or for each.
    stride: steps from window to window; by default the window.
    padding: entries at the ends, −∞ for the largest and 0 for the mean: a number, a
        number or pair per axis, "same", "valid".{facts.pop("more", "")}"""
    domain = Domain(
        (Interval(-5, 5),),
        signature="(n,4)" if count == 1 else "(n,5,4)",
        analytic=False,
        **facts,
    )
    return composite(dtype="floating", prepare=prepare, domain=domain)(body)


_NARROW = {"window": 3, "stride": 1, "padding": 1}


def _max_pooling(count: int) -> Any:
    def prepare(x: Any, /, window: Any, *, stride: Any = None, padding: Any = 0) -> Any:
        return (x,), _facts(x, window, stride, padding, count)

    def max_pool(
        x: Any, /, window: Any, *, stride: Any = None, padding: Any = 0
    ) -> Any:
        return max(*_windows(x, window, stride, padding, -inf))

    doc = "The largest entry of each window; ties share the gradient equally."
    options = ({"window": 2}, _NARROW)
    return _declared(count, prepare, max_pool, doc, options=options, ties=True)


def _avg_pooling(count: int) -> Any:
    def prepare(
        x: Any,
        /,
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        count_padding: bool = True,
    ) -> Any:
        facts = _facts(x, window, stride, padding, count)
        return (x,), {**facts, "count_padding": bool(count_padding)}

    def avg_pool(
        x: Any,
        /,
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        count_padding: bool = True,
    ) -> Any:
        seen, axes = _windows(x, window, stride, padding, 0.0)
        if count_padding:
            return mean(seen, axes)
        entries, _ = _windows(ones_like(x), window, stride, padding, 0.0)
        return sum(seen, axes) / sum(entries, axes)

    return _declared(
        count,
        prepare,
        avg_pool,
        "The mean of each window.",
        options=({"window": 2}, {**_NARROW, "count_padding": False}),
        more="\n    count_padding: whether the padding counts as entries.",
    )


max_pool1d, max_pool2d = _max_pooling(1), _max_pooling(2)
avg_pool1d, avg_pool2d = _avg_pooling(1), _avg_pooling(2)

__all__ = declared(globals())
