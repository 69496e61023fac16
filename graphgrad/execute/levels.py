"""Scalars in groups: nodes of one kind whose inputs are there at the same time.

A graph of scalars has few kinds of op, so that a few thousand nodes are a few dozen
groups, each of which is one operation on entries of a table. NumPy finds for all nodes
at once what there is to find, but for the levels, which need one another.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import attrgetter

import numpy as np

from graphgrad.graph.tensor import Tensor

_OP, _INPUTS, _ATTRS, _SERIAL, _DTYPE = map(
    attrgetter, ("op", "inputs", "attrs", "serial", "dtype")
)
_WIDEST = 4  # inputs of a node in a table
_NEVER = 1 << 32  # the level of what is in no table, or depends on such


@dataclass(slots=True)
class Group:
    """Nodes of one kind.

    Args:
        kind: a number that groups of one kind share.
        node: the first of them.
        own: entries of all.
        columns: entries of their first inputs, of their second ones, and so on.
    """

    kind: int
    node: Tensor
    own: slice
    columns: list[np.ndarray]


@dataclass(slots=True)
class Levels:
    """Which scalars are in a table, and in which order they are computed.

    Args:
        nodes: the scalars by entry; leaves come first.
        leaves: how many have no inputs.
        starts: first entries of the groups, and the end of the last.
        kinds: numbers of kinds, by entry.
        columns: entries of first inputs, second ones, ..., by entry.
    """

    nodes: list[Tensor]
    leaves: int
    starts: np.ndarray
    kinds: np.ndarray
    columns: np.ndarray

    def groups(self) -> Iterator[Group]:
        """Each after those that it reads."""
        bounds = self.starts.tolist()
        for start, end in pairwise(bounds):
            node = self.nodes[start]
            columns = list(self.columns[: len(node.inputs), start:end])
            yield Group(int(self.kinds[start]), node, slice(start, end), columns)


def kind_of(node: Tensor) -> Hashable:
    """Equal for nodes of one op, attrs, and dtypes of inputs."""
    return _action(node), *[x.dtype for x in node.inputs]


def levels_of(order: Sequence[Tensor], takes: Callable[[Tensor], bool]) -> Levels:
    """The scalars of a graph that depend on scalars alone.

    Args:
        order: tensors, each after its inputs, by serial number.
        takes: whether a leaf, or a node of some kind, may be in a table.
    """
    scalars = [x for x in order if not x.shape and len(x.inputs) <= _WIDEST]
    columns = _columns(scalars)
    kinds, firsts = _kinds(scalars, columns)
    fits = [0 if takes(scalars[i]) else _NEVER for i in firsts.tolist()]
    bars = np.array(fits, np.int64)[kinds]
    computed = columns[0] < len(scalars) + 1
    for i in np.flatnonzero(~computed).tolist():  # a leaf is judged by itself
        bars[i] = 0 if takes(scalars[i]) else _NEVER
    levels = _levels(columns, bars)
    inner = np.flatnonzero(computed & (levels < _NEVER))
    key = levels[inner] * len(firsts) + kinds[inner]
    inner, key = inner[np.argsort(key, kind="stable")], np.sort(key)
    read = np.zeros(len(scalars) + 2, bool)
    read[columns[:, inner]] = True
    outer = np.flatnonzero(read[:-2] & ~computed)
    entries = np.concatenate([outer, inner])
    place = np.zeros(len(scalars) + 2, np.intp)
    place[entries] = np.arange(len(entries))
    begins = np.flatnonzero(np.diff(key, prepend=-1)) + len(outer)
    return Levels(
        [scalars[i] for i in entries.tolist()],
        len(outer),
        np.append(begins, len(entries)),
        kinds[entries],
        place[columns[:, entries]],
    )


def _columns(scalars: list[Tensor]) -> np.ndarray:
    """Positions of first inputs, of second ones, ...

    An input that is not among the scalars has the position after the last of them; one
    that is not there at all, the next.
    """
    inputs = list(map(_INPUTS, scalars))
    outside, nothing = len(scalars), len(scalars) + 1
    arity = np.fromiter(map(len, inputs), np.intp, outside)
    serials = np.fromiter(map(_SERIAL, scalars), np.int64, outside)
    wanted = np.fromiter(map(_SERIAL, chain.from_iterable(inputs)), np.int64)
    found = np.searchsorted(serials, wanted)
    known = np.append(serials, -1)[found] == wanted
    found = np.where(known, found, outside)
    columns = np.full((int(arity.max(initial=1)), outside), nothing, np.intp)
    start = np.cumsum(arity) - arity
    for k, column in enumerate(columns):
        has = np.flatnonzero(arity > k)
        column[has] = found[start[has] + k]
    return columns


def _kinds(scalars: list[Tensor], columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number for each `kind_of`, and where each is met first.

    Objects are told apart by their ids; the numbers follow from the order alone.
    """
    count = len(scalars)
    kinds = np.fromiter(map(id, map(_OP, scalars)), np.int64, count)
    attrs = np.fromiter(map(len, map(_ATTRS, scalars)), np.intp, count)
    numbers: dict[Hashable, int] = {}
    for i in np.flatnonzero(attrs).tolist():  # no id is below 0
        kinds[i] = -1 - numbers.setdefault(_action(scalars[i]), len(numbers))
    dtypes = np.fromiter(map(id, map(_DTYPE, scalars)), np.int64, count)
    _, kinds = np.unique(kinds, return_inverse=True)
    for facts in np.append(dtypes, [-2, -1])[columns]:
        found, facts = np.unique(facts, return_inverse=True)
        kinds = kinds * len(found) + facts
    _, firsts, kinds = np.unique(kinds, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(firsts))
    return rank[kinds], np.sort(firsts)


def _action(node: Tensor) -> Hashable:
    if not node.attrs:
        return node.op
    return node.op, tuple(sorted((k, repr(v)) for k, v in node.attrs.items()))


def _levels(columns: np.ndarray, bars: np.ndarray) -> np.ndarray:
    """Of each scalar the longest way to it from a leaf, and the bars on the way."""
    levels = [*bars.tolist(), _NEVER, -1]
    for i, sources in enumerate(zip(*columns.tolist(), strict=True)):
        most = -1
        for x in sources:
            if levels[x] > most:  # noqa: PLR1730 - a third of the time of max
                most = levels[x]
        levels[i] += 1 + most
    return np.array(levels[:-2], np.int64)
