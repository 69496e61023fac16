"""`backward()` for graphs of scalars: many nodes at once, entries of one table.

Node by node, NumPy takes microseconds for what a processor does in a nanosecond. The
rules are those of the ops, which compute with arrays as they do with scalars.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from graphgrad.execute.levels import Group, levels_of
from graphgrad.graph.declare import expansion
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Clock, Tensor
from graphgrad.graph.walk import leaf_value, topological

_SHAPE = attrgetter("shape")
_FEWEST = 500  # nodes, from where on the table pays
_AT_ONCE = 8  # nodes per group, on average; in a chain each is a group of its own


def backward_of_scalars(y: Tensor, order: Sequence[Tensor]) -> bool:
    """Give values and gradients to all tensors of an order, if that is a table's work.

    Args:
        y: a scalar.
        order: all that it depends on, and it, each after its inputs.

    Returns:
        Whether it was done: the graph is large and wide, and of scalars of one dtype.
    """
    if y.dtype.kind != "f" or len(order) < _FEWEST:
        return False
    if any(map(_SHAPE, order)):
        return False
    levels = levels_of(order, lambda x: x.dtype == y.dtype and _has_rules(x))
    if len(levels.nodes) < len(order) or len(levels.starts) * _AT_ONCE > len(order):
        return False
    groups = list(levels.groups())
    leaves, inner = levels.nodes[: levels.leaves], levels.nodes[levels.leaves :]
    with np.errstate(all="ignore"):
        values = _values(leaves, groups, len(levels.nodes), y.dtype)
        gradients, reached = _gradients(leaves, groups, values)
    now = Clock.now
    for leaf in leaves:
        leaf._checked = now
    for node, value in zip(inner, values[levels.leaves :], strict=True):
        node._value = value
        node._changed = node._checked = now
    flows = reached.tolist()
    for node, g, has in zip(levels.nodes, gradients, flows, strict=True):
        node._gradient = g if has else None
    return True


def _has_rules(x: Tensor) -> bool:
    return not x.inputs or (isinstance(x.op.vjp, tuple) and _is_elementwise(x))


def _is_elementwise(x: Tensor) -> bool:
    """Whether an op, or all that a composite is made of, works entry by entry."""
    if not x.op.composite:
        return x.op.batch == "elementwise"
    kinds = tuple((y.shape, y.dtype) for y in x.inputs)
    ends, results = expansion(x.op, kinds, x.attrs)
    inside = topological(results, ends)
    return all(_is_elementwise(y) for y in inside if y.inputs)


def _values(
    leaves: Sequence[Tensor], groups: Sequence[Group], size: int, dtype: np.dtype
) -> np.ndarray:
    values = np.empty(size, dtype)
    values[: len(leaves)] = [leaf_value(x) for x in leaves]
    for group in groups:
        inputs = [values[column] for column in group.columns]
        values[group.own] = group.node.op.compute(*inputs, **group.node.attrs)
    return values


def _gradients(
    leaves: Sequence[Tensor], groups: Sequence[Group], values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of the last value, and to which entries one flows."""
    wanted = np.zeros(len(values), bool)
    wanted[: len(leaves)] = [x.op is not CONSTANT for x in leaves]
    for group in groups:
        wanted[group.own] = np.any([wanted[c] for c in group.columns], axis=0)
    gradients = np.zeros_like(values)
    reached = np.zeros_like(wanted)
    gradients[-1], reached[-1] = 1, True
    for group in reversed(groups):
        _send_back(group, values, gradients, reached, wanted)
    return gradients, reached


def _send_back(
    group: Group,
    values: np.ndarray,
    gradients: np.ndarray,
    reached: np.ndarray,
    wanted: np.ndarray,
) -> None:
    """What the nodes of a group add to the gradients of their inputs."""
    node, own = group.node, group.own
    chosen = np.flatnonzero(reached[own])
    if not len(chosen):
        return
    entries = [column[chosen] for column in group.columns]
    g, out = gradients[own][chosen], values[own][chosen]
    inputs = [values[column] for column in entries]
    for rule, column in zip(node.op.vjp, entries, strict=True):  # type: ignore[arg-type]
        flows = wanted[column]
        if rule is None or not flows.any():
            continue
        part = np.broadcast_to(rule(g, out, *inputs, **node.attrs), g.shape)
        np.add.at(gradients, column[flows], part[flows].astype(values.dtype))
        reached[column[flows]] = True
