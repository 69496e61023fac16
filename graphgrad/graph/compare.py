"""What two graphs have in common, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.graph import Graph
from graphgrad.graph.tensor import Tensor, describe

_MOST = 20  # lines of each kind that people are shown


@dataclass(frozen=True, slots=True)
class Change:
    """Two tensors that stand for each other and differ.

    Attributes:
        before: the tensor of the one graph.
        after: the tensor of the other.
        what: what differs: "op", "attrs", "shape", "dtype", "value", "inputs".
    """

    before: Tensor
    after: Tensor
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What `Graph.diff` finds; its text has a line per difference.

    Attributes:
        same: pairs of tensors that are alike, with all that they depend on.
        changed: pairs that stand for each other and differ.
        removed: tensors of the one graph alone.
        added: tensors of the other alone.
    """

    same: tuple[tuple[Tensor, Tensor], ...]
    changed: tuple[Change, ...]
    removed: tuple[Tensor, ...]
    added: tuple[Tensor, ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed or self.added)

    def __str__(self) -> str:
        counts = len(self.same), len(self.changed), len(self.removed), len(self.added)
        head = "{} the same, {} changed, {} removed, {} added".format(*counts)
        changes = [
            f"~ {describe(c.before)} → {describe(c.after)}: {', '.join(c.what)}"
            for c in self.changed
        ]
        gone = [f"- {describe(t)}" for t in self.removed]
        new = [f"+ {describe(t)}" for t in self.added]
        return "\n".join([head, *few(changes), *few(gone), *few(new)])


def few(lines: list[str]) -> list[str]:
    """The first of the lines, and how many there are beyond."""
    rest = len(lines) - _MOST
    return lines if rest <= 0 else [*lines[:_MOST], f"  … and {rest} more"]


def diff(one: Graph, other: Graph) -> Difference:
    """The difference between two graphs.

    Tensors stand for each other if they bear the same name; or depend on the same in
    the same way; or are used in the same place by tensors that do. Names are looked at
    first, then structure from the leaves up, then places from the outputs down.

    Raises:
        ArgumentError: if the other is no graph.
    """
    if not isinstance(other, Graph):
        raise ArgumentError(f"a graph differs from a graph, not {other!r:.40}")
    pairs: dict[Tensor, Tensor] = {}
    taken: set[Tensor] = set()

    def pair(a: Tensor, b: Tensor) -> None:
        if a not in pairs and b not in taken:
            pairs[a] = b
            taken.add(b)

    mine, theirs = _named(one.nodes), _named(other.nodes)
    for name, a in mine.items():
        if name in theirs:
            pair(a, theirs[name])
    kinds: dict[Any, int] = {}
    left, right = _structures(one.nodes, kinds), _structures(other.nodes, kinds)
    waiting = defaultdict(list)
    for b in reversed(other.nodes):
        waiting[right[b]].append(b)
    for a in one.nodes:
        found = waiting[left[a]]
        while found and found[-1] in taken:
            found.pop()
        if found and a not in pairs:
            pair(a, found.pop())
    for a, b in zip(one.outputs, other.outputs, strict=False):
        pair(a, b)
    for a in reversed(one.nodes):
        if a in pairs:
            for x, y in zip(a.inputs, pairs[a].inputs, strict=False):
                if x.op is y.op or (x.inputs and y.inputs):  # no leaf became an op
                    pair(x, y)
    return _sorted_out(one, other, pairs, taken)


def _named(nodes: Iterable[Tensor]) -> dict[tuple[str, str], Tensor]:
    """The tensors whose name comes once in its scope."""
    found = defaultdict(list)
    for t in nodes:
        if t.name is not None:
            found[t.scope, t.name].append(t)
    return {name: ts[0] for name, ts in found.items() if len(ts) == 1}


def _structures(nodes: Iterable[Tensor], kinds: dict[Any, int]) -> dict[Tensor, int]:
    """A number per tensor, the same for all that depend on the same in the same way."""
    found: dict[Tensor, int] = {}
    for t in nodes:
        key = (_facts(t), tuple(found[x] for x in t.inputs))
        found[t] = kinds.setdefault(key, len(kinds))
    return found


def _facts(t: Tensor) -> tuple[Any, ...]:
    value = _value(t)
    data = None if value is None else value.tobytes()
    return t.op.name, _attrs(t), t.shape, t.dtype, data


def _attrs(t: Tensor) -> str:
    return repr(sorted(t.attrs.items()))  # NaN is NaN as text


def _value(t: Tensor) -> Any:
    if t.inputs or t._value is None:
        return None
    return np.ascontiguousarray(t._value)


def _sorted_out(
    one: Graph, other: Graph, pairs: dict[Tensor, Tensor], taken: set[Tensor]
) -> Difference:
    same, changed = [], []
    for a in one.nodes:
        if a in pairs:
            what = _differing(a, pairs[a], pairs)
            if what:
                changed.append(Change(a, pairs[a], what))
            else:
                same.append((a, pairs[a]))
    return Difference(
        tuple(same),
        tuple(changed),
        tuple(a for a in one.nodes if a not in pairs),
        tuple(b for b in other.nodes if b not in taken),
    )


def _differing(a: Tensor, b: Tensor, pairs: dict[Tensor, Tensor]) -> tuple[str, ...]:
    facts = {
        "op": a.op is not b.op,
        "attrs": _attrs(a) != _attrs(b),
        "shape": a.shape != b.shape,
        "dtype": a.dtype != b.dtype,
        "value": _facts(a)[-1] != _facts(b)[-1],
        "inputs": len(a.inputs) != len(b.inputs)
        or any(pairs.get(x) is not y for x, y in zip(a.inputs, b.inputs, strict=True)),
    }
    return tuple(name for name, differs in facts.items() if differs)
