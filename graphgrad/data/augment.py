"""Images are shifted, turned, scaled and bent at random: more examples of each class.

A warp says for every pixel where in the old image it comes from, so any number of them
is one map and one interpolation, for a whole batch at once.
"""

from __future__ import annotations

import math

import numpy as np

from graphgrad.errors import ArgumentError, DTypeError, ShapeError

Rng = np.random.RandomState | np.random.Generator

_BLOCK = 1024  # images warped together; each takes 50 kB on the way


def shifted(images: np.ndarray, rng: Rng, most: int = 2) -> np.ndarray:
    """Shift each image by whole pixels, up, down and sideways; zeros come in.

    Args:
        images: float32 or float64, shape (n, height, width), or (n, side²) of squares.
        rng: a NumPy `RandomState` or `Generator`; it is advanced.
        most: the largest shift along an axis, in pixels.

    Returns:
        New images of the same shape and dtype.

    Raises:
        ArgumentError: if `most` is negative, or `rng` is no generator.
        DTypeError: if the images are not of floats.
        ShapeError: if they have another shape.

    Example:
        >>> dot = np.zeros((1, 5, 5), np.float32)
        >>> dot[0, 2, 2] = 1
        >>> moved = shifted(dot, np.random.RandomState(0))
        >>> moved.sum(), np.argwhere(moved[0]).tolist()
        (np.float32(1.0), [[0, 4]])
    """
    images = np.asarray(images)
    stack = _stack(images, rng)
    _check(most >= 0, f"a shift of {most} pixels: it must not be negative")
    n, height, width = stack.shape
    padded = np.pad(stack, ((0, 0), (most, most), (most, most)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), (1, 2))
    down, right = rng.choice(2 * most + 1, (2, n))
    return windows[np.arange(n), down, right].reshape(images.shape)


def rotated(images: np.ndarray, rng: Rng, degrees: float = 15) -> np.ndarray:
    """Rotate each image about its centre by an angle from −degrees to degrees.

    Images, results and errors are as with `augmented`.
    """
    return augmented(images, rng, shift=0, degrees=degrees, scale=1, elastic=0)


def scaled(images: np.ndarray, rng: Rng, factor: float = 1.1) -> np.ndarray:
    """Scale each image about its centre, from 1/factor to factor times its size.

    Images, results and errors are as with `augmented`.
    """
    return augmented(images, rng, shift=0, degrees=0, scale=factor, elastic=0)


def distorted(
    images: np.ndarray, rng: Rng, strength: float = 1.0, smoothness: float = 4.0
) -> np.ndarray:
    """Bend each image as if it were drawn on rubber (Simard et al. 2003).

    Every pixel is moved by uniform noise that a Gaussian has smoothed. Simard's
    α = 34 and σ = 4 are the strength 1.4 and the smoothness 4.

    Args:
        images: as with `augmented`, as are the result and the errors.
        rng: a NumPy `RandomState` or `Generator`; it is advanced.
        strength: root mean square of the movement along each axis, in pixels.
        smoothness: standard deviation of the Gaussian, in pixels.
    """
    return augmented(
        images,
        rng,
        shift=0,
        degrees=0,
        scale=1,
        elastic=strength,
        smoothness=smoothness,
    )


def augmented(
    images: np.ndarray,
    rng: Rng,
    *,
    shift: float = 2,
    degrees: float = 10,
    scale: float = 1.1,
    elastic: float = 0.5,
    smoothness: float = 4.0,
) -> np.ndarray:
    """Shift, rotate, scale and distort each image, with one linear interpolation.

    Amounts are uniform between their bounds (that of the scale in its logarithm); what
    comes in from outside is 0. The defaults suit digits of 28 × 28 pixels.

    Args:
        images: float32 or float64, shape (n, height, width), or (n, side²) of squares.
        rng: a NumPy `RandomState` or `Generator`; it is advanced.
        shift: the largest shift along an axis, in pixels, not only whole ones.
        degrees: the largest angle, in either direction.
        scale: the largest factor; the smallest is its inverse.
        elastic: strength of `distorted`, in pixels.
        smoothness: smoothness of `distorted`, in pixels.

    Returns:
        New images of the same shape and dtype, with no value beyond those of the old
        images and 0.

    Raises:
        ArgumentError: if a bound makes no sense, or `rng` is no generator.
        DTypeError: if the images are not of floats.
        ShapeError: if they have another shape.

    Example:
        >>> images = np.ones((3, 784), np.float32)
        >>> augmented(images, np.random.RandomState(0)).shape
        (3, 784)
    """
    images = np.asarray(images)
    stack = _stack(images, rng)
    _check_bounds(shift, degrees, scale, elastic, smoothness)
    made = np.empty_like(stack)
    for start in range(0, len(stack), _BLOCK):
        block = stack[start : start + _BLOCK]
        places = _affine(block.shape, rng, shift, degrees, scale)
        if elastic:
            places += _elastic(block.shape, rng, elastic, smoothness)
        made[start : start + _BLOCK] = _sampled(block, places)
    return made.reshape(images.shape)


def _affine(
    shape: tuple[int, ...], rng: Rng, shift: float, degrees: float, scale: float
) -> np.ndarray:
    """Row and column that each pixel comes from, shape (2, n, height, width)."""
    n, height, width = shape
    move = rng.uniform(-shift, shift, (2, n))
    angle = np.radians(rng.uniform(-degrees, degrees, n))
    zoom = scale ** rng.uniform(-1, 1, n)
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    back = np.array([[cos, sin], [-sin, cos]])  # rows run down: this undoes the turn
    centre = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    rest = centre - np.einsum("ijn,jn->in", back, move)
    maps = np.concatenate([back, rest[:, None]], axis=1).transpose(0, 2, 1)
    rows, columns = np.indices((height, width)).reshape(2, -1) - centre
    pixels = np.stack([rows, columns, np.ones_like(rows)])
    return (maps @ pixels).reshape(2, *shape)


def _elastic(
    shape: tuple[int, ...], rng: Rng, strength: float, smoothness: float
) -> np.ndarray:
    """Smooth random displacements, shape (2, n, height, width)."""
    noise = rng.uniform(-1, 1, (2, *shape)) * (strength * math.sqrt(3))
    down, across = (_smoothing(size, smoothness) for size in shape[1:])
    return down @ noise @ across.T


def _smoothing(size: int, width: float) -> np.ndarray:
    """A matrix that smooths noise along an axis and keeps its variance everywhere."""
    from scipy.ndimage import gaussian_filter1d

    matrix = gaussian_filter1d(np.eye(size), width, axis=0, mode="constant")
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def _sampled(stack: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The images at places (2, n, height, width); changes the places.

    The images stand above one another with a margin of zeros, and places are kept
    within: interpolation in two dimensions, where a third would double its cost.
    """
    from scipy.ndimage import map_coordinates

    n, height, width = stack.shape
    tall = np.zeros((n, height + 2, width + 2), stack.dtype)
    tall[:, 1:-1, 1:-1] = stack
    rows, columns = places
    np.clip(rows, -1, height, out=rows)
    np.clip(columns, -1, width, out=columns)
    rows += 1 + (height + 2) * np.arange(n)[:, None, None]
    columns += 1
    tall = tall.reshape(n * (height + 2), width + 2)
    return map_coordinates(tall, places, output=stack.dtype, order=1, mode="nearest")


def _stack(images: np.ndarray, rng: Rng) -> np.ndarray:
    """The images as (n, height, width)."""
    known = isinstance(rng, np.random.RandomState | np.random.Generator)
    _check(known, f"{rng!r} draws no numbers: rng must be a np.random.RandomState")
    if images.dtype not in (np.float32, np.float64):
        raise DTypeError(
            f"images of {images.dtype}; they must be float32 or float64",
            remedy="images.astype(np.float32) / 255",
        )
    if images.ndim == 3:
        return images
    side = math.isqrt(images.shape[1]) if images.ndim == 2 else 0
    if images.ndim != 2 or side**2 != images.shape[1]:
        raise ShapeError(
            f"images of shape {images.shape}",
            remedy="reshape them to (n, height, width)",
        )
    return images.reshape(len(images), side, side)


def _check_bounds(
    shift: float, degrees: float, scale: float, elastic: float, smoothness: float
) -> None:
    _check(shift >= 0, f"a shift of {shift} pixels: it must not be negative")
    _check(degrees >= 0, f"a rotation of {degrees}°: it must not be negative")
    _check(scale >= 1, f"a scale of {scale}: it must be at least 1")
    _check(elastic >= 0, f"a distortion of {elastic} pixels: it must not be negative")
    _check(smoothness > 0, f"a smoothness of {smoothness} pixels: it must be positive")


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise ArgumentError(problem)
