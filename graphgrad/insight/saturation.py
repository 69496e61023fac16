"""Which activations are at the limits of their range."""

from __future__ import annotations

from typing import Any

import numpy as np

RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
# Beyond them the op's own derivative is below 0.01 (sigmoid) or 0.02 (tanh).
LIMITS = {"sigmoid": (0.01, 0.99), "tanh": (-0.99, 0.99)}


def saturated(op: str, values: Any) -> np.ndarray:
    """Which of an op's results are so near a limit that no gradient passes.

    Args:
        op: the op's name; one without limits has no saturated results. A dead ReLU is
            not saturated.
        values: its results, of any shape.

    Returns:
        Booleans of the same shape.

    Example:
        >>> saturated("tanh", [0.5, -0.999]).tolist()
        [False, True]
    """
    low, high = LIMITS.get(op, (-np.inf, np.inf))
    array = np.asarray(values)
    return (array < low) | (array > high)
