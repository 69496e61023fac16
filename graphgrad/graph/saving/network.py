"""Graphs of networkx: to walk, measure and change a graph with its algorithms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.errors import DataError
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import CONSTANT, VARIABLE
from graphgrad.graph.saving.codec import encode_array, encode_attr
from graphgrad.graph.saving.document import build, encode_body

if TYPE_CHECKING:
    import networkx as nx

_FACTS = ("op", "attrs", "shape", "dtype", "name", "scope", "value")


def to_networkx(graph: Graph) -> nx.MultiDiGraph:
    """A multigraph with a node per tensor and an edge per use, from input to user.

    Nodes are numbered in order and have op, attrs, shape, dtype, name, scope, and
    value (of variables and constants); edges have ``argument``, their place among the
    inputs. ``graph["outputs"]`` lists the outputs.
    """
    import networkx as nx

    numbers = {t: i for i, t in enumerate(graph.nodes)}
    made = nx.MultiDiGraph(outputs=[numbers[y] for y in graph.outputs])
    for t, i in numbers.items():
        kinds = [d.name for d in t.dtype] if t.op.multiple else t.dtype.name
        facts = {"op": t.op.name, "attrs": dict(t.attrs), "shape": t.shape}
        facts |= {"dtype": kinds, "name": t.name, "scope": t.scope}
        if t.op in (VARIABLE, CONSTANT):
            facts["value"] = t.value
        made.add_node(i, **facts)
        made.add_edges_from(
            (numbers[x], i, {"argument": place}) for place, x in enumerate(t.inputs)
        )
    return made


def from_networkx(made: nx.MultiDiGraph) -> Graph:
    """The graph of a multigraph such as `to_networkx` gives, changed or not.

    Raises:
        DataError: if it has a circle, or a node or edge lacks what it needs.
    """
    import networkx as nx

    if not isinstance(made, nx.MultiDiGraph):
        raise DataError(f"it is a {type(made).__name__}, not a networkx.MultiDiGraph")
    places = {label: i for i, label in enumerate(made)}
    try:
        order = list(nx.lexicographical_topological_sort(made, places.__getitem__))
    except nx.NetworkXUnfeasible:
        raise DataError("it has a circle, and a graph has none") from None
    numbers = {label: i for i, label in enumerate(order)}
    entries = [_entry(made, label, numbers) for label in order]
    outputs = made.graph.get("outputs")
    if not isinstance(outputs, tuple | list):
        raise DataError('its outputs are not listed in graph["outputs"]')
    for label in outputs:
        if label not in made:  # networkx answers for labels without a hash, too
            raise DataError(f"the output {label!r:.40} is no node")
    return build(entries, [numbers[label] for label in outputs])


def _entry(made: Any, label: Any, numbers: dict[Any, int]) -> dict[str, Any]:
    facts = {k: v for k, v in made.nodes[label].items() if k in _FACTS}
    edges = list(made.in_edges(label, data="argument"))
    places = [place for _, _, place in edges if type(place) is int]
    if len(places) < len(edges) or sorted(places) != list(range(len(edges))):
        raise DataError(f"the edges into node {label!r} do not number its arguments")
    entry = {k: v for k, v in facts.items() if k in ("op", "dtype", "name", "scope")}
    entry["shape"] = _listed(facts.get("shape"))
    if edges:
        sources = {place: x for x, _, place in edges}
        entry["inputs"] = [numbers[sources[i]] for i in range(len(edges))]
    attrs = facts.get("attrs", {})
    if not isinstance(attrs, Mapping):
        raise DataError(f"the attrs of node {label!r} are no dict")
    if attrs:
        entry["attrs"] = {k: encode_attr(v, encode_body) for k, v in attrs.items()}
    if "value" in facts:
        entry["value"] = _data(facts, label)
    return entry


def _listed(shape: Any) -> Any:
    return [_listed(d) for d in shape] if isinstance(shape, tuple | list) else shape


def _data(facts: dict[str, Any], label: Any) -> Any:
    """The value as documents have it, if it is what its node says."""
    value = facts["value"]
    if not isinstance(value, np.ndarray | np.generic):
        raise DataError(f"the value of node {label!r} is {type(value).__name__}")
    if (value.shape, value.dtype.name) != (facts.get("shape"), facts.get("dtype")):
        raise DataError(
            f"the value of node {label!r} is {value.shape} {value.dtype}, and the node "
            f"{facts.get('shape')!r:.40} {facts.get('dtype')!r:.40}"
        )
    return encode_array(value)
