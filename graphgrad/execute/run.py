"""One evaluation of a graph, with everything that was computed in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import require_scalar
from graphgrad.errors import BindingError, GradientError
from graphgrad.execute.binding import bind
from graphgrad.execute.current import adjoints_of, exposed
from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import interpret, known, topological
from graphgrad.ops import random
from graphgrad.shapes import is_static


class Gradients(Mapping[Tensor, np.ndarray]):
    """The gradients of a run, by tensor; only tensors that a gradient reached."""

    def __init__(self, values: dict[Tensor, Any]) -> None:
        self._values = values

    def __getitem__(self, tensor: Tensor) -> np.ndarray:
        return exposed(self._values[tensor])

    def __contains__(self, tensor: object) -> bool:
        return tensor in self._values

    def __iter__(self) -> Iterator[Tensor]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Run:
    """One evaluation: its bindings, the value of every tensor, and adjoints.

    Made by `run`. Variables keep the values that they had then, so that two runs of
    one graph can be compared.

    Attributes:
        graph: the `Graph` that was run.
        outputs: its outputs.
        seed: for random ops; None if none was given.
    """

    def __init__(
        self, outputs: Any, bindings: Mapping[Tensor, Any], seed: int | None = None
    ) -> None:
        self.graph = Graph(outputs)
        self.outputs = self.graph.outputs
        self.seed = seed
        given = {**_keys(self.graph, bindings, seed), **bindings}
        values, self._sizes = bind(given.items(), _known(self.graph, bindings))
        self._values = values
        interpret(self.graph.nodes, self._values, self._sizes)
        self._adjoints: dict[Tensor, Any] = {}

    def __getitem__(self, tensor: Tensor) -> np.ndarray:
        """The value of a tensor in this run, a read-only array.

        A tensor made since, from tensors of this run, is computed now.

        Raises:
            UnboundPlaceholderError: if it needs a placeholder that was not bound.
        """
        if tensor not in self._values:
            interpret(topological([tensor]), self._values, self._sizes)
        return exposed(self._values[tensor])

    def __contains__(self, tensor: Tensor) -> bool:
        return tensor in self._values

    def backward(self, tensor: Tensor) -> None:
        """Compute the gradients of a scalar of this run; see `grad`.

        Raises:
            GradientError: if it has several entries, an integer dtype, or is not
                part of this run.
        """
        if tensor not in self._values:
            raise GradientError(
                f"{describe(tensor)} is not part of this run",
                remedy="run it: gg.run([y, tensor], ...)",
            )
        require_scalar(tensor)
        order = topological([tensor])
        self._adjoints = adjoints_of(tensor, order, self._values.__getitem__)

    @property
    def grad(self) -> Gradients:
        """Gradients by tensor after `backward`, read-only arrays.

        A tensor that no gradient reached is not in it.

        Raises:
            GradientError: before `backward` was called.
        """
        if not self._adjoints:
            raise GradientError(
                "this run has no gradients yet", remedy="call run.backward(y) first"
            )
        return Gradients(self._adjoints)

    @property
    def differentiated(self) -> bool:
        """Whether `backward` was called."""
        return bool(self._adjoints)

    def __repr__(self) -> str:
        ends = ", ".join(describe(t) for t in self.outputs)
        return f"<Run of {len(self.graph)} nodes: {ends}>"


def _known(graph: Graph, bindings: Any) -> list[Tensor]:
    """What may be bound: placeholders of the graph, and those that size its shapes.

    The gradient of a sum depends on the shape of what was added, and on no value.
    """
    found = list(graph.placeholders)
    others = [x for x in bindings if isinstance(x, Tensor) and x not in set(found)]
    if any(not is_static(x.shape) for x in others):
        sizes = {d for t in graph.nodes if not t.op.multiple for d in t.shape}
        found += [x for x in others if sizes.intersection(x.shape)]
    return found


def _keys(graph: Graph, bindings: Any, seed: int | None) -> dict[Tensor, Any]:
    """Values of the random keys that have none, each another one."""
    if seed is None:
        return {}
    free = [x for x in graph.placeholders if "random" in x.attrs and x not in bindings]
    first = random.key(seed)
    return {x: known(random.fold_in(first, i)) for i, x in enumerate(free)}


def run(
    outputs: Tensor | list[Tensor],
    bindings: Mapping[Tensor, Any] | None = None,
    seed: int | None = None,
) -> Run:
    """Evaluate a graph once and keep everything.

    Args:
        outputs: a tensor or a list of tensors.
        bindings: arrays by placeholder.
        seed: of the keys made by ``gg.random.key()``, which has none of its own.

    Raises:
        BindingError: for a binding that does not fit the graph.
        UnboundPlaceholderError: for a placeholder that is not bound.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.placeholder(("batch",), name="x")
        >>> loss = (x * x).sum()
        >>> r = gg.run(loss, {x: [1.0, 2.0]})
        >>> r.backward(loss)
        >>> float(r[loss]), r.grad[x].tolist()
        (5.0, [2.0, 4.0])
    """
    given = {} if bindings is None else bindings
    if not isinstance(given, Mapping):
        raise BindingError(
            f"bindings are a mapping, not {type(given).__name__}",
            remedy="write gg.run(y, {x: array})",
        )
    return Run(outputs, given, seed)
