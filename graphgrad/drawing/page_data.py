"""What the interactive page knows of a graph, in the plain values of JSON."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from graphgrad.autodiff.reverse import contributions
from graphgrad.drawing.flows import added, flow_of
from graphgrad.drawing.folding import opened
from graphgrad.drawing.groups import Grouping, group
from graphgrad.drawing.options import Options
from graphgrad.drawing.reading import Reading, read
from graphgrad.drawing.scene import Flow
from graphgrad.drawing.statistics import Histogram, statistics
from graphgrad.drawing.trace import Traced, is_real, trace
from graphgrad.errors import ArgumentError
from graphgrad.execute.run import Run
from graphgrad.graph.tensor import Tensor
from graphgrad.insight.local import local_formula
from graphgrad.shapes import show

# Above these many edges the page leaves out maps, and formulas of local derivatives.
_MANY = 4_000


def page_data(target: Any, against: Run | None, title: str) -> dict[str, Any]:
    """Nodes, edges and groups, with statistics of one run or of two.

    Args:
        target: what `explore` takes.
        against: a second run of the same graph.
        title: a heading.

    Raises:
        ArgumentError: if the second is no run of the same graph.
    """
    readings = [read(target, gradients=True)]
    if against is not None:
        if not (isinstance(target, Run) and isinstance(against, Run)):
            raise ArgumentError(
                "two runs are compared",
                remedy="write gg.explore(run, path, against=other_run)",
            )
        readings.append(read(against, gradients=True))
    mapped = sum(len(t.inputs) for t in readings[0].order) <= _MANY
    options = Options(flow=partial(_summary, mapped=mapped), title=title)
    traces = [trace(reading, options) for reading in readings]
    first = traces[0]
    if any(_shape(other) != _shape(first) for other in traces):
        raise ArgumentError(
            "the two runs are of different graphs",
            remedy="gg.render(graph.diff(other)) shows how graphs differ",
        )
    grouping = group(first.scene)
    return {
        "version": 1,
        "title": title,
        "summary": first.scene.summary,
        "runs": ["run"] if against is None else ["first", "second"],
        "nodes": _nodes(traces, readings, grouping),
        "edges": _edges(traces, readings, formulas=mapped),
        "groups": _groups(traces, grouping),
        "recording": None,
    }


def _shape(traced: Traced) -> Any:
    nodes = [(node.kind, node.text) for node in traced.scene.nodes]
    return nodes, [(edge.source, edge.target) for edge in traced.scene.edges]


def _summary(value: Any, *, mapped: bool) -> Flow:
    return replace(flow_of(value), statistics=statistics(value, mapped=mapped))


def _nodes(
    traces: Sequence[Traced], readings: Sequence[Reading], grouping: Grouping
) -> list[dict[str, Any]]:
    scene = traces[0].scene
    found = []
    for index, (node, t) in enumerate(zip(scene.nodes, traces[0].tensors, strict=True)):
        pairs = list(zip(traces, readings, strict=True))
        values = [_flow_at(a.tensors[index], r.values, a.options) for a, r in pairs]
        slopes = [_flow_at(a.tensors[index], r.adjoints, a.options) for a, r in pairs]
        several = t.op.multiple
        found.append(
            {
                "kind": node.kind,
                "text": node.text,
                "op": t.op.name,
                "name": t.name or "",
                "captions": list(node.captions),
                "title": node.title,
                "where": str(t.where()),
                "scope": node.scope,
                "shape": "several" if several else show(t.shape),
                "dtype": "" if several else str(t.dtype),
                "group": grouping.of[index],
                "value": [_plain(f) for f in values],
                "gradient": [_plain(f) for f in slopes],
            }
        )
    return found


def _flow_at(t: Tensor, known: Any, options: Options) -> Flow | None:
    value = None if t.op.multiple else known.get(t)
    return None if value is None else options.flow(value)


def _edges(
    traces: Sequence[Traced], readings: Sequence[Reading], *, formulas: bool
) -> list[dict[str, Any]]:
    first = traces[0]
    locals_ = [_numbers(a, r) for a, r in zip(traces, readings, strict=True)]
    found = []
    for index, edge in enumerate(first.scene.edges):
        t = first.tensors[edge.target]
        flows = [a.scene.edges[index].gradient for a in traces]
        inner = formulas and first.scene.nodes[edge.target].kind == "op" and is_real(t)
        found.append(
            {
                "source": edge.source,
                "target": edge.target,
                "slot": edge.slot,
                "title": edge.title,
                "gradient": [_plain(f) for f in flows],
                "local": [numbers.get(index) for numbers in locals_],
                "formula": local_formula(t, edge.slot) if inner and flows[0] else None,
            }
        )
    return found


def _numbers(traced: Traced, reading: Reading) -> dict[int, str]:
    """Local derivatives of scalars with respect to scalars, by edge."""
    found: dict[int, str] = {}
    for index, edge in enumerate(traced.scene.edges):
        t, x = traced.tensors[edge.target], traced.tensors[edge.source]
        if edge.gradient is None or traced.scene.nodes[edge.target].kind != "op":
            continue
        if t.op.multiple or t.shape or x.shape or x.op.multiple or not is_real(t):
            continue
        inputs = [reading.values[i] for i in t.inputs]
        needed = [k == edge.slot for k in range(len(inputs))]
        with np.errstate(all="ignore"):
            one = np.ones((), t.dtype)[()]
            parts = contributions(t, one, reading.values[t], inputs, needed)
        if parts[edge.slot] is not None:
            found[index] = flow_of(parts[edge.slot]).text
    return found


def _groups(traces: Sequence[Traced], grouping: Grouping) -> list[dict[str, Any]]:
    shown = opened(grouping, None)
    totals = [_totals(traced, grouping) for traced in traces]
    found = []
    for index, made in enumerate(grouping.groups):
        number = f", {made.count} alike parts" if made.count > 1 else ""
        found.append(
            {
                "parent": made.parent,
                "name": made.name,
                "path": made.path,
                "kind": made.kind,
                "count": made.count,
                "size": made.size,
                "open": index in shown,
                "title": f"{made.name}: {made.size} nodes{number}",
                "inputs": [
                    {"source": x, "gradient": [_plain(t[index].get(x)) for t in totals]}
                    for x in totals[0][index]
                ],
            }
        )
    return found


def _totals(traced: Traced, grouping: Grouping) -> list[dict[int, Flow]]:
    """For each group what flows back to outside values that it uses several times."""
    shares: list[dict[int, list[Any]]] = [{} for _ in grouping.groups]
    for edge, share in zip(traced.scene.edges, traced.shares, strict=True):
        outside = set(grouping.chain(edge.target)) - set(grouping.chain(edge.source))
        for index in outside:
            shares[index].setdefault(edge.source, []).append(share)
    flow: Callable[[Any], Flow] = traced.options.flow
    return [
        {
            x: flow(total)
            for x, parts in sorted(found.items())
            if len(parts) > 1 and (total := added(parts)) is not None
        }
        for found in shares
    ]


def _plain(flow: Flow | None) -> dict[str, Any] | None:
    """A flow in the page's own words."""
    if flow is None:
        return None
    found: dict[str, Any] = {
        "text": flow.text,
        "state": flow.state,
        "magnitude": flow.magnitude,
    }
    s = flow.statistics
    if s is None:
        return found
    if not s.shape:
        return found | {"number": _finite(s.mean)}
    return found | {
        "shape": show(s.shape),
        "norm": _finite(s.norm),
        "mean": _finite(s.mean),
        "std": _finite(s.deviation),
        "min": _finite(s.low),
        "max": _finite(s.high),
        "size": s.size,
        "zeros": s.zeros,
        "nans": s.nans,
        "infs": s.infinities,
        "histogram": _bins(s.histogram, s.exponents),
        "map": None
        if s.map is None
        else {
            "rows": s.map.rows,
            "columns": s.map.columns,
            "low": s.map.low,
            "high": s.map.high,
            "cells": b64encode(s.map.cells).decode(),
        },
    }


def _bins(values: Histogram | None, exponents: Histogram | None) -> Any:
    if values is None:
        return None
    spread = exponents and [exponents.low, exponents.high, list(exponents.counts)]
    return {
        "low": values.low,
        "high": values.high,
        "counts": list(values.counts),
        "exponents": spread,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
