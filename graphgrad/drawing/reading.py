"""What was computed in a target of a picture: its values and gradients by tensor."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graphgrad.errors import GradientError, UnboundPlaceholderError
from graphgrad.execute.current import adjoints_of, refresh
from graphgrad.execute.program import Program
from graphgrad.execute.run import Run
from graphgrad.graph.graph import Graph, as_outputs
from graphgrad.graph.tensor import Tensor
from graphgrad.insight.diagnosis import Diagnosis


@dataclass(frozen=True, slots=True)
class Reading:
    """What was computed in a graph: values and gradients by tensor.

    Args:
        updates: new values by variable, besides those that nodes carry.
    """

    outputs: tuple[Tensor, ...]
    order: tuple[Tensor, ...]
    values: Mapping[Tensor, Any]
    adjoints: Mapping[Tensor, Any]
    updates: Mapping[Tensor, Tensor]


def read(target: Any, *, gradients: bool) -> Reading:
    """The values and gradients of what can be drawn; see `render`.

    A single scalar output is differentiated now, from current values; otherwise the
    gradients are those of the last `backward`.
    """
    of: Tensor | None = None
    updates: dict[Tensor, Tensor] = {}
    outputs: tuple[Tensor, ...] | None = None
    if isinstance(target, Diagnosis):
        of, target = target.flow.y, target.flow.run
    if isinstance(target, Program):
        program, target = target, target.lowered()
        count = len(program.outputs)
        outputs, new = target.outputs[:count], target.outputs[count:]
        updates = dict(zip(program.updates, new, strict=True))
    if isinstance(target, Run):
        graph, values = target.graph, target._values
        recorded = target._adjoints
    else:
        graph = target if isinstance(target, Graph) else Graph(as_outputs(target))
        values = _current(graph)
        recorded = {t: t._gradient for t in graph.nodes if t._gradient is not None}
    outputs = graph.outputs if outputs is None else outputs
    if of is None and len(outputs) == 1 and _is_scalar(outputs[0]):
        of = outputs[0]
    if not gradients or not values:
        recorded = {}
    elif of is not None:
        with suppress(GradientError):  # a loop without a bound has none
            recorded = adjoints_of(of, list(graph.nodes), values.__getitem__)
    return Reading(outputs, graph.nodes, values, recorded, updates)


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
