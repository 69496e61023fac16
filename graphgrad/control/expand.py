"""Graphs with the insides of composites, branches and loops laid open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graphgrad.control.checkpoint import call
from graphgrad.control.cond import cond_op
from graphgrad.control.scan import parts_of, scan_op
from graphgrad.errors import ArgumentError
from graphgrad.graph.body import Body
from graphgrad.graph.declare import expansion
from graphgrad.graph.graph import Graph, as_outputs
from graphgrad.graph.op import REGISTRY, lift
from graphgrad.graph.tensor import Tensor, scope
from graphgrad.graph.walk import topological
from graphgrad.ops.comparison import where
from graphgrad.ops.movement import stack


def expand(target: Any, ops: Iterable[str] | None = None, *, steps: int = 8) -> Graph:
    """A graph of the same values in which ops are replaced by what they are made of.

    What replaces an op is in a scope of its name, so that pictures show a frame. A
    composite gives the ops of its formula; `checkpoint` its function; `cond` both of
    its functions and a `where`; `scan` its steps, one after the other. A `while_loop`
    stays as it is: how often it runs depends on values.

    Args:
        target: a tensor, a list of tensors, or a `Graph`.
        ops: names of the ops to open, e.g. ``["scan"]``; by default all that can be,
            those inside others too.
        steps: the most steps of a `scan` that is opened; a longer one stays.

    Raises:
        ArgumentError: if the target is no tensor or graph.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0], name="x")
        >>> y = gg.softplus(x)
        >>> [t.op.name for t in gg.expand(y).nodes if t.inputs]
        ['maximum', 'abs', 'negative', 'exp', 'log1p', 'add']
    """
    graph = target if isinstance(target, Graph) else Graph(as_outputs(target))
    if isinstance(ops, str):
        raise ArgumentError(f"ops are a list of names, not {ops!r}")
    expander = _Expander(None if ops is None else set(ops), steps)
    return Graph(expander.opened(graph.outputs, ()))


def opened(graph: Graph, *others: str) -> Graph:
    """A graph without composites, nor these other ops; for backends.

    Unlike `expand`, it leaves a `cond` alone unless told: both of its branches would be
    computed, and what is not chosen may fail or not end.
    """
    composites = [name for name, op in REGISTRY.items() if op.composite]
    return expand(graph, [*composites, *others])


class _Expander:
    def __init__(self, ops: set[str] | None, steps: int) -> None:
        self._ops = ops
        self._steps = steps
        self._counts: dict[str, int] = {}

    def opened(self, outputs: Sequence[Tensor], ends: Sequence[Tensor]) -> list[Tensor]:
        """The outputs, with what lies between them and the ends opened."""
        found: dict[Tensor, Any] = {x: x for x in ends}
        for t in topological(outputs, ends):
            if t not in found:
                found[t] = self._replaced(t, [found[x] for x in t.inputs])
        return [found[y] for y in outputs]

    def _replaced(self, t: Tensor, inputs: list[Any]) -> Any:
        """The tensor in its place: a list of them for an op with several results."""
        if t.op.name == "project" and isinstance(inputs[0], list):
            return inputs[0][t.attrs["index"]]
        if self._opens(t):
            with scope(self._scope(t)):
                made = _inside(t, inputs)
            inside = self.opened(made, inputs)
            if t.op.multiple:
                return inside
            if t.name and not any(inside[0] is x for x in inputs):
                inside[0].name = t.name
            return inside[0]
        if all(x is y for x, y in zip(inputs, t.inputs, strict=True)):
            return t
        return t.op.again(t, inputs)

    def _opens(self, t: Tensor) -> bool:
        if self._ops is not None and t.op.name not in self._ops:
            return False
        if t.op is scan_op:
            length = _length(t.inputs, t.attrs)
            return isinstance(length, int) and 0 < length <= self._steps
        return t.op.composite or t.op in (call, cond_op)

    def _scope(self, t: Tensor) -> str:
        """A name of its own for each op that is opened in the same scope."""
        path = "/".join(part for part in (t.scope, t.name or t.op.name) if part)
        count = self._counts[path] = self._counts.get(path, 0) + 1
        return path if count == 1 else f"{path} {count}"


def _inside(t: Tensor, inputs: Sequence[Tensor]) -> list[Tensor]:
    if t.op is scan_op:
        return _unrolled(inputs, t.attrs)
    if t.op is call:
        return list(lift(t.attrs["body"](*inputs)))
    if t.op is cond_op:
        condition, *rest = inputs
        parts = []
        for name in ("true", "false"):
            with scope(name):
                parts.append(lift(t.attrs[name](*rest)))
        return [where(condition, x, y) for x, y in zip(*parts, strict=True)]
    kinds = tuple((x.shape, x.dtype) for x in t.inputs)
    # A result that depends on no input, as x⁰, comes as an array.
    return list(lift(Body(*expansion(t.op, kinds, t.attrs))(*inputs)))


def _length(inputs: Sequence[Tensor], attrs: Any) -> Any:
    return attrs["length"] if attrs["length"] is not None else inputs[-1].shape[0]


def _unrolled(inputs: Sequence[Tensor], attrs: Any) -> list[Tensor]:
    """The results of a scan, step by step."""
    taken, state, rows = parts_of(inputs, attrs)
    count, carries = _length(inputs, attrs), attrs["carries"]
    kept: list[Any] = [None] * count
    for i in reversed(range(count)) if attrs["reverse"] else range(count):
        with scope(f"step {i + 1}"):
            found = lift(attrs["body"](*taken, *state, *(x[i] for x in rows)))
        kept[i] = (*found[carries:], *state) if attrs["history"] else found[carries:]
        state = found[:carries]
    return [*state, *(stack(column) for column in zip(*kept, strict=True))]
