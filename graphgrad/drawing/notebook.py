"""What a notebook shows at the end of a cell."""

from __future__ import annotations

from typing import Any

from graphgrad.drawing.render import render

_MOST = 400  # nodes; a larger picture is asked for with render


def mimebundle(target: Any) -> dict[str, str]:
    """The forms in which a notebook can show a tensor, graph or run.

    Args:
        target: a tensor, `Graph` or `Run`.
    """
    bundle = {"text/plain": repr(target)}
    graph = getattr(target, "graph", target)
    small = not hasattr(graph, "nodes") or len(graph.nodes) <= _MOST
    if small:
        bundle["image/svg+xml"] = str(render(target))
    return bundle
