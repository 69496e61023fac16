"""The tree of scopes, and orders of the nodes that keep every scope in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graphgrad.drawing.scene import Scene


@dataclass(frozen=True, slots=True)
class ScopeTree:
    """Which scopes each node belongs to.

    Args:
        paths: of every scope, outer ones before those within them.
        parent: of every scope, the one around it, or -1.
        depth: of every scope, the number of scopes around it.
        levels: of every scope, how many scopes stand within each other inside.
        home: for each node, or block of a network, its innermost scope, or -1.
        at: by depth, for each of these its scope there, or -1; the last row is all -1.
    """

    paths: list[str]
    parent: list[int]
    depth: list[int]
    levels: list[int]
    home: list[int]
    at: np.ndarray

    @classmethod
    def of(cls, scene: Scene) -> ScopeTree:
        """Read the scopes of a scene's nodes."""
        index: dict[str, int] = {}
        parent: list[int] = []
        depth: list[int] = []
        home: list[int] = []
        for node in scene.nodes:
            path, around = "", -1
            for level, part in enumerate(node.scope.split("/") if node.scope else ()):
                path = f"{path}/{part}" if level else part
                if path not in index:
                    index[path] = len(parent)
                    parent.append(around)
                    depth.append(level)
                around = index[path]
            home.append(around)
        levels = [0] * len(parent)
        for scope in range(len(parent) - 1, -1, -1):
            if parent[scope] >= 0:
                outer = parent[scope]
                levels[outer] = max(levels[outer], levels[scope] + 1)
        return cls(list(index), parent, depth, levels, [], np.empty(0)).over(home)

    def over(self, home: list[int]) -> ScopeTree:
        """The same scopes with other members, given by their innermost scopes."""
        at = np.full((max(self.depth, default=-1) + 2, len(home)), -1)
        for member, innermost in enumerate(home):
            for scope in self.chain(innermost):
                at[self.depth[scope], member] = scope
        return replace(self, home=home, at=at)

    def chain(self, scope: int) -> Iterator[int]:
        """`scope` and the scopes around it, inner ones first."""
        while scope >= 0:
            yield scope
            scope = self.parent[scope]

    def members(self) -> list[np.ndarray]:
        """The members of each scope, those of scopes within it included."""
        found: list[np.ndarray] = [np.empty(0, int)] * len(self.paths)
        for row in self.at[:-1]:
            by_scope = np.argsort(row, kind="stable")
            scopes, starts = np.unique(row[by_scope], return_index=True)
            parts = np.split(by_scope, starts[1:])
            for scope, part in zip(scopes.tolist(), parts, strict=True):
                if scope >= 0:
                    found[scope] = part
        return found

    def arranged(self, keys: Sequence[float] | np.ndarray) -> np.ndarray:
        """The nodes sorted by `keys`, a scope where the mean of its nodes says."""
        keys = np.asarray(keys, float)
        nodes = np.arange(len(self.home))
        columns: list[np.ndarray] = []
        for row in self.at[:-1]:
            inside = row >= 0
            count = np.bincount(row[inside], minlength=len(self.paths))
            total = np.bincount(row[inside], keys[inside], len(self.paths))
            means = total / np.maximum(count, 1)
            columns.append(np.where(inside, means[row], keys))
            columns.append(np.where(inside, row + len(nodes), nodes))
        return np.lexsort([nodes, keys, *columns[::-1]])
