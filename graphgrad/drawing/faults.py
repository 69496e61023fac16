"""What a diagnosis found, marked where it was found and told below the picture."""

from __future__ import annotations

from dataclasses import replace

from graphgrad.drawing.scene import Node
from graphgrad.drawing.text import shorten
from graphgrad.drawing.trace import Traced
from graphgrad.insight.diagnosis import Diagnosis

_LONGEST = 110  # characters of a note; the report has the rest


def marked(traced: Traced, found: Diagnosis) -> Traced:
    """The scene with numbered marks, and a line for each of them.

    Args:
        traced: of the run that was diagnosed.
        found: what was found.
    """
    scene = traced.scene
    numbers: dict[int, list[str]] = {}
    notes: list[str] = []
    for number, finding in enumerate(found.findings, start=1):
        place = traced.places.get(finding.node)
        head = finding.text.partition("\n")[0].partition(", made at ")[0]
        notes.append(shorten(f"{number}  {finding.kind}: {head}", _LONGEST))
        if place is not None:
            numbers.setdefault(place, []).append(str(number))
    nodes = [
        _fault(node, numbers[place]) if place in numbers else node
        for place, node in enumerate(scene.nodes)
    ]
    notes = notes or ["nothing suspicious was found"]
    shown = replace(scene, nodes=tuple(nodes), notes=(*scene.notes, *notes))
    return replace(traced, scene=shown)


def _fault(node: Node, numbers: list[str]) -> Node:
    mark = ", ".join(numbers)
    title = f"finding {mark}: {node.title}"
    return replace(node, emphasis="fault", mark=mark, title=title)
