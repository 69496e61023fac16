"""What a program does in one go: a loop, a product, arrays joined, a call of NumPy."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphgrad.execute.native.joining import Joined
from graphgrad.execute.native.table import Table
from graphgrad.execute.native.views import Sizes, View, entries
from graphgrad.graph.tensor import Tensor

LONGEST = 100  # ops in a loop: LLVM's time grows with their square


@dataclass
class Loop:
    """One loop over a space: its elementwise ops, and reductions of their values."""

    space: Sizes
    nodes: list[Tensor] = field(default_factory=list)
    reductions: list[Tensor] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether one more op would be too much for registers, and for LLVM."""
        return len(self.nodes) + len(self.reductions) >= LONGEST


@dataclass
class Product:
    """Matrix products: ``alpha · left @ right``, added to a start, if there is one.

    All views have as many axes as ``shape``, which is the node's with both axes of
    matrices in it; a start is repeated along axes of stride 0.
    """

    node: Tensor
    shape: Sizes
    left: View
    right: View
    alpha: float = 1.0
    start: View | None = None

    @property
    def work(self) -> int:
        """How many numbers are multiplied."""
        return entries(self.shape) * self.left.shape[-1]


@dataclass
class Call:
    """An op that is left to NumPy, and why."""

    node: Tensor
    reason: str


@dataclass
class Scalars:
    """The first step, where there are many scalars: all that depend on such alone."""

    table: Table


Step = Loop | Product | Joined | Call | Scalars


def is_empty(step: Step) -> bool:
    """Whether there is nothing to do: all went into later loops."""
    return isinstance(step, Loop) and not step.nodes and not step.reductions


def may_fail(step: Step) -> bool:
    """Whether values may be such that it cannot be done."""
    return isinstance(step, Call) or (isinstance(step, Joined) and step.guarded)
