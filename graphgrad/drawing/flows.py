"""What runs along an edge in a few characters: a number, a norm, or words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphgrad.drawing.scene import Flow
from graphgrad.insight.flow import norm_factors


def flow_of(value: Any) -> Flow:
    """A number, or the norm of an array, in text; NaN and infinity in words.

    Example:
        >>> flow_of(2.5).text, flow_of([3.0, 4.0]).text, flow_of(float("nan")).state
        ('2.5', '‖5‖', 'broken')
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fc":
        return Flow(f"{array.item()}" if array.ndim == 0 else array.dtype.name)
    if array.ndim == 0:
        return _of_number(array.item())
    if not array.size:
        return Flow("empty")
    missing, endless = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    if missing or endless:
        word, count = ("NaN", missing) if missing else ("infinite", endless)
        return Flow(f"{count} of {array.size} {word}", "broken")
    top, rest = norm_factors(array)
    if not top:
        return Flow("‖0‖", "zero")
    magnitude, size = math.log10(top) + math.log10(rest), top * rest
    text = f"{size:.4g}" if math.isfinite(size) else f"1e+{magnitude:.0f}"
    return Flow(f"‖{text}‖", magnitude=magnitude)


def _of_number(number: complex) -> Flow:
    if np.isnan(number):
        return Flow("NaN", "broken")
    if np.isinf(number):
        return Flow(f"{number:g}", "broken")
    text, top = f"{number:.4g}", max(abs(number.real), abs(number.imag))
    if not top:
        return Flow(text, "zero")
    size = math.hypot(number.real / top, number.imag / top)
    return Flow(text, magnitude=math.log10(top) + math.log10(size))


def added(shares: list[Any]) -> Any:
    """The sum of what flows back along several edges; None where nothing does."""
    found = [share for share in shares if share is not None]
    if not found:
        return None
    with np.errstate(all="ignore"):
        return sum(found[1:], found[0])
