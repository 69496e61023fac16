"""What a picture shows besides its structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from graphgrad.drawing.flows import flow_of
from graphgrad.drawing.scene import Flow
from graphgrad.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class Options:
    """What to show; users ask by keyword for what is true or false.

    Args:
        values: what flows forward.
        gradients: the backward lanes, and what flows along them.
        shapes: shapes, under names.
        dtypes: dtypes.
        local: local derivatives as formulas, where they are short.
        bodies: the insides of `scan`, `cond` and the like, once each.
        title: a heading.
        flow: how a value or gradient is told.
    """

    values: bool = True
    gradients: bool = True
    shapes: bool = True
    dtypes: bool = False
    local: bool = False
    bodies: bool = False
    title: str = ""
    flow: Callable[[Any], Flow] = flow_of

    @classmethod
    def of(cls, shown: Mapping[str, bool], title: str) -> Options:
        """The options that a user asked for.

        Raises:
            ArgumentError: for a word that is none of them.
        """
        known = [f.name for f in fields(cls) if isinstance(f.default, bool)]
        if unknown := [name for name in shown if name not in known]:
            raise ArgumentError(
                f"a picture cannot show {unknown[0]!r}",
                remedy=f"it can show {', '.join(known)}",
            )
        return replace(cls(title=title), **shown)
