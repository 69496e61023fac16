"""A graph as the pair (fn, vjp) that the checker of pairs takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import jvp as push_forward
from graphgrad.autodiff.derivatives import vjp as pull_back
from graphgrad.graph.op import PLACEHOLDER
from graphgrad.graph.tensor import NO_ATTRS, Tensor
from graphgrad.graph.walk import interpret, topological
from graphgrad.testing.exact import prepare
from graphgrad.testing.noise import vjp_noise
from graphgrad.testing.problem import Array, Fault, weights_like


class GraphPair:
    """A graph as the pair ``(fn, vjp)`` that the checker of pairs takes.

    Args:
        outputs: tensors; several are joined into one vector.
        leaves: the tensors that the arrays stand for.
        known: values of further leaves.
        sizes: of the symbolic dimensions.
    """

    def __init__(
        self,
        outputs: Sequence[Tensor],
        leaves: Sequence[Tensor],
        known: dict[Tensor, Any],
        sizes: dict[str, int],
    ) -> None:
        self.outputs = [y for y in outputs if y.differentiable] or list(outputs)
        self.leaves = list(leaves)
        self.known = known
        self.sizes = sizes
        self.order = topological(self.outputs)
        reached = set(self.order)
        self.sources = [x for x in leaves if x in reached and x.differentiable]
        self.cotangents = [
            Tensor(PLACEHOLDER, (), NO_ATTRS, y.shape, y.dtype) for y in self.outputs
        ]
        self.gradients: list[Tensor] = []
        if self.sources:
            self.gradients = pull_back(self.outputs, self.sources, self.cotangents)
        self._backward = topological(self.gradients)

    def values(self, arrays: Sequence[Array]) -> dict[Tensor, Any]:
        """The value of every node."""
        values = {**self.known, **dict(zip(self.leaves, arrays, strict=True))}
        interpret(self.order, values, self.sizes)
        return values

    def fn(self, *arrays: Array) -> Array:
        """The output, or all outputs as one vector."""
        values = self.values(arrays)
        return _joined([np.asarray(values[y]) for y in self.outputs])

    def vjp(
        self, cotangent: Array, output: Array, *arrays: Array
    ) -> list[Array | None]:
        """Gradients in the leaves' order, by way of the derivative graph."""
        values = self.values(arrays)
        shapes = [np.shape(values[y]) for y in self.outputs]
        values.update(zip(self.cotangents, _split(cotangent, shapes), strict=True))
        interpret(self._backward, values, self.sizes)
        found = dict(zip(self.sources, self.gradients, strict=True))
        return [
            np.asarray(values[found[x]]) if x in found else None for x in self.leaves
        ]

    def derivative(self, arrays: Sequence[Array], seed: int) -> GraphPair:
        """The pair of the gradient itself, for one random cotangent."""
        rng = np.random.default_rng(seed)
        values = self.values(arrays)
        weights = [weights_like(np.asarray(values[y]), rng) for y in self.outputs]
        known = {**self.known, **dict(zip(self.cotangents, weights, strict=True))}
        return GraphPair(self.gradients, self.leaves, known, self.sizes)

    def check_transposed(self, arrays: Sequence[Array], seed: int) -> None:
        """Compare ⟨u, J v⟩ of forward mode with ⟨Jᵀ u, v⟩ of the pair, without steps.

        Raises:
            Fault: when they differ by more than rounding.
        """
        rng = np.random.default_rng(seed)
        problem = prepare(self.fn, self.vjp, arrays, rng)
        moved = [i for i, x in enumerate(self.leaves) if x in set(self.sources)]
        tangents = [weights_like(arrays[i], rng) for i in moved]
        places = [
            Tensor(PLACEHOLDER, (), NO_ATTRS, x.shape, x.dtype) for x in self.sources
        ]
        values = self.values(arrays)
        values.update(zip(places, tangents, strict=True))
        pushed = push_forward(self.outputs, self.sources, places)
        interpret(topological(pushed), values, self.sizes)
        forth = problem.cotangent * _joined([np.asarray(values[y]) for y in pushed])
        back = [problem.gradients[i] * t for i, t in zip(moved, tangents, strict=True)]
        sums = float(np.sum(forth)), float(sum(np.sum(part) for part in back))
        gap = abs(sums[0] - sums[1])
        size = float(np.sum(np.abs(forth)) + sum(np.sum(np.abs(part)) for part in back))
        if not gap > 100 * problem.eps**0.5 * size:
            return
        with np.errstate(all="ignore"):
            noise = vjp_noise(problem)  # of terms that cancel
        if gap > 100 * sum(float(np.sum(noise[i])) for i in moved):
            raise Fault(
                "jvp",
                f"⟨u, J v⟩ is {sums[0]:.6g} and ⟨Jᵀ u, v⟩ is {sums[1]:.6g}: "
                "is the vjp not linear in its cotangent?",
                got=sums[1],
                expected=sums[0],
            )


def _joined(arrays: Sequence[Array]) -> Array:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([a.ravel() for a in arrays])


def _split(joined: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    if len(shapes) == 1:
        return [joined]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(joined, ends)
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
