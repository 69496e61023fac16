"""Sliding windows, what convolution and pooling are made of, and padding.

`unfold` and `fold` are each other's transpose, so the gradient of each is the other.
"""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.shapes import is_static, show, total

_REALS = Interval(-5, 5)


def as_numbers(value: Any, count: int, name: str, least: int = 1) -> tuple[int, ...]:
    """One whole number for every axis, from one for all or a sequence.

    Raises:
        ArgumentError: for another count, other types, or numbers that are too small.
    """
    several = tuple(value) if isinstance(value, list | tuple) else (value,) * count
    if len(several) != count or not all(hasattr(n, "__index__") for n in several):
        raise ArgumentError(
            f"{name} {value!r} is not a whole number, or {count} of them"
        )
    if any(n < least for n in several):
        raise ArgumentError(f"{name} {value!r} has a number below {least}")
    return tuple(n.__index__() for n in several)


def _as_unfold(x: Any, /, window: Any, *, stride: Any = 1, dilation: Any = 1) -> Any:
    sizes = as_numbers(
        window, len(window) if isinstance(window, list | tuple) else 1, "window"
    )
    count = len(sizes)
    return (x,), {
        "window": sizes,
        "stride": as_numbers(stride, count, "stride"),
        "dilation": as_numbers(dilation, count, "dilation"),
    }


def window_places(
    size: tuple[Any, ...], window: Any, stride: Any, dilation: Any
) -> tuple[int, ...]:
    """How many windows there are along each axis.

    Raises:
        ShapeError: if a window is larger than its axis, or a size is not known.
    """
    if not is_static(size):
        raise ShapeError(
            f"windows over axes of sizes {show(size)} need numbers",
            remedy="give the placeholder numbers there",
        )
    reach = tuple(d * (w - 1) + 1 for w, d in zip(window, dilation, strict=True))
    if len(reach) != len(size) or any(r > n for r, n in zip(reach, size, strict=True)):
        raise ShapeError(
            f"a window of {show(reach)} does not fit into axes of {show(size)}",
            remedy="pad the input, or take a smaller window or dilation",
        )
    return tuple((n - r) // s + 1 for n, r, s in zip(size, reach, stride, strict=True))


def _unfolded(x: Any, window: Any, stride: Any, dilation: Any) -> Any:
    count = len(window)
    ahead, size = x.shape[: len(x.shape) - count], x.shape[len(x.shape) - count :]
    return (*ahead, *window_places(size, window, stride, dilation), *window), x.dtype


@primitive(
    infer=_unfolded,
    vjp=(
        lambda g, out, x, window, stride, dilation: fold(
            g, x.shape[x.ndim - len(window) :], stride=stride, dilation=dilation
        ),
    ),
    prepare=_as_unfold,
    domain=Domain(
        (_REALS,),
        signature="(5,4)",
        options=(
            {"window": (2, 3)},
            {"window": (2, 2), "stride": (2, 1), "dilation": (3, 1)},
        ),
    ),
    batch="core",
)
def unfold(
    xp: Any, x: Any, /, window: Any, *, stride: Any = 1, dilation: Any = 1
) -> Any:
    """All windows over the last axes: where they are, then the places within one.

    Args:
        x: of shape (..., *sizes).
        window: how many entries of each of the last axes a window takes.
        stride: steps from window to window.
        dilation: steps from entry to entry within one.

    The result, of shape (..., *places, *window), is a view without a copy.
    """
    return xp.windows(x, window, stride, dilation)


def _as_fold(x: Any, /, size: Any, *, stride: Any = 1, dilation: Any = 1) -> Any:
    sizes = tuple(size) if isinstance(size, list | tuple) else (size,)
    count = len(sizes)
    return (x,), {
        "size": sizes,
        "stride": as_numbers(stride, count, "stride"),
        "dilation": as_numbers(dilation, count, "dilation"),
    }


def _folded(x: Any, size: Any, stride: Any, dilation: Any) -> Any:
    count = len(size)
    ends = len(x.shape) - 2 * count
    places, window = x.shape[ends : ends + count], x.shape[ends + count :]
    if window_places(size, window, stride, dilation) != places:
        raise ShapeError(
            f"shape {show(x.shape)} does not fold to axes of {show(size)}",
            remedy="its last axes are those of unfold: places, then window",
        )
    return (*x.shape[:ends], *size), x.dtype


@primitive(
    infer=_folded,
    vjp=(
        lambda g, out, x, size, stride, dilation: unfold(
            g, x.shape[x.ndim - len(size) :], stride=stride, dilation=dilation
        ),
    ),
    prepare=_as_fold,
    domain=Domain(
        (_REALS,),
        signature="(4,2,2,3)",
        options=(
            {"size": (5, 4)},
            {"size": (7, 5), "stride": (1, 2), "dilation": (3, 1)},
        ),
    ),
    batch="core",
)
def fold(xp: Any, x: Any, /, size: Any, *, stride: Any = 1, dilation: Any = 1) -> Any:
    """Windows added up where `unfold` takes them from, over axes of these sizes."""
    return xp.overlap_add(x, size, stride, dilation)


def _as_pad(x: Any, /, width: Any, *, value: float = 0.0) -> Any:
    pairs = [
        tuple(w) if isinstance(w, list | tuple) else (w, w)
        for w in (width if isinstance(width, list | tuple) else (width,) * x.ndim)
    ]
    flat = as_numbers([n for pair in pairs for n in pair], 2 * x.ndim, "width", 0)
    return (x,), {
        "width": tuple(zip(flat[::2], flat[1::2], strict=True)),
        "value": value,
    }


def _padded(x: Any, width: Any, value: float) -> Any:
    dims = zip(x.shape, width, strict=True)
    return tuple(total((d, a + b)) for d, (a, b) in dims), x.dtype


def _cut(g: Any, out: Any, x: Any, width: Any, value: float) -> Any:
    if not is_static(tuple(d for d, w in zip(x.shape, width, strict=True) if any(w))):
        raise ShapeError(
            f"the gradient of padding shape {show(x.shape)} needs sizes that are known"
        )
    return g[
        tuple(
            slice(a, a + d) if a or b else slice(None)
            for d, (a, b) in zip(x.shape, width, strict=True)
        )
    ]


def _map_pad(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    return pad.apply(inputs, {**attrs, "width": ((0, 0), *attrs["width"])})


@primitive(
    infer=_padded,
    vjp=(_cut,),
    prepare=_as_pad,
    domain=Domain(
        (_REALS,),
        signature="(3,2)",
        options=({"width": ((1, 2), (0, 3))}, {"width": 1, "value": 2.0}),
        valid=lambda x: x.ndim == 2,
    ),
    batch=_map_pad,
)
def pad(xp: Any, x: Any, /, width: Any, *, value: float = 0.0) -> Any:
    """x with a margin of equal entries.

    Args:
        x: of any shape.
        width: entries before and after each axis, as pairs; a number for both, or for
            all axes.
        value: of the entries.
    """
    sizes = tuple(n + a + b for n, (a, b) in zip(x.shape, width, strict=True))
    inside = tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, width, strict=True))
    return xp.index_set(xp.full(sizes, value, dtype=x.dtype), inside, x)


__all__ = declared(globals())
