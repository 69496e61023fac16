"""Frames around scopes, where the layout leaves room for them.

A frame is the smallest rectangle around a scope's nodes and the labels of the edges
that enter them. It is left out where it would hold a node or label of another scope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphgrad.drawing.layout import Layout
from graphgrad.drawing.measure import (
    frame_name,
    frame_side,
    frame_top,
    frame_width,
)
from graphgrad.drawing.scene import Scene, enclosing


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle and the scope that it stands for."""

    scope: str
    label: str
    left: float
    top: float
    right: float
    bottom: float


def frames_of(scene: Scene, layout: Layout) -> list[Frame]:
    """The frames that fit, outer ones first."""
    scopes = _scopes(scene)
    if not scopes:
        return []
    boxes, owners = _boxes(scene, layout)
    members: dict[str, list[int]] = {}
    levels = dict.fromkeys(scopes, 0)
    for index, owner in enumerate(owners):
        for level, scope in enumerate(enclosing(owner)):
            members.setdefault(scope, []).append(index)
            levels[scope] = max(levels[scope], level)
    by_left = np.argsort(boxes[:, 0], kind="stable")
    lefts = boxes[by_left, 0]
    widest = float((boxes[:, 2] - boxes[:, 0]).max())
    frames: list[Frame] = []
    for scope in sorted(scopes, key=lambda s: (s.count("/"), scopes[s])):
        inside = boxes[members[scope]]
        frame = _around(scope, inside, levels[scope], layout.rails.get(scope))
        first, last = np.searchsorted(lefts, (frame.left - widest, frame.right))
        if _hits(frame, boxes[by_left[first:last]]) == _hits(frame, inside):
            frames.append(frame)
    return frames


def _hits(frame: Frame, boxes: np.ndarray) -> int:
    """How many of the boxes reach into a frame."""
    across = (boxes[:, 0] < frame.right) & (boxes[:, 2] > frame.left)
    down = (boxes[:, 1] < frame.bottom) & (boxes[:, 3] > frame.top)
    return int((across & down).sum())


def _scopes(scene: Scene) -> dict[str, int]:
    """Every scope and enclosing scope, with the node that it begins at."""
    found: dict[str, int] = {}
    for index, node in enumerate(scene.nodes):
        for scope in reversed(enclosing(node.scope)):
            found.setdefault(scope, index)
    return found


def _boxes(scene: Scene, layout: Layout) -> tuple[np.ndarray, list[str]]:
    """Rectangles of all nodes and labels, and the scope of each."""
    rows: list[tuple[float, float, float, float]] = []
    owners = [node.scope for node in scene.nodes]
    for (x, y), shape in zip(layout.nodes, layout.sizes.shapes, strict=True):
        half = shape.breadth / 2
        up = shape.height / 2
        rows.append((x - half, y - up, x + half, y + up + shape.below))
    for edge, (x, y), box in zip(
        scene.edges, layout.labels, layout.sizes.labels, strict=True
    ):
        half = box.width / 2
        rows.append((x - half, y - box.above, x + half, y + box.below))
        owners.append(owners[edge.target])  # labels stand beside the node they enter
    return np.array(rows, float).reshape(-1, 4), owners


def _around(
    scope: str, boxes: np.ndarray, levels: int, rail: tuple[float, float] | None
) -> Frame:
    side = frame_side(levels)
    left, top = float(boxes[:, 0].min()) - side, float(boxes[:, 1].min())
    right, bottom = float(boxes[:, 2].max()) + side, float(boxes[:, 3].max())
    if rail:
        top, bottom = min(top, rail[0]), max(bottom, rail[1])
    right = max(right, left + frame_width(scope))
    top, bottom = top - frame_top(levels), bottom + side
    return Frame(scope, frame_name(scope), left, top, right, bottom)
