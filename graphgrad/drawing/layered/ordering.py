"""Step three: one order of all nodes, top to bottom, chosen so that few wires cross.

The order holds in every column, and a trunk keeps its node's place, so nothing that
runs side by side changes sides, and a scope is one stretch of the order: its frame
can be drawn in one piece.
"""

from __future__ import annotations

from random import Random

import numpy as np

from graphgrad.drawing.layered.network import Network
from graphgrad.drawing.layered.scopes import ScopeTree
from graphgrad.drawing.layered.sifting import Sifter
from graphgrad.drawing.layered.wires import Wires
from graphgrad.drawing.scene import Scene

# How many blocks are sifted, where so much is needed: in small graphs, from several
# starts; in large ones so many, and a share of all.
_SMALL = 1_000
_EFFORT = 6_000
_STARTS = 8
_EFFORT_LARGE = 2_000
_SHARE = 0.1
# The share of nodes that a new start moves anywhere.
_SHAKEN = 0.1


def order_blocks(scene: Scene, network: Network, tree: ScopeTree) -> np.ndarray:
    """Give every block its place, and sort `network.columns` by it."""
    wires = Wires.of(network, len(scene.nodes))
    order = tree.arranged(_reading_places(scene, network))
    fewest = wires.crossings(order)
    if fewest:
        sifter = Sifter(wires, tree, _effort(len(order)))
        trial, random = order, Random(0)
        for _ in range(_STARTS):
            trial = sifter.run(trial)
            crossings = wires.crossings(trial)
            if crossings < fewest:
                order, fewest = trial, crossings
            if not fewest or sifter.effort <= 0:
                break
            trial = tree.arranged(_shaken(order, random))
    place = np.argsort(order)
    places = place[network.block].tolist()
    for column in network.columns:
        column.sort(key=places.__getitem__)
    return place


def _effort(blocks: int) -> float:
    return _EFFORT if blocks <= _SMALL else _EFFORT_LARGE + _SHARE * blocks


def _shaken(order: np.ndarray, random: Random) -> np.ndarray:
    """Keys that sort the nodes as `order` does, but for a few."""
    keys = np.argsort(order).astype(float)
    for node in range(len(keys)):
        if random.random() < _SHAKEN:
            keys[node] = random.random() * len(keys)
    return keys


def _reading_places(scene: Scene, network: Network) -> np.ndarray:
    """A start: every node where a reader meets it, entries just above their uses."""
    count = len(scene.nodes)
    places = np.full(len(network.home), float(count))
    places[_reading_order(scene)] = np.arange(count)
    for node in range(count):
        for parent in network.parents[node]:
            block = network.block[parent]
            if block >= count:
                places[block] = min(places[block], places[node] - 0.5)
    for item in range(len(network.parents) - 1, count - 1, -1):
        block = network.block[network.parents[item][0]]
        if block >= count:
            places[block] = min(places[block], places[network.block[item]])
    return places


def _reading_order(scene: Scene) -> list[int]:
    """Nodes as a reader meets them who follows arguments back from the outputs."""
    arguments: list[list[int]] = [[] for _ in scene.nodes]
    used = [False] * len(scene.nodes)
    for edge in scene.edges:
        arguments[edge.target].append(edge.source)
        used[edge.source] = True
    seen = [False] * len(scene.nodes)
    order: list[int] = []
    pending = [n for n in range(len(used) - 1, -1, -1) if not used[n]]
    while pending:
        node = pending.pop()
        if not seen[node]:
            seen[node] = True
            order.append(node)
            pending.extend(reversed(arguments[node]))
    return order
