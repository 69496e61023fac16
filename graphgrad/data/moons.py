"""Two moons: the smallest data that no straight line separates."""

from __future__ import annotations

import numpy as np

from graphgrad.data.libraries import library
from graphgrad.errors import ArgumentError


def load_moons(
    n: int = 100, *, noise: float = 0.1, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Make two interleaved half circles of points, with scikit-learn.

    micrograd's demo draws ``load_moons(seed=1337)``. Its labels are −1 and 1, for a
    hinge loss; for a cross entropy take ``(labels + 1) // 2``.

    Args:
        n: number of points of both moons together.
        noise: standard deviation of the normal noise on each coordinate; the circles
            have radius 1.
        seed: of the noise and the order.

    Returns:
        The points, float64 of shape (n, 2), and the labels, int64 of shape (n,):
        −1 for the upper moon, 1 for the lower.

    Raises:
        ArgumentError: if there are fewer than two points, or the noise is negative.
        DataError: if scikit-learn is not installed.

    Example:
        >>> points, labels = load_moons(200, noise=0.05)
        >>> points.shape, sorted(set(labels.tolist()))
        ((200, 2), [-1, 1])
    """
    if n < 2 or not noise >= 0:
        raise ArgumentError(
            f"two moons of {n} points with noise {noise}",
            remedy="n must be at least 2, the noise at least 0",
        )
    datasets = library("sklearn.datasets", "scikit-learn")
    points, labels = datasets.make_moons(n, noise=noise, random_state=seed)
    return points, 2 * labels.astype(np.int64) - 1
