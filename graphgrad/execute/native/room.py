"""The memory of one call, and the arrays that it may write over."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

_ALIGNMENT = 64
# Of an array that a variable alone has: it, the room, and the call that counts.
_OWNERS = 3


class Room:
    """What one call needs: the table of addresses, and memory of the program's own.

    Attributes:
        held: the arrays, by their places in the table.
        pool: the program's own memory.
        table: the addresses.
        table_address: where the table is.
    """

    def __init__(self, slots: int, size: int) -> None:
        memory = np.empty(size + _ALIGNMENT, np.uint8)
        self.pool = memory[-address_of(memory) % _ALIGNMENT :]
        self.table = np.zeros(slots + 1, np.uintp)
        self.table[slots] = address_of(self.pool)
        self.table_address = address_of(self.table)
        self.held: list[Any] = [None] * slots
        self._seen: list[Callable[[], Any]] = [_nothing] * slots

    def hold(self, slot: int, array: np.ndarray) -> None:
        """Put an array's address into the table; it is kept until the call ends."""
        self.held[slot] = array
        self.table[slot] = address_of(array)

    def hold_again(self, slot: int, array: np.ndarray) -> None:
        """The same; quickly if it is the array of the call before."""
        self.held[slot] = array
        # Only a weak reference, as who else has an array must be known; see `own`.
        if self._seen[slot]() is not array:
            self.table[slot] = address_of(array)
            self._seen[slot] = weakref.ref(array)

    def own(self, slot: int, *, at_once: bool = False) -> None:
        """Copy a slot's array unless a variable alone has it, or at once."""
        # Who else has it would see it change.
        shared = sys.getrefcount(self.held[slot]) > _OWNERS
        if at_once or shared or not self.held[slot].flags.owndata:
            self.hold_again(slot, self.held[slot].copy())

    def release(self, slots: int) -> None:
        """Let go of the arrays, but for those of the first slots."""
        self.held[slots:] = [None] * (len(self.held) - slots)


def _nothing() -> None:
    return None


def address_of(array: np.ndarray) -> int:
    """Where an array's memory begins."""
    return array.__array_interface__["data"][0]
