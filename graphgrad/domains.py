"""What an author knows about a function's inputs, for tests and for documentation.

An op states its domain beside its rules; the gradient checker and the generated
property tests draw their inputs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """The open interval and the dtype of one input.

    Args:
        low: lower bound of the entries (not itself an entry).
        high: upper bound of the entries (not itself an entry).
        dtype: name of the input's dtype; integers carry no gradient.

    Example:
        >>> Interval(0, 10)
        Interval(low=0, high=10, dtype='float64')
    """

    low: float
    high: float
    dtype: str = "float64"

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"Interval: low {self.low} must be below high {self.high}")


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a function is defined, and where it is not smooth.

    Args:
        inputs: one :class:`Interval` per input; the last repeats for variadic ones.
        signature: gufunc signature of the core dimensions, ``"()"`` elementwise,
            ``"(n,k),(k,m)->(n,m)"`` for a matrix product.
        options: sets of keyword arguments to try, each a mapping.
        repair: makes of drawn arrays such as the function takes, e.g. symmetric ones;
            it gives a tuple.
        valid: predicate on the arrays; inputs that fail it are not drawn.
        kinks: values of an input at which a derivative jumps.
        ties: whether equal entries make a kink (maximum, sort).
        analytic: whether the function also computes on complex numbers.
        invariants: makes of the results what is determined, where the function leaves
            a choice, such as the sign of an eigenvector.

    Example:
        >>> Domain((Interval(0, 10),), kinks=(1.0,)).kinks
        (1.0,)
    """

    inputs: tuple[Interval, ...] = (Interval(-10.0, 10.0),)
    signature: str = "()"
    options: tuple[Mapping[str, Any], ...] = field(default=({},))
    repair: Callable[..., tuple[Any, ...]] | None = None
    valid: Callable[..., bool] | None = None
    kinks: tuple[float, ...] = ()
    ties: bool = False
    analytic: bool = True
    invariants: Callable[..., Sequence[Any]] | None = None


def over(*bounds: tuple[float, float], **facts: Any) -> Domain:
    """A domain with one float64 interval per pair of bounds.

    Example:
        >>> over((0, 10), (-1, 1), ties=True).inputs[1]
        Interval(low=-1, high=1, dtype='float64')
    """
    return Domain(tuple(Interval(low, high) for low, high in bounds), **facts)
