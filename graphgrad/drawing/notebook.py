"""What a notebook shows at the end of a cell."""

from __future__ import annotations

from graphgrad.drawing.render import render
from graphgrad.execute.program import Program
from graphgrad.execute.run import Run
from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor

_MOST = 10_000  # nodes; a larger picture is asked for with render


def mimebundle(target: Tensor | Graph | Run | Program) -> dict[str, str]:
    """The forms in which a notebook can show a tensor, graph, run or program.

    Args:
        target: a tensor, `Graph`, `Run` or `Program`.
    """
    bundle = {"text/plain": repr(target)}
    graph = target.graph if isinstance(target, Run | Program) else target
    nodes = Graph(graph) if isinstance(graph, Tensor) else graph
    if len(nodes) <= _MOST:
        bundle["image/svg+xml"] = str(render(target))
    return bundle
