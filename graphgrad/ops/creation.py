"""Making tensors from shapes, ranges and data; all are constants.

A shape with symbolic dimensions gives a node instead, filled when a size is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import FLOAT, INTEGER, as_device, as_dtype
from graphgrad.errors import ArgumentError, DTypeError, ShapeError
from graphgrad.graph.declare import composite
from graphgrad.graph.op import CONSTANT, constant, leaf, lift
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.comparison import where
from graphgrad.ops.movement import broadcast_to, reshape, stack
from graphgrad.ops.structure import astype, zeros_like
from graphgrad.shapes import as_shape, broadcast, is_static, show

_MATRIX = Domain((Interval(-10, 10),), signature="(n,m)", options=({}, {"k": 1}))


def asarray(
    obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None
) -> Tensor:
    """A tensor from numbers, lists and arrays; a tensor stays what it is.

    Args:
        obj: number, array, tensor, or (nested) list of them; tensors in it are stacked.
        dtype: of the result; by default obj's. Python ints give int64.
        device: "cpu" or None.
        copy: False shares the memory of an array, which then must not be changed.

    Raises:
        DTypeError: for what makes no array of numbers.
        ArgumentError: if a copy is needed and ``copy=False``.

    Example:
        >>> import graphgrad as gg
        >>> gg.asarray([1, 2], dtype=gg.float32)
        <constant unnamed (2,) float32>
    """
    as_device(device)
    if isinstance(obj, Tensor):
        wanted = obj.dtype if dtype is None else as_dtype(dtype)
        return obj if wanted == obj.dtype else astype(obj, wanted)
    if copy is False:
        return _shared(obj, dtype)
    if isinstance(obj, list | tuple) and _holds_tensors(obj):
        made = stack([asarray(part) for part in obj])
        return made if dtype is None else astype(made, dtype)
    if dtype is None:
        return constant(obj)
    made = np.asarray(obj) if isinstance(obj, np.ndarray | np.generic) else obj
    try:
        return constant(np.array(made, dtype=as_dtype(dtype)))
    except (TypeError, ValueError, OverflowError) as error:
        raise DTypeError(
            f"{type(obj).__name__} does not make an array of {as_dtype(dtype)}: {error}"
        ) from error


def _holds_tensors(obj: Any) -> bool:
    if isinstance(obj, list | tuple):
        return any(_holds_tensors(part) for part in obj)
    return isinstance(obj, Tensor)


def _shared(obj: Any, dtype: Any) -> Tensor:
    try:
        array = np.asarray(obj, dtype=dtype, copy=False).view()
    except ValueError as error:
        raise ArgumentError(
            f"{type(obj).__name__} needs a copy to become a tensor",
            remedy="leave copy out",
        ) from error
    as_dtype(array.dtype)
    array.flags.writeable = False
    return leaf(CONSTANT, array)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor from an array of another library, without a copy where that allows.

    Args:
        x: anything with ``__dlpack__``, in the main memory.
        device: "cpu" or None.
        copy: True copies.

    Raises:
        DTypeError: for dtypes that NumPy lacks, such as bfloat16.

    Example:
        >>> import numpy as np
        >>> import graphgrad as gg
        >>> gg.from_dlpack(np.ones(3)).shape
        (3,)
    """
    as_device(device)
    try:
        array = np.from_dlpack(x, copy=copy)
    except (TypeError, RuntimeError, BufferError) as error:
        raise DTypeError(
            f"{type(x).__name__} does not come over: {error}",
            remedy="cast it to a dtype that NumPy has, in main memory",
        ) from error
    return _shared(array, None)


def full(
    shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """A tensor of equal entries.

    Args:
        shape: sizes and names of symbolic dimensions.
        fill_value: number, or tensor without axes.
        dtype: by default that of the value.
        device: "cpu" or None.

    Example:
        >>> import graphgrad as gg
        >>> gg.full((2,), 7).value
        array([7, 7])
    """
    dims = as_shape(shape)
    value = asarray(fill_value, dtype=dtype, device=device)
    if value.op is CONSTANT and is_static(dims):
        return constant(np.broadcast_to(value._value, dims))  # type: ignore[arg-type]
    return broadcast_to(value, dims)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of zeros, float64 unless another dtype is given; see `full`."""
    return full(shape, 0, dtype=FLOAT if dtype is None else dtype, device=device)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of ones, float64 unless another dtype is given; see `full`."""
    return full(shape, 1, dtype=FLOAT if dtype is None else dtype, device=device)


# Tensors cannot be written to, so an empty one would never be filled.
def empty(shape: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """As `zeros`: same seed, same figures, so no memory is left as it was."""
    return zeros(shape, dtype=dtype, device=device)


def empty_like(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    """As `zeros_like`."""
    return zeros_like(x, dtype=dtype, device=device)


def full_like(
    x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None
) -> Any:
    """Equal entries in the shape of x, and in its dtype unless another is given."""
    wanted = as_dtype(x.dtype if dtype is None else dtype)
    return zeros_like(x, dtype=wanted, device=device) + astype(fill_value, wanted)


def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Numbers from start (0 if one number is given) up to stop, stop excluded.

    Example:
        >>> import graphgrad as gg
        >>> gg.arange(2, 8, 3).value
        array([2, 5])
    """
    as_device(device)
    ends = (0, start) if stop is None else (start, stop)
    whole = all(isinstance(e, int | np.integer) for e in (*ends, step))
    chosen = (INTEGER if whole else FLOAT) if dtype is None else as_dtype(dtype)
    if step == 0:
        raise ArgumentError("a range with step 0 has no end")
    count = max(int(np.ceil((ends[1] - ends[0]) / step)), 0)
    if chosen.kind in "iu" and count:
        return constant(np.arange(ends[0], ends[1], step).astype(chosen)[:count])
    return constant(np.arange(*ends, step, dtype=chosen)[:count])


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """So many numbers at equal distances from start to stop.

    Example:
        >>> import graphgrad as gg
        >>> gg.linspace(0, 1, 3).value
        array([0. , 0.5, 1. ])
    """
    as_device(device)
    wanted = None if dtype is None else as_dtype(dtype)
    return constant(np.linspace(start, stop, num, endpoint=endpoint, dtype=wanted))


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """A matrix with ones on its k-th diagonal (above the main one for k > 0).

    Example:
        >>> import graphgrad as gg
        >>> gg.eye(2).value
        array([[1., 0.],
               [0., 1.]])
    """
    as_device(device)
    wanted = FLOAT if dtype is None else as_dtype(dtype)
    return constant(np.eye(n_rows, n_cols, k, dtype=wanted))


def _as_triangle(x: Any, /, *, k: int = 0) -> Any:
    if len(x.shape) < 2:
        raise ShapeError(f"shape {show(x.shape)} has no rows and columns")
    return (x,), {"k": int(k)}


def _mask(x: Any, k: int) -> Any:
    if not is_static(x.shape[-2:]):
        raise ShapeError(
            f"a triangle of shape {show(x.shape)} needs sizes that are known",
            remedy="give the placeholder numbers for its last two dimensions",
        )
    rows, columns = x.shape[-2:]
    return np.tri(rows, columns, k, dtype=bool)


@composite(prepare=_as_triangle, domain=_MATRIX)
def tril(x: Any, /, *, k: int = 0) -> Any:
    """x on and below its k-th diagonal, zeros above; of the last two axes."""
    return where(_mask(x, k), x, zeros_like(x))


@composite(prepare=_as_triangle, domain=_MATRIX)
def triu(x: Any, /, *, k: int = 0) -> Any:
    """x on and above its k-th diagonal, zeros below; of the last two axes."""
    return where(_mask(x, k - 1), zeros_like(x), x)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """One tensor per vector, all of the shape of the grid that the vectors span.

    Args:
        *arrays: vectors of one dtype.
        indexing: "xy" puts the first vector along the second axis, "ij" along the
            first.

    Raises:
        ArgumentError: for another indexing.
        ShapeError: if one is not a vector.

    Example:
        >>> import graphgrad as gg
        >>> x, y = gg.meshgrid(gg.arange(2), gg.arange(3))
        >>> x.shape, y.value[:, 0]
        ((3, 2), array([0, 1, 2]))
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f'indexing is "xy" or "ij", not {indexing!r}')
    vectors = lift(arrays)
    for x in vectors:
        if x.ndim > 1:
            raise ShapeError(f"shape {show(x.shape)} is not a vector's")
    places = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        places[:2] = [1, 0]
    sides = [
        reshape(x, tuple(-1 if p == place else 1 for p in range(len(vectors))))
        for x, place in zip(vectors, places, strict=True)
    ]
    return broadcast_arrays(*sides)


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """The tensors in the one shape that they broadcast to.

    Raises:
        ShapeError: if they do not broadcast.
    """
    tensors = lift(arrays)
    shape = broadcast(*[x.shape for x in tensors])
    return [x if x.shape == shape else broadcast_to(x, shape) for x in tensors]


def broadcast_shapes(*shapes: Sequence[Any]) -> tuple[Any, ...]:
    """The shape that these broadcast to.

    Raises:
        ShapeError: if they do not.
    """
    return broadcast(*[as_shape(s) for s in shapes])


__all__ = [
    "arange",
    "asarray",
    "broadcast_arrays",
    "broadcast_shapes",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "tril",
    "triu",
    "zeros",
]
