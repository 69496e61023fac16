"""The four steps in a row."""

from __future__ import annotations

from graphgrad.drawing.layered.borders import add_borders
from graphgrad.drawing.layered.lines import Lines
from graphgrad.drawing.layered.network import build_network
from graphgrad.drawing.layered.ordering import order_blocks
from graphgrad.drawing.layered.placing import place_rows
from graphgrad.drawing.layered.ranks import assign_ranks
from graphgrad.drawing.layered.routing import route
from graphgrad.drawing.layered.rows import build_rows
from graphgrad.drawing.layered.scopes import ScopeTree
from graphgrad.drawing.layered.ties import ties_of
from graphgrad.drawing.layout import Layout, Sizes
from graphgrad.drawing.scene import Scene


def layered_layout(scene: Scene) -> Layout:
    """Place `scene` from left to right without any outside program."""
    sizes = Sizes.of(scene)
    tree = ScopeTree.of(scene)
    network = build_network(scene, tree, assign_ranks(scene))
    tree = tree.over(network.home)
    place = order_blocks(scene, network, tree)
    rows = build_rows(scene, sizes, network, place)
    add_borders(rows, scene, tree, place)
    heights = place_rows(rows)
    Lines(rows, ties_of(scene, sizes, network, rows), heights).place()
    return route(scene, sizes, network, rows, heights, tree)
