"""Digits are split for training and testing, equally at every load."""

import gzip
import sys

import numpy as np
import pytest

from graphgrad.data import load_digits
from graphgrad.errors import DataError
from tests.data.files import idx


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz cannot be read"):
        load_digits(tmp_path)


def _folder(tmp_path, images, labels):
    mnist = tmp_path / "mnist"
    mnist.mkdir()
    (mnist / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    return tmp_path


def test_mnist_is_split_without_overlap_and_equally_at_every_load(tmp_path):
    images = np.arange(10 * 4).reshape(10, 2, 2)
    folder = _folder(tmp_path, images, np.arange(10))
    digits = load_digits(folder, seed=3)
    assert digits.train_images.shape == (8, 4)
    assert digits.train_images.dtype == np.float32
    labels = [*digits.train_labels, *digits.test_labels]
    assert sorted(labels) == list(range(10))
    firsts = [*digits.train_images[:, 0], *digits.test_images[:, 0]]
    np.testing.assert_allclose(firsts, np.array(labels) * 4 / 255, rtol=1e-6)
    again = load_digits(folder, seed=3)
    np.testing.assert_array_equal(again.train_labels, digits.train_labels)


def test_labels_that_are_no_digits_are_refused(tmp_path):
    folder = _folder(tmp_path, np.zeros((2, 2, 2)), np.array([3, 12]))
    with pytest.raises(DataError, match="holds the label 12, above 9"):
        load_digits(folder)


def test_without_scikit_learn_or_a_folder_the_remedy_is_named(monkeypatch):
    monkeypatch.delenv("GRAPHGRAD_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"pip install .*GRAPHGRAD_DATA"):
        load_digits()


def test_without_a_folder_scikit_learns_digits_are_taken(monkeypatch):
    monkeypatch.delenv("GRAPHGRAD_DATA", raising=False)
    digits = load_digits()
    assert digits.source == "scikit-learn"
    assert digits.train_images.shape == (1437, 64)
