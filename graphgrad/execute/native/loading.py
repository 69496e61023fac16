"""A plan's code, ready to be called: written, or as an earlier process left it."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from typing import Any

from graphgrad.execute.native import blas
from graphgrad.execute.native.assemble import Addresses, Outline, Stretch, assemble
from graphgrad.execute.native.fingerprint import fingerprint
from graphgrad.execute.native.machine import Machine, Written, threads
from graphgrad.execute.native.plan import Plan


def loaded(
    plan: Plan, addresses: Addresses, *, apart: bool = False
) -> tuple[Outline, dict[str, Any]]:
    """What is in the plan's module, and its functions by their names.

    Args:
        plan: the steps.
        addresses: of what they read and write.
        apart: whether each step is a stretch of its own, to be timed.
    """
    facts = plan, addresses, apart, threads()

    @cache
    def written() -> Written:
        outline, source = assemble(*facts)
        return json.dumps(asdict(outline)), source

    # Programs of equal code may leave different steps to NumPy, which the note tells.
    key = fingerprint(*facts) or "\n".join(written())
    note, code = _machine().compiled(key, written)
    outline = _outline(note)
    blas.make_known(outline.routines)
    _machine().make_known(outline.kernels, written)
    stretches = [p for p in outline.parts if isinstance(p, Stretch)]
    words = {p.name: 3 if p.parts else 1 for p in stretches}
    words.update({p.gathers: 1 for p in stretches if p.gathers})
    return outline, _machine().functions_of(code, words)


def _outline(note: str) -> Outline:
    facts = json.loads(note)
    parts = [p if isinstance(p, int) else Stretch(**p) for p in facts.pop("parts")]
    return Outline(parts, **facts)


@cache
def _machine() -> Machine:
    return Machine()
