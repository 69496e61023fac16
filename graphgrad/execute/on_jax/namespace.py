"""The array namespace that forward rules are written in, for JAX."""

from __future__ import annotations

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from graphgrad.arrays import targets


class JaxNamespace:
    """JAX's functions, and those that forward rules need besides; see `arrays`."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(jnp, name)
        setattr(self, name, function)  # found without this method next time
        return function

    pow = staticmethod(operator.pow)
    erf = staticmethod(jax.scipy.special.erf)
    erfc = staticmethod(jax.scipy.special.erfc)

    @staticmethod
    def index_set(x: Any, index: Any, values: Any) -> Any:
        """A copy of x in which x[index] = values; of repeated indices the last wins."""
        x = x.astype(np.result_type(x, values))
        whole = jnp.broadcast_to(values, x[index].shape)
        return x.at[index].set(whole.astype(x.dtype))

    @staticmethod
    def index_add(x: Any, index: Any, values: Any) -> Any:
        """A copy of x to which values are added at index, repeated indices too."""
        x = x.astype(np.result_type(x, values))
        return x.at[index].add(values.astype(x.dtype))

    @staticmethod
    def strong(x: Any, product: Any) -> Any:
        """A product or quotient of x, NaN where x is 0 put right: 0 there."""
        return jnp.where(
            jnp.isnan(product) & (x == 0), jnp.zeros_like(product), product
        )

    @staticmethod
    def windows(x: Any, window: Any, stride: Any, dilation: Any) -> Any:
        """The windows over the last axes: they, then the place within one."""
        first = x.ndim - len(window)
        for k in range(len(window)):
            axis = first + k
            reach = dilation[k] * (window[k] - 1) + 1
            starts = np.arange(0, x.shape[axis] - reach + 1, stride[k])
            places = starts[:, None] + dilation[k] * np.arange(window[k])
            # The axis is replaced by its windows; the places within go to the end.
            x = jnp.moveaxis(jnp.take(x, places, axis=axis), axis + 1, -1)
        return x

    @staticmethod
    def overlap_add(x: Any, size: Any, stride: Any, dilation: Any) -> Any:
        """Windows added up where they came from, over axes of these sizes."""
        result = jnp.zeros((*x.shape[: -2 * len(size)], *size), x.dtype)
        for offset, target in targets(x.shape, size, stride, dilation):
            result = result.at[target].add(x[(..., *offset)])
        return result


JAX = JaxNamespace()
