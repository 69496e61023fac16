"""IDX files as bytes, for tests."""

import struct

import numpy as np


def idx(array, magic=b"\0\0\x08"):
    """An IDX file of bytes that holds the array."""
    head = magic + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()
