"""Moving one block, or one scope, at a time to where its wires cross least.

Global sifting (Bachmaier, Brandenburg, Brunner and Hübner 2011, "Global k-level
crossing reduction"): with all others at rest, what a wire crosses is a step function
of the place of its end, so one sum over all wires shows the crossings at every place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphgrad.drawing.layered.scopes import ScopeTree
from graphgrad.drawing.layered.wires import Wires

# Units are kept from one round to the next up to so many rivals in all.
_KEPT = 1_000_000
# So many rivals cost as much as all that a unit costs otherwise.
_DEAR = 1_000


@dataclass(frozen=True, slots=True)
class _Unit:
    """A block or a scope, which moves as one.

    Args:
        members: its blocks.
        around: the scope in which it moves, or -1.
        out: pieces of wire from it to others.
        into: pieces of wire from others to it.
        rivals: the pieces of others in the same gaps.
        beside: for each rival, how many of the unit's own wires run on in its gap.
    """

    members: np.ndarray
    around: int
    out: Wires
    into: Wires
    rivals: Wires
    beside: np.ndarray


class Sifter:
    """Improves orders of the blocks of one network.

    Args:
        wires: what may cross.
        tree: the scopes, whose blocks stay neighbours.
        effort: how many units may be sifted in all, dearer ones counting more.
    """

    def __init__(self, wires: Wires, tree: ScopeTree, effort: float) -> None:
        self.effort = effort
        self._wires = wires
        self._tree = tree
        self._slots = int(wires.slot.max(initial=0)) + 1
        gaps = int(wires.gap.max(initial=0)) + 2
        self._start = np.searchsorted(wires.gap, np.arange(gaps))
        ends = np.concatenate([wires.left, wires.right])
        self._by_block = np.argsort(ends, kind="stable") % max(len(wires.left), 1)
        self._first = np.searchsorted(np.sort(ends), np.arange(len(tree.home) + 1))
        self._members = tree.members()
        self._units: dict[int, _Unit] = {}
        self._kept = 0
        self._order = self._place = np.arange(len(tree.home))

    def run(self, order: np.ndarray) -> np.ndarray:
        """`order`, improved until nothing moves or the effort is spent."""
        self._order = np.array(order)
        self._place = np.argsort(self._order)
        scopes = range(len(order), len(order) + len(self._members))
        active = [*self._order.tolist(), *scopes]
        moved = True
        while moved and self.effort > 0:
            moved = False
            crossed: list[int] = []
            for index in active:
                if self.effort <= 0:
                    break
                crosses, moves = self._sift(self._unit(index))
                moved |= moves
                if crosses:
                    crossed.append(index)
            active = crossed
        return self._order

    def _sift(self, unit: _Unit) -> tuple[bool, bool]:
        """Move a unit to its best place: whether it crosses any wire, and moved."""
        self.effort -= 1 + len(unit.rivals.gap) / _DEAR
        if not len(unit.rivals.gap):
            return False, False
        size = len(unit.members)
        here = int(self._place[unit.members].min())
        low, costs = self._costs(unit, here)
        if not costs[here - low]:
            return False, False
        order = self._order[low : low + len(costs) - 1 + size]
        rest = np.concatenate([order[: here - low], order[here - low + size :]])
        current = costs[here - low]
        costs[~self._allowed(unit, rest, low)] = np.inf
        least = costs.min()
        if current <= least:
            return True, False
        spots = np.flatnonzero(costs == least) + low
        to = int(spots[np.abs(spots - here).argmin()]) - low
        mine = order[here - low : here - low + size]
        moved = np.concatenate([rest[:to], mine, rest[to:]])
        if size > 1 and not self._is_better(low, moved):
            return True, False
        order[:] = moved
        self._place[order] = np.arange(low, low + len(order))
        return True, True

    def _is_better(self, low: int, moved: np.ndarray) -> bool:
        """Whether fewer wires cross with `moved` from the place `low` on.

        The costs of a scope leave out the wires from it that cross others within.
        """
        self.effort -= len(self._wires.gap) / _DEAR + 10
        trial = self._order.copy()
        trial[low : low + len(moved)] = moved
        return self._wires.crossings(trial) < self._wires.crossings(self._order)

    def _unit(self, index: int) -> _Unit:
        """A block, or a scope where `index` is beyond the blocks."""
        if index in self._units:
            return self._units[index]
        tree, wires = self._tree, self._wires
        scope = index - len(tree.home)
        members = np.array([index]) if scope < 0 else self._members[scope]
        around = tree.home[index] if scope < 0 else tree.parent[scope]
        parts = [self._by_block[self._first[m] : self._first[m + 1]] for m in members]
        own = np.concatenate(parts)
        gaps = wires.gap[own].tolist() or [0]
        near = np.arange(int(self._start[min(gaps)]), int(self._start[max(gaps) + 1]))
        starts, ends = (
            _among(wires.left[near], members),
            _among(wires.right[near], members),
        )
        both = wires.take(near[starts & ends])
        rivals = wires.take(near[~(starts | ends)])
        before = both.gap.searchsorted(rivals.gap)
        upto = both.gap.searchsorted(rivals.gap, side="right")
        total = _running(both.weight)
        unit = _Unit(
            members,
            around,
            wires.take(near[starts & ~ends]),
            wires.take(near[ends & ~starts]),
            rivals,
            total[upto] - total[before],
        )
        self._kept += len(rivals.gap)
        if self._kept <= _KEPT:
            self._units[index] = unit
        return unit

    def _costs(self, unit: _Unit, here: int) -> tuple[int, np.ndarray]:
        """Crossings of the unit at each place among the others that may be best.

        Returns:
            The first such place, and the crossings from there on.
        """
        size = len(unit.members)

        def places(blocks: np.ndarray) -> np.ndarray:
            place = self._place[blocks]
            return np.where(place > here, place - size, place)

        rivals, out, into, slots = unit.rivals, unit.out, unit.into, self._slots
        left, right = places(rivals.left), places(rivals.right)
        ends, own_ends = right * slots + rivals.slot, places(out.right) * slots
        above_out, below_out = _split(out, own_ends + out.slot, rivals, ends)
        above_in, below_in = _split(into, places(into.left), rivals, left)
        turn = np.sign(right - left) * unit.beside
        at_left = (above_out - below_out + turn) * rivals.weight
        at_right = (above_in - below_in - turn) * rivals.weight
        low = max(min(here, int(left.min()), int(right.min())) - 1, 0)
        steps = np.concatenate([left, right]) + (1 - low)
        last = min(max(here, int(steps.max()) + low) + 1, len(self._order) - size)
        count = last - low + 1
        rises = np.concatenate([at_left, at_right])
        costs = np.bincount(steps, rises, count).cumsum()
        return low, costs + ((below_out + below_in) * rivals.weight).sum()

    def _allowed(self, unit: _Unit, rest: np.ndarray, low: int) -> np.ndarray:
        """Places among `rest` that lie in the unit's scope and split no other.

        `rest` begins at the place `low`; its own ends serve to judge those between.
        """
        tree = self._tree
        allowed = np.ones(len(rest) + 1, bool)
        if not tree.paths:
            return allowed
        depth = tree.depth[unit.around] + 1 if unit.around >= 0 else 0
        inner = tree.at[depth][rest]
        allowed[1:-1] = (inner[1:] != inner[:-1]) | (inner[1:] < 0)
        if unit.around >= 0:
            member = tree.at[depth - 1][rest] == unit.around
            near = np.zeros(len(rest) + 1, bool)
            near[:-1] |= member
            near[1:] |= member
            allowed &= near
        allowed[0] &= low == 0
        allowed[-1] &= low + len(rest) + len(unit.members) == len(self._order)
        return allowed


def _among(blocks: np.ndarray, members: np.ndarray) -> np.ndarray:
    return blocks == members[0] if len(members) == 1 else np.isin(blocks, members)


def _split(
    own: Wires, keys: np.ndarray, rivals: Wires, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of own pieces above and below each rival in its gap."""
    if not len(keys):
        return np.zeros(len(others)), np.zeros(len(others))
    span = max(int(keys.max()), int(others.max())) + 1
    mine = own.gap * span + keys
    by_key = mine.argsort(kind="stable")
    mine = mine[by_key]
    total = _running(own.weight[by_key])
    low = rivals.gap * span
    at = low + others
    above = total[mine.searchsorted(at)] - total[mine.searchsorted(low)]
    last = total[mine.searchsorted(low + span)]
    return above, last - total[mine.searchsorted(at, side="right")]


def _running(weights: np.ndarray) -> np.ndarray:
    """Sums of the first 0, 1, 2, … weights."""
    total = np.zeros(len(weights) + 1, weights.dtype)
    weights.cumsum(out=total[1:])
    return total
