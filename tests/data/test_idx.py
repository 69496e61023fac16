"""An IDX file is checked before it is believed: no file at all makes another error."""

import gzip
import struct
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from graphgrad.data import idx as module
from graphgrad.data import load_digits, read_idx
from graphgrad.errors import DataError
from tests.data.files import idx

PACKS = (bytes, gzip.compress)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "digits.idx"


@contextmanager
def refused_by_name(start):
    """Passes, or a DataError that names the file."""
    try:
        yield
    except DataError as error:
        if not str(error).startswith(start):
            raise


@pytest.mark.parametrize("pack", PACKS)
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


@given(arrays(np.uint8, array_shapes(max_dims=4)), st.sampled_from(PACKS))
def test_any_array_reads_back(file, array, pack):
    file.write_bytes(pack(idx(array)))
    np.testing.assert_array_equal(read_idx(file), array)


@given(arrays(np.uint8, array_shapes(max_dims=4)), st.sampled_from(PACKS), st.data())
def test_a_file_cut_anywhere_is_refused(file, array, pack, data):
    content = pack(idx(array))
    file.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DataError, match=r"^digits\.idx "):
        read_idx(file)


@given(arrays(np.uint8, array_shapes(max_dims=3)), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_noticed_by_gzip_or_harmless(file, array, place, change):
    content = bytearray(gzip.compress(idx(array)))
    content[place % len(content)] ^= change
    file.write_bytes(content)
    with refused_by_name("digits.idx "):
        np.testing.assert_array_equal(read_idx(file), array)


@st.composite
def hostile(draw):
    """A header that states what it likes, and as many bytes as it likes."""
    size = st.sampled_from([0, 1, 2, 3, 255, 1 << 16, 1 << 31, (1 << 32) - 1])
    sizes = draw(st.lists(size, max_size=6) | st.just([1] * draw(st.integers(0, 255))))
    head = b"\0\0\x08" + bytes([len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)
    return draw(st.sampled_from(PACKS))(head + draw(st.binary(max_size=12)))


@given(st.binary(max_size=40) | hostile())
def test_any_bytes_are_an_array_or_a_data_error(file, content):
    file.write_bytes(content)
    with refused_by_name("digits.idx "):
        assert read_idx(file).dtype == np.uint8


@given(hostile(), hostile())
def test_any_pair_of_files_is_a_dataset_or_a_data_error(file, images, labels):
    folder = file.parent / "mnist"
    folder.mkdir(exist_ok=True)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(images)
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(labels)
    with refused_by_name("t10k-"):
        digits = load_digits(folder.parent)
        assert digits.train_images.ndim == 2
        assert digits.train_images.shape[:1] == digits.train_labels.shape


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((0, 2, 2)), np.zeros(0), r"t10k-images.* holds no images"),
        (np.zeros((2, 4)), np.zeros(2), r"t10k-images.* holds no images"),
        (np.zeros((2, 2, 2)), np.zeros(3), "do not agree: 2 images, labels of shape"),
        (np.zeros((2, 2, 2)), np.zeros((2, 1)), "do not agree"),
        (np.zeros((2, 2, 2)), np.array([3, 10]), r"t10k-labels.* holds the label 10"),
    ],
)
def test_files_that_are_no_pair_are_refused(tmp_path, images, labels, message):
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(idx(images))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    with pytest.raises(DataError, match=message):
        load_digits(tmp_path)


def test_no_bomb_is_unpacked_beyond_the_limit(file, monkeypatch):
    monkeypatch.setattr(module, "_LIMIT", 1000)
    file.write_bytes(gzip.compress(idx(np.zeros((1, 20_000_000)))))
    tracemalloc.start()
    with pytest.raises(DataError, match="unpacks to more than 1000 bytes"):
        read_idx(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
