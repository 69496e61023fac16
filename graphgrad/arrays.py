"""The array namespace that forward rules are written in, for NumPy.

A forward rule takes a namespace ``xp`` first: NumPy here, JAX's on its backend. It
may use the functions of the array API standard, which NumPy has by the same names,
and the few below, which the standard lacks.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np


def _has_nan(x: np.ndarray) -> bool:
    if x.dtype.kind == "f" and x.dtype.itemsize > 2:
        flat = x.reshape(-1)
        return bool(np.isnan(flat @ flat))  # squares cannot cancel; BLAS makes no copy
    return x.dtype.kind in "fc" and bool(np.isnan(x).any())


def targets(
    shape: tuple[int, ...], size: Any, stride: Any, dilation: Any
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Places within a window, and the index of the entries that all windows have there.

    Args:
        shape: of windows, as `windows` gives them.
        size: of the axes that they were taken from.
        stride: from window to window.
        dilation: from entry to entry within one.
    """
    count = len(size)
    places, window = shape[-2 * count : -count], shape[-count:]
    for offset in np.ndindex(*window):
        rows = zip(offset, dilation, stride, places, strict=True)
        parts = (
            slice(o * d, o * d + s * (n - 1) + 1, s) if n else slice(0)
            for o, d, s, n in rows
        )
        yield offset, (..., *parts)


class NumPyNamespace:
    """NumPy's functions, and those that forward rules need besides."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        setattr(self, name, function)  # found without this method next time
        return function

    # The operator is quicker than np.pow for exponents such as 2.
    pow = staticmethod(operator.pow)

    @staticmethod
    def erf(x: Any) -> Any:
        """Error function 2/√π ∫₀ˣ exp(−t²) dt."""
        from scipy.special import erf

        return erf(x).astype(x.dtype, copy=False)  # float16 too

    @staticmethod
    def erfc(x: Any) -> Any:
        """Complement 1 − erf(x), precise for large x."""
        from scipy.special import erfc

        return erfc(x).astype(x.dtype, copy=False)

    @staticmethod
    def index_set(x: Any, index: Any, values: Any) -> Any:
        """A copy of x in which x[index] = values; of repeated indices the last wins."""
        result = np.array(x, dtype=np.result_type(x, values))
        result[index] = values
        return result

    @staticmethod
    def index_add(x: Any, index: Any, values: Any) -> Any:
        """A copy of x to which values are added at index, repeated indices too."""
        result = np.array(x, dtype=np.result_type(x, values))
        np.add.at(result, index, values)
        return result

    @staticmethod
    def strong(x: Any, product: Any) -> Any:
        """A product or quotient of x, NaN where x is 0 put right: 0 there."""
        if not isinstance(product, np.ndarray):
            is_number = product == product or x != 0  # noqa: PLR0124 NaN is not
            return product if is_number else product.dtype.type(0)
        if not _has_nan(product):
            return product
        return np.where(np.equal(x, 0), np.zeros((), product.dtype), product)

    @staticmethod
    def windows(x: Any, window: Any, stride: Any, dilation: Any) -> Any:
        """A view of the windows over the last axes: they, then the place within one."""
        reach = [d * (w - 1) + 1 for w, d in zip(window, dilation, strict=True)]
        axes = tuple(range(x.ndim - len(window), x.ndim))
        view = np.lib.stride_tricks.sliding_window_view(x, reach, axes)
        steps = tuple(slice(None, None, s) for s in (*stride, *dilation))
        return view[(..., *steps)]

    @staticmethod
    def overlap_add(x: Any, size: Any, stride: Any, dilation: Any) -> Any:
        """Windows added up where they came from, over axes of these sizes."""
        result = np.zeros((*x.shape[: -2 * len(size)], *size), x.dtype)
        for offset, target in targets(x.shape, size, stride, dilation):
            result[target] += x[(..., *offset)]
        return result


NUMPY = NumPyNamespace()
