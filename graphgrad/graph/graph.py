"""The immutable view of a graph: its outputs and everything they depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.op import CONSTANT, PLACEHOLDER
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import topological

if TYPE_CHECKING:
    import networkx as nx

    from graphgrad.graph.compare import Difference


def as_outputs(target: Any) -> tuple[Tensor, ...]:
    """The tensors that a user's tensor, or list of tensors, means.

    Raises:
        ArgumentError: for anything else.
    """
    outputs = (target,) if isinstance(target, Tensor) else target
    if not isinstance(outputs, list | tuple) or not outputs:
        raise ArgumentError(f"expected a tensor or a list of tensors, got {target!r}")
    for x in outputs:
        if not isinstance(x, Tensor):
            raise ArgumentError(
                f"expected tensors, got {type(x).__name__}",
                remedy="make leaves with gg.variable, gg.placeholder or gg.constant",
            )
    return tuple(outputs)


class Graph:
    """A view of the nodes that some outputs depend on.

    Args:
        outputs: a tensor, or a list of tensors.

    Raises:
        ArgumentError: if they are not tensors.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0, name="x")
        >>> graph = gg.Graph(x * x + 1)
        >>> print(graph)
        v0 = variable "x" () float64
        v1 = multiply(v0, v0) () float64
        v2 = constant () float64 = 1.0
        v3 = add(v1, v2) () float64
        -> v3
        >>> [t.name for t in graph.find(op="variable")]
        ['x']
    """

    __slots__ = ("__dict__", "outputs")

    def __init__(self, outputs: Tensor | list[Tensor] | tuple[Tensor, ...]) -> None:
        self.outputs = as_outputs(outputs)

    @cached_property
    def nodes(self) -> tuple[Tensor, ...]:
        """Every tensor, each after its inputs, in the order they were made."""
        return tuple(topological(self.outputs))

    @property
    def placeholders(self) -> tuple[Tensor, ...]:
        """The placeholders, in the order they were made."""
        return tuple(t for t in self.nodes if t.op is PLACEHOLDER)

    def find(self, *, op: str | None = None, name: str | None = None) -> list[Tensor]:
        """The tensors made by an op, or of a name, or both, in order."""
        return [
            t
            for t in self.nodes
            if (op is None or t.op.name == op) and (name is None or t.name == name)
        ]

    def hash(self) -> str:
        """SHA-256 of the structure, as 64 hex digits, the same in every process.

        Equal for graphs of the same ops, attrs, shapes, dtypes, constants and wiring.
        Names, scopes, the values of variables and the order in which independent
        nodes were made do not count.
        """
        return digest(self.outputs)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        ends = ", ".join(describe(t) for t in self.outputs)
        return f"<Graph of {len(self)} nodes: {ends}>"

    if TYPE_CHECKING:  # given by the modules above at import, see wiring.py
        diff: Callable[[Graph], Difference]
        to_json: Callable[[], str]
        from_json: Callable[[str | bytes], Graph]
        to_text: Callable[[], str]
        from_text: Callable[[str], Graph]
        to_networkx: Callable[[], nx.MultiDiGraph]
        from_networkx: Callable[[nx.MultiDiGraph], Graph]


def digest(outputs: Sequence[Tensor], inputs: Sequence[Tensor] = ()) -> str:
    """SHA-256 of a structure, as 64 hex digits; see `Graph.hash`.

    Args:
        outputs: where the structure starts.
        inputs: tensors that count by their place in this list, shape and dtype.
    """
    found = hashlib.sha256()
    numbers: dict[Tensor, int] = {}
    for x in inputs:
        found.update(f"input {x.shape}{x.dtype}\n".encode())
        numbers[x] = len(numbers)
    for node in _from_outputs(outputs, inputs):
        wires = [numbers[x] for x in node.inputs]
        attrs = sorted(node.attrs.items())
        kind = f"{node.op.name}{wires}{attrs}{node.shape}{node.dtype}\n"
        found.update(kind.encode())
        if node.op is CONSTANT:
            found.update(np.ascontiguousarray(node._value).tobytes())
        numbers[node] = len(numbers)
    found.update(repr([numbers[x] for x in outputs]).encode())
    return found.hexdigest()


def _from_outputs(
    outputs: Iterable[Tensor], ends: Iterable[Tensor]
) -> Iterator[Tensor]:
    """Depth first, inputs first: an order that structure alone sets."""
    done: set[Tensor] = set(ends)
    stack = [(x, False) for x in reversed(tuple(outputs))]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready or not node.inputs:
            done.add(node)
            yield node
        else:
            stack.append((node, True))
            stack += [(x, False) for x in reversed(node.inputs) if x not in done]
