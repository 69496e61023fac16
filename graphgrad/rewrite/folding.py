"""What is known before the program runs is computed before."""

from __future__ import annotations

from math import prod

import numpy as np

from graphgrad.graph.op import CONSTANT, constant
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import interpret
from graphgrad.ops.movement import broadcast_to
from graphgrad.ops.structure import ones_like, size_along, zeros_like
from graphgrad.rewrite.engine import about
from graphgrad.shapes import is_static

_MOST = 4096  # entries of a constant; larger ones are cheaper made than kept


def known(node: Tensor) -> Tensor | None:
    """A constant for an op of constants."""
    for x in node.inputs:
        if x.op is not CONSTANT:
            return None
    if not node.inputs or node.op.multiple or not is_static(node.shape):
        return None
    if np.prod(node.shape, dtype=float) > _MOST:  # type: ignore[arg-type]
        return None
    if node.op is broadcast_to:  # which costs nothing as it is
        return None
    values = {x: x._value for x in node.inputs}
    interpret([node], values)
    return constant(np.asarray(values[node]))


@about("size_along", "zeros_like", "ones_like")
def of_shape(node: Tensor) -> Tensor | None:
    """What depends on a shape alone, once that is known."""
    if not node.inputs or not is_static(node.inputs[0].shape):
        return None
    shape = node.inputs[0].shape
    if node.op is size_along:
        return constant(np.int64(prod(shape[a] for a in node.attrs["axis"])))
    if node.op in (zeros_like, ones_like):
        number = constant(np.asarray(node.op is ones_like, node.dtype))
        return broadcast_to(number, shape) if shape else number
    return None
