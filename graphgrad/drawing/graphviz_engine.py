"""Placing by Graphviz: it is handed boxes and gives positions; we draw.

Every edge's labels are a box of their own. Graphviz comes as the program ``dot`` or
within pygraphviz, whose wheels bring it along.
"""

from __future__ import annotations

import shlex
import shutil
from importlib.util import find_spec

from graphgrad.drawing.clusters import cluster_lines
from graphgrad.drawing.layout import Layout, Point, Sizes
from graphgrad.drawing.measure import LabelBox, port
from graphgrad.drawing.scene import Scene
from graphgrad.errors import DrawingError

_POINTS = 72.0  # per inch, the unit of Graphviz
_HEAD = 13.0  # level end of a route, where its arrow head sits


def is_available() -> bool:
    """Whether Graphviz is on this machine, in either form."""
    return shutil.which("dot") is not None or find_spec("pygraphviz") is not None


def graphviz_layout(scene: Scene) -> Layout:
    """Place a scene with ``dot``.

    Raises:
        DrawingError: if Graphviz fails.
    """
    sizes = Sizes.of(scene)
    source = _source(scene, sizes, _clusters(scene))
    nodes, labels, splines = _parsed(_plain(source), scene)
    if not _leads_on(scene, nodes, labels):
        # Clusters that feed each other in a circle turn edges round.
        nodes, labels, splines = _parsed(_plain(_source(scene, sizes, [])), scene)
    labels = [
        (x, y - _offset(box)) for (x, y), box in zip(labels, sizes.labels, strict=True)
    ]
    routes = []
    for index, edge in enumerate(scene.edges):
        (x, y), box = labels[index], sizes.labels[index]
        before, after = splines[2 * index], splines[2 * index + 1]
        end = nodes[edge.target]
        inputs = sizes.inputs[edge.target]
        arrival = end[1] + port(edge.slot, inputs)
        stop = end[0] - sizes.shapes[edge.target].width / 2 - _HEAD
        start = nodes[edge.source]
        leave = start[0] + sizes.shapes[edge.source].width / 2 + _HEAD
        bends = [start, (leave, start[1]), *before]
        bends += [(x - box.width / 2, y), (x + box.width / 2, y)]
        bends += [*after, (stop, arrival), (end[0], arrival)]
        routes.append(_rightward(bends))
    return Layout("graphviz", sizes, nodes, labels, routes)


def _offset(box: LabelBox) -> float:
    """How far the middle of a label's box lies below the line of its lanes."""
    return (box.below - box.above) / 2


def _rightward(bends: list[Point]) -> list[Point]:
    """Only bends that lead on: a route never turns back."""
    kept = bends[:1]
    for bend in bends[1:-1]:
        if kept[-1][0] <= bend[0] <= bends[-1][0]:
            kept.append(bend)
    return [*kept, bends[-1]]


def _leads_on(scene: Scene, nodes: list[Point], labels: list[Point]) -> bool:
    """Whether every edge, with its label, runs from left to right."""
    return all(
        nodes[edge.source][0] < x < nodes[edge.target][0]
        for edge, (x, _) in zip(scene.edges, labels, strict=True)
    )


def _clusters(scene: Scene) -> list[str]:
    """Every scope as a cluster; an empty label keeps room for the name of its frame."""
    return cluster_lines(scene, lambda _: True, lambda _: 'label=" "; margin=14')


def _source(scene: Scene, sizes: Sizes, clusters: list[str]) -> str:
    lines = [
        "digraph {",
        "graph [rankdir=LR, ordering=in, nodesep=0.16, ranksep=0.5, splines=true]",
        'node [shape=box, fixedsize=true, label=""]',
        "edge [arrowhead=none]",
    ]
    for index, shape in enumerate(sizes.shapes):
        # Room for a caption below keeps the outline in the middle: as much above.
        lines.append(_box(f"n{index}", shape.breadth, shape.height + 2 * shape.below))
    for index, (edge, box) in enumerate(zip(scene.edges, sizes.labels, strict=True)):
        lines.append(_box(f"e{index}", max(box.width, 4.0), box.above + box.below))
        lines.append(f"n{edge.source} -> e{index}")
        lines.append(f"e{index} -> n{edge.target}")
    return "\n".join([*lines, *clusters, "}"])


def _box(name: str, width: float, height: float) -> str:
    return f"{name} [width={width / _POINTS:.4f}, height={height / _POINTS:.4f}]"


def _plain(source: str) -> str:
    """Graphviz's plain text form of the placed graph."""
    try:
        if shutil.which("dot"):
            from graphviz import Source

            return Source(source).pipe(format="plain", encoding="utf-8", quiet=True)
        import pygraphviz

        drawn = pygraphviz.AGraph(source).draw(format="plain", prog="dot")
        return bytes(drawn or b"").decode()
    except (OSError, RuntimeError, ValueError) as error:
        raise DrawingError(
            f"Graphviz failed: {error}", remedy='use engine="layered"'
        ) from None


Splines = list[list[Point]]


def _parsed(plain: str, scene: Scene) -> tuple[list[Point], list[Point], Splines]:
    """Middles of nodes and of labels, and the inner knots of each edge's halves."""
    places: dict[str, Point] = {}
    splines: dict[tuple[str, str], list[Point]] = {}
    height = 0.0
    for line in plain.replace("\\\n", "").splitlines():
        words = shlex.split(line) or [""]
        if words[0] == "graph":
            height = float(words[3])
        elif words[0] == "node":
            places[words[1]] = _pixels(words[2], words[3], height)
        elif words[0] == "edge":
            count = int(words[3])
            flat = words[4 : 4 + 2 * count]
            knots = list(zip(flat[::6], flat[1::6], strict=True))[1:-1]
            splines[words[1], words[2]] = [_pixels(x, y, height) for x, y in knots]
    halves: Splines = []
    for index, edge in enumerate(scene.edges):
        halves.append(splines[f"n{edge.source}", f"e{index}"])
        halves.append(splines[f"e{index}", f"n{edge.target}"])
    nodes = [places[f"n{index}"] for index in range(len(scene.nodes))]
    labels = [places[f"e{index}"] for index in range(len(scene.edges))]
    return nodes, labels, halves


def _pixels(x: str, y: str, height: float) -> Point:
    return float(x) * _POINTS, (height - float(y)) * _POINTS
