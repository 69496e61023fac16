"""Data files are checked before they are believed."""

import gzip
import struct

import numpy as np
import pytest

from graphgrad.data import load_digits, read_idx
from graphgrad.errors import DataError


def idx(array, magic=b"\0\0\x08"):
    head = magic + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_reads_back(tmp_path, pack):
    array = np.arange(24).reshape(2, 3, 4)
    file = tmp_path / "a.idx"
    file.write_bytes(pack(idx(array)))
    np.testing.assert_array_equal(read_idx(file), array)


GOOD = idx(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (GOOD[:-1], "states 6 entries and holds 5"),
        (GOOD + b"x", "states 6 entries and holds 7"),
        (GOOD[:6], "ends within its header"),
        (b"\0\0\x0d" + GOOD[3:], "bad magic number"),
        (b"PK\x03\x04 a zip", "bad magic number"),
        (b"\x80\x04\x95 a pickle", "bad magic number"),
        (gzip.compress(GOOD, mtime=0)[:-9], "is damaged"),
        (gzip.compress(GOOD, mtime=0)[:15] + b"\xff" * 20, "is damaged"),
        (b"\0\0\x08\xff" + b"\xff" * 2000, "states"),
    ],
    ids=[
        "empty",
        "one byte short",
        "one byte long",
        "cut header",
        "of doubles",
        "zip",
        "pickle",
        "cut gzip",
        "bad gzip",
        "255 axes",
    ],
)
def test_a_damaged_or_hostile_file_is_refused_by_name(tmp_path, content, message):
    file = tmp_path / "digits.idx"
    file.write_bytes(content)
    with pytest.raises(DataError, match=rf"digits\.idx.*{message}"):
        read_idx(file)


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
    with pytest.raises(DataError, match="do not agree"):
        load_digits(folder)


def test_without_a_folder_scikit_learns_digits_are_taken(monkeypatch):
    monkeypatch.delenv("GRAPHGRAD_DATA", raising=False)
    digits = load_digits()
    assert digits.source == "scikit-learn"
    assert digits.train_images.shape == (1437, 64)
