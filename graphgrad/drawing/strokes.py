"""From a route to the strokes of its two lanes, as SVG path data.

Both lanes follow one route, the forward one above and the backward one below. On a
slope their bends are moved apart sideways, so that they keep their distance.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from graphgrad.drawing.layout import Point

# Arrow heads: length and half of the width, in pixels.
FORWARD_HEAD = (10.0, 4.2)
BACKWARD_HEAD = (12.0, 6.2)


@dataclass(frozen=True, slots=True)
class Stroke:
    """One lane: path data of the line, and of the triangle of its arrow head."""

    line: str
    head: str


def number(value: float) -> str:
    """`value` with at most one decimal.

    Example:
        >>> number(3.04), number(-0.01), number(2.25)
        ('3', '0', '2.2')
    """
    text = f"{value:.1f}"
    if text.endswith(".0"):
        text = text[:-2]
    return "0" if text == "-0" else text


def forward_stroke(route: Sequence[Point], lane: float, ends: Point) -> Stroke:
    """The lane to the right; `ends` are the x where it leaves and arrives."""
    length, half = FORWARD_HEAD
    tip = ends[1]
    line = _line(route, lane, ends[0], tip - length + 2)
    return Stroke(line, _head(tip, route[-1][1] + lane, -length, half))


def backward_stroke(route: Sequence[Point], lane: float, ends: Point) -> Stroke:
    """The lane to the left; `ends` are the x where it arrives and leaves."""
    length, half = BACKWARD_HEAD
    tip = ends[0]
    line = _line(route, lane, tip + length - 2, ends[1])
    return Stroke(line, _head(tip, route[0][1] + lane, length, half))


def _head(x: float, y: float, length: float, half: float) -> str:
    back = number(x + length)
    return f"M{number(x)} {number(y)}L{back} {number(y - half)}V{number(y + half)}Z"


def _line(route: Sequence[Point], lane: float, start: float, end: float) -> str:
    points = [(start, route[0][1]), *route[1:-1], (end, route[-1][1])]
    parts = [f"M{number(start)} {number(points[0][1] + lane)}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if y0 == y1:
            parts.append(f"H{number(x1)}")
            continue
        bend = number(_bend(x0, y0, x1, y1, lane))
        parts.append(
            f"C{bend} {number(y0 + lane)} {bend} {number(y1 + lane)} "
            f"{number(x1)} {number(y1 + lane)}"
        )
    return "".join(parts)


def _bend(x0: float, y0: float, x1: float, y1: float, lane: float) -> float:
    """The x of both control points.

    For a line that turns by an angle a, a copy at distance d turns d tan(a/2) later.
    """
    rise, run = 2 * (y1 - y0), x1 - x0
    turn = (hypot(rise, run) - run) / rise
    return min(max((x0 + x1) / 2 - lane * turn, x0), x1)
