"""The insides of loops and branches, drawn once in a frame in front of their op."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from graphgrad.control.scan import parts_of
from graphgrad.graph.body import Body
from graphgrad.graph.tensor import Tensor

_LOOPS = ("scan", "while_loop")


class Inner(NamedTuple):
    """A tensor inside: its scope, and what to call it if it stands for an argument."""

    tensor: Tensor
    scope: str
    called: str


@dataclass(frozen=True, slots=True)
class Opened:
    """How the bodies of an op are wired.

    Args:
        nodes: what is inside, each after its inputs.
        arguments: which argument of the op an input of its bodies takes.
        results: what the bodies give.
        kept: arguments that the op takes itself, such as a condition.
    """

    nodes: tuple[Inner, ...]
    arguments: dict[Tensor, int]
    results: tuple[Tensor, ...]
    kept: tuple[int, ...]


def frame_of(t: Tensor) -> str:
    """The scope that what is inside of an op is drawn in."""
    return "/".join(filter(None, (t.scope, t.name or t.op.name)))


def opened_bodies(t: Tensor, whole: str) -> Opened | None:
    """The bodies of an op as nodes of a picture; None for an op without any.

    Args:
        t: the op's node.
        whole: the scope that they are drawn in.
    """
    bodies = {k: v for k, v in t.attrs.items() if isinstance(v, Body)}
    if not bodies:
        return None
    arguments: dict[Tensor, int] = {}
    nodes: dict[Tensor, Inner] = {}
    for name, body in bodies.items():
        scope = whole if len(bodies) == 1 else f"{whole}/{name}"
        skipped = len(t.inputs) - len(body.inputs)
        places = {x: skipped + i for i, x in enumerate(body.inputs)}
        for x in body.order:
            if x in places:
                arguments[x] = places[x]
                nodes[x] = Inner(x, whole, _role(t, places[x]))
            else:
                nodes.setdefault(x, Inner(x, scope, ""))
    results = tuple(y for body in bodies.values() for y in body.outputs)
    taken = set(arguments.values())
    kept = tuple(i for i in range(len(t.inputs)) if i not in taken)
    return Opened(tuple(_in_order(nodes, arguments)), arguments, results, kept)


def _in_order(
    nodes: dict[Tensor, Inner], arguments: dict[Tensor, int]
) -> Iterator[Inner]:
    """Arguments in their order, then what is made of them."""
    yield from (nodes[x] for x in sorted(arguments, key=arguments.__getitem__))
    yield from (inner for x, inner in nodes.items() if x not in arguments)


def _role(t: Tensor, place: int) -> str:
    """What an argument is within the body."""
    name = t.inputs[place].name
    if t.op.name in _LOOPS:
        facts = {"sequences": 0, **t.attrs}  # a while_loop has none
        _, state, rows = parts_of(range(len(t.inputs)), facts)
        if place in rows:
            return f"row of {name}" if name else "row"
        if place in state:
            return "state"
    return name or f"argument {place + 1}"
