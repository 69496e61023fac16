"""Gradients kept within bounds, by value or by norm.

NaN stays NaN, so that it is seen: by norm it fills all that is scaled together. What
overflows does not become NaN: norms are taken of entries divided by the largest, and
an infinite entry counts as the largest number there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from graphgrad.dtypes import finfo, float32, promote
from graphgrad.graph.graph import as_outputs
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import abs, add, clip, maximum, square
from graphgrad.ops.comparison import less_equal, where
from graphgrad.ops.exponential import sqrt
from graphgrad.ops.reduction import max, sum
from graphgrad.ops.structure import astype
from graphgrad.optim.scalars import Scalar, in_dtype, scalar


def clip_by_value(gradients: Sequence[Tensor], limit: Scalar) -> list[Tensor]:
    """Every entry brought into [−limit, limit]; the direction may change.

    Args:
        gradients: tensors.
        limit: above 0; a number or a tensor of one.

    Raises:
        ArgumentError: for a limit that is not above 0.

    Example:
        >>> import graphgrad as gg
        >>> (clipped,) = gg.optim.clip_by_value([gg.constant([3.0, -0.5])], 1.0)
        >>> clipped.value
        array([ 1. , -0.5])
    """
    bound = scalar("limit", limit, positive=True)
    pairs = ((g, in_dtype(bound, g.dtype)) for g in as_outputs(gradients))
    return [clip(g, -most, most) for g, most in pairs]


def clip_by_norm(gradients: Sequence[Tensor], limit: Scalar) -> list[Tensor]:
    """Each gradient scaled down to a norm of limit, if it is longer.

    Args:
        gradients: tensors.
        limit: above 0; a number or a tensor of one.

    Raises:
        ArgumentError: for a limit that is not above 0.

    Example:
        >>> import graphgrad as gg
        >>> long, short = gg.constant([3.0, 4.0]), gg.constant([0.1, 0.2])
        >>> [g.value.tolist() for g in gg.optim.clip_by_norm([long, short], 2.5)]
        [[1.5, 2.0], [0.1, 0.2]]
    """
    bound = scalar("limit", limit, positive=True)
    return [shortened([g], bound)[0] for g in as_outputs(gradients)]


def clip_by_global_norm(gradients: Sequence[Tensor], limit: Scalar) -> list[Tensor]:
    """All gradients scaled by one factor, to a common norm of limit, if it is longer.

    The common norm is that of all entries together (Pascanu et al. 2013).

    Args:
        gradients: tensors.
        limit: above 0; a number or a tensor of one.

    Raises:
        ArgumentError: for a limit that is not above 0.

    Example:
        >>> import graphgrad as gg
        >>> both = [gg.constant([3.0]), gg.constant([4.0])]
        >>> [g.item() for g in gg.optim.clip_by_global_norm(both, 2.5)]
        [1.5, 2.0]
    """
    bound = scalar("limit", limit, positive=True)
    return shortened(list(as_outputs(gradients)), bound)


def shortened(values: list[Tensor], limit: Scalar, axis: Any = None) -> list[Tensor]:
    """Tensors whose norms, along the axes and over all of them, are at most a limit.

    What is short enough stays as it is, to the bit.

    Args:
        values: tensors; one alone if axes are given.
        limit: above 0.
        axis: of vectors within a tensor; None for all entries.
    """
    keep = axis is not None
    dtype = promote(float32, *[x.dtype for x in values])
    alike = [astype(x, dtype) for x in values]
    bound = in_dtype(limit, dtype)
    top = reduce(maximum, [max(abs(x), axis, keepdims=keep) for x in alike])
    # Not 0, by which nothing is divided, and not ∞: ∞ / ∞ would be NaN.
    unit = clip(top, finfo(dtype).smallest_normal, finfo(dtype).max)
    parts = [clip(x, -unit, unit) / unit for x in alike]
    size = sqrt(reduce(add, [sum(square(p), axis, keepdims=keep) for p in parts]))
    short = less_equal(size * unit, bound)
    return [
        where(short, x, astype(part * (bound / size), x.dtype))
        for x, part in zip(values, parts, strict=True)
    ]
