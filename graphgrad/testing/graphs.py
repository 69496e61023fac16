"""Random graphs with shared nodes, for Hypothesis.

A graph is drawn as a list of instructions: an op, and for each of its inputs a number
that picks one of the tensors so far. An input may be cut: a new variable of the same
value takes its place. Lists shrink by losing instructions and numbers shrink to 0,
which cuts, so that what remains of a failing graph is the part that fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from graphgrad.domains import Interval
from graphgrad.errors import GraphgradError
from graphgrad.graph.graph import Graph
from graphgrad.graph.leaves import variable
from graphgrad.graph.op import Op
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import add, multiply
from graphgrad.ops.catalogue import declared_ops, gradient_kind
from graphgrad.ops.reduction import sum as sum_over

_SHAPES = ((), (3,), (2, 3), (2, 1), (3, 2))
_LARGEST = 1e3  # beyond, differences tell little
_PICKS = 40
_SCALES = (1.0, 1.0, -1.0, 6.0)  # of the values of a leaf, between 0.2 and 1.5
_Instruction = tuple[int, int, int, int]


def default_ops() -> list[Op]:
    """Ops of one result with a gradient, whose inputs are all floating; plain first."""
    return [
        op
        for op in sorted(declared_ops(), key=lambda op: op not in (add, multiply))
        if gradient_kind(op) != "none"
        and not op.multiple
        and op.arity
        and all(x.dtype == "float64" for x in op.domain.inputs)
        and not op.domain.ties
    ]


@st.composite
def graphs(
    draw: st.DrawFn, ops: Sequence[Op] | None = None, most: int = 8, leaves: int = 3
) -> Graph:
    """A graph of one scalar, made of ops, in which values are shared.

    Ops are left out where their shape rule or domain refuses the inputs, or where the
    result is not finite or very large.

    Args:
        draw: given by Hypothesis.
        ops: to draw from; by default all smooth ones of one result.
        most: greatest number of ops.
        leaves: greatest number of variables at the start.
    """
    known = default_ops() if ops is None else list(ops)
    seed = draw(st.integers(0, 2**16))
    leaf = st.tuples(st.sampled_from(_SHAPES), st.sampled_from(_SCALES))
    starts = draw(st.lists(leaf, min_size=1, max_size=leaves))
    # Four choices: Hypothesis removes no more than five at once, one being the list's.
    pick = st.integers(0, _PICKS)
    number, option = st.integers(0, len(known) - 1), st.integers(0, 3)
    instruction = st.tuples(number, option, pick, pick)
    tries = st.lists(instruction, min_size=1, max_size=3 * most)  # many are refused
    program = draw(tries)
    tensors, used = _built(known, starts, program, most, np.random.default_rng(seed))
    ends = tensors[-1:]  # the last alone, or all that is not used
    if draw(st.integers(0, 2)):
        ends = [t for t in tensors if t.inputs and t not in used] or ends
    total = sum_over(ends[0])
    for end in ends[1:]:
        total = add(total, sum_over(end))
    return Graph(total)


def _built(
    ops: list[Op],
    starts: list[tuple[tuple[int, ...], float]],
    program: list[_Instruction],
    most: int,
    rng: np.random.Generator,
) -> tuple[list[Tensor], set[Tensor]]:
    """The tensors that the program makes, and those of them that it uses."""
    tensors = [variable(scale * rng.uniform(0.2, 1.5, s)) for s, scale in starts]
    used: set[Tensor] = set()
    for number, option, *picks in program:
        if len(tensors) == len(starts) + most:
            break
        op = ops[number]
        inputs = [_picked(tensors, picks[i % 2]) for i in range(op.arity or 1)]
        made = _applied(op, inputs, op.domain.options[option % len(op.domain.options)])
        if made is not None:
            tensors.append(made)
            used.update(inputs)
    return tensors, used


def _picked(tensors: list[Tensor], pick: int) -> Tensor:
    """Mostly one of the latest three, which makes graphs deep.

    Small numbers count from the first leaf, so that what they mean outlives the loss
    of instructions; 0 cuts: a variable of the latest one's value.
    """
    if pick == 0:
        return variable(np.array(tensors[-1].value))
    if pick <= _PICKS // 3:
        return tensors[(pick - 1) % len(tensors)]
    return tensors[-1 - pick % min(3, len(tensors))]


def _applied(op: Op, inputs: list[Tensor], options: Any) -> Tensor | None:
    if not all(map(_is_within, inputs, _intervals(op, len(inputs)))):
        return None
    try:
        made = op(*inputs, **options)
        value = made.value
    except GraphgradError:
        return None
    fits = made.differentiable and made.dtype.kind == "f" and value.size <= 24
    inside = bool(np.all(np.isfinite(value))) and bool(np.all(np.abs(value) < _LARGEST))
    return made if fits and inside else None


def _intervals(op: Op, count: int) -> list[Interval]:
    known = op.domain.inputs
    return [known[min(i, len(known) - 1)] for i in range(count)]


def _is_within(x: Tensor, interval: Interval) -> bool:
    """Strictly: at a bound a derivative may be infinite."""
    return bool(np.all((x.value > interval.low) & (x.value < interval.high)))
