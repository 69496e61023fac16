"""From tensors to a scene: which nodes and edges there are, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.autodiff.reverse import conjugated, contributions
from graphgrad.drawing.scene import Edge, Flow, Kind, Node, Scene
from graphgrad.drawing.text import shorten
from graphgrad.errors import UnboundPlaceholderError
from graphgrad.execute.current import adjoints_of, refresh
from graphgrad.execute.program import Program
from graphgrad.execute.run import Run
from graphgrad.graph.graph import Graph, as_outputs
from graphgrad.graph.op import CONSTANT, VARIABLE
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.shapes import show

_LONGEST = 40  # characters of a name; the tooltip has it whole
_KINDS: dict[str, Kind] = {
    "variable": "parameter",
    "placeholder": "input",
    "constant": "constant",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a picture shows besides its structure."""

    values: bool = True
    gradients: bool = True
    shapes: bool = True
    title: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was computed in a graph: values and gradients by tensor."""

    outputs: tuple[Tensor, ...]
    order: tuple[Tensor, ...]
    values: Mapping[Tensor, Any]
    adjoints: Mapping[Tensor, Any]


def read(target: Any, *, gradients: bool) -> Reading:
    """The values and gradients of what can be drawn; see `render`.

    A single scalar output is differentiated now, from current values; otherwise the
    gradients are those of the last `backward`.
    """
    if isinstance(target, Program):
        target = target.lowered()
    if isinstance(target, Run):
        graph, values = target.graph, target._values
        recorded = target._adjoints
    else:
        graph = target if isinstance(target, Graph) else Graph(as_outputs(target))
        values = _current(graph)
        recorded = {t: t._gradient for t in graph.nodes if t._gradient is not None}
    if not gradients or not values:
        recorded = {}
    elif len(graph.outputs) == 1 and _is_scalar(graph.outputs[0]):
        order = list(graph.nodes)
        recorded = adjoints_of(graph.outputs[0], order, values.__getitem__)
    return Reading(graph.outputs, graph.nodes, values, recorded)


def _is_scalar(y: Tensor) -> bool:
    return y.differentiable and all(d == 1 for d in y.shape)


def _current(graph: Graph) -> dict[Tensor, Any]:
    """Current values by tensor; none where a placeholder is not bound."""
    try:
        for y in graph.outputs:
            refresh(y)
    except UnboundPlaceholderError:
        return {}
    return {t: t._value for t in graph.nodes}


def scene_of(target: Any, options: Options) -> Scene:
    """What the picture of a target shows; see `render`."""
    return _Tracer(read(target, gradients=options.gradients), options).scene()


def _homes(order: Sequence[Tensor]) -> dict[Tensor, str]:
    """The scopes of leaves that have none: where they are used, if in one alone.

    A layer's parameters are made before it is known where the layer will stand.
    """
    users: dict[Tensor, set[str]] = {}
    for t in order:
        for x in t.inputs:
            if x.op in (VARIABLE, CONSTANT) and not x.scope:
                users.setdefault(x, set()).add(t.scope)
    return {x: scope for x, (scope, *others) in users.items() if not others}


class _Tracer:
    def __init__(self, reading: Reading, options: Options) -> None:
        self._reading = reading
        self._options = options
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._places: dict[Tensor, int] = {}
        self._parts: dict[Tensor, dict[int, Tensor]] = {}
        self._scopes = _homes(reading.order)

    def scene(self) -> Scene:
        ends = set(self._reading.outputs)
        for t in self._reading.order:
            if t.op.name == "project":  # its consumers take it from the op itself
                self._places[t] = self._places[t.inputs[0]]
                self._parts.setdefault(t.inputs[0], {})[t.attrs["index"]] = t
                continue
            self._places[t] = len(self._nodes)
            self._nodes.append(self._node(t, is_output=t in ends))
        with np.errstate(all="ignore"):
            for t in self._reading.order:
                if t.op.name != "project":
                    self._enter(t)
        self._terminals()
        count = len(self._nodes)
        summary = f"Computational graph of {count} nodes and {len(self._edges)} edges"
        nodes, edges = tuple(self._nodes), tuple(self._edges)
        return Scene(nodes, edges, self._options.title, summary)

    def _node(self, t: Tensor, *, is_output: bool) -> Node:
        title = f"{describe(t)}, made at {t.where()}"
        kind = _KINDS.get(t.op.name, "op")
        captions: list[str] = []
        if kind == "op":
            text = t.op.glyph or t.op.name
            if t.name and not is_output:
                captions.append(shorten(t.name, _LONGEST))
        else:
            text = shorten(t.name or self._unnamed(t), _LONGEST)
            if self._options.shapes and t.shape:
                captions.append(show(t.shape))
        return Node(kind, text, tuple(captions), title, self._scopes.get(t, t.scope))

    def _unnamed(self, leaf: Tensor) -> str:
        if leaf.op.name == "constant" and leaf.shape == ():
            return f"{leaf._value.item():.6g}"
        return leaf.op.name

    def _enter(self, t: Tensor) -> None:
        """The edges into one node, in the order of its arguments."""
        shares = self._shares(t)
        for slot, (source, share) in enumerate(zip(t.inputs, shares, strict=True)):
            value = self._value(source)
            gradient = None if share is None else _flow(share)
            self._edges.append(
                Edge(
                    self._places[source],
                    self._places[t],
                    slot,
                    value,
                    gradient,
                    f"{_called(source)} to {_called(t)}, argument {slot + 1}"
                    f"{_told(value, gradient)}",
                )
            )

    def _value(self, t: Tensor) -> Flow:
        values = self._reading.values
        if not self._options.values or t not in values or t.op.multiple:
            return Flow("")
        return _flow(values[t])

    def _shares(self, t: Tensor) -> list[Any]:
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
        """A box behind every output, with its name."""
        several = len(self._reading.outputs) > 1
        for i, y in enumerate(self._reading.outputs):
            name = y.name or (f"output {i + 1}" if several else "output")
            shape = (show(y.shape),) if self._options.shapes and y.shape else ()
            title = f"output {name}: {describe(y)}"
            value = self._value(y)
            adjoint = self._reading.adjoints.get(y)
            gradient = None if adjoint is None else _flow(adjoint)
            ends = self._places[y], len(self._nodes)
            told = f"{_called(y)} to the output {name}{_told(value, gradient)}"
            self._edges.append(Edge(*ends, 0, value, gradient, told))
            self._nodes.append(Node("output", shorten(name, _LONGEST), shape, title))


def _called(t: Tensor) -> str:
    maker = t.inputs[0] if t.op.name == "project" else t
    return t.name or maker.op.name


def _told(value: Flow, gradient: Flow | None) -> str:
    forward = f": value {value.text}" if value.text else ""
    return forward + (f", gradient {gradient.text}" if gradient else "")


def _flow(value: Any) -> Flow:
    """A number, or the norm of an array, in text; NaN and infinity in words."""
    array = np.asarray(value)
    if array.dtype.kind not in "fc":
        return Flow(f"{array.item()}" if array.ndim == 0 else array.dtype.name)
    if array.ndim and not array.size:
        return Flow("empty")
    missing, endless = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    if missing or endless:
        word, count = ("NaN", missing) if missing else ("infinite", endless)
        if array.ndim == 0:
            return Flow(word if missing else f"{array.item():g}", "broken")
        return Flow(f"{count} of {array.size} {word}", "broken")
    if array.ndim == 0:
        text, size = f"{array.item():.4g}", abs(array.item())
    else:
        size = float(np.linalg.norm(np.abs(array).astype(np.float64)))
        text = f"‖{size:.4g}‖"
    if size == 0:
        return Flow(text, "zero")
    return Flow(text, magnitude=float(np.log10(size)))
