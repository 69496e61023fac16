"""``graphgrad check module:name``: judge the gradients of what a module holds."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import Op
from graphgrad.graph.tensor import Tensor
from graphgrad.testing.verdict import Verdict

STATUS = {"right": 0, "wrong": 1, "inconclusive": 3}
_SHAPE = (2, 3)


def judge(
    path: str, shapes: list[tuple[int, ...]], *, order: int, examples: int
) -> Verdict:
    """The verdict on a tensor or graph at its values, or on an op or function.

    Args:
        path: where the target is, ``module:name``: a tensor, a graph, an op or a
            function of tensors. The module is looked for in the current folder too.
        shapes: of a function's arguments; by default (2, 3) for each.
        order: 1 or 2, as for `check_gradients`.
        examples: how many inputs of an op or a function to draw.

    Raises:
        ArgumentError: if there is no such target.
    """
    from graphgrad.testing.drawn import check_target  # Hypothesis is slow to import

    target = _found(path)
    known = isinstance(target, Tensor | Graph | Op)
    domain = None if known else _domain(target, shapes)
    return check_target(target, domain=domain, order=order, examples=examples)


def _found(path: str) -> Any:
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise ArgumentError(
            f"{path!r} names no target", remedy="write module:name, e.g. model:loss"
        )
    sys.path.insert(0, "")
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ArgumentError(f"{path!r} is not there: {error}") from None
    finally:
        sys.path.remove("")
    if not (isinstance(found, Tensor | Graph) or callable(found)):
        raise ArgumentError(
            f"{path!r} is {type(found).__name__}",
            remedy="give a tensor, a graph, an op or a function of tensors",
        )
    return found


def _domain(function: Any, shapes: list[tuple[int, ...]]) -> Domain:
    kinds = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    needed = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.kind in kinds and p.default is p.empty
    ]
    if shapes and len(shapes) != len(needed):
        raise ArgumentError(
            f"{len(shapes)} shapes for {len(needed)} arguments",
            remedy="give one --shape for each argument, or none",
        )
    if not needed:
        raise ArgumentError("the function takes no tensor, so there is no gradient")
    sides = shapes or [_SHAPE] * len(needed)
    core = ",".join("(" + ",".join(map(str, shape)) + ")" for shape in sides)
    return Domain(
        tuple(Interval(-3, 3) for _ in sides),
        signature=core,
        valid=lambda *arrays: all(x.ndim == len(s) for x, s in zip(arrays, sides)),  # noqa: B905
    )
