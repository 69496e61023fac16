"""Means as sums, of which loops take in any number."""

from __future__ import annotations

from math import prod

from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import divide
from graphgrad.ops.reduction import sum as sum_over
from graphgrad.ops.structure import astype
from graphgrad.rewrite.engine import about
from graphgrad.shapes import is_static


@about("mean")
def mean_as_sum(node: Tensor) -> Tensor | None:
    """The sum over how many there are, which is what a mean computes."""
    (x,) = node.inputs
    if node.dtype.name not in ("float32", "float64") or not is_static(x.shape):
        return None
    axis, keepdims = node.attrs["axis"], node.attrs["keepdims"]
    total = sum_over(astype(x, node.dtype), axis, keepdims=keepdims)
    count = prod(x.shape[a] for a in axis)  # type: ignore[misc]
    return divide(total, node.dtype.type(count))
