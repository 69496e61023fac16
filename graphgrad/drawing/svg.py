"""The SVG painter: a scene and its layout to text.

Every number, colour and id follows from the scene alone, so equal pictures are equal
byte for byte. Presentation attributes are used instead of style sheets, and every id
starts with a hash of the content, so that figures do not disturb their page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from graphgrad.drawing.frames import Frame, frames_of
from graphgrad.drawing.heat import HeatScale
from graphgrad.drawing.layout import Layout, Point
from graphgrad.drawing.measure import HEADING, LABEL, LANE, SMALL, port
from graphgrad.drawing.scene import Edge, Flow, Scene
from graphgrad.drawing.strokes import (
    Stroke,
    backward_stroke,
    forward_stroke,
    number,
)
from graphgrad.drawing.svg_nodes import escaped, paint_nodes
from graphgrad.drawing.text import width
from graphgrad.drawing.theme import CIVIDIS, FONTS, Theme, cividis

_PREFIX = "\0"  # of ids until the picture is known; no text may hold it
_MARGIN = 24.0
_HEADING_ROOM = 34.0
_LEGEND_ROOM = 52.0
_NOTE_LINE = 18.0
_LEGEND_WIDTH = 270.0
_BACKWARD_WIDTH = 2.8
_FORWARD_WIDTH = 1.5
_HALO = 17.0


def paint_svg(
    scene: Scene, layout: Layout, theme: Theme, scale: HeatScale | None
) -> str:
    """The picture as one SVG document.

    Args:
        scene: what to show.
        layout: where it is.
        theme: the colours.
        scale: colours the backward lanes by the size of their gradients.
    """
    return _Painter(scene, layout, theme, scale).document()


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
        ids = _PREFIX
        w, h = right - left, bottom - top
        parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'id="{ids}" aria-labelledby="{ids}-title" '
            f'width="{number(w)}" height="{number(h)}" '
            f'viewBox="{number(left)} {number(top)} {number(w)} {number(h)}" '
            f'font-family="{FONTS}" text-anchor="middle">',
            f'<title id="{ids}-title">{escaped(scene.summary)}</title>',
            f'<rect x="{number(left)}" y="{number(top)}" width="{number(w)}" '
            f'height="{number(h)}" fill="{theme.ground}"/>',
        ]
        if scene.title:
            parts.append(self._heading((left + right) / 2, top))
        parts += self._frames(frames, ids)
        parts += self._edges(ids)
        parts += self._frame_names(frames)
        parts += paint_nodes(scene, self.layout, theme, ids)
        parts += self._labels()
        parts += self._notes(left + _MARGIN, bottom - self._legend_room())
        if self.scale:
            parts += self._legend(self.scale, left + _MARGIN, bottom - _LEGEND_ROOM)
        parts.append("</svg>\n")
        drawn = "\n".join(parts)
        # Of what is drawn alone: the last digits of values differ between processors.
        digest = sha256(drawn.encode("utf-8", "replace")).hexdigest()
        return drawn.replace(_PREFIX, "g" + digest[:10])

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
        bottom = max(ys) + _MARGIN + self._notes_room() + self._legend_room()
        needed = width(self.scene.title, HEADING) if self.scene.title else 0.0
        needed = max(needed, _LEGEND_WIDTH if self.scale else 0.0)
        needed = max(needed, *(width(n, SMALL) for n in ("", *self.scene.notes)))
        needed += 2 * _MARGIN
        left, right = min(xs) - _MARGIN, max(xs) + _MARGIN
        spare = max(needed - (right - left), 0.0) / 2
        return left - spare, top, right + spare, bottom

    def _legend_room(self) -> float:
        return _LEGEND_ROOM if self.scale else 0.0

    def _notes_room(self) -> float:
        return _NOTE_LINE * len(self.scene.notes)

    def _heading(self, x: float, top: float) -> str:
        return (
            f'<text x="{number(x)}" y="{number(top + _MARGIN + 6)}" '
            f'font-size="{HEADING:g}" fill="{self.theme.heading}">'
            f"{escaped(self.scene.title)}</text>"
        )

    def _frames(self, frames: list[Frame], ids: str) -> list[str]:
        if not frames:
            return []
        theme = self.theme
        parts = [f'<g fill="{theme.frame_fill}" stroke="{theme.frame}">']
        for index, frame in enumerate(frames):
            w, h = frame.right - frame.left, frame.bottom - frame.top
            title = escaped("scope " + frame.scope)
            parts.append(
                f'<g id="{ids}-s{index}"><title>{title}</title>'
                f'<rect x="{number(frame.left)}" y="{number(frame.top)}" '
                f'width="{number(w)}" height="{number(h)}" rx="10"/></g>'
            )
        parts.append("</g>")
        return parts

    def _frame_names(self, frames: list[Frame]) -> list[str]:
        """The names of frames, over the wires that run past them."""
        if not frames:
            return []
        theme = self.theme
        names = [
            f'<text x="{number(frame.left + 10)}" y="{number(frame.top + 16)}">'
            f"{escaped(frame.label)}</text>"
            for frame in frames
        ]
        style = (
            f'<g font-size="{SMALL:g}" text-anchor="start" fill="{theme.frame_text}" '
            f'stroke="{theme.frame_fill}" stroke-width="4" stroke-linejoin="round" '
            'paint-order="stroke">'
        )
        return [style, *names, "</g>"]

    def _edges(self, ids: str) -> list[str]:
        theme = self.theme
        halos = ['<g fill="none" stroke-linecap="round">']
        backward = [
            f'<g fill="none" stroke="{theme.gradient}" '
            f'stroke-width="{_BACKWARD_WIDTH:g}">'
        ]
        forward = [
            f'<g fill="none" stroke="{theme.forward}" '
            f'stroke-width="{_FORWARD_WIDTH:g}">'
        ]
        for index, edge in enumerate(self.scene.edges):
            title = f"<title>{escaped(edge.title)}</title>"
            lane = LANE if edge.gradient else 0.0
            route = self.layout.routes[index]
            if edge.emphasis:
                halos.append(self._halo(edge, route))
            if edge.gradient:
                stroke = backward_stroke(route, lane, self._ends(edge, lane))
                drawn = self._backward(edge.gradient, stroke)
                backward.append(f'<g id="{ids}-b{index}">{title}{drawn}</g>')
            stroke = forward_stroke(route, -lane, self._ends(edge, -lane))
            dashes = ' stroke-dasharray="5 4"' if edge.dashed else ""
            drawn = self._lane(stroke, theme.forward, dashes)
            if edge.value.state == "broken":
                drawn += _hatching(stroke)
            forward.append(f'<g id="{ids}-f{index}">{title}{drawn}</g>')
        if len(halos) == 1:
            halos = []
        return [*halos, *["</g>"] * bool(halos), *backward, "</g>", *forward, "</g>"]

    def _halo(self, edge: Edge, route: Sequence[Point]) -> str:
        """A broad stroke behind both lanes."""
        stroke = forward_stroke(route, 0.0, self._ends(edge, 0.0))
        colour = getattr(self.theme.emphasis, edge.emphasis)
        broad = _HALO if edge.emphasis == "path" else _HALO / 3
        return f'<path d="{stroke.line}" stroke="{colour}" stroke-width="{broad:g}"/>'

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

    def _labels(self) -> list[str]:
        theme = self.theme
        parts = [
            f'<g font-size="{LABEL:g}" fill="{theme.value}" stroke="{theme.ground}" '
            'stroke-width="3" stroke-linejoin="round" paint-order="stroke">'
        ]
        for edge, (x, y) in zip(self.scene.edges, self.layout.labels, strict=True):
            lane = LANE if edge.gradient else 0.0
            words = f"<title>{escaped(edge.title)}</title>"
            if edge.value.text:
                words += (
                    f'<text x="{number(x)}" y="{number(y - lane - 5.5)}">'
                    f"{escaped(edge.value.text)}</text>"
                )
            if edge.gradient and edge.gradient.text:
                words += (
                    f'<text x="{number(x)}" y="{number(y + lane + 15.5)}" '
                    f'font-weight="bold" fill="{theme.gradient}">'
                    f"{escaped(edge.gradient.text)}</text>"
                )
            if edge.local:
                words += (
                    f'<text x="{number(x)}" y="{number(y + lane + 30)}" '
                    f'font-size="{SMALL:g}" font-style="italic" '
                    f'fill="{theme.caption}">{escaped(edge.local)}</text>'
                )
            if "<text" in words:
                parts.append(f"<g>{words}</g>")
        parts.append("</g>")
        return parts

    def _notes(self, left: float, bottom: float) -> list[str]:
        top = bottom - self._notes_room()
        return [
            f'<text x="{number(left)}" y="{number(top + _NOTE_LINE * i)}" '
            f'font-size="{SMALL:g}" text-anchor="start" fill="{self.theme.caption}">'
            f"{escaped(note)}</text>"
            for i, note in enumerate(self.scene.notes)
        ]

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
    return f'<path d="{stroke.line}" stroke-width="7.5" stroke-dasharray="1.6 3.4"/>'
