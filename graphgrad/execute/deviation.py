"""How far two runs are apart, tensor by tensor."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from graphgrad.execute.run import Run
from graphgrad.graph.compare import Difference, diff, few
from graphgrad.graph.tensor import Tensor, describe


@dataclass(frozen=True, slots=True)
class Deviation:
    """Two tensors that stand for each other, in two runs.

    Attributes:
        before: the tensor of the one run.
        after: the tensor of the other; the same one if both ran the same graph.
        value: the largest difference of two entries; infinite if only one is NaN, or
            if the shapes differ.
        relative: the largest difference relative to the larger of both entries.
        gradient: as value, of the gradients; None unless both runs have it.
        relative_gradient: as relative, of the gradients.
    """

    before: Tensor
    after: Tensor
    value: float
    relative: float
    gradient: float | None
    relative_gradient: float | None


@dataclass(frozen=True, slots=True)
class RunDifference:
    """What `Run.diff` finds; its text says where two runs part.

    Attributes:
        graphs: the difference of their graphs.
        deviations: of all tensors that both have, in the order of evaluation.
    """

    graphs: Difference
    deviations: tuple[Deviation, ...]

    @property
    def first(self) -> Deviation | None:
        """Where values part first, on the way forward."""
        return next((d for d in self.deviations if d.value), None)

    @property
    def first_gradient(self) -> Deviation | None:
        """Where gradients part first, on the way back."""
        return next((d for d in reversed(self.deviations) if d.gradient), None)

    def __bool__(self) -> bool:
        return bool(self.graphs or self.first or self.first_gradient)

    def __str__(self) -> str:
        values = [
            f"  {describe(d.before)}: {d.value:.3g}, relative {d.relative:.3g}"
            for d in self.deviations
            if d.value
        ]
        gradients = [
            f"  {describe(d.before)}: {d.gradient:.3g}, "
            f"relative {d.relative_gradient:.3g}"
            for d in reversed(self.deviations)
            if d.gradient
        ]
        known = sum(d.gradient is not None for d in self.deviations)
        lines = [f"{len(values)} of {len(self.deviations)} values differ"]
        lines += few(values)
        if known:
            lines += [f"{len(gradients)} of {known} gradients differ, last first"]
            lines += few(gradients)
        return "\n".join([*([str(self.graphs)] if self.graphs else []), *lines])


def compare(run: Run, other: Run) -> RunDifference:
    """How far the values and gradients of two runs are apart.

    The runs may be of one graph, with other bindings, seeds or values of variables; or
    of two graphs, whose tensors are paired as `Graph.diff` pairs them.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.placeholder((), name="x")
        >>> y = (gg.maximum(x, 0.0) * 3).named("y")
        >>> one, other = gg.run(y, {x: -1.0}), gg.run(y, {x: 2.0})
        >>> print(one.diff(other))
        3 of 5 values differ
          placeholder 'x' () float64: 3, relative 1.5
          maximum unnamed () float64: 2, relative 1
          multiply 'y' () float64: 6, relative 1
    """
    graphs = diff(run.graph, other.graph)
    pairs = [*graphs.same, *((c.before, c.after) for c in graphs.changed)]
    found = [
        _deviation(a, b, run, other)
        for a, b in sorted(pairs, key=lambda pair: pair[0].serial)
        if not (a.op.multiple or b.op.multiple)
    ]
    return RunDifference(graphs, tuple(found))


def _deviation(a: Tensor, b: Tensor, run: Run, other: Run) -> Deviation:
    value = _distance(run[a], other[b])
    gradient: tuple[Any, Any] = None, None
    if run.differentiated and other.differentiated:
        mine, theirs = run.grad, other.grad
        if a in mine and b in theirs:
            gradient = _distance(mine[a], theirs[b])
    return Deviation(a, b, *value, *gradient)


def _distance(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """The largest difference of two entries, and the largest relative one."""
    if a.shape != b.shape:
        return inf, inf
    with np.errstate(all="ignore"):
        differ = (a != b) & ~((a != a) & (b != b))  # noqa: PLR0124 NaN equals NaN here
        if not differ.any():
            return 0.0, 0.0
        a, b = a[differ], b[differ]
        gap = np.abs(np.subtract(a, b, dtype=np.result_type(a, b, np.float64)))
        found = np.stack([gap, gap / np.maximum(np.abs(a), np.abs(b))])
    value, relative = np.where(np.isnan(found), inf, found).max(axis=1)
    return float(value), float(relative)
