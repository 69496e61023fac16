"""From tensors to a scene: which nodes and edges there are, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from graphgrad.autodiff.reverse import conjugated, contributions
from graphgrad.drawing.bodies import Opened, frame_of, opened_bodies
from graphgrad.drawing.options import Options
from graphgrad.drawing.reading import Reading
from graphgrad.drawing.scene import Edge, Flow, Kind, Node, Scene
from graphgrad.drawing.text import shorten
from graphgrad.graph.op import CONSTANT, VARIABLE
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.insight.local import local_formula
from graphgrad.ops.updates import updates_of
from graphgrad.shapes import show

_LONGEST = 40  # characters of a name; the tooltip has it whole
_KINDS: dict[str, Kind] = {
    "variable": "parameter",
    "placeholder": "input",
    "constant": "constant",
}


@dataclass(frozen=True, slots=True)
class Traced:
    """A scene, and what it was made from.

    Args:
        scene: of every node, nothing folded.
        tensors: what each node stands for.
        places: the other way round; what pictures hide is where its maker is.
        shares: what flows back along each edge, None where nothing does.
        options: what the user wants to see.
    """

    scene: Scene
    tensors: tuple[Tensor, ...]
    places: Mapping[Tensor, int]
    shares: tuple[Any, ...]
    options: Options


def trace(reading: Reading, options: Options) -> Traced:
    """The whole scene of what was read."""
    return _Tracer(reading, options).traced()


def homes(order: Sequence[Tensor]) -> dict[Tensor, str]:
    """The scopes of leaves that have none: where they are used, if in one alone.

    A layer's parameters are made before it is known where the layer will stand.
    """
    users: dict[Tensor, set[str]] = {}
    for t in order:
        for x in t.inputs:
            if x.op in (VARIABLE, CONSTANT) and not x.scope:
                users.setdefault(x, set()).add(t.scope)
    return {x: scope for x, (scope, *others) in users.items() if not others}


def node_of(t: Tensor, options: Options, scope: str, is_output: bool) -> Node:
    """How a tensor is drawn."""
    title = f"{describe(t)}, made at {t.where()}"
    kind = _KINDS.get(t.op.name, "op")
    captions: list[str] = []
    if kind == "op":
        text = t.op.glyph or t.op.name
        if t.name and not is_output:
            captions.append(shorten(t.name, _LONGEST))
    else:
        text = shorten(t.name or _unnamed(t), _LONGEST)
        if options.shapes and t.shape:
            captions.append(show(t.shape))
    if options.dtypes and not t.op.multiple:
        captions.append(str(t.dtype))
    path = "/".join(filter(None, scope.split("/")))
    return Node(kind, text, tuple(captions), title, path)


class _Source(NamedTuple):
    """Where an edge comes from, and what it brings."""

    place: int
    tensor: Tensor
    value: Flow


_Pair = tuple[_Source, Any]


def _is_passed(t: Tensor) -> bool:
    """True for what pictures hide: the parts of a result, and what carries updates."""
    return t.op.name in ("project", "with_updates")


def _read_by(t: Tensor) -> Sequence[Tensor]:
    """The inputs whose values a node needs: not the variables that it writes."""
    updates = updates_of(t)
    return [t.inputs[0], *updates.values()] if updates else t.inputs


def _unnamed(leaf: Tensor) -> str:
    if leaf.op.name == "constant" and leaf.shape == ():
        return f"{leaf._value.item():.6g}"
    return leaf.op.name


class _Tracer:
    def __init__(self, reading: Reading, options: Options) -> None:
        self._reading = reading
        self._options = options
        self._nodes: list[Node] = []
        self._tensors: list[Tensor] = []
        self._edges: list[Edge] = []
        self._shares: list[Any] = []
        self._places: dict[Tensor, int] = {}
        self._parts: dict[Tensor, dict[int, Tensor]] = {}
        self._updates: dict[Tensor, Tensor] = dict(reading.updates)
        self._frames: Counter[str] = Counter()
        self._values: dict[Tensor, Flow] = {}

    def traced(self) -> Traced:
        self._collect()
        ends, scopes = set(self._reading.outputs), homes(self._reading.order)
        read = {x for t in self._reading.order for x in _read_by(t)}
        unread = set(self._updates) - read - ends
        with np.errstate(all="ignore"):
            for t in self._reading.order:
                if _is_passed(t):  # its consumers take it from its first input
                    self._places[t] = self._places[t.inputs[0]]
                    continue
                if t in unread:  # it is only written
                    continue
                pairs = list(zip(self._sources(t), self._contributions(t), strict=True))
                opened = self._opened(t) if self._options.bodies else None
                if opened:
                    pairs = self._open(opened, pairs)
                scope = scopes.get(t, t.scope)
                place = self._add(t, node_of(t, self._options, scope, t in ends))
                self._places[t] = place
                for slot, (source, share) in enumerate(pairs):
                    self._connect(source, share, place, slot)
            self._terminals()
        nodes, edges = tuple(self._nodes), tuple(self._edges)
        summary = f"Computational graph of {len(nodes)} nodes and {len(edges)} edges"
        scene = Scene(nodes, edges, self._options.title, summary)
        tensors, shares = tuple(self._tensors), tuple(self._shares)
        return Traced(scene, tensors, self._places, shares, self._options)

    def _collect(self) -> None:
        """Which tensors are parts of results, and which variables get new values."""
        for t in self._reading.order:
            self._updates.update(updates_of(t))
            if t.op.name == "project":
                self._parts.setdefault(t.inputs[0], {})[t.attrs["index"]] = t

    def _add(self, t: Tensor, node: Node) -> int:
        self._nodes.append(node)
        self._tensors.append(t)
        return len(self._nodes) - 1

    def _sources(self, t: Tensor) -> list[_Source]:
        return [_Source(self._places[x], x, self._value(x)) for x in t.inputs]

    def _opened(self, t: Tensor) -> Opened | None:
        """The bodies of an op, in a frame of their own."""
        frame = frame_of(t)
        self._frames[frame] += 1
        number = self._frames[frame]
        return opened_bodies(t, frame if number == 1 else f"{frame} {number}")

    def _open(self, opened: Opened, pairs: list[_Pair]) -> list[_Pair]:
        """Draw what is inside; the edges that then lead into the op itself."""
        places: dict[Tensor, int] = {}
        for x, scope, called in opened.nodes:
            if _is_passed(x):
                places[x] = places[x.inputs[0]]
                continue
            node = node_of(x, self._options, scope, False)
            if called:
                node = replace(node, kind="input", text=called)
            place = places[x] = self._add(x, node)
            if x in opened.arguments:
                self._connect(*pairs[opened.arguments[x]], place, 0)
                continue
            for slot, source in enumerate(x.inputs):
                self._connect(
                    _Source(places[source], source, Flow("")), None, place, slot
                )
        results = [_Source(places[y], y, Flow("")) for y in opened.results]
        return [*((r, None) for r in results), *(pairs[i] for i in opened.kept)]

    def _connect(self, source: _Source, share: Any, target: int, slot: int) -> None:
        """An edge, and what flows along it."""
        t = self._tensors[target]
        gradient = None if share is None else self._options.flow(share)
        way = f"{called(source.tensor)} to {called(t)}, argument {slot + 1}"
        title = f"{way}{told(source.value, gradient)}"
        local = ""
        if self._options.local and gradient and slot < len(t.inputs) and is_real(t):
            local = local_formula(t, slot) or ""
        self._edges.append(
            Edge(source.place, target, slot, source.value, gradient, title, local)
        )
        self._shares.append(share)

    def _value(self, t: Tensor) -> Flow:
        values = self._reading.values
        if not self._options.values or t not in values or t.op.multiple:
            return Flow("")
        if t not in self._values:
            self._values[t] = self._options.flow(values[t])
        return self._values[t]

    def _contributions(self, t: Tensor) -> list[Any]:
        """What this node sends back along each of its edges, None where nothing."""
        adjoints, values = self._reading.adjoints, self._reading.values
        cotangent: Any = adjoints.get(t)
        if cotangent is not None:
            cotangent = conjugated(cotangent)
        if t.op.multiple and t in self._parts:
            found = {i: adjoints[p] for i, p in self._parts[t].items() if p in adjoints}
            if found:
                cotangent = [
                    conjugated(found.get(i, np.zeros_like(v)))
                    for i, v in enumerate(values[t])
                ]
        if cotangent is None or not t.inputs:
            return [None] * len(t.inputs)
        needed = [x in adjoints for x in t.inputs]
        inputs = [values[x] for x in t.inputs]
        parts = contributions(t, cotangent, values[t], inputs, needed)
        return [None if g is None else conjugated(g) for g in parts]

    def _terminals(self) -> None:
        """A box behind every output with its name, and where new values go to."""
        several = len(self._reading.outputs) > 1
        for i, y in enumerate(self._reading.outputs):
            name = y.name or (f"output {i + 1}" if several else "output")
            shape = (show(y.shape),) if self._options.shapes and y.shape else ()
            title = f"output {name}: {describe(y)}"
            adjoint = self._reading.adjoints.get(y)
            value = self._value(y)
            gradient = None if adjoint is None else self._options.flow(adjoint)
            way = f"{called(y)} to the output {name}{told(value, gradient)}"
            ends = self._places[y], len(self._nodes)
            self._edges.append(Edge(*ends, 0, value, gradient, way))
            self._shares.append(adjoint)
            self._add(y, Node("output", shorten(name, _LONGEST), shape, title))
        for x, new in self._updates.items():
            name, value = shorten(x.name or "variable", _LONGEST), self._value(new)
            way = f"{called(new)} becomes the value of {name}{told(value, None)}"
            ends = self._places[new], len(self._nodes)
            self._edges.append(Edge(*ends, 0, value, None, way, dashed=True))
            self._shares.append(None)
            title = f"new value of {describe(x)}"
            place = self._add(x, Node("parameter", name, ("next value",), title))
            self._places.setdefault(x, place)  # if it is only written


def is_real(t: Tensor) -> bool:
    """Whether local derivatives are factors: those of complex ops are conjugated."""
    around = [x for x in (t, *t.inputs) if not x.op.multiple]
    return all(x.dtype.kind != "c" for x in around)


def called(t: Tensor) -> str:
    """What a tensor is called in titles."""
    maker = t.inputs[0] if t.op.name == "project" else t
    return t.name or maker.op.name


def told(value: Flow, gradient: Flow | None) -> str:
    """What flows along an edge, for its title."""
    forward = f": value {value.text}" if value.text else ""
    return forward + (f", gradient {gradient.text}" if gradient else "")
