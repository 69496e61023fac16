"""``graphgrad check module:name``: judge the gradients of what a module holds."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError
from graphgrad.graph.graph import Graph
from graphgrad.graph.op import Op
from graphgrad.graph.tensor import Tensor
from graphgrad.testing.check import check_gradients
from graphgrad.testing.verdict import Verdict

STATUS = {"right": 0, "wrong": 1, "inconclusive": 3}
_SHAPE = (2, 3)


def judge(
    path: str, shapes: list[tuple[int, ...]], *, order: int, samples: int
) -> Verdict:
    """The first verdict that is not "right", or the last one.

    Args:
        path: where the target is, ``module:name``: a tensor, a graph, an op or a
            function of tensors. The module is looked for in the current folder too.
        shapes: of a function's arguments; by default (2, 3) for each.
        order: 1 or 2, as for `check_gradients`.
        samples: how many inputs of an op or a function to judge.

    Raises:
        ArgumentError: if there is no such target.
    """
    target = _found(path)
    if isinstance(target, Tensor | Graph):
        return check_gradients(target, order=order)
    verdict = None
    for inputs, options in _inputs(target, shapes, samples):
        verdict = check_gradients(
            lambda *xs, options=options: target(*xs, **options), *inputs, order=order
        )
        if verdict.verdict != "right":
            break
    assert verdict is not None  # there is one sample at least
    return verdict


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


def _inputs(
    target: Any, shapes: list[tuple[int, ...]], samples: int
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Arrays and options: what an op's domain says, or ordinary numbers."""
    from graphgrad.testing import strategies  # Hypothesis is slow to import

    domain = target.domain if isinstance(target, Op) else _domain(target, shapes)
    for seed in range(samples):
        options = domain.options[seed % len(domain.options)]
        yield strategies.typical(domain, seed), dict(options)


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
    return Domain(tuple(Interval(-3, 3) for _ in sides), signature=core)
