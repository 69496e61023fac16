"""Ops that stand between a graph and its gradients: casts, stops, constants like x."""

from __future__ import annotations

from typing import Any

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import INTEGER, as_device, as_dtype
from graphgrad.errors import DTypeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.shapes import normalise_axes

_REALS = Domain((Interval(-10, 10),))


def _as_cast(x: Any, /, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    as_device(device)
    return (x,), {"dtype": as_dtype(dtype).name}


def cast(x: Any, dtype: Any) -> Any:
    """The dtype that x is cast to.

    Raises:
        DTypeError: if x is complex and the dtype real.
    """
    if x.dtype.kind == "c" and as_dtype(dtype).kind not in "cb":
        raise DTypeError(
            f"{x.dtype} does not cast to {dtype}: imaginary parts would be lost",
            remedy="take gg.real(x) or gg.abs(x) first",
        )
    return as_dtype(dtype)


@primitive(
    infer=lambda x, dtype: (x.shape, cast(x, dtype)),
    vjp=(lambda g, out, x, dtype: g,),
    prepare=_as_cast,
    domain=Domain((Interval(-10, 10),), options=({"dtype": "float64"},)),
    method=True,
    batch="elementwise",
)
def astype(xp: Any, x: Any, /, dtype: Any) -> Any:
    """x with another dtype; the gradient is cast back. To integers none flows."""
    return xp.astype(xp.asarray(x), xp.dtype(dtype))[()]


@primitive(vjp=(None,), domain=_REALS, glyph="stop")
def stop_gradient(xp: Any, x: Any, /) -> Any:
    """x, through which no gradient flows."""
    return x


def _as_filled(x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
    as_device(device)
    return (x,), {} if dtype is None else {"dtype": as_dtype(dtype).name}


def _filled(x: Any, dtype: Any = None) -> Any:
    return x.shape, x.dtype if dtype is None else as_dtype(dtype)


_FILLING: dict[str, Any] = {
    "infer": _filled,
    "vjp": (None,),
    "prepare": _as_filled,
    "domain": Domain((Interval(-10, 10),), options=({}, {"dtype": "float32"})),
    "batch": "elementwise",
}


@primitive(**_FILLING)
def zeros_like(xp: Any, x: Any, /, *, dtype: Any = None) -> Any:
    """Zeros of the shape of x, and of its dtype unless another is given."""
    return xp.zeros_like(x, dtype=dtype)[()]


@primitive(**_FILLING)
def ones_like(xp: Any, x: Any, /, *, dtype: Any = None) -> Any:
    """Ones of the shape of x, and of its dtype unless another is given."""
    return xp.ones_like(x, dtype=dtype)[()]


@primitive(
    infer=lambda x, index: (x.shape[index], x.dtype[index]),
    vjp=None,  # reverse mode collects the parts of a result, see autodiff/reverse.py
    glyph="·",
)
def project(xp: Any, x: Any, /, index: int) -> Any:
    """One of the results of an op that has several; made by that op itself."""
    return x[index]


def _counted(x: Any, /, axis: Any = None) -> Any:
    return (x,), {"axis": normalise_axes(axis, x.ndim)}


def _spread_count(size: Any, x: Any, axis: Any) -> Any:
    """The count is that of one entry, and the same for all."""
    ones = ones_like(x[(slice(None), *(0,) * (x.ndim - 1))], dtype=INTEGER)
    return ones * size_along(x, tuple(a + 1 for a in axis))


@primitive(
    infer=lambda x, axis: ((), INTEGER),
    prepare=_counted,
    domain=_REALS,
    batch=lambda size, inputs, mapped, attrs: _spread_count(size, *inputs, **attrs),
)
def size_along(xp: Any, x: Any, /, axis: Any = None) -> Any:
    """The number of entries along some axes, known when a symbolic one is bound."""
    count = 1
    for a in axis:
        count *= x.shape[a]
    return xp.int64(count)


__all__ = declared(globals())
