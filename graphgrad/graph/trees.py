"""Nested lists, tuples and dicts of tensors, as functions of users take and give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Rebuild = Callable[[Sequence[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """The leaves of a tree, and a function that puts others in their places.

    Lists, tuples (named ones too) and dicts are branches, None is an empty one;
    anything else is a leaf.

    Example:
        >>> leaves, rebuild = flatten({"w": 1, "b": (2, 3)})
        >>> leaves, rebuild([10, 20, 30])
        ([1, 2, 3], {'w': 10, 'b': (20, 30)})
    """
    leaves: list[Any] = []
    build = _branch(tree, leaves)
    return leaves, build


def _branch(tree: Any, leaves: list[Any]) -> Rebuild:
    if tree is None:
        return lambda values: None
    if isinstance(tree, dict):
        parts = {key: _branch(value, leaves) for key, value in tree.items()}
        return lambda values: {key: part(values) for key, part in parts.items()}
    if isinstance(tree, list | tuple):
        built = [_branch(value, leaves) for value in tree]
        kind = type(tree)
        make = getattr(kind, "_make", kind)
        return lambda values: make([part(values) for part in built])
    place = len(leaves)
    leaves.append(tree)
    return lambda values: values[place]
