"""A graph as a few lines of text, for reports."""

from __future__ import annotations

from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor

_MOST = 12


def sketch(graph: Graph) -> str:
    """One op as a picture; more as a list, and a large graph as a count.

    Example:
        >>> import graphgrad as gg
        >>> w, x = gg.variable([1.0, 2.0], name="w"), gg.variable(3.0, name="x")
        >>> print(sketch(gg.Graph(w * x)))
        w[2] ─┐
        x    ─┴ multiply → v0
    """
    ops = [t for t in graph.nodes if t.inputs]
    if len(ops) == 1 or (len(ops) > 1 and ops[0].op.multiple):
        return _joined(ops[0])
    if len(graph) <= _MOST:
        return str(graph)
    return f"{len(graph)} nodes: gg.render(verdict.graph)"


def _joined(node: Tensor) -> str:
    names = [x.name or f"x{i}" for i, x in enumerate(node.inputs)]
    labels = [
        f"{name}[{', '.join(map(str, x.shape))}]" if x.shape else name
        for name, x in zip(names, node.inputs, strict=True)
    ]
    width = max(map(len, labels))
    lines = [f"{label:<{width}} ─┐" for label in labels]
    joint = "─┴" if len(labels) > 1 else "──"
    lines[-1] = f"{labels[-1]:<{width}} {joint} {node.op.name} → v0"
    for i in range(1, len(lines) - 1):
        lines[i] = lines[i][:-1] + "┤"
    return "\n".join(lines)
