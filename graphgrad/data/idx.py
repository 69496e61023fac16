"""The IDX format of MNIST: a header of sizes, then bytes, none of it believed."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from graphgrad.errors import DataError

_UNSIGNED_BYTES = 8
_LIMIT = 1 << 31  # entries; the largest MNIST file has 47 million
_CLASSES = 10


def read_idx(path: str | Path) -> np.ndarray:
    """Read an IDX file of unsigned bytes, compressed with gzip or not.

    Args:
        path: the file, e.g. ``t10k-images-idx3-ubyte.gz``.

    Returns:
        A uint8 array of the shape that the header states.

    Raises:
        DataError: if the file is missing, damaged, truncated, too long, or not IDX.
    """
    file = Path(path)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DataError(
            f"{file.name} cannot be read: {error.strerror}",
            remedy="set GRAPHGRAD_DATA to the folder that holds mnist/",
        ) from None
    if len(raw) < 4 or raw[:2] == b"\x1f\x8b":
        raw = _unpacked(file, raw)
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] != _UNSIGNED_BYTES:
        raise DataError(f"{file.name} is not an IDX file of bytes: bad magic number")
    axes = raw[3]
    start = 4 + 4 * axes
    if len(raw) < start:
        raise DataError(f"{file.name} ends within its header")
    shape = struct.unpack(f">{axes}I", raw[4:start])
    count = 1
    for size in shape:
        count *= size
    if count > _LIMIT or len(raw) - start != count:
        raise DataError(
            f"{file.name} states {count} entries and holds {len(raw) - start}",
            remedy="fetch the file again",
        )
    try:
        return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)
    except ValueError as error:  # more axes than NumPy has, or 0 × too many entries
        raise DataError(f"{file.name} states an impossible shape: {error}") from None


def read_labelled_images(
    images: str | Path, labels: str | Path
) -> tuple[np.ndarray, np.ndarray]:
    """Read images and their labels from a pair of IDX files.

    Args:
        images: a file of shape (n, height, width), n at least 1.
        labels: a file of shape (n,), each label 0 to 9.

    Returns:
        Images as float32 of shape (n, height·width) between 0 and 1, one row each, and
        labels as int64 of shape (n,).

    Raises:
        DataError: as `read_idx` does, or if the files are not such a pair.
    """
    pixels, classes = read_idx(images), read_idx(labels)
    if pixels.ndim != 3 or pixels.size == 0:
        raise DataError(f"{Path(images).name} holds no images: shape {pixels.shape}")
    if classes.shape != pixels.shape[:1]:
        raise DataError(
            f"{Path(images).name} and {Path(labels).name} do not agree: "
            f"{len(pixels)} images, labels of shape {classes.shape}"
        )
    if classes.max() >= _CLASSES:
        raise DataError(f"{Path(labels).name} holds the label {classes.max()}, above 9")
    rows = pixels.reshape(len(pixels), -1)
    return np.divide(rows, 255, dtype=np.float32), classes.astype(np.int64)


def _unpacked(file: Path, raw: bytes) -> bytes:
    if not raw:
        raise DataError(f"{file.name} is empty")
    try:
        with gzip.open(file) as stream:
            data = stream.read(_LIMIT + 1)  # no bomb unpacks to more than this
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file.name} is damaged: {error}") from None
    if len(data) > _LIMIT:
        raise DataError(f"{file.name} unpacks to more than {_LIMIT} bytes")
    return data
