"""Faults that give themselves away by the numbers: ratios, transposes, lost sums."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite, prod

import numpy as np

from graphgrad.testing.problem import Array

_CLOSE = 1e-5


def ratio_text(got: float, expected: float, error: float) -> str:
    """The ratio of two numbers, as a simple fraction where it is one.

    Example:
        >>> ratio_text(0.3110, 0.9330, 2e-13)
        '1/3'
        >>> ratio_text(1.0, 0.0, 1e-9)
        ''
    """
    if not isfinite(got) or got == 0 or abs(expected) <= 2 * error:
        return ""
    ratio = got / expected
    if 0 < abs(ratio - 1) < _CLOSE * 100:
        return f"1 {'-' if ratio < 1 else '+'} {abs(ratio - 1):.1e}"
    near = Fraction(ratio).limit_denominator(999)
    simple = 1 in {abs(near.numerator), near.denominator} or near.denominator <= 12
    if near and simple and abs(ratio / float(near) - 1) < _CLOSE:
        return str(near)
    return f"{ratio:.4g}"


def hint(got: Array, expected: Array, output_shape: tuple[int, ...], name: str) -> str:
    """What a wrong gradient looks like.

    Args:
        got: the vjp's gradient.
        expected: the numerical one in the same shape; NaN where it is not known.
        output_shape: shape of the function's output.
        name: how to call the input.

    Returns:
        One line, empty if the numbers look like nothing known.
    """
    known = np.isfinite(expected) & np.isfinite(got)
    if not known.any():
        return ""
    if not got.any():
        return f"every entry of the gradient is zero: is the path through {name} lost?"
    if _same(got.T, expected):
        return "the gradient is transposed"
    lost = _lost_axes(got.shape, output_shape)
    if lost:
        axes = ", ".join(map(str, lost))
        word = "axis" if len(lost) == 1 else "axes"
        shapes = f"{name} has shape {got.shape}, broadcast to {output_shape}"
        return f"{shapes}: sum over {word} {axes} missing?"
    wanted = known & (expected != 0)
    ratios = got[wanted] / expected[wanted]
    if len(ratios) and np.ptp(ratios) <= _CLOSE * abs(ratios[0]):
        return _ratio_hint(float(np.mean(ratios)), output_shape, got.shape)
    if (
        known.all()
        and got.size > 1
        and _same(np.sort(got, None), np.sort(expected, None))
    ):
        return "the right numbers stand at the wrong places: is an axis swapped?"
    return ""


def _same(a: Array, b: Array) -> bool:
    if a.shape != b.shape:
        return False
    known = np.isfinite(b)
    return known.sum() > 1 and np.allclose(a[known], b[known], _CLOSE, 1e-9)


def _lost_axes(shape: tuple[int, ...], output: tuple[int, ...]) -> list[int]:
    """Output axes along which an input of this shape is repeated."""
    padded = (1,) * (len(output) - len(shape)) + shape
    if len(padded) != len(output):
        return []
    pairs = list(zip(padded, output, strict=True))
    if any(a not in {1, b} for a, b in pairs):
        return []
    return [axis for axis, (a, b) in enumerate(pairs) if a == 1 and b > 1]


def _ratio_hint(ratio: float, *shapes: tuple[int, ...]) -> str:
    if abs(ratio - 1) < _CLOSE:  # right where it is known
        return ""
    if abs(ratio + 1) < _CLOSE:
        return "every entry has the wrong sign"
    text = ratio_text(ratio, 1.0, 0.0)
    counts = {n for shape in shapes for n in (prod(shape), *shape) if n > 1}
    for n in sorted(counts):
        if abs(ratio * n - 1) < _CLOSE:
            return f"every entry is 1/{n} of what it should be: divided by a size?"
        if abs(ratio / n - 1) < _CLOSE:
            return f"every entry is {n} times what it should be: a sum for a mean?"
    if "1 " in text or ("." in text and "/" not in text):
        return ""
    if "/" in text:
        return f"every entry is {text} of what it should be: a factor lost?"
    return f"every entry is {text} times what it should be: a factor too many?"
