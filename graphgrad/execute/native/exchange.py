"""Between a table of scalars and the values outside: all of a dtype at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.execute.native.table import ENTRY, Table
from graphgrad.graph.op import CONSTANT, PLACEHOLDER, VARIABLE
from graphgrad.graph.tensor import Tensor

Found = dict[np.dtype, tuple[list[Any], np.ndarray]]


class Exchange:
    """Puts leaves into a table, and takes outputs out of it.

    Args:
        table: where which scalar stands.
        given: the user's placeholders, by those of the program.
        outputs: the program's; what is not in the table is not looked at.
        start: where the table lies in the program's memory, in bytes.
    """

    def __init__(
        self,
        table: Table,
        given: Mapping[Tensor, Tensor],
        outputs: Sequence[Tensor],
        start: int,
    ) -> None:
        self._bytes = slice(start, start + table.size)
        self._constants, self._variables, self._inputs = (
            _sorted(
                [
                    (x, given.get(x, x), table.places[x])
                    for x in table.leaves
                    if x.op is op
                ]
            )
            for op in (CONSTANT, VARIABLE, PLACEHOLDER)
        )
        self._outputs = _sorted(
            [
                (y, i, table.places[y])
                for i, y in enumerate(outputs)
                if y.inputs and y in table.places
            ]
        )

    def fill(self, pool: np.ndarray) -> None:
        """Put the constants in."""
        self._put(pool, self._constants, _held)

    def put(self, pool: np.ndarray, values: Mapping[Tensor, Any]) -> None:
        """Put the values of variables and placeholders in."""
        self._put(pool, self._variables, _held)
        self._put(pool, self._inputs, lambda found: [values[x] for x in found])

    def take(self, pool: np.ndarray, results: list[Any]) -> None:
        """Take the outputs out as NumPy's scalars, each to its place in the results."""
        for dtype, (places, entries) in self._outputs.items():
            found = self._seen(pool, dtype)[entries]
            for i, value in zip(places, found, strict=True):
                results[i] = value

    def _put(
        self, pool: np.ndarray, found: Found, read: Callable[[list[Any]], list[Any]]
    ) -> None:
        for dtype, (sources, entries) in found.items():
            self._seen(pool, dtype)[entries] = read(sources)

    def _seen(self, pool: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """The table's entries as numbers of a dtype."""
        return pool[self._bytes].view(dtype)[:: ENTRY // dtype.itemsize]


def _held(leaves: list[Tensor]) -> list[Any]:
    return [x._value for x in leaves]


def _sorted(facts: list[tuple[Tensor, Any, int]]) -> Found:
    """By dtype: something about each scalar, and its entry."""
    found: dict[np.dtype, tuple[list[Any], list[int]]] = {}
    for x, fact, entry in facts:
        facts_of, entries = found.setdefault(x.dtype, ([], []))
        facts_of.append(fact)
        entries.append(entry)
    return {d: (own, np.array(entries)) for d, (own, entries) in found.items()}
