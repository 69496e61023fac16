"""Which boxes should stand level, so that main lines run straight."""

from __future__ import annotations

from graphgrad.drawing.layered.lines import Tie
from graphgrad.drawing.layered.network import Network
from graphgrad.drawing.layered.rows import Rows
from graphgrad.drawing.layout import Sizes
from graphgrad.drawing.measure import port
from graphgrad.drawing.scene import Scene

# Priorities: trunks, then an operator's main argument, then a value's main use.
_TRUNK, _ARGUMENT, _USE = range(3)


def ties_of(scene: Scene, sizes: Sizes, network: Network, rows: Rows) -> list[Tie]:
    """What should be level with what."""
    count = len(scene.nodes)
    main = _main_edges(scene, sizes, network)
    ties: list[Tie] = []
    uses: list[list[tuple[int, bool]]] = [[] for _ in network.parents]
    for index, (edge, label) in enumerate(zip(scene.edges, rows.label, strict=True)):
        if main[index]:
            step = -port(edge.slot, sizes.inputs[edge.target])
            ties.append((_ARGUMENT, label, edge.target, step))
        uses[network.parents[edge.target][edge.slot]].append((label, main[index]))
    for item in range(count, len(network.parents)):
        lead, parent = rows.lead[item], network.parents[item][0]
        ties.append((_TRUNK, lead, item, 0.0))
        if parent >= count:
            ties.append((_TRUNK, parent, lead, 0.0))
        else:
            uses[parent].append((lead, False))
    for item, ends in enumerate(uses):
        chosen = [end for end, leads in ends if leads] or [end for end, _ in ends]
        if len(chosen) == 1:
            ties.append((_USE, item, chosen[0], 0.0))
    return ties


def _main_edges(scene: Scene, sizes: Sizes, network: Network) -> list[bool]:
    """Whether each edge is its operator's main argument, on the line with it.

    That is its only argument that is no leaf; or if there are more, the only one of
    them that was made just before. Operators of several equals stand between them.
    """
    count = len(scene.nodes)
    # For each node, the edges of its arguments by rank: leaves, trunks, neighbours.
    kinds: list[tuple[list[int], list[int], list[int]]]
    kinds = [([], [], []) for _ in scene.nodes]
    for index, edge in enumerate(scene.edges):
        near = network.parents[edge.target][edge.slot] < count
        kinds[edge.target][1 + near if sizes.inputs[edge.source] else 0].append(index)
    main = [False] * len(scene.edges)
    for leaves, trunks, neighbours in kinds:
        chosen = trunks + neighbours or leaves
        if len(chosen) > 1 and trunks:
            chosen = neighbours
        if len(chosen) == 1:
            main[chosen[0]] = True
    return main
