"""How much room each node and each edge's labels take, in pixels.

Layouts reserve these boxes and painters fill them; both read the same numbers here.
Every y is measured from the line on which the lanes meet the node or pass the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from graphgrad.drawing.scene import Edge, Node
from graphgrad.drawing.text import shorten, width

TEXT = 15.0
GLYPH = 21.0
SMALL = 12.5
CAPTION = 11.0
LABEL = 13.0
HEADING = 17.0

# The forward and the backward lane run this far above and below an edge's middle.
LANE = 4.0
# Distance between the middles of two edges that enter one operator.
PORT = 18.0
_CAPTION_LINE = 14.0
_RADIUS = 22.0
_PILL = 40.0
# Boxes behind the box of several alike modules are this far to the lower right.
STACK = 4.0
# Lines of a label: the gradient under its lane, the local derivative under that.
_LINE = 15.0
# Frames: room around what they hold, more for each level inside, and for the name.
_FRAME = 9.0
_FRAME_PER_LEVEL = 4.0
_FRAME_NAME = 16.0
_FRAME_NAME_SIDES = 20.0
_FRAME_LONGEST = 32


@dataclass(frozen=True, slots=True)
class Shape:
    """The outline of a node: a rectangle with round corners, up to a circle.

    Args:
        width: of the outline.
        height: of the outline.
        corner: radius of the corners.
        below: room for captions under the outline.
        breadth: width of the whole, captions included.
    """

    width: float
    height: float
    corner: float
    below: float = 0.0
    breadth: float = 0.0

    def reach(self, dy: float) -> float:
        """Distance from the middle line to the outline, `dy` above or below it."""
        over = abs(dy) - (self.height / 2 - self.corner)
        if over <= 0:
            return self.width / 2
        inside = max(self.corner**2 - over**2, 0.0)
        return self.width / 2 - self.corner + sqrt(inside)


@dataclass(frozen=True, slots=True)
class LabelBox:
    """The room of an edge's two labels."""

    width: float
    above: float
    below: float


def node_shape(node: Node, inputs: int) -> Shape:
    """The outline of `node`, tall enough for `inputs` edges that enter it."""
    tall = inputs * PORT + 4
    caption = max((width(line, CAPTION) for line in node.captions), default=0.0)
    lines = len(node.captions) * _CAPTION_LINE
    if node.kind == "op":
        below = lines + 3 if lines else 0.0
        if is_round(node, inputs):
            body = 2 * _RADIUS
            return Shape(body, body, _RADIUS, below, max(body, caption))
        height = max(_PILL, tall)
        body = max(width(node.text, TEXT) + 30, 2 * _RADIUS)
        return Shape(body, height, _PILL / 2, below, max(body, caption))
    if node.kind == "constant":
        body = max(width(node.text, SMALL), caption) + 14
        return Shape(body, 24 + lines, 4.0, 0.0, body)
    if node.kind == "module":
        body = max(width(node.text, TEXT, bold=True), caption) + 30
        behind = 2 * STACK if node.count > 1 else 0.0
        height = max(40 + lines, tall)
        return Shape(body, height, 8.0, behind, body + 2 * behind)
    text = width(node.text, TEXT, bold=node.kind == "output")
    body = max(text, caption) + 22
    return Shape(body, 32 + lines, 5.0, 0.0, body)


def is_round(node: Node, inputs: int) -> bool:
    """True if the operator is drawn as a circle, False for a pill."""
    return inputs <= 2 and width(node.text, TEXT) <= 32


def text_size(node: Node) -> float:
    """Font size of the node's main text: signs are drawn larger than words."""
    if node.kind == "op" and len(node.text) == 1 and not node.text.isalnum():
        return GLYPH
    return SMALL if node.kind == "constant" else TEXT


def port(slot: int, inputs: int) -> float:
    """Where edge `slot` of `inputs` enters an operator, relative to its middle."""
    return (slot - (inputs - 1) / 2) * PORT


def label_box(edge: Edge) -> LabelBox:
    """The room for the value above the lanes, and what stands below them."""
    lane = LANE if edge.gradient else 0.0
    above = lane + (19.0 if edge.value.text else 4.0)
    below = lane + 4.0
    widest = width(edge.value.text, LABEL)
    if edge.gradient and edge.gradient.text:
        below = lane + 20.0
        widest = max(widest, width(edge.gradient.text, LABEL, bold=True))
    if edge.local:
        below += _LINE
        widest = max(widest, width(edge.local, SMALL))
    return LabelBox(widest + 10 if widest else 0.0, above, below)


def frame_side(levels: int) -> float:
    """Room between a frame and what it holds, with `levels` of frames inside."""
    return _FRAME + _FRAME_PER_LEVEL * levels


def frame_top(levels: int) -> float:
    """The same at the top, where the names of the frames stand."""
    return frame_side(levels) + _FRAME_NAME * (1 + levels)


def frame_name(path: str) -> str:
    """What a frame is called: the last part of its scope's path."""
    return shorten(path.rpartition("/")[2], _FRAME_LONGEST)


def frame_width(path: str) -> float:
    """How wide a frame is at least, to hold its name."""
    return width(frame_name(path), SMALL) + _FRAME_NAME_SIDES
