"""Changes of state as part of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import VARIABLE, declared, lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.shapes import show


def new_values(updates: Mapping[Tensor, Any]) -> dict[Tensor, Tensor]:
    """The new values of variables as tensors, checked.

    Raises:
        ArgumentError: for something that is not a variable.
        ShapeError: for a value of another shape, or of a dtype that does not cast.
    """
    found = {}
    for x, new in updates.items():
        if not isinstance(x, Tensor) or x.op is not VARIABLE:
            shown = describe(x) if isinstance(x, Tensor) else repr(x)
            raise ArgumentError(
                f"{shown} is not a variable and cannot be updated",
                remedy="updates map variables to their new values",
            )
        (value,) = lift([new])
        if value.shape != x.shape or not np.can_cast(value.dtype, x.dtype, "same_kind"):
            raise ShapeError(
                f"{describe(x)} cannot be updated with {show(value.shape)} "
                f"{value.dtype}",
                remedy="an update keeps the variable's shape and dtype",
            )
        found[x] = value
    return found


def _as_updating(y: Any, updates: Mapping[Tensor, Any]) -> Any:
    if not isinstance(updates, Mapping):
        raise ArgumentError(
            f"updates are a mapping, not {type(updates).__name__}",
            remedy="write gg.with_updates(y, {variable: new value})",
        )
    pairs = [x for pair in new_values(updates).items() for x in pair]
    return (lift([y])[0], *pairs), {}


@primitive(
    infer=lambda y, *pairs: (y.shape, y.dtype),
    vjp=lambda g, out, y, *pairs: [g, *[None] * len(pairs)],
    prepare=_as_updating,
    domain=Domain((Interval(-5, 5),), options=({"updates": {}},)),
    batch=lambda size, inputs, mapped, attrs: _refuse(mapped) or inputs[0],
    glyph="↻",
)
def with_updates(xp: Any, y: Any, *pairs: Any) -> Any:
    """y, carrying changes of state: new values by variable.

    A compiled program applies the updates of every such node that its outputs depend
    on, after each call and all at once; `run` and ``.value`` change nothing.
    """
    return y


def _refuse(mapped: Any) -> None:
    if any(mapped[1:]):
        raise ArgumentError(
            "vmap cannot map an update: a variable has one value",
            remedy="update with a reduction over the mapped axis, outside of vmap",
        )


def updates_of(node: Tensor) -> dict[Tensor, Tensor]:
    """The updates that a node carries: new values by variable."""
    if node.op is not with_updates:
        return {}
    return dict(zip(node.inputs[1::2], node.inputs[2::2], strict=True))


__all__ = declared(globals())
