"""What can be read off the records of all ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.graph.op import REGISTRY, Op

# Modules whose ops have a namespace of their own; the others are in the main one.
_NAMESPACES = {
    "graphgrad.ops.linalg.": "linalg.",
    "graphgrad.ops.fourier": "fft.",
    "graphgrad.ops.random": "random.",
}


def path(op: Op) -> str:
    """Where users find an op below ``graphgrad``: "exp", "linalg.inv".

    A part of another op, which they do not call, has a name that begins with "_".
    """
    for module, namespace in _NAMESPACES.items():
        if op.module.startswith(module):
            return namespace + op.forward.__name__
    return op.name


def declared_ops(*, package: str = "graphgrad") -> list[Op]:
    """The records of all ops declared in a package, by name."""
    ops = (op for op in REGISTRY.values() if op.module.split(".")[0] == package)
    return sorted(ops, key=lambda op: op.name)


def table() -> list[dict[str, Any]]:
    """All ops as rows, with what pages and tests need to know of them.

    The columns are name, path, kind, family, signature, gradient, like, summary and
    domain.

    Ops declared by the user are included. ``gradient`` is "own" (a rule beside the
    op), "derived" (from a composite's body) or "none".

    Example:
        >>> import graphgrad as gg
        >>> row = next(r for r in gg.ops.table() if r["name"] == "sigmoid")
        >>> row["kind"], row["gradient"], row["signature"]
        ('composite', 'own', '(x, /)')
    """
    return [
        {
            "name": op.name,
            "path": path(op),
            "kind": "composite" if op.composite else "primitive",
            "family": op.module.rpartition(".")[2],
            "signature": str(op.signature),
            "gradient": gradient_kind(op),
            "like": counterpart(op),
            "summary": op.doc.partition("\n\n")[0].replace("\n", " "),
            "domain": op.domain,
        }
        for _, op in sorted(REGISTRY.items())
    ]


def gradient_kind(op: Op) -> str:
    """Where an op's gradient comes from: "own", "derived" or "none"."""
    if isinstance(op.vjp, tuple) and not any(op.vjp):
        return "none"
    if op.vjp is not None:
        return "own"
    return "derived" if op.composite else "none"


def counterpart(op: Op) -> str:
    """The same function elsewhere, as "module.name"; empty if there is none.

    What a record does not say is looked for in NumPy, under the op's own name.
    """
    if op.like:
        return op.like
    return f"numpy.{op.name}" if hasattr(np, op.name) else ""
