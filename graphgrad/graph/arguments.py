"""The calling convention of ops: telling inputs from attrs in the user's arguments."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import blame

if TYPE_CHECKING:
    from graphgrad.graph.op import Op


def bind(
    op: Op, arguments: tuple[Any, ...], attrs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The inputs, which come first, and every attr with its value or default.

    Raises:
        TypeError: if the arguments do not fit the signature.
    """
    count = len(arguments) if op.arity is None else op.arity
    if len(arguments) < count:
        raise TypeError
    names = list(op.parameters)[: len(arguments) - count]
    if len(arguments) - count > len(names):
        raise TypeError
    for name in attrs:
        if name not in op.parameters:
            raise TypeError(f"{op.name}() got an unexpected argument {name!r}")
        if name in names:
            raise TypeError(f"{op.name}() got {name!r} twice")
    given = {**dict(zip(names, arguments[count:], strict=True)), **attrs}
    for name, default in op.parameters.items():
        if name not in given and default is inspect.Parameter.empty:
            raise TypeError
    full = {n: hashable(given.get(n, d)) for n, d in op.parameters.items()}
    return arguments[:count], full


def hashable(value: Any) -> Any:
    """A value as attrs keep it: lists are tuples."""
    return tuple(hashable(v) for v in value) if isinstance(value, list) else value


def misuse(op: Op, arguments: tuple[Any, ...], error: Exception) -> ArgumentError:
    """The error for arguments that do not fit, with the signature as its remedy."""
    cause = str(error).partition("() ")[2] or str(error)
    detail = f": {cause}" if cause else ""
    shown = ", ".join(type(a).__name__ for a in arguments)
    found = ArgumentError(
        f"cannot be called with ({shown}){detail}",
        remedy=f"it takes {op.name}{op.signature}",
    )
    blame(found, op.name, arguments)
    return found
