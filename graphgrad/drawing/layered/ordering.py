"""Step three: the order of each column, chosen so that few wires cross.

Barycentre sweeps with exchange of neighbours (Sugiyama, Tagawa and Toda 1981;
Gansner et al. 1993). A wire ends at its argument's port, not at the operator's
middle, so arguments that arrive out of order count as a crossing like any other.
"""

from __future__ import annotations

import numpy as np

from graphgrad.drawing.layered.network import Network

# Sweeps are bounded by work, not by count alone, so that big graphs stay near-linear.
_SWEEPS = 24
_SWEEP_WORK = 400_000
_PATIENCE = 6
_EXCHANGE_WORK = 4_000


def order_columns(network: Network) -> None:
    """Sort `network.columns` in place."""
    children = network.children()
    items = len(network.parents)
    best = [list(column) for column in network.columns]
    fewest = count_crossings(network)
    sweeps = max(2, min(_SWEEPS, _SWEEP_WORK // max(items, 1)))
    patience = _PATIENCE
    for sweep in range(sweeps):
        if fewest == 0 or patience == 0:
            break
        if sweep % 2 == 0:
            _sweep_left(network, children)
        else:
            _sweep_right(network)
        if items <= _EXCHANGE_WORK:
            _exchange(network, children)
        crossings = count_crossings(network)
        patience -= 1
        if crossings < fewest:
            fewest = crossings
            best = [list(column) for column in network.columns]
            patience = _PATIENCE
    network.columns[:] = best


def count_crossings(network: Network) -> int:
    """How many pairs of wires cross, over all gaps."""
    position = _positions(network)
    ends: list[int] = []
    gaps: list[int] = []
    for gap, column in enumerate(network.columns):
        before = len(ends)
        for item in column:
            ends.extend([position[parent] for parent in network.parents[item]])
        gaps.extend([gap] * (len(ends) - before))
    return _inversions(np.array(gaps, np.int64), np.array(ends, np.int64))


def _inversions(groups: np.ndarray, values: np.ndarray) -> int:
    """Pairs i < j of one group with values[i] > values[j], bit by bit."""
    if not len(values):
        return 0
    total = 0
    bits = int(values.max()).bit_length()
    keys = (groups << bits) | values
    for bit in range(bits - 1, -1, -1):
        prefix = keys >> (bit + 1)
        order = np.argsort(prefix, kind="stable")
        keys, prefix = keys[order], prefix[order]
        ones = (keys >> bit) & 1
        before = np.cumsum(ones) - ones
        starts = np.flatnonzero(np.r_[True, prefix[1:] != prefix[:-1]])
        sizes = np.diff(np.r_[starts, len(keys)])
        within = before - np.repeat(before[starts], sizes)
        total += int(within[ones == 0].sum())
    return total


def _positions(network: Network) -> list[int]:
    position = [0] * len(network.parents)
    for column in network.columns:
        for place, item in enumerate(column):
            position[item] = place
    return position


def _sweep_right(network: Network) -> None:
    """Sort each column by where its items' arguments stand."""
    key: list[float] = list(map(float, _positions(network)))
    parents = network.parents
    for column in network.columns[1:]:
        wanted = {
            item: sum([key[p] for p in parents[item]]) / len(parents[item])
            if parents[item]
            else key[item]
            for item in column
        }
        column.sort(key=wanted.__getitem__)
        for place, item in enumerate(column):
            key[item] = float(place)


def _sweep_left(network: Network, children: list[list[tuple[int, float]]]) -> None:
    """Sort each column by the ports at which its items are used."""
    key: list[float] = list(map(float, _positions(network)))
    for column in reversed(network.columns[:-1]):
        wanted = {
            item: sum([key[c] + port for c, port in children[item]])
            / len(children[item])
            if children[item]
            else key[item]
            for item in column
        }
        column.sort(key=wanted.__getitem__)
        for place, item in enumerate(column):
            key[item] = float(place)


def _exchange(network: Network, children: list[list[tuple[int, float]]]) -> None:
    """Swap neighbours while that removes crossings."""
    position = _positions(network)
    for _ in range(4):
        improved = False
        for column in network.columns:
            for place in range(len(column) - 1):
                above, below = column[place], column[place + 1]
                if _gain(network, children, position, above, below) > 0:
                    column[place], column[place + 1] = below, above
                    position[above], position[below] = place + 1, place
                    improved = True
        if not improved:
            return


def _gain(
    network: Network,
    children: list[list[tuple[int, float]]],
    position: list[int],
    above: int,
    below: int,
) -> int:
    """Crossings that go if the two neighbours swap."""
    gain = 0
    left = [position[p] for p in network.parents[below]]
    for p in network.parents[above]:
        for q in left:
            gain += (position[p] > q) - (position[p] < q)
    right = [position[c] + port for c, port in children[below]]
    for c, port in children[above]:
        end = position[c] + port
        for q in right:
            gain += (end > q) - (end < q)
    return gain
