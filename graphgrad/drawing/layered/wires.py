"""The wires of a network as arrays, and how many of them cross in a given order.

One order of all blocks, top to bottom, orders every column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphgrad.drawing.layered.network import Network


@dataclass(frozen=True, slots=True)
class Wires:
    """Pieces of wire between neighbouring columns, sorted by the gap that they span.

    Args:
        gap: the column in which each piece ends.
        left: the block that it leaves.
        right: the block that it enters, or the same where it runs on.
        slot: which argument of an operator it is.
        weight: how many uses it leads to.
    """

    gap: np.ndarray
    left: np.ndarray
    right: np.ndarray
    slot: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, network: Network, nodes: int) -> Wires:
        """Read the wires of a network whose first `nodes` items are nodes."""
        block, parents = network.block, network.parents
        uses = [0] * len(parents)
        rows: list[tuple[int, int, int, int, int]] = []
        for gap in range(len(network.columns) - 1, 0, -1):
            for item in network.columns[gap]:
                weight = uses[item] if item >= nodes else 1
                for slot, parent in enumerate(parents[item]):
                    uses[parent] += weight
                    rows.append((gap, block[parent], block[item], slot, weight))
        table = np.array(rows[::-1], np.int64).reshape(-1, 5)
        return cls(*(np.ascontiguousarray(column) for column in table.T))

    def take(self, pieces: np.ndarray) -> Wires:
        """Some of the pieces."""
        return Wires(
            self.gap[pieces],
            self.left[pieces],
            self.right[pieces],
            self.slot[pieces],
            self.weight[pieces],
        )

    def crossings(self, order: np.ndarray) -> int:
        """How many pairs of edges cross, trunks counted once for each use."""
        if not len(self.gap):
            return 0
        place = np.argsort(order)
        ends = place[self.right] * (self.slot.max() + 1) + self.slot
        by_left = np.lexsort([ends, place[self.left], self.gap])
        return _inversions(self.gap[by_left], ends[by_left], self.weight[by_left])


def _inversions(groups: np.ndarray, values: np.ndarray, weights: np.ndarray) -> int:
    """Products of weights over pairs i < j of a group with values[i] > values[j]."""
    total = 0
    bits = int(values.max()).bit_length()
    keys = (groups << bits) | values
    for bit in range(bits - 1, -1, -1):
        prefix = keys >> (bit + 1)
        order = np.argsort(prefix, kind="stable")
        keys, prefix, weights = keys[order], prefix[order], weights[order]
        ones = weights * ((keys >> bit) & 1)
        before = np.cumsum(ones) - ones
        starts = np.flatnonzero(np.r_[True, prefix[1:] != prefix[:-1]])
        sizes = np.diff(np.r_[starts, len(keys)])
        within = before - np.repeat(before[starts], sizes)
        total += int((within * weights)[ones == 0].sum())
    return total
