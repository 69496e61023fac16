"""How a gradient flowed through a run: what each node sent to each of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import require_scalar
from graphgrad.autodiff.reverse import reverse, sent_back
from graphgrad.errors import ArgumentError
from graphgrad.execute.current import differentiable_leaves
from graphgrad.execute.run import Run, run
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import dependents, topological


class Flow:
    """The forward values of a run and the gradients of one scalar of it.

    Args:
        target: a run, or a tensor that depends on no placeholder.
        of: the scalar; by default the first output that is one.
        wrt: a tensor whose gradient is wanted besides those of the leaves.

    Attributes:
        run: the run.
        y: the scalar; None if there is none, and then no gradients.
        order: every node of the run, each after its inputs.
    """

    def __init__(
        self, target: Run | Tensor, of: Tensor | None = None, wrt: Tensor | None = None
    ) -> None:
        self.run = target if isinstance(target, Run) else run(target)
        self.order = self.run.graph.nodes
        real = (y for y in self.run.outputs if y.dtype.kind != "c")
        scalars = (y for y in real if y.shape == () and y.differentiable)
        self._wrt = [] if wrt is None else [wrt]
        self.y = of if of is not None else next(scalars, None)
        if self.y is not None:
            if self.y not in self.run:
                raise ArgumentError(
                    f"{describe(self.y)} is not part of the run",
                    remedy="run it: gg.run([y, tensor], ...)",
                )
            require_scalar(self.y)

    def value(self, node: Tensor) -> Any:
        """The value of a node; a tuple of them where it has several results."""
        return self.run._values[node]

    @cached_property
    def adjoints(self) -> dict[Tensor, Any]:
        """Gradients by node, lists for nodes of several results."""
        y = self.y
        if y is None:
            return {}
        order = topological([y])
        wanted = dependents(order, [*differentiable_leaves(order), *self._wrt])
        found = {y: np.ones((), y.dtype)[()]}
        with np.errstate(all="ignore"):
            reverse(order, found, wanted, self.value)
        return found

    @cached_property
    def before(self) -> frozenset[Tensor]:
        """What the scalar depends on."""
        return frozenset(topological([] if self.y is None else [self.y]))

    @cached_property
    def users(self) -> dict[Tensor, list[Tensor]]:
        """Who reads each node, each once."""
        found: dict[Tensor, list[Tensor]] = {x: [] for x in self.order}
        for node in self.order:
            for x in dict.fromkeys(node.inputs):
                found[x].append(node)
        return found

    def sent(self, node: Tensor, upstream: Any = None) -> list[Any]:
        """What a node sends back to each of its inputs; None where nothing flows.

        Args:
            node: the node.
            upstream: what arrives; by default its gradient.
        """
        upstream = self.adjoints[node] if upstream is None else upstream
        if node.op.name == "project":
            slots: list[Any] = [None] * len(node.inputs[0].shape)
            slots[node.attrs["index"]] = upstream
            return [slots]
        with np.errstate(all="ignore"):
            return sent_back(node, upstream, self.value)

    def received(self, x: Tensor) -> Iterator[tuple[Tensor, int, Any]]:
        """What reaches a node: from whom, for which of its arguments, and how much."""
        for user in self.users[x]:
            if user not in self.adjoints:
                continue
            for i, part in enumerate(self.sent(user)):
                if user.inputs[i] is x and part is not None:
                    yield user, i, part


def label(node: Tensor) -> str:
    """How a node is called in few words: by its name, or its op's glyph."""
    if node.op.name == "project" and not node.name:
        return f"{label(node.inputs[0])}[{node.attrs['index']}]"
    return node.name or node.op.glyph or node.op.name


def norm(value: Any) -> float:
    """The Euclidean norm of all entries; infinite where one is, NaN where one is."""
    largest, rest = norm_factors(value)
    return largest * rest


def norm_factors(value: Any) -> tuple[float, float]:
    """The size of the largest entry, and the norm of all divided by it.

    Squares of very small and very large entries are 0 and infinite: scaled they are
    not, and a gradient that has all but vanished is not called 0.
    """
    parts = [np.abs(a).astype(np.float64, copy=False) for a in arrays_of(value)]
    most = max((float(a.max(initial=0)) for a in parts), default=0.0)
    if most == 0 or not np.isfinite(most):
        return most, 1.0
    return most, float(np.sqrt(sum(float(np.sum((a / most) ** 2)) for a in parts)))


def arrays_of(value: Any) -> list[np.ndarray]:
    """The arrays of a value or gradient, which may be several."""
    parts = value if isinstance(value, list | tuple) else [value]
    return [np.asarray(p) for p in parts if p is not None]


def is_zero(value: Any) -> bool:
    """Whether all entries are exactly 0."""
    return all(not a.any() for a in arrays_of(value))


def is_finite(value: Any) -> bool:
    """Whether no entry is NaN or infinite."""
    return all(
        a.dtype.kind not in "fc" or np.isfinite(a).all() for a in arrays_of(value)
    )
