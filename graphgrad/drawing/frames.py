"""Frames around scopes, where the layout leaves room for them.

A frame is the smallest rectangle around a scope's nodes and the labels of the edges
that enter them. It is left out where it would hold a node or label of another scope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphgrad.drawing.layout import Layout
from graphgrad.drawing.measure import SMALL
from graphgrad.drawing.scene import Scene
from graphgrad.drawing.text import shorten, width

_PAD = 9.0
_NAME_ROOM = 16.0
_LONGEST = 32


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
    depth = max(scope.count("/") for scope in scopes)
    frames: list[Frame] = []
    for scope in sorted(scopes, key=lambda s: (s.count("/"), scopes[s])):
        inside = np.array([_within(owner, scope) for owner in owners])
        deeper = max(s.count("/") for s in scopes if _within(s, scope))
        levels = min(deeper, depth) - scope.count("/")
        frame = _around(scope, boxes[inside], levels)
        others = boxes[~inside]
        hit = (
            (others[:, 0] < frame.right)
            & (others[:, 2] > frame.left)
            & (others[:, 1] < frame.bottom)
            & (others[:, 3] > frame.top)
        )
        if not hit.any():
            frames.append(frame)
    return frames


def _within(owner: str, scope: str) -> bool:
    return owner == scope or owner.startswith(scope + "/")


def _scopes(scene: Scene) -> dict[str, int]:
    """Every scope and enclosing scope, with the node that it begins at."""
    found: dict[str, int] = {}
    for index, node in enumerate(scene.nodes):
        parts = node.scope.split("/") if node.scope else []
        for length in range(1, len(parts) + 1):
            found.setdefault("/".join(parts[:length]), index)
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


def _around(scope: str, boxes: np.ndarray, levels: int) -> Frame:
    pad = _PAD + 4.0 * levels
    left, top = float(boxes[:, 0].min()) - pad, float(boxes[:, 1].min()) - pad
    right, bottom = float(boxes[:, 2].max()) + pad, float(boxes[:, 3].max()) + pad
    label = shorten(scope.rpartition("/")[2], _LONGEST)
    right = max(right, left + width(label, SMALL) + 20)
    return Frame(scope, label, left, top - _NAME_ROOM * (1 + levels), right, bottom)
