"""Windows that do not overlap are a matter of axes."""

from __future__ import annotations

from graphgrad.graph.tensor import Tensor
from graphgrad.ops.movement import permute_dims, reshape
from graphgrad.rewrite.engine import about
from graphgrad.shapes import is_static


@about("fold")
def fold_apart(node: Tensor) -> Tensor | None:
    """Windows put back beside each other, where none overlap and none is left out."""
    (x,) = node.inputs
    size, stride = node.attrs["size"], node.attrs["stride"]
    if not is_static(x.shape) or any(d != 1 for d in node.attrs["dilation"]):
        return None
    count = len(size)
    ahead = x.ndim - 2 * count
    places, window = x.shape[ahead : ahead + count], x.shape[ahead + count :]
    whole = tuple(n * w for n, w in zip(places, window, strict=True))  # type: ignore[operator]
    if window != tuple(stride) or whole != tuple(size):
        return None
    pairs = ((ahead + k, ahead + count + k) for k in range(count))
    axes = (*range(ahead), *(axis for pair in pairs for axis in pair))
    return reshape(permute_dims(x, axes), node.shape)
