"""Scalars in groups: nodes of one kind whose inputs are there at the same time.

A graph of scalars has few kinds of op, so that a few thousand nodes are a few dozen
groups, each of which is one operation on entries of a table. NumPy finds for all nodes
at once what there is to find, but for the levels, which need one another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from operator import attrgetter

import numpy as np

from graphgrad.graph.tensor import Tensor

_INPUTS, _SERIAL, _DTYPE = map(attrgetter, ("inputs", "serial", "dtype"))
_WIDEST = 4  # inputs of a node in a table
_SPARSE = 8  # serial numbers per node, up to which a table of all is small
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


def side_by_side(levels: Levels) -> Levels:
    """The same groups, their nodes in the order in which they are read first."""
    count = len(levels.nodes)
    reader, place = np.full(count, count), np.arange(count)
    inside = [(group.own, group.columns) for group in levels.groups()]
    for own, columns in reversed([(slice(0, levels.leaves), []), *inside]):
        order = np.argsort(reader[own], kind="stable")
        place[own][order] = np.arange(own.start, own.stop)
        backward = order[::-1]  # of several readers the first is noted last
        for column in reversed(columns):
            reader[column[backward]] = place[own][backward]
    nodes = np.argsort(place)
    return Levels(
        list(map(levels.nodes.__getitem__, nodes.tolist())),
        levels.leaves,
        levels.starts,
        levels.kinds[nodes],
        place[levels.columns[:, nodes]],
    )


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
        list(map(scalars.__getitem__, entries.tolist())),
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
    flat = map(_SERIAL, chain.from_iterable(inputs))
    wanted = np.fromiter(flat, np.int64, int(arity.sum()))
    found = _positions(serials, wanted)
    columns = np.full((int(arity.max(initial=1)), outside), nothing, np.intp)
    start = np.cumsum(arity) - arity
    for k, column in enumerate(columns):
        has = np.flatnonzero(arity > k)
        column[has] = found[start[has] + k]
    return columns


def _positions(serials: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where numbers stand among rising ones; their count for those that do not."""
    outside = len(serials)
    if outside and serials[-1] - serials[0] < _SPARSE * outside:
        table = np.full(int(serials[-1] - serials[0]) + 2, outside, np.intp)
        table[serials - serials[0]] = np.arange(outside)
        return table[np.clip(wanted - serials[0], -1, len(table) - 1)]
    found = np.searchsorted(serials, wanted)
    return np.where(np.append(serials, -1)[found] == wanted, found, outside)


def _kinds(scalars: list[Tensor], columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number for each `kind_of`, and where each is met first."""
    actions = [x.op if not x.attrs else _action(x) for x in scalars]
    known = {x: i for i, x in enumerate(dict.fromkeys(actions))}
    kinds = np.fromiter(map(known.__getitem__, actions), np.intp, len(actions))
    ids = np.fromiter(map(id, map(_DTYPE, scalars)), np.int64, len(scalars))
    dtypes, dtype_of = np.unique(ids, return_inverse=True)
    outside, nothing = len(dtypes), len(dtypes) + 1
    for facts in np.append(dtype_of, [outside, nothing])[columns]:
        kinds = kinds * (nothing + 1) + facts
    _, kinds = np.unique(kinds, return_inverse=True)
    firsts = np.empty(int(kinds.max(initial=-1)) + 1, np.intp)
    firsts[kinds[::-1]] = np.arange(len(kinds))[::-1]
    rank = np.argsort(np.argsort(firsts))
    return rank[kinds], np.sort(firsts)


def _action(node: Tensor) -> Hashable:
    if not node.attrs:
        return node.op
    return node.op, tuple(sorted((k, repr(v)) for k, v in node.attrs.items()))


# The levels that were found last: a graph built again at every step has them again.
_last: list[tuple[bytes, np.ndarray]] = [(b"", np.empty(0, np.int64))]


def _levels(columns: np.ndarray, bars: np.ndarray) -> np.ndarray:
    """Of each scalar the longest way to it from a leaf, and the bars on the way."""
    shape = columns.shape
    key = hashlib.sha256(b"%d %d" % shape + columns.tobytes() + bars.tobytes()).digest()
    known, found = _last[0]
    if key == known:
        return found
    levels = [*bars.tolist(), _NEVER, -1]
    for i, sources in enumerate(zip(*columns.tolist(), strict=True)):
        most = -1
        for x in sources:
            if levels[x] > most:  # noqa: PLR1730 - a third of the time of max
                most = levels[x]
        levels[i] += 1 + most
    found = np.array(levels[:-2], np.int64)
    found.flags.writeable = False
    _last[0] = key, found
    return found
