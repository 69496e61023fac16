"""What a picture shows besides its structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from graphgrad.drawing.flows import flow_of
from graphgrad.drawing.scene import Flow
from graphgrad.errors import ArgumentError


class Shown(TypedDict, total=False):
    """What a user can ask for by keyword.

    Attributes:
        values: what flows forward; True unless it is said.
        gradients: the backward lanes, and what flows along them; True.
        shapes: shapes, under names; True.
        dtypes: dtypes; False.
        local: local derivatives as formulas, where they are short; False.
        bodies: the insides of `scan`, `cond` and the like, once each; False.
    """

    values: bool
    gradients: bool
    shapes: bool
    dtypes: bool
    local: bool
    bodies: bool


@dataclass(frozen=True, slots=True)
class Options:
    """The same with what it is if nothing is said, as `Shown` explains it.

    Args:
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
    def of(cls, shown: Mapping[str, Any], title: str) -> Options:
        """The options that a user asked for.

        Raises:
            ArgumentError: for a word that is none of them.
        """
        known = Shown.__annotations__
        if unknown := [name for name in shown if name not in known]:
            raise ArgumentError(
                f"a picture cannot show {unknown[0]!r}",
                remedy=f"it can show {', '.join(known)}",
            )
        return replace(cls(title=title), **shown)
