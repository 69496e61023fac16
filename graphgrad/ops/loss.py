"""Losses (book §4.2, §5.6.3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval, over
from graphgrad.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import declared
from graphgrad.ops.activation import log_softmax, softmax, softplus
from graphgrad.ops.arithmetic import abs, minimum, square
from graphgrad.ops.comparison import equal, where
from graphgrad.ops.exponential import log
from graphgrad.ops.movement import expand_dims
from graphgrad.ops.reduction import argmax, mean, sum
from graphgrad.ops.strong import strong_multiply
from graphgrad.ops.structure import astype, size_along
from graphgrad.shapes import is_static, show


@composite(
    domain=Domain((Interval(-1, 5, "int64"),), options=({"classes": 5},)),
)
def one_hot(labels: Any, /, classes: int) -> Any:
    """Rows of float64 zeros with a 1 at each label; a new last axis of so many classes.

    A label outside 0 … classes − 1 is refused when it is met.
    """
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"labels are integers, not {labels.dtype}")
    _require_classes(labels, classes)
    return astype(equal(expand_dims(labels, -1), np.arange(classes)), "float64")


def _rows(logits: Any) -> Any:
    """The number of examples: every axis but the last counts."""
    ahead = logits.shape[:-1]
    if is_static(ahead):
        return float(np.prod(ahead))
    return astype(size_along(logits, tuple(range(len(ahead)))), logits.dtype)


def _is_classes(logits: Any, labels: Any) -> bool:
    """Whether the labels are class numbers rather than probabilities."""
    if labels.shape == logits.shape:
        return False
    if labels.shape != logits.shape[:-1]:
        raise ShapeError(
            f"labels of shape {show(labels.shape)} do not fit logits of shape "
            f"{show(logits.shape)}",
            remedy=f"give class numbers of shape {show(logits.shape[:-1])} or "
            f"probabilities of shape {show(logits.shape)}",
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(
            f"class numbers are integers, not {labels.dtype}",
            remedy='write labels.astype("int64")',
        )
    return True


def _require_classes(labels: Any, count: Any) -> None:
    if isinstance(labels, np.ndarray) and labels.size:
        low, high = labels.min(), labels.max()
        if low < 0 or high >= count:
            raise IndexingError(
                f"label {low if low < 0 else high} is not one of {count} classes",
                remedy=f"classes are numbered from 0 to {count - 1}",
            )


def _loss_vjp(g: Any, out: Any, logits: Any, labels: Any) -> list[Any]:
    share = g / _rows(logits)
    if _is_classes(logits, labels):
        target = astype(one_hot(labels, logits.shape[-1]), logits.dtype)
        return [share * (softmax(logits) - target), None]
    weight = sum(labels, -1, keepdims=True)  # 1 for probabilities
    return [
        share * (softmax(logits) * weight - labels),
        -share * log_softmax(logits),
    ]


@composite(
    vjp=_loss_vjp,
    domain=Domain(
        (Interval(-5, 5), Interval(0, 3, "int64")),
        signature="(n,3),(n)->()",
        analytic=False,
    ),
)
def softmax_cross_entropy(logits: Any, labels: Any, /) -> Any:
    """Mean cross entropy of softmax(logits) against labels, a scalar (book §5.6.3).

    Args:
        logits: scores of shape (..., classes).
        labels: class numbers of shape (...), or probabilities of the logits' shape.
            A class number outside 0 … classes − 1 is refused when it is met.

    The gradient of the logits is (softmax − target) / examples.
    """
    scores = log_softmax(logits)
    if _is_classes(logits, labels):
        _require_classes(labels, logits.shape[-1])
        classes = np.arange(logits.shape[-1])
        # A product with one-hot rows would make 0 · −∞ = NaN of excluded classes.
        scores = where(equal(expand_dims(labels, -1), classes), scores, 0)
    else:
        scores = scores * labels
    return -sum(scores) / _rows(logits)


@composite(
    domain=over((-5, 5), (-5, 5)),
    vjp=(
        lambda g, out, y, t: strong_multiply(g, y - t),
        lambda g, out, y, t: strong_multiply(g, t - y),
    ),
)
def squared_error(y: Any, t: Any, /) -> Any:
    """Half the sum of squared differences, a scalar (book §4.2.1).

    The gradient of y is y − t.
    """
    return 0.5 * sum(square(y - t))


@composite(
    dtype="floating",
    domain=over((-5, 5), (0.1, 0.9)),
)
def binary_cross_entropy(logits: Any, targets: Any, /) -> Any:
    """Mean cross entropy of sigmoid(logits) against targets from 0 to 1, a scalar.

    It is computed from the logits, so that none overflows.
    """
    losses = softplus(logits) - logits * targets
    return mean(losses)


@composite(
    dtype="floating",
    domain=Domain(
        (Interval(0.1, 0.9), Interval(0.1, 0.9)), signature="(n,3),(n,3)->()"
    ),
)
def cross_entropy(y: Any, t: Any, /) -> Any:
    """Mean cross entropy of probabilities y against t, a scalar (book §4.2.2).

    As in the book 1e-7 is added to y, so that its logarithm is finite; from scores,
    `softmax_cross_entropy` needs no such help.
    """
    return -sum(t * log(y + 1e-7)) / _rows(y)


@composite(dtype="floating", domain=over((-5, 5), (-5, 5)))
def mean_squared_error(y: Any, t: Any, /) -> Any:
    """Mean of squared differences, a scalar."""
    return mean(square(y - t))


@composite(dtype="floating", domain=over((-5, 5), (-5, 5)))
def absolute_error(y: Any, t: Any, /) -> Any:
    """Mean of the sizes of differences, a scalar."""
    return mean(abs(y - t))


def _as_huber(y: Any, t: Any, /, delta: float = 1.0) -> Any:
    if not delta > 0:
        raise ArgumentError(f"delta {delta} is not above 0")
    return (y, t), {"delta": float(delta)}


@composite(
    dtype="floating",
    prepare=_as_huber,
    domain=over((-5, 5), (-5, 5), options=({}, {"delta": 0.5})),
)
def huber(y: Any, t: Any, /, delta: float = 1.0) -> Any:
    """Mean of d²/2 for differences d up to delta, and of delta (|d| − delta/2) above.

    Large differences pull no harder than delta (Huber 1964).
    """
    size = abs(y - t)
    near = minimum(size, delta)
    return mean(near * (size - 0.5 * near))


@composite(
    dtype="floating",
    domain=Domain((Interval(-5, 5), Interval(0.1, 0.9)), signature="(n,3),(n,3)->()"),
)
def kl_divergence(logits: Any, targets: Any, /) -> Any:
    """Mean over examples of Σ t ln(t / softmax(logits)), a scalar.

    Args:
        logits: scores of shape (..., classes).
        targets: probabilities of the same shape; where one is 0 its term is 0.
    """
    known = where(targets > 0, log(where(targets > 0, targets, 1)), 0)
    return sum(targets * (known - log_softmax(logits))) / _rows(logits)


@composite(
    domain=Domain(
        (Interval(-5, 5), Interval(0, 3, "int64")), signature="(n,3),(n)->()"
    ),
)
def accuracy(logits: Any, labels: Any, /) -> Any:
    """The share of examples whose largest score is that of their label, a scalar.

    Args:
        logits: scores of shape (..., classes).
        labels: class numbers of shape (...).

    It has no gradient: small changes of a score do not change it (book §4.3.2).
    """
    if not _is_classes(logits, labels):
        raise ShapeError(
            f"labels of shape {show(labels.shape)} are not class numbers",
            remedy="take their classes: gg.argmax(labels, axis=-1)",
        )
    return mean(astype(equal(argmax(logits, axis=-1), labels), logits.dtype))


__all__ = declared(globals())
