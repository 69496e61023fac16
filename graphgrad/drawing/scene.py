"""What a picture shows, in words and numbers, before anything has a position.

A scene is made from a graph once and then read by every layout and painter, so none
of them needs to know about tensors. Nodes are in topological order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphgrad.drawing.statistics import Statistics

Kind = Literal["input", "parameter", "constant", "op", "output", "module"]
State = Literal["fine", "zero", "broken"]
Emphasis = Literal["", "path", "added", "removed", "changed", "fault"]


def enclosing(scope: str) -> list[str]:
    """A scope and the scopes around it, inner ones first; none for no scope.

    Example:
        >>> enclosing("encoder/layer1")
        ['encoder/layer1', 'encoder']
    """
    chain: list[str] = []
    while scope:
        chain.append(scope)
        scope = scope.rpartition("/")[0]
    return chain


@dataclass(frozen=True, slots=True)
class Node:
    """One box or circle.

    Args:
        kind: what it stands for, hence how it is drawn.
        text: its glyph or name.
        captions: small lines under the text: name of a result, shape.
        title: a sentence for tooltips and screen readers.
        scope: path of the scope it belongs to, such as "encoder/layer1".
        count: of a module, how many alike ones it stands for.
        emphasis: what it is picked out for.
        mark: a sign or number in a badge at its corner.
    """

    kind: Kind
    text: str
    captions: tuple[str, ...] = ()
    title: str = ""
    scope: str = ""
    count: int = 1
    emphasis: Emphasis = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """What runs along one direction of an edge.

    Args:
        text: the number, norm or words to print; empty for none.
        state: "zero" if exactly zero, "broken" if NaN or infinite.
        magnitude: log10 of the norm, or None where that is not a finite number.
        statistics: more of what is in the array, where it is asked for.
    """

    text: str
    state: State = "fine"
    magnitude: float | None = None
    statistics: Statistics | None = None


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
        local: the local derivative, as a formula; empty for none.
        emphasis: what it is picked out for.
        dashed: drawn as a change of state is.
    """

    source: int
    target: int
    slot: int
    value: Flow = Flow("")
    gradient: Flow | None = None
    title: str = ""
    local: str = ""
    emphasis: Emphasis = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that one picture shows.

    Args:
        nodes: in topological order.
        edges: sorted by target, then by slot.
        title: a heading drawn above; empty for none.
        summary: a sentence about the whole picture.
        notes: lines below it.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: str = ""
    summary: str = ""
    notes: tuple[str, ...] = ()
