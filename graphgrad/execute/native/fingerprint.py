"""What a program's code follows from, as a text.

Who finds that an earlier process had the same text need not write the code to find what
it was compiled to.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from graphgrad.execute.native.cache import sources
from graphgrad.execute.native.plan import Plan
from graphgrad.execute.native.steps import Call
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.pattern import ARRAY
from graphgrad.graph.tensor import Tensor

_PLAIN = {str, int, float, complex, bool, slice, EllipsisType, NoneType}


class _UntoldError(Exception):
    """Something has no text that says all of it."""


def fingerprint(plan: Plan, *facts: Any) -> str | None:
    """The text: programs that have the same have the same code.

    There is none where sources say nothing, nor for some programs. The rule of a user's
    op is any code at all, and a graph in an attr is not told; a table of scalars is
    long, and its code short. (What changes constants of these modules must turn the
    cache off: they are told by the sources.)

    Args:
        plan: the steps.
        facts: what else the code follows from.
    """
    if plan.table is not None or not sources():
        return None
    told = _Telling(plan)
    try:
        rest = plan.steps, plan.views, plan.stored, plan.over, facts
        return "\n".join([sources(), *told.nodes(), *map(told, rest)])
    except _UntoldError:
        return None


class _Telling:
    """Tells of a plan, tensors by their numbers."""

    def __init__(self, plan: Plan) -> None:
        calls = [step.node for step in plan.steps if isinstance(step, Call)]
        self._left = set(calls)
        # Several results in one have no place in memory, and no view.
        nodes = dict.fromkeys([*plan.views, *calls])
        self._numbers = {x: i for i, x in enumerate(nodes)}

    def nodes(self) -> list[str]:
        """What they are."""
        return [self._node(x) for x in self._numbers]

    def _node(self, x: Tensor) -> str:
        own = x.op.name, x.dtype, x.shape, x.inputs
        if not x.inputs:
            number = x.op is CONSTANT and x._value.size == 1
            return self((own, x._value.tobytes().hex() if number else None))
        if x in self._left:  # to NumPy: there is no code
            return self(own)
        if not x.op.ours:
            raise _UntoldError
        return self((own, x.attrs))

    def __call__(self, fact: Any) -> str:
        if isinstance(fact, Tensor):
            return f"#{self._numbers[fact]}"
        if isinstance(fact, np.dtype):
            return fact.name
        if isinstance(fact, Call):
            return self(fact.node)
        if type(fact) in _PLAIN or isinstance(fact, np.generic) or fact is ARRAY:
            return repr(fact)
        if isinstance(fact, list | tuple):
            return f"({', '.join(map(self, fact))})"
        if isinstance(fact, Mapping):
            return self(list(fact.items()))
        if isinstance(fact, Set):
            return f"{{{', '.join(sorted(map(self, fact)))}}}"
        if is_dataclass(fact):
            own = [getattr(fact, x.name) for x in fields(fact)]
            return f"{type(fact).__name__}{self(own)}"
        raise _UntoldError
