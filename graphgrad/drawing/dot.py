"""A scene as Graphviz source that looks right with plain ``dot``.

An edge's labels are a node of their own on its way, so that Graphviz keeps room for
them: value above the line, gradient below it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from graphgrad.drawing.clusters import cluster_lines
from graphgrad.drawing.scene import Edge, Node, Scene
from graphgrad.drawing.text import printable
from graphgrad.drawing.theme import Theme

if TYPE_CHECKING:
    from graphviz import Digraph

_STYLES = {
    "input": "rounded,filled,dashed",
    "parameter": "rounded,filled",
    "constant": "filled",
    "op": "filled",
    "output": "rounded,filled,bold",
    "module": "rounded,filled",
}


def dot_source(scene: Scene, theme: Theme) -> Digraph:
    """The scene as a Graphviz graph; equal scenes give equal text."""
    from graphviz import Digraph

    dot = Digraph("graphgrad")
    dot.attr(rankdir="LR", ordering="in", bgcolor=theme.ground, nodesep="0.12")
    dot.attr(ranksep="0.25", fontname="DejaVu Sans", fontcolor=theme.heading)
    if scene.title:
        dot.attr(label=_quoted(scene.title), labelloc="t")
    elif scene.notes:
        dot.attr(label=_quoted("\n".join(scene.notes)), labelloc="b", labeljust="l")
    dot.attr("node", fontname="DejaVu Sans", fontsize="12", margin="0.12,0.06")
    dot.attr("edge", color=theme.forward, arrowsize="0.7")
    for index, node in enumerate(scene.nodes):
        _add_node(dot, f"n{index}", node, theme)
    for index, edge in enumerate(scene.edges):
        _add_edge(dot, f"e{index}", edge, theme)
    _add_frames(dot, scene, theme)
    return dot


def _add_frames(dot: Digraph, scene: Scene, theme: Theme) -> None:
    from graphviz.quoting import quote

    def attributes(scope: str) -> str:
        name = quote(_quoted(printable(scope.rpartition("/")[2])))
        return f'label={name}; style=rounded; color="{theme.frame}"'

    lines = cluster_lines(scene, _is_labelled, attributes)
    dot.body += [f"\t{line}\n" for line in lines]


def _is_labelled(edge: Edge) -> bool:
    return bool(edge.value.text) or edge.gradient is not None


def _add_node(dot: Digraph, key: str, node: Node, theme: Theme) -> None:
    paint = getattr(theme, node.kind)
    sign = node.kind == "op" and len(node.text) <= 3
    head = f"{node.text} ×{node.count}" if node.count > 1 else node.text
    head = f"{node.mark} {head}" if node.mark else head
    lines = [printable(head), *(printable(c) for c in node.captions)]
    colour, more = paint.stroke, {}
    if node.emphasis:
        colour, more = getattr(theme.emphasis, node.emphasis), {"penwidth": "3"}
    if node.count > 1:
        more["peripheries"] = "2"
    inside = lines[:1] if node.kind == "op" else lines
    beside = (
        {"xlabel": _quoted("\n".join(lines[1:]))} if len(inside) < len(lines) else {}
    )
    dot.node(
        key,
        _quoted("\n".join(inside)),
        shape="circle" if sign else "box",
        style=_STYLES[node.kind] if sign or node.kind != "op" else "rounded,filled",
        width="0.5" if sign else "0.3",
        fixedsize="shape" if sign else "false",
        fillcolor=paint.fill,
        color=colour,
        fontcolor=paint.text,
        tooltip=_quoted(printable(node.title)),
        **beside,
        **more,
    )


def _add_edge(dot: Digraph, key: str, edge: Edge, theme: Theme) -> None:
    source, target = f"n{edge.source}", f"n{edge.target}"
    hint = _quoted(printable(edge.title))
    line = {"style": "dashed"} if edge.dashed else {}
    if edge.emphasis:
        line |= {"color": getattr(theme.emphasis, edge.emphasis), "penwidth": "3"}
    if not _is_labelled(edge):
        dot.edge(source, target, tooltip=hint, **line)
        return
    dot.node(
        key,
        _labels(edge, theme),
        shape="plain",
        style="",
        tooltip=hint,
    )
    dot.edge(source, key, arrowhead="none", tooltip=hint, **line)
    dot.edge(key, target, tooltip=hint, **line)


def _labels(edge: Edge, theme: Theme) -> str:
    """Two cells with the line between them; the back-flow points left."""
    value = escape(printable(edge.value.text)) or " "
    below = " "
    if edge.gradient is not None:
        below = f"<B>◀ {escape(printable(edge.gradient.text))}</B>"
    cell = '<TD BORDER="{}" SIDES="B" COLOR="{}"><FONT COLOR="{}">{}</FONT></TD>'
    above = cell.format(1, theme.forward, theme.value, value)
    under = f'<TD><FONT COLOR="{theme.gradient}">{below}</FONT></TD>'
    if edge.local:
        formula = escape(printable(edge.local))
        local = f'<TD><FONT COLOR="{theme.caption}"><I>{formula}</I></FONT></TD>'
        under += f"</TR><TR>{local}"
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"<TR>{above}</TR><TR>{under}</TR></TABLE>>"
    )


def _quoted(text: str) -> str:
    """Text that Graphviz takes literally: no escapes, and no HTML."""
    from graphviz import escape as escaped
    from graphviz import nohtml

    return nohtml(escaped(text).replace("\n", "\\n"))
