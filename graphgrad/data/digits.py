"""Handwritten digits, split for training and testing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graphgrad.data.idx import read_labelled_images
from graphgrad.data.libraries import library


class Digits(NamedTuple):
    """Images of ten classes, with labels, to train on and to test with.

    Attributes:
        source: where they come from: "MNIST", "Fashion-MNIST" or "scikit-learn".
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

    A small set that needs no network; `load_mnist` has all 70,000.

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
    # RandomState: its permutations are the same in every release of NumPy.
    order = np.random.RandomState(seed).permutation(len(images))
    images, labels = images[order], labels[order]
    cut = len(order) * 4 // 5
    return Digits(source, images[:cut], labels[:cut], images[cut:], labels[cut:])


def _mnist(folder: Path) -> tuple[str, np.ndarray, np.ndarray]:
    images = folder / "mnist" / "t10k-images-idx3-ubyte.gz"
    labels = folder / "mnist" / "t10k-labels-idx1-ubyte.gz"
    return "MNIST", *read_labelled_images(images, labels)


def _scikit_learn() -> tuple[str, np.ndarray, np.ndarray]:
    datasets = library("sklearn.datasets", "scikit-learn", instead=_OWN_FILES)
    images, labels = datasets.load_digits(return_X_y=True)
    images = np.asarray(images, np.float32) / 16
    return "scikit-learn", images, np.asarray(labels, np.int64)


_OWN_FILES = ", or set GRAPHGRAD_DATA to the folder that holds mnist/"
