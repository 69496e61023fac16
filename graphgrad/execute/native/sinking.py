"""Values that wait for a later loop are computed there, where that saves memory.

A derivative such as 1 − tanh² x can be computed in the forward pass. Kept until the
backward pass it would take as much memory again as tanh x, which is kept anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf

from graphgrad.execute.native.views import Sizes, View, entries, sizes_of
from graphgrad.graph.op import VARIABLE
from graphgrad.graph.tensor import Tensor


@dataclass
class Sinking:
    """Moves elementwise nodes from loop to loop.

    Args:
        loops: nodes in order and space, by number of step; nodes are moved.
        home: numbers of the steps in which tensors are made; it changes with them.
        readers: how often each step reads a tensor's memory, by tensor; likewise.
        users: the nodes that have a tensor as an input; None for the program's user.
        views: where tensors lie.
        longest: how many nodes a loop may have.
    """

    loops: Mapping[int, tuple[list[Tensor], Sizes]]
    home: dict[Tensor, int]
    readers: dict[Tensor, Counter[int]]
    users: Mapping[Tensor, Sequence[Tensor | None]]
    views: Mapping[Tensor, View]
    longest: int
    _kept: set[Tensor] = field(init=False)  # what the program's user gets lies in it

    def __post_init__(self) -> None:
        wanted = (x for x, who in self.users.items() if None in who)
        self._kept = {self.views[x].base for x in wanted}

    def run(self) -> None:
        """Move what can be moved; the last loops first, so that chains follow."""
        for step in sorted(self.loops, reverse=True):
            for node in reversed(list(self.loops[step][0])):
                if self.home[node] == step:
                    self._consider(node, step)

    def _consider(self, node: Tensor, step: int) -> None:
        target = self._target(node, step)
        if target is None:
            return
        cone = self._cone(node, step)
        if len(cone) + len(self.loops[target][0]) > self.longest:
            return
        if self._cost(cone, step, target) < _bytes(node):
            self._move(cone, step, target)

    def _target(self, node: Tensor, step: int) -> int | None:
        """The first step that reads a node, if that is a loop which can compute it."""
        later = self.readers.get(node)
        if node in self._kept or not later or self._direct(node, step):
            return None
        target = min(later)
        space = self.loops[step][1]
        if target not in self.loops or self.loops[target][1] != space:
            return None
        if sizes_of(node) != space:  # a copy into another shape
            return None
        # Others would read a view of it, at other places than the loop's.
        return target if self._direct(node, target) == later[target] else None

    def _direct(self, node: Tensor, step: int) -> int:
        """How often a node's own entries are read in a step."""
        users = (y for y in self.users[node] if y is not None)
        return sum(self.home.get(y) == step for y in users)

    def _cone(self, node: Tensor, step: int) -> set[Tensor]:
        """The node, and what nothing but it needs of the same loop."""
        found = {node}
        waiting = [(-x.serial, x) for x in set(node.inputs)]
        heapify(waiting)
        while waiting:  # the youngest first: all its users were looked at
            _, x = heappop(waiting)
            if x in found or self.home.get(x) != step or x in self._kept:
                continue
            if self.readers.get(x) or not found.issuperset(self.users[x]):
                continue
            if x.shape != node.shape:
                continue
            found.add(x)
            for y in x.inputs:
                heappush(waiting, (-y.serial, y))
        return found

    def _cost(self, cone: set[Tensor], step: int, target: int) -> float:
        """Bytes of what would have to be kept for longer."""
        reads = self._read(cone)
        if any(x.op is VARIABLE for x in reads):
            return inf  # it could not be written over before
        cost = 0
        for x, count in reads.items():
            if x not in self.home or x in self._kept:
                continue
            own = 0 if self.home[x] == step else count
            rest = self.readers.get(x, Counter()) - Counter({step: own})
            cost += _bytes(x) if max(rest, default=-1) < target else 0
        return cost

    def _read(self, cone: set[Tensor]) -> Counter[Tensor]:
        """In whose memory the cone's inputs lie, and how often it is read."""
        found = (x for node in cone for x in node.inputs if x not in cone)
        return Counter(self.views[x].base for x in found)

    def _move(self, cone: set[Tensor], step: int, target: int) -> None:
        for x, count in self._read(cone).items():
            readers = self.readers.setdefault(x, Counter())
            if self.home.get(x) != step:
                readers[step] -= count
            readers[target] += count
            self.readers[x] = +readers
        for x in cone:
            self.home[x] = target
            self.readers.get(x, Counter()).pop(target, None)
        nodes = self.loops[step][0]
        moved = [x for x in nodes if x in cone]
        nodes[:] = [x for x in nodes if x not in cone]
        self.loops[target][0][:0] = moved


def _bytes(x: Tensor) -> int:
    return entries(sizes_of(x)) * x.dtype.itemsize
