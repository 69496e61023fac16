"""Discrete Fourier transforms, as the extension of the array API standard: `gg.fft`.

Two primitives transform along one axis; all else is made of them. A transform is
symmetric as a matrix, so its gradient is the transform itself. Single precision stays
single; real input is taken as complex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import as_device, as_dtype, promote, to_floating
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.op import constant, declared
from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arranging import roll
from graphgrad.ops.complex import conj, real
from graphgrad.ops.movement import broadcast_to, concat, flip
from graphgrad.ops.structure import astype
from graphgrad.shapes import normalise_axis, show

_REALS = Interval(-5, 5)
_NORMS = ("backward", "ortho", "forward")


def _complex(dtype: np.dtype) -> np.dtype:
    return promote(to_floating(dtype), np.dtype("complex64"))


def _transformed(x: Any, axis: int, norm: str) -> Any:
    return x.shape, _complex(x.dtype)


_LINE = Domain(
    (_REALS,),
    signature="(4)",
    options=({"axis": 0, "norm": "ortho"},),
    valid=lambda x: x.ndim == 1,
)


@primitive(
    name="dft",
    infer=_transformed,
    vjp=(
        lambda g, out, x, axis, norm: _forward.apply(
            (g,), {"axis": axis, "norm": norm}
        ),
    ),
    domain=_LINE,
    batch="axis",
)
def _forward(xp: Any, x: Any, /, axis: int, norm: str) -> Any:
    """Σ xₖ exp(−2πi jk/n) along one axis."""
    return xp.fft.fft(x, axis=axis, norm=norm)


@primitive(
    name="inverse_dft",
    infer=_transformed,
    vjp=(
        lambda g, out, x, axis, norm: _backward.apply(
            (g,), {"axis": axis, "norm": norm}
        ),
    ),
    domain=_LINE,
    batch="axis",
)
def _backward(xp: Any, x: Any, /, axis: int, norm: str) -> Any:
    """Σ xₖ exp(+2πi jk/n) / n along one axis."""
    return xp.fft.ifft(x, axis=axis, norm=norm)


def _as_one(
    x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward"
) -> Any:
    _require_norm(norm)
    return (x,), {"n": n, "axis": normalise_axis(axis, x.ndim), "norm": norm}


def _require_norm(norm: str) -> None:
    if norm not in _NORMS:
        raise ArgumentError(
            f"there is no norm {norm!r}", remedy=f"the norms are {', '.join(_NORMS)}"
        )


def _as_several(
    x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward"
) -> Any:
    _require_norm(norm)
    if axes is None:
        axes = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
    places = tuple(normalise_axis(a, x.ndim) for a in axes)
    if s is not None and len(s) != len(places):
        raise ArgumentError(f"{len(s)} sizes for {len(places)} axes")
    return (x,), {"s": None if s is None else tuple(s), "axes": places, "norm": norm}


def _resized(x: Any, n: int | None, axis: int) -> Any:
    """x cut off, or filled up with zeros, to n entries along an axis."""
    size = x.shape[axis]
    if n is None or n == size:
        return x
    if not isinstance(size, int) or n < 1:
        raise ShapeError(
            f"axis {axis} of shape {show(x.shape)} cannot be made {n} long",
            remedy="give a known axis a size of at least 1",
        )
    if n < size:
        return x[(*(slice(None),) * axis, slice(0, n))]
    shape = (*x.shape[:axis], n - size, *x.shape[axis + 1 :])
    return concat([x, broadcast_to(np.zeros((), x.dtype), shape)], axis=axis)


def _one(name: str, doc: str, transform: Callable[..., Any]) -> Any:
    """A transform of n entries along one axis."""

    def body(
        x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward"
    ) -> Any:
        return transform(x, n, axis, norm)

    body.__name__, body.__doc__ = name, doc
    options = ({}, {"n": 3, "axis": 0, "norm": "ortho"}, {"n": 6, "norm": "forward"})
    facts = Domain((_REALS,), signature="(5,4)", options=options, analytic=False)
    return composite(prepare=_as_one, domain=facts, like=f"numpy.fft.{name}")(body)


def _fft(x: Any, n: int | None, axis: int, norm: str) -> Any:
    return _forward.apply((_resized(x, n, axis),), {"axis": axis, "norm": norm})


def _ifft(x: Any, n: int | None, axis: int, norm: str) -> Any:
    return _backward.apply((_resized(x, n, axis),), {"axis": axis, "norm": norm})


def _front(x: Any, axis: int, count: int) -> Any:
    return x[(*(slice(None),) * axis, slice(0, count))]


def _rfft(x: Any, n: int | None, axis: int, norm: str) -> Any:
    whole = _fft(x, n, axis, norm)
    return _front(whole, axis, _length(whole, axis) // 2 + 1)


def _length(x: Any, axis: int) -> int:
    if not isinstance(x.shape[axis], int):
        raise ShapeError(
            f"axis {axis} of shape {show(x.shape)} has no known size",
            remedy="give n, or the placeholder a number there",
        )
    return x.shape[axis]


def _mirrored(x: Any, n: int | None, axis: int) -> Any:
    """The whole of a spectrum of which the half up to n // 2 is given."""
    size = 2 * (_length(x, axis) - 1) if n is None else n
    if size < 1:
        raise ShapeError(f"a transform of {size} entries", remedy="give n, at least 1")
    half = _resized(astype(x, _complex(x.dtype)), size // 2 + 1, axis)
    ahead = (*(slice(None),) * axis,)
    # The ends of the half are real where they are their own mirror images.
    parts = [astype(real(_front(half, axis, 1)), half.dtype)]
    middle = half[(*ahead, slice(1, (size + 1) // 2))]
    parts.append(middle)
    if size % 2 == 0:
        parts.append(astype(real(half[(*ahead, slice(size // 2, None))]), half.dtype))
    return concat([*parts, conj(flip(middle, axis))], axis=axis)


def _irfft(x: Any, n: int | None, axis: int, norm: str) -> Any:
    return real(_ifft(_mirrored(x, n, axis), None, axis, norm))


_TURNED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def _hfft(x: Any, n: int | None, axis: int, norm: str) -> Any:
    return _irfft(conj(x), n, axis, _TURNED[norm])


def _ihfft(x: Any, n: int | None, axis: int, norm: str) -> Any:
    return conj(_rfft(x, n, axis, _TURNED[norm]))


fft = _one("fft", "The discrete Fourier transform along an axis.", _fft)
ifft = _one("ifft", "The inverse of `fft`.", _ifft)
rfft = _one("rfft", "The half of `fft` that decides the rest, of a real x.", _rfft)
irfft = _one("irfft", "The inverse of `rfft`: real, of n entries.", _irfft)
hfft = _one("hfft", "The transform, which is real, of half a Hermitian signal.", _hfft)
ihfft = _one("ihfft", "The inverse of `hfft`.", _ihfft)


def _several(name: str, doc: str, transform: Callable[..., Any]) -> Any:
    """A transform along several axes, by default all."""

    def body(
        x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward"
    ) -> Any:
        sizes = (None,) * len(axes) if s is None else s
        return transform(x, sizes, axes, norm)

    body.__name__, body.__doc__ = name, doc
    options = ({"axes": (-2, -1)}, {"s": (3, 6), "axes": (-1, -2), "norm": "ortho"})
    facts = Domain((_REALS,), signature="(5,4)", options=options, analytic=False)
    return composite(prepare=_as_several, domain=facts, like=f"numpy.fft.{name}")(body)


def _along(transform: Callable[..., Any]) -> Callable[..., Any]:
    def along(x: Any, s: Sequence[Any], axes: Sequence[int], norm: str) -> Any:
        for n, axis in zip(s, axes, strict=True):
            x = transform(x, n, axis, norm)
        return x

    return along


def _rfftn(x: Any, s: Sequence[Any], axes: Sequence[int], norm: str) -> Any:
    half = _rfft(x, s[-1], axes[-1], norm)
    return _along(_fft)(half, s[:-1], axes[:-1], norm)


def _irfftn(x: Any, s: Sequence[Any], axes: Sequence[int], norm: str) -> Any:
    inner = _along(_ifft)(x, s[:-1], axes[:-1], norm)
    return _irfft(inner, s[-1], axes[-1], norm)


fftn = _several("fftn", "The transform along several axes.", _along(_fft))
ifftn = _several("ifftn", "The inverse of `fftn`.", _along(_ifft))
rfftn = _several("rfftn", "`rfft` along the last axis, `fft` along the rest.", _rfftn)
irfftn = _several("irfftn", "The inverse of `rfftn`.", _irfftn)


def _as_shift(x: Any, /, *, axes: Any = None) -> Any:
    wanted = range(x.ndim) if axes is None else axes
    wanted = (wanted,) if hasattr(wanted, "__index__") else wanted
    return (x,), {"axes": tuple(normalise_axis(a, x.ndim) for a in wanted)}


_SHIFTS = Domain((_REALS,), signature="(5,4)", options=({}, {"axes": (1,)}))


@composite(prepare=_as_shift, domain=_SHIFTS, like="numpy.fft.fftshift")
def fftshift(x: Any, /, *, axes: Any = None) -> Any:
    """x with the entry of frequency 0 moved to the middle of each axis."""
    return roll(x, tuple(_length(x, a) // 2 for a in axes), axis=tuple(axes))


@composite(prepare=_as_shift, domain=_SHIFTS, like="numpy.fft.ifftshift")
def ifftshift(x: Any, /, *, axes: Any = None) -> Any:
    """The inverse of `fftshift`."""
    return roll(x, tuple(-(_length(x, a) // 2) for a in axes), axis=tuple(axes))


def fftfreq(
    n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None
) -> Tensor:
    """The frequencies of the entries of `fft`, in cycles per unit of d.

    Args:
        n: number of entries.
        d: distance of the samples.
        dtype: floating-point; float64 by default.
        device: "cpu" or None.
    """
    return _frequencies(np.fft.fftfreq(n, d), dtype, device)


def rfftfreq(
    n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None
) -> Tensor:
    """The frequencies of the entries of `rfft`; see `fftfreq`."""
    return _frequencies(np.fft.rfftfreq(n, d), dtype, device)


def _frequencies(values: np.ndarray, dtype: Any, device: Any) -> Tensor:
    as_device(device)
    return constant(values if dtype is None else values.astype(as_dtype(dtype)))


__all__ = ["fftfreq", "rfftfreq", *declared(globals())]
