"""Handwritten digits, split for training and testing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graphgrad.data.idx import read_idx
from graphgrad.errors import DataError


class Digits(NamedTuple):
    """Images and labels of digits.

    Attributes:
        source: where they come from, "MNIST" or "scikit-learn".
        train_images: float32, shape (n, pixels), between 0 and 1.
        train_labels: int64, shape (n,), 0 to 9.
        test_images: as `train_images`.
        test_labels: as `train_labels`.
    """

    source: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def load_digits(folder: str | Path | None = None, *, seed: int = 0) -> Digits:
    """Load digits: four fifths to train, one fifth to test, shuffled by the seed.

    Args:
        folder: holds ``mnist/t10k-images-idx3-ubyte.gz`` and its labels (10,000 digits
            of 28 × 28 pixels); by default what ``GRAPHGRAD_DATA`` names. Without
            either, scikit-learn's 1,797 digits of 8 × 8 pixels are taken.
        seed: of the shuffle.

    Raises:
        DataError: if a file is missing or damaged, or images and labels disagree.
    """
    folder = folder or os.environ.get("GRAPHGRAD_DATA")
    source, images, labels = _mnist(Path(folder)) if folder else _scikit_learn()
    if len(images) != len(labels) or labels.max(initial=0) > 9:
        raise DataError(f"{len(images)} images and {len(labels)} labels do not agree")
    # RandomState: its permutations are the same in every release of NumPy.
    order = np.random.RandomState(seed).permutation(len(images))
    pixels = images.reshape(len(images), -1)[order]
    classes = labels.astype(np.int64)[order]
    cut = len(order) * 4 // 5
    return Digits(source, pixels[:cut], classes[:cut], pixels[cut:], classes[cut:])


def _mnist(folder: Path) -> tuple[str, np.ndarray, np.ndarray]:
    images = read_idx(folder / "mnist" / "t10k-images-idx3-ubyte.gz")
    labels = read_idx(folder / "mnist" / "t10k-labels-idx1-ubyte.gz")
    return "MNIST", images.astype(np.float32) / 255, labels


def _scikit_learn() -> tuple[str, np.ndarray, np.ndarray]:
    try:
        from sklearn import datasets
    except ImportError:
        raise DataError(
            "no digits are at hand: scikit-learn is not installed",
            remedy='pip install "graphgrad[train]", or set GRAPHGRAD_DATA',
        ) from None
    images, labels = datasets.load_digits(return_X_y=True)
    return "scikit-learn", np.asarray(images, np.float32) / 16, np.asarray(labels)
