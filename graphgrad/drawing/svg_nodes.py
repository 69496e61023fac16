"""Nodes as SVG: outlines, texts, boxes behind boxes, and badges at their corners."""

from __future__ import annotations

from html import escape

from graphgrad.drawing.layout import Layout
from graphgrad.drawing.measure import CAPTION, SMALL, STACK, Shape, text_size
from graphgrad.drawing.scene import Node, Scene
from graphgrad.drawing.strokes import number
from graphgrad.drawing.text import printable, width
from graphgrad.drawing.theme import Paint, Theme

_HALO = 5.0
_BADGE = 17.0  # height


def escaped(content: str) -> str:
    """Text that may stand between tags and in attributes."""
    return escape(printable(content), quote=True)


def paint_nodes(scene: Scene, layout: Layout, theme: Theme, ids: str) -> list[str]:
    """Every node of a scene.

    Args:
        scene: what to show.
        layout: where it is.
        theme: the colours.
        ids: what the ids of the picture start with.
    """
    parts: list[str] = ["<g>"]
    for index, node in enumerate(scene.nodes):
        x, y = layout.nodes[index]
        shape = layout.sizes.shapes[index]
        paint: Paint = getattr(theme, node.kind)
        parts.append(
            f'<g id="{ids}-n{index}"><title>{escaped(node.title)}</title>'
            f"{_behind(node, x, y, shape, theme, paint)}"
            f"{_outline(x, y, shape, paint, node.emphasis == 'removed')}"
            f"{_words(node, x, y, shape.height, theme, paint)}"
            f"{_badge(node, x, y, shape, theme)}</g>"
        )
    parts.append("</g>")
    return parts


def _box(x: float, y: float, shape: Shape, more: float = 0.0) -> str:
    """The attributes of a rectangle around a point."""
    w, h = shape.width + 2 * more, shape.height + 2 * more
    return (
        f'x="{number(x - w / 2)}" y="{number(y - h / 2)}" width="{number(w)}" '
        f'height="{number(h)}" rx="{number(shape.corner + more)}"'
    )


def _outline(x: float, y: float, shape: Shape, paint: Paint, removed: bool) -> str:
    dashes = "4 3" if removed else paint.dashes
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<rect {_box(x, y, shape)} fill="{paint.fill}" stroke="{paint.stroke}" '
        f'stroke-width="{paint.width:g}"{dashed}/>'
    )


def _behind(
    node: Node, x: float, y: float, shape: Shape, theme: Theme, paint: Paint
) -> str:
    """The glow of a node that is picked out, and the boxes of alike modules."""
    parts = []
    if node.emphasis:
        colour = getattr(theme.emphasis, node.emphasis)
        parts.append(
            f'<rect {_box(x, y, shape, _HALO)} fill="{colour}" stroke="none"/>'
        )
    for step in (2, 1) if node.count > 1 else ():
        parts.append(_outline(x + step * STACK, y + step * STACK, shape, paint, False))
    return "".join(parts)


def _words(
    node: Node, x: float, y: float, height: float, theme: Theme, paint: Paint
) -> str:
    """The text of a node and its captions: inside a leaf, under an operator."""
    size = text_size(node)
    inside = node.kind != "op"
    first = y - (7.0 * len(node.captions) if inside else 0.0)
    bold = ' font-weight="bold"' if node.kind in ("output", "module") else ""
    words = [
        f'<text x="{number(x)}" y="{number(first + 0.36 * size)}" '
        f'font-size="{size:g}" fill="{paint.text}"{bold}>{escaped(node.text)}</text>'
    ]
    under = first + 17.5 if inside else y + height / 2 + 12.5
    fill = paint.text if inside else theme.caption
    for line, caption in enumerate(node.captions):
        words.append(
            f'<text x="{number(x)}" y="{number(under + 14 * line)}" '
            f'font-size="{CAPTION:g}" fill="{fill}">{escaped(caption)}</text>'
        )
    return "".join(words)


def _badge(node: Node, x: float, y: float, shape: Shape, theme: Theme) -> str:
    """The mark of a node, or how many modules it stands for, at its upper right."""
    text = node.mark or (f"×{node.count}" if node.count > 1 else "")
    if not text:
        return ""
    fill = theme.module.stroke
    if node.mark and node.emphasis:
        fill = getattr(theme.emphasis, node.emphasis)
    w = width(text, SMALL, bold=True) + 11
    out = 13.0 if node.mark else 3.0  # beside the text of a small leaf
    right, top = x + shape.width / 2 + out, y - shape.height / 2 - 9
    return (
        f'<rect x="{number(right - w)}" y="{number(top)}" width="{number(w)}" '
        f'height="{number(_BADGE)}" rx="{number(_BADGE / 2)}" fill="{fill}" '
        f'stroke="{theme.ground}" stroke-width="1.5"/>'
        f'<text x="{number(right - w / 2)}" y="{number(top + 13)}" '
        f'font-size="{SMALL:g}" font-weight="bold" fill="{theme.ground}">'
        f"{escaped(text)}</text>"
    )
