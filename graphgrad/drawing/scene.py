"""What a picture shows, in words and numbers, before anything has a position.

A scene is made from a graph once and then read by every layout and painter, so none
of them needs to know about tensors. Nodes are in topological order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["input", "parameter", "constant", "op", "output"]
State = Literal["fine", "zero", "broken"]


@dataclass(frozen=True, slots=True)
class Node:
    """One box or circle.

    Args:
        kind: what it stands for, hence how it is drawn.
        text: its glyph or name.
        captions: small lines under the text: name of a result, shape.
        title: a sentence for tooltips and screen readers.
        scope: path of the scope it belongs to, such as "encoder/layer1".
    """

    kind: Kind
    text: str
    captions: tuple[str, ...] = ()
    title: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """What runs along one direction of an edge.

    Args:
        text: the number, norm or words to print; empty for none.
        state: "zero" if exactly zero, "broken" if NaN or infinite.
        magnitude: log10 of the norm, or None where that is not a finite number.
    """

    text: str
    state: State = "fine"
    magnitude: float | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a value: the forward arrow, and the backward lane if there is one.

    Args:
        source: index of the node that makes the value.
        target: index of the node that uses it; greater than `source`.
        slot: which argument of `target` it is, counted over the drawn edges.
        value: what flows forward.
        gradient: what flows backward, or None where nothing does.
        title: a sentence for tooltips and screen readers.
    """

    source: int
    target: int
    slot: int
    value: Flow = Flow("")
    gradient: Flow | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one picture shows.

    Args:
        nodes: in topological order.
        edges: sorted by target, then by slot.
        title: a heading drawn above; empty for none.
        summary: a sentence about the whole picture.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: str = ""
    summary: str = ""
