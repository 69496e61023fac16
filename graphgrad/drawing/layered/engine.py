"""The four steps in a row."""

from __future__ import annotations

from graphgrad.drawing.layered.network import build_network
from graphgrad.drawing.layered.ordering import order_columns
from graphgrad.drawing.layered.placing import place_rows
from graphgrad.drawing.layered.ranks import assign_ranks
from graphgrad.drawing.layered.routing import route
from graphgrad.drawing.layered.rows import build_rows
from graphgrad.drawing.layout import Layout, Sizes
from graphgrad.drawing.scene import Scene


def layered_layout(scene: Scene) -> Layout:
    """Place `scene` from left to right without any outside program."""
    sizes = Sizes.of(scene)
    network = build_network(scene, assign_ranks(scene))
    order_columns(network)
    rows = build_rows(scene, sizes, network)
    return route(scene, sizes, network, rows, place_rows(rows))
