"""What frozen layers give, computed once instead of in every epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.errors import ShapeError
from graphgrad.execute.program import compile
from graphgrad.graph.leaves import placeholder


def precomputed(module: Any, array: np.ndarray, *, batch: int = 1000) -> np.ndarray:
    """What a module gives in inference for all rows of an array.

    Layers that are frozen give the same in every epoch: computed once, what they give
    is the data that the layers above are trained on.

    Args:
        module: a `graphgrad.nn.Module`, or a function of one tensor.
        array: a row per example.
        batch: rows at a time.

    Raises:
        ShapeError: if there are no rows.

    Example:
        >>> import numpy as np, graphgrad as gg
        >>> net = gg.nn.mlp((4, 3, 2), rng=0)
        >>> gg.train.precomputed(net[:2], np.ones((5, 4), "float32")).shape
        (5, 3)
    """
    array = np.asarray(array)
    if not array.ndim or not len(array):
        raise ShapeError("there are no rows to compute features of")
    x = placeholder(("rows", *array.shape[1:]), dtype=array.dtype)
    program = compile(module(x), [x])
    parts = [program(array[i : i + batch]) for i in range(0, len(array), batch)]
    return np.concatenate(parts)
