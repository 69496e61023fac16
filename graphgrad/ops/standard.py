"""What the array API standard asks of a namespace and its arrays besides functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphgrad import dtypes
from graphgrad.dtypes import as_device, isdtype
from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import Tensor, describe

VERSION = "2024.12"

_VERSIONS = (None, "2021.12", "2022.12", "2023.12", VERSION)

e, pi, inf, nan, newaxis = math.e, math.pi, math.inf, math.nan, None

_DTYPES = {
    str(dtype): dtype
    for dtype in (
        dtypes.BOOL,
        *(dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64),
        *(dtypes.uint8, dtypes.uint16, dtypes.uint32, dtypes.uint64),
        *(dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128),
    )
}


class NamespaceInfo:
    """What this namespace can do; see the standard's inspection interface."""

    def capabilities(self) -> dict[str, Any]:
        """Masks and shapes that depend on values work for constants alone."""
        return {
            "boolean indexing": False,
            "data-dependent shapes": False,
            "max dimensions": 64,
        }

    def default_device(self) -> str:
        """The one device."""
        return as_device(None)

    def devices(self) -> list[str]:
        """All devices."""
        return [as_device(None)]

    def default_dtypes(self, *, device: Any = None) -> dict[str, np.dtype]:
        """What Python numbers become."""
        as_device(device)
        return {
            "real floating": dtypes.FLOAT,
            "complex floating": dtypes.complex128,
            "integral": dtypes.INTEGER,
            "indexing": dtypes.INTEGER,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, np.dtype]:
        """The standard's dtypes by name, of a kind if one is given; see `isdtype`."""
        as_device(device)
        return {
            name: dtype
            for name, dtype in _DTYPES.items()
            if kind is None or isdtype(dtype, kind)
        }


def namespace_info() -> NamespaceInfo:
    """What this namespace can do: its devices, dtypes and capabilities."""
    return NamespaceInfo()


def require_version(version: str | None) -> None:
    """Refuse an edition of the standard that the namespace does not follow.

    Raises:
        ArgumentError: for it.
    """
    if version not in _VERSIONS:
        raise ArgumentError(
            f"there is no edition {version!r} of the array API standard here",
            remedy=f"the newest one is {VERSION!r}",
        )


def device(tensor: Tensor) -> str:
    """Where the values are."""
    return as_device(None)


def to_device(tensor: Tensor, device: Any, /, *, stream: Any = None) -> Tensor:
    """The tensor itself, if the device is "cpu".

    Raises:
        ArgumentError: for any other device.
    """
    as_device(device)
    return tensor


def size(tensor: Tensor) -> int | None:
    """The number of entries; None while a dimension is symbolic."""
    if not all(isinstance(d, int) for d in tensor.shape):
        return None
    return math.prod(tensor.shape)  # type: ignore[arg-type]


def dlpack(
    tensor: Tensor,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """The value as a DLPack capsule, without a copy where the consumer knows read-only.

    Consumers of DLPack before 1.0 cannot be told that the memory is read-only; they
    get a copy.
    """
    value = tensor.value
    if max_version is None or max_version[0] < 1:
        value = value.copy()
    return value.__dlpack__(
        stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
    )


def dlpack_device(tensor: Tensor) -> tuple[int, int]:
    """Type and number of the device, as DLPack has them: the CPU."""
    return (1, 0)


def index(tensor: Tensor) -> int:
    """The value of an integer without axes, so that it can index a list.

    Raises:
        ArgumentError: for other tensors.
    """
    if tensor.shape or tensor.dtype.kind not in "iu":
        raise ArgumentError(
            f"{describe(tensor)} is no index",
            remedy="an index is an integer without axes",
        )
    return int(tensor.value)
