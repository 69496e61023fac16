"""Max-norm: the weights that come into a unit are kept at a norm of at most a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.optim.clipping import shortened
from graphgrad.optim.scalars import Scalar, scalar


def max_norm(value: Tensor, limit: Scalar, axis: Any = 0) -> Tensor:
    """Weights with every unit's incoming ones scaled down to a norm of limit.

    Units whose weights are shorter keep them, to the bit (Srivastava et al. 2014).

    Args:
        value: weights, by default of shape (inputs, units).
        limit: above 0; a number or a tensor of one.
        axis: that of the inputs, or several; of kernels (filters, channels, height,
            width) they are (1, 2, 3).

    Raises:
        ArgumentError: for a limit that is not above 0.
        AxisError: for an axis that the value does not have.

    Example:
        >>> import graphgrad as gg
        >>> gg.optim.max_norm(gg.constant([[3.0, 0.1], [4.0, 0.2]]), 1.0).value
        array([[0.6, 0.1],
               [0.8, 0.2]])
    """
    return shortened([value], scalar("limit", limit, positive=True), axis)[0]


def constrained(
    updates: Mapping[Tensor, Tensor],
    limit: Scalar,
    axes: Mapping[Tensor, Any] | None = None,
) -> dict[Tensor, Tensor]:
    """Updates whose new weights are brought to a max-norm; all others stay.

    Args:
        updates: new values by variable, as an optimiser gives them.
        limit: above 0; a number or a tensor of one.
        axes: which variables, each with the axes of its inputs. By default all
            trainable ones of two axes, along axis 0, and of more, along all but the
            first: matrices (inputs, units) and kernels (filters, channels, …).

    Raises:
        ArgumentError: for a limit that is not above 0, or a variable without an update.

    Example:
        >>> import graphgrad as gg
        >>> w = gg.variable([[3.0], [4.0]], name="w")
        >>> updates = gg.optim.SGD(0.1).updates(gg.sum(w), [w])
        >>> gg.optim.constrained(updates, 1.0)[w].value.round(3)
        array([[0.597],
               [0.802]])
    """
    if axes is None:
        axes = {
            x: 0 if x.ndim == 2 else tuple(range(1, x.ndim))
            for x in updates
            if x.ndim > 1 and x.attrs["trainable"]
        }
    for x in axes:
        if x not in updates:
            raise ArgumentError(
                f"{describe(x)} has no update that could be constrained",
                remedy="name variables that the updates change",
            )
    short = {x: max_norm(updates[x], limit, axis) for x, axis in axes.items()}
    return {**updates, **short}
