"""Schedules: the learning rate as a function of the step, which is a tensor.

Each is made of ops: of a tensor it gives a tensor, of a number or an array of NumPy the
values themselves, e.g. to draw a curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from graphgrad.errors import ArgumentError
from graphgrad.graph.leaves import variable
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import minimum
from graphgrad.ops.comparison import greater_equal, where
from graphgrad.ops.trigonometric import cos
from graphgrad.ops.updates import with_updates
from graphgrad.optim.scalars import Scalar, number, scalar


def counter(name: str = "step") -> Tensor:
    """The number of calls of the compiled program so far: 0 at the first, int64.

    It carries its own increment, see `with_updates`: a program that computes anything
    from it advances it, once per call, however many use it. So look at a rate with
    ``.value``, or among the outputs of the step; a program of the rate alone would
    count its own calls too.

    Args:
        name: of the variable that holds the number, which is not trained.

    Example:
        >>> import graphgrad as gg
        >>> program = gg.compile(gg.optim.counter() * 10)
        >>> [int(program()) for _ in range(3)]
        [0, 10, 20]
    """
    count = variable(np.int64(0), name=name, trainable=False)
    return with_updates(count, {count: count + 1})


def piecewise(step: Any, boundaries: Sequence[float], rates: Sequence[Scalar]) -> Any:
    """Constant rates between boundaries: ``rates[i]`` where i of these are ≤ step.

    Args:
        step: a tensor, a number or an array.
        boundaries: steps at which the rate changes, rising.
        rates: one more than there are boundaries.

    Raises:
        ArgumentError: for boundaries that do not rise, or another number of rates.

    Example:
        >>> import graphgrad as gg
        >>> import numpy as np
        >>> gg.optim.piecewise(np.arange(5), [2, 4], [0.1, 0.01, 0.001])
        array([0.1  , 0.1  , 0.01 , 0.01 , 0.001])
    """
    marks = [number("boundary", b) for b in boundaries]
    if any(early >= late for early, late in pairwise(marks)):
        raise ArgumentError(f"boundaries {list(boundaries)} do not rise")
    if len(rates) != len(marks) + 1:
        raise ArgumentError(
            f"{len(rates)} rates for {len(marks)} boundaries",
            remedy="give one rate more than there are boundaries",
        )
    found, *others = [scalar("rate", r) for r in rates]
    for mark, rate in zip(marks, others, strict=True):
        found = where(greater_equal(step, mark), rate, found)
    return found


def exponential(step: Any, rate: Scalar, factor: float, every: float = 1.0) -> Any:
    """rate · factor^(step / every).

    Args:
        step: a tensor, a number or an array.
        rate: at step 0.
        factor: by which the rate changes, above 0.
        every: in so many steps.

    Raises:
        ArgumentError: for numbers out of range.

    Example:
        >>> import graphgrad as gg
        >>> round(gg.optim.exponential(1000, 0.1, 0.5, every=1000), 4)
        0.05
    """
    rate, factor = scalar("rate", rate), number("factor", factor, positive=True)
    return rate * factor ** (step / number("every", every, positive=True))


def power(step: Any, rate: Scalar, every: float, exponent: float = 1.0) -> Any:
    """rate / (1 + step / every)^exponent.

    Args:
        step: a tensor, a number or an array.
        rate: at step 0.
        every: after so many steps the rate is rate / 2^exponent, after twice as many
            rate / 3^exponent.
        exponent: at least 0.

    Raises:
        ArgumentError: for numbers out of range.

    Example:
        >>> import graphgrad as gg
        >>> gg.optim.power(300, 0.1, every=100)
        0.025
    """
    growth = 1 + step / number("every", every, positive=True)
    return scalar("rate", rate) / growth ** number("exponent", exponent)


def cosine(step: Any, rate: Scalar, steps: float, floor: Scalar = 0.0) -> Any:
    """floor + (rate − floor) · (1 + cos(π · step / steps)) / 2, then floor.

    (Loshchilov and Hutter 2017, without restarts)

    Args:
        step: a tensor, a number or an array.
        rate: at step 0.
        steps: after how many the rate is floor, and stays so.
        floor: the last rate.

    Raises:
        ArgumentError: for numbers out of range.

    Example:
        >>> import graphgrad as gg
        >>> round(float(gg.optim.cosine(50, 0.1, 100)), 4)
        0.05
    """
    rate, floor = scalar("rate", rate), scalar("floor", floor)
    share = minimum(step / number("steps", steps, positive=True), 1.0)
    return floor + (rate - floor) * (0.5 * (1 + cos(math.pi * share)))


def warm_up(step: Any, rate: Any, steps: float) -> Any:
    """rate · min(1, (step + 1) / steps): linear, and whole from step steps − 1 on.

    The line starts at 0 before the first call, so that no call is without effect.

    Args:
        step: a tensor, a number or an array.
        rate: a number, or another schedule of the same step.
        steps: how many it takes.

    Raises:
        ArgumentError: for numbers out of range.

    Example:
        >>> import graphgrad as gg
        >>> import numpy as np
        >>> steps = np.arange(6)
        >>> rates = gg.optim.power(steps, 0.4, every=5)
        >>> gg.optim.warm_up(steps, rates, steps=4).round(3)
        array([0.1  , 0.167, 0.214, 0.25 , 0.222, 0.2  ])
    """
    share = (step + 1) / number("steps", steps, positive=True)
    whole = rate if isinstance(rate, np.ndarray) else scalar("rate", rate)
    return whole * minimum(share, 1.0)
