"""The SVG painter: a scene and its layout to text.

Every number, colour and id follows from the scene alone, so equal pictures are equal
byte for byte. Presentation attributes are used instead of style sheets, and every id
starts with a hash of the content, so that figures do not disturb their page.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from html import escape

from graphgrad.drawing.frames import Frame, frames_of
from graphgrad.drawing.heat import HeatScale
from graphgrad.drawing.layout import Layout, Point
from graphgrad.drawing.measure import (
    CAPTION,
    HEADING,
    LABEL,
    LANE,
    SMALL,
    port,
    text_size,
)
from graphgrad.drawing.scene import Edge, Flow, Node, Scene
from graphgrad.drawing.strokes import (
    Stroke,
    backward_stroke,
    forward_stroke,
    number,
)
from graphgrad.drawing.text import printable, width
from graphgrad.drawing.theme import CIVIDIS, FONTS, Paint, Theme, cividis

_MARGIN = 24.0
_HEADING_ROOM = 34.0
_LEGEND_ROOM = 52.0
_LEGEND_WIDTH = 270.0
_BACKWARD_WIDTH = 2.8
_FORWARD_WIDTH = 1.5


def paint_svg(scene: Scene, layout: Layout, theme: Theme, *, heat: bool) -> str:
    """The picture as one SVG document.

    Args:
        scene: what to show.
        layout: where it is.
        theme: the colours.
        heat: colour the backward lanes by the size of their gradients.
    """
    scale = HeatScale.of(scene) if heat else None
    return _Painter(scene, layout, theme, scale).document()


def _text(content: str) -> str:
    return escape(printable(content), quote=True)


@dataclass(slots=True)
class _Painter:
    scene: Scene
    layout: Layout
    theme: Theme
    scale: HeatScale | None

    def document(self) -> str:
        scene, theme = self.scene, self.theme
        frames = frames_of(scene, self.layout)
        left, top, right, bottom = self._extent(frames)
        ids = self._prefix()
        w, h = right - left, bottom - top
        parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'id="{ids}" aria-labelledby="{ids}-title" '
            f'width="{number(w)}" height="{number(h)}" '
            f'viewBox="{number(left)} {number(top)} {number(w)} {number(h)}" '
            f'font-family="{FONTS}" text-anchor="middle">',
            f'<title id="{ids}-title">{_text(scene.summary)}</title>',
            f'<rect x="{number(left)}" y="{number(top)}" width="{number(w)}" '
            f'height="{number(h)}" fill="{theme.ground}"/>',
        ]
        if scene.title:
            parts.append(self._heading((left + right) / 2, top))
        parts += self._frames(frames, ids)
        parts += self._edges(ids)
        parts += self._nodes(ids)
        parts += self._labels()
        if self.scale:
            parts += self._legend(self.scale, left + _MARGIN, bottom - _LEGEND_ROOM)
        parts.append("</svg>\n")
        return "\n".join(parts)

    def _prefix(self) -> str:
        content = repr((self.scene, self.layout.engine, self.theme, self.scale))
        return "g" + sha256(content.encode("utf-8", "replace")).hexdigest()[:10]

    def _extent(self, frames: list[Frame]) -> tuple[float, float, float, float]:
        """The corners of the picture, margins included."""
        layout = self.layout
        xs, ys = [0.0], [0.0]
        for (x, y), shape in zip(layout.nodes, layout.sizes.shapes, strict=True):
            xs += (x - shape.breadth / 2, x + shape.breadth / 2)
            ys += (y - shape.height / 2, y + shape.height / 2 + shape.below)
        for (x, y), box in zip(layout.labels, layout.sizes.labels, strict=True):
            xs += (x - box.width / 2, x + box.width / 2)
            ys += (y - box.above, y + box.below)
        for route in layout.routes:
            ys += [y + LANE for _, y in route]
            ys += [y - LANE for _, y in route]
        for frame in frames:
            xs += (frame.left, frame.right)
            ys += (frame.top, frame.bottom)
        if len(layout.nodes):
            xs[0] = xs[1]
            ys[0] = ys[1]
        top = min(ys) - _MARGIN - (_HEADING_ROOM if self.scene.title else 0.0)
        bottom = max(ys) + _MARGIN + (_LEGEND_ROOM if self.scale else 0.0)
        needed = width(self.scene.title, HEADING) if self.scene.title else 0.0
        needed = max(needed, _LEGEND_WIDTH if self.scale else 0.0) + 2 * _MARGIN
        left, right = min(xs) - _MARGIN, max(xs) + _MARGIN
        spare = max(needed - (right - left), 0.0) / 2
        return left - spare, top, right + spare, bottom

    def _heading(self, x: float, top: float) -> str:
        return (
            f'<text x="{number(x)}" y="{number(top + _MARGIN + 6)}" '
            f'font-size="{HEADING:g}" fill="{self.theme.heading}">'
            f"{_text(self.scene.title)}</text>"
        )

    def _frames(self, frames: list[Frame], ids: str) -> list[str]:
        if not frames:
            return []
        theme = self.theme
        parts = [
            f'<g fill="{theme.frame_fill}" stroke="{theme.frame}" '
            f'font-size="{SMALL:g}" text-anchor="start">'
        ]
        for index, frame in enumerate(frames):
            w, h = frame.right - frame.left, frame.bottom - frame.top
            parts.append(
                f'<g id="{ids}-s{index}"><title>{_text("scope " + frame.scope)}</title>'
                f'<rect x="{number(frame.left)}" y="{number(frame.top)}" '
                f'width="{number(w)}" height="{number(h)}" rx="10"/>'
                f'<text x="{number(frame.left + 10)}" y="{number(frame.top + 16)}" '
                f'fill="{theme.frame_text}" stroke="none">{_text(frame.label)}</text>'
                "</g>"
            )
        parts.append("</g>")
        return parts

    def _edges(self, ids: str) -> list[str]:
        theme = self.theme
        backward = [
            f'<g fill="none" stroke="{theme.gradient}" '
            f'stroke-width="{_BACKWARD_WIDTH:g}">'
        ]
        forward = [
            f'<g fill="none" stroke="{theme.forward}" '
            f'stroke-width="{_FORWARD_WIDTH:g}">'
        ]
        for index, edge in enumerate(self.scene.edges):
            title = f"<title>{_text(edge.title)}</title>"
            lane = LANE if edge.gradient else 0.0
            route = self.layout.routes[index]
            if edge.gradient:
                stroke = backward_stroke(route, lane, self._ends(edge, lane))
                drawn = self._backward(edge.gradient, stroke)
                backward.append(f'<g id="{ids}-b{index}">{title}{drawn}</g>')
            stroke = forward_stroke(route, -lane, self._ends(edge, -lane))
            drawn = self._lane(stroke, theme.forward)
            if edge.value.state == "broken":
                drawn += _hatching(stroke)
            forward.append(f'<g id="{ids}-f{index}">{title}{drawn}</g>')
        return [*backward, "</g>", *forward, "</g>"]

    def _ends(self, edge: Edge, lane: float) -> Point:
        """The x at which a lane touches the outlines of its two nodes."""
        shapes, nodes = self.layout.sizes.shapes, self.layout.nodes
        inputs = self.layout.sizes.inputs[edge.target]
        leave = nodes[edge.source][0] + shapes[edge.source].reach(lane)
        reach = shapes[edge.target].reach(port(edge.slot, inputs) + lane)
        return leave + 1.0, nodes[edge.target][0] - reach - 1.0

    def _lane(self, stroke: Stroke, colour: str, line: str = "") -> str:
        return (
            f'<path d="{stroke.line}"{line}/>'
            f'<path d="{stroke.head}" fill="{colour}" stroke="none"/>'
        )

    def _backward(self, flow: Flow, stroke: Stroke) -> str:
        theme = self.theme
        if flow.state == "zero":
            return self._lane(stroke, theme.gradient, ' stroke-dasharray="2 4"')
        if flow.state == "broken":
            return self._lane(stroke, theme.gradient) + _hatching(stroke)
        if self.scale is None or flow.magnitude is None:
            return self._lane(stroke, theme.gradient)
        colour = self.scale.colour(flow.magnitude)
        thick = self.scale.width(flow.magnitude)
        casing = (
            f'<path d="{stroke.line}" stroke="{theme.forward}" '
            f'stroke-width="{thick + 1.4:.2f}"/>'
        )
        line = f' stroke="{colour}" stroke-width="{thick:.2f}"'
        head = (
            f'<path d="{stroke.head}" fill="{colour}" stroke="{theme.forward}" '
            'stroke-width="0.7"/>'
        )
        return f'{casing}<path d="{stroke.line}"{line}/>{head}'

    def _nodes(self, ids: str) -> list[str]:
        parts: list[str] = ["<g>"]
        for index, node in enumerate(self.scene.nodes):
            x, y = self.layout.nodes[index]
            shape = self.layout.sizes.shapes[index]
            paint: Paint = getattr(self.theme, node.kind)
            dashes = f' stroke-dasharray="{paint.dashes}"' if paint.dashes else ""
            parts.append(
                f'<g id="{ids}-n{index}"><title>{_text(node.title)}</title>'
                f'<rect x="{number(x - shape.width / 2)}" '
                f'y="{number(y - shape.height / 2)}" width="{number(shape.width)}" '
                f'height="{number(shape.height)}" rx="{number(shape.corner)}" '
                f'fill="{paint.fill}" stroke="{paint.stroke}" '
                f'stroke-width="{paint.width:g}"{dashes}/>'
                f"{self._words(node, x, y, shape.height, paint)}</g>"
            )
        parts.append("</g>")
        return parts

    def _words(
        self, node: Node, x: float, y: float, height: float, paint: Paint
    ) -> str:
        """The text of a node and its captions: inside a leaf, under an operator."""
        size = text_size(node)
        inside = node.kind != "op"
        first = y - (7.0 * len(node.captions) if inside else 0.0)
        bold = ' font-weight="bold"' if node.kind == "output" else ""
        words = [
            f'<text x="{number(x)}" y="{number(first + 0.36 * size)}" '
            f'font-size="{size:g}" fill="{paint.text}"{bold}>{_text(node.text)}</text>'
        ]
        under = first + 17.5 if inside else y + height / 2 + 12.5
        fill = paint.text if inside else self.theme.caption
        for line, caption in enumerate(node.captions):
            words.append(
                f'<text x="{number(x)}" y="{number(under + 14 * line)}" '
                f'font-size="{CAPTION:g}" fill="{fill}">{_text(caption)}</text>'
            )
        return "".join(words)

    def _labels(self) -> list[str]:
        theme = self.theme
        parts = [
            f'<g font-size="{LABEL:g}" fill="{theme.value}" stroke="{theme.ground}" '
            'stroke-width="3" stroke-linejoin="round" paint-order="stroke">'
        ]
        for edge, (x, y) in zip(self.scene.edges, self.layout.labels, strict=True):
            lane = LANE if edge.gradient else 0.0
            words = f"<title>{_text(edge.title)}</title>"
            if edge.value.text:
                words += (
                    f'<text x="{number(x)}" y="{number(y - lane - 5.5)}">'
                    f"{_text(edge.value.text)}</text>"
                )
            if edge.gradient and edge.gradient.text:
                words += (
                    f'<text x="{number(x)}" y="{number(y + lane + 15.5)}" '
                    f'font-weight="bold" fill="{theme.gradient}">'
                    f"{_text(edge.gradient.text)}</text>"
                )
            if "<text" in words:
                parts.append(f"<g>{words}</g>")
        parts.append("</g>")
        return parts

    def _legend(self, scale: HeatScale, left: float, top: float) -> list[str]:
        theme = self.theme
        steps = 3 * (len(CIVIDIS) - 1)
        step = _LEGEND_WIDTH / steps
        parts = ["<g><title>scale of the gradients' sizes</title>"]
        for index in range(steps):
            parts.append(
                f'<rect x="{number(left + index * step)}" y="{number(top + 8)}" '
                f'width="{number(step + 0.5)}" height="12" '
                f'fill="{cividis((index + 0.5) / steps)}"/>'
            )
        words = (
            (left, "start", f"1e{scale.low}"),
            (left + _LEGEND_WIDTH / 2, "middle", "|gradient|, log scale"),
            (left + _LEGEND_WIDTH, "end", f"1e{scale.high}"),
        )
        for x, anchor, content in words:
            parts.append(
                f'<text x="{number(x)}" y="{number(top + 35)}" font-size="{SMALL:g}" '
                f'text-anchor="{anchor}" fill="{theme.value}">{content}</text>'
            )
        parts.append("</g>")
        return parts


def _hatching(stroke: Stroke) -> str:
    return f'<path d="{stroke.line}" stroke-width="9" stroke-dasharray="1.6 3.4"/>'
