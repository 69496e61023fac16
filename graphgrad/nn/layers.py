"""Layers: modules of one or two parameters, and of none."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.leaves import variable
from graphgrad.graph.tensor import Tensor
from graphgrad.nn.init import Initialiser, generator, he_normal, standard_normal, zeros
from graphgrad.nn.module import Module
from graphgrad.ops.activation import prelu
from graphgrad.ops.arithmetic import maximum
from graphgrad.ops.convolution import conv2d
from graphgrad.ops.movement import reshape
from graphgrad.ops.normalisation import (
    batch_norm,
    batch_norm_inference,
    dropout,
    embedding,
    layer_norm,
)
from graphgrad.ops.pooling import avg_pool2d, max_pool2d
from graphgrad.ops.random import fold_in
from graphgrad.ops.structure import astype, size_along
from graphgrad.ops.updates import with_updates
from graphgrad.shapes import show


def parameter(value: Any, dtype: Any, name: str, *, trainable: bool = True) -> Tensor:
    """A variable of a layer."""
    return variable(np.asarray(value, dtype), name=name, trainable=trainable)


def new_key(rng: Any) -> Tensor:
    """A variable that holds a random key, drawn by a generator."""
    words = generator(rng).uniform(0, 2**32, 2).astype(np.uint32)
    return parameter(words, "uint32", "key", trainable=False)


def _starts(
    rng: Any,
    shape: tuple[int, ...],
    units: int,
    weight: Initialiser,
    bias: Initialiser | None,
    dtype: Any,
) -> dict[str, Tensor | None]:
    """Weights, and a bias for each unit unless there is none."""
    rng = generator(rng)
    w = parameter(weight(rng, shape), dtype, "W")
    b = None if bias is None else parameter(bias(rng, (units,)), dtype, "b")
    return {"weight": w, "bias": b}


class Linear(Module):
    """x @ weight + bias: the affine layer (book §5.6).

    Args:
        inputs: features of x, its last axis.
        outputs: units.
        rng: `np.random.RandomState`, to be shared by all layers, or a seed.
        weight: initial weights, of shape (inputs, outputs).
        bias: initial biases, of shape (outputs,); None for a layer without.
        dtype: of the parameters.
        name: of the scope.

    Example:
        >>> import graphgrad as gg
        >>> layer = gg.nn.Linear(3, 2, rng=0)
        >>> layer(gg.placeholder(("batch", 3), dtype="float32")).shape
        ('batch', 2)
        >>> layer
        Linear(weight=(3, 2), bias=(2,))
    """

    PYTORCH: ClassVar = {"weight": "weight.T"}
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rng: Any,
        *,
        weight: Initialiser = he_normal,
        bias: Initialiser | None = zeros,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        shape = (inputs, outputs)
        super().__init__(name, **_starts(rng, shape, outputs, weight, bias, dtype))

    def forward(self, x: Any, training: bool) -> Any:
        """x of shape (…, inputs) to (…, outputs)."""
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


class Conv2D(Module):
    """Convolution of images with kernels, and biases (book §7.2).

    Args:
        channels: of the images, shape (examples, channels, height, width).
        filters: channels of the result.
        size: of a kernel, a number or (height, width).
        rng: `np.random.RandomState`, to be shared by all layers, or a seed.
        stride: steps between windows.
        padding: zeros around, as `graphgrad.conv2d` takes them.
        weight: initial kernels, of shape (filters, channels, height, width).
        bias: initial biases, of shape (filters,); None for a layer without.
        dtype: of the parameters.
        name: of the scope.
    """

    weight: Tensor
    bias: Tensor | None
    stride: Any
    padding: Any

    def __init__(
        self,
        channels: int,
        filters: int,
        size: int | tuple[int, int],
        rng: Any,
        *,
        stride: Any = 1,
        padding: Any = 0,
        weight: Initialiser = he_normal,
        bias: Initialiser | None = zeros,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        window = (size, size) if isinstance(size, int | np.integer) else tuple(size)
        shape = (filters, channels, *window)
        made = _starts(rng, shape, filters, weight, bias, dtype)
        super().__init__(name, **made, stride=stride, padding=padding)

    def forward(self, x: Any, training: bool) -> Any:
        """Images to images."""
        y = conv2d(x, self.weight, stride=self.stride, padding=self.padding)
        return y if self.bias is None else y + reshape(self.bias, (-1, 1, 1))


class _Pool2D(Module):
    window: Any
    stride: Any
    padding: Any

    def __init__(
        self,
        window: Any,
        *,
        stride: Any = None,
        padding: Any = 0,
        name: str | None = None,
    ) -> None:
        super().__init__(name, window=window, stride=stride, padding=padding)


class MaxPool2D(_Pool2D):
    """The largest entry of each window (book §7.3); see `graphgrad.max_pool2d`."""

    def forward(self, x: Any, training: bool) -> Any:
        """Images to smaller ones."""
        return max_pool2d(x, self.window, stride=self.stride, padding=self.padding)


class AvgPool2D(_Pool2D):
    """The mean of each window; see `graphgrad.avg_pool2d`."""

    def forward(self, x: Any, training: bool) -> Any:
        """Images to smaller ones."""
        return avg_pool2d(x, self.window, stride=self.stride, padding=self.padding)


def flatten(x: Any, /) -> Any:
    """Every example as one vector: (examples, …) to (examples, features)."""
    return reshape(x, (x.shape[0], -1))


class BatchNorm(Module):
    """Batch normalisation (book §6.3; Ioffe and Szegedy 2015).

    The graph of training normalises with the statistics of the batch and carries the
    update of the running ones, as ``momentum · old + (1 − momentum) · new`` (the
    variance is the unbiased one, as in PyTorch, whose momentum is 1 − this one). The
    graph of inference normalises with the running ones.

    Args:
        features: of x, its second axis.
        momentum: the share of running statistics that stays.
        epsilon: added to the variance.
        dtype: of parameters and statistics.
        name: of the scope.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    momentum: float
    epsilon: float

    def __init__(
        self,
        features: int,
        *,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        if not 0 <= momentum <= 1:
            raise ArgumentError(f"a momentum of {momentum} is not from 0 to 1")
        ones, none = np.ones(features), np.zeros(features)
        super().__init__(
            name,
            weight=parameter(ones, dtype, "γ"),
            bias=parameter(none, dtype, "β"),
            running_mean=parameter(none, dtype, "running mean", trainable=False),
            running_var=parameter(ones, dtype, "running variance", trainable=False),
            momentum=float(momentum),
            epsilon=float(epsilon),
        )

    def forward(self, x: Any, training: bool) -> Any:
        """x of shape (examples, features, …), normalised."""
        if x.ndim < 2 or x.shape[1] != self.weight.shape[0]:
            raise ShapeError(
                f"x of shape {show(x.shape)} does not have {self.weight.shape[0]} "
                "features in its second axis"
            )
        axis = (0, *range(2, x.ndim))
        facts = {"axis": axis, "epsilon": self.epsilon}
        if not training:
            known = self.running_mean, self.running_var
            return batch_norm_inference(x, self.weight, self.bias, *known, **facts)
        y, mean, var = batch_norm(x, self.weight, self.bias, **facts)
        count = astype(size_along(x, axis), var.dtype)
        rest = maximum(count - 1, 1)  # of one example the variance is 0
        old, new = self.momentum, 1 - self.momentum
        updates = {
            self.running_mean: old * self.running_mean + new * mean,
            self.running_var: old * self.running_var + new * var * count / rest,
        }
        return with_updates(y, updates)


class LayerNorm(Module):
    """Layer normalisation over the last axis (Ba et al. 2016).

    Args:
        features: of x, its last axis.
        epsilon: added to the variance.
        dtype: of the parameters.
        name: of the scope.
    """

    weight: Tensor
    bias: Tensor
    epsilon: float

    def __init__(
        self,
        features: int,
        *,
        epsilon: float = 1e-5,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        super().__init__(
            name,
            weight=parameter(np.ones(features), dtype, "γ"),
            bias=parameter(np.zeros(features), dtype, "β"),
            epsilon=float(epsilon),
        )

    def forward(self, x: Any, training: bool) -> Any:
        """x of shape (…, features), normalised."""
        return layer_norm(x, self.weight, self.bias, epsilon=self.epsilon)


class Dropout(Module):
    """Dropout (book §6.4.3; Srivastava et al. 2014).

    The graph of training carries the advance of its key: each call of a compiled
    program draws another mask, and all follow from the seed.

    Args:
        rate: the share of entries that are set to 0 in training.
        rng: `np.random.RandomState`, to be shared by all layers, or a seed.
        scale: "training": what stays is divided by 1 − rate (inverted dropout);
            "inference": everything is multiplied by 1 − rate then, as in the book.
        name: of the scope.
    """

    PYTORCH: ClassVar = {"key": ""}
    rate: float
    scale: str
    key: Tensor

    def __init__(
        self, rate: float, rng: Any, *, scale: str = "training", name: str | None = None
    ) -> None:
        if not 0 <= rate < 1:
            raise ArgumentError(f"a rate of {rate} is not from 0 up to 1")
        if scale not in ("training", "inference"):
            raise ArgumentError(f'scale is "training" or "inference", not {scale!r}')
        super().__init__(name, rate=float(rate), scale=scale, key=new_key(rng))

    def forward(self, x: Any, training: bool) -> Any:
        """x with entries dropped; in inference x, or x scaled."""
        if not training:
            return x if self.scale == "training" else x * (1 - self.rate)
        y = dropout(x, self.key, self.rate, scale=self.scale == "training")
        return with_updates(y, {self.key: fold_in(self.key, 1)})


class Embedding(Module):
    """Rows of a table, by whole numbers.

    Args:
        rows: of the table.
        features: of a row.
        rng: `np.random.RandomState`, to be shared by all layers, or a seed.
        weight: the initial table, of shape (rows, features).
        dtype: of the table.
        name: of the scope.
    """

    weight: Tensor

    def __init__(
        self,
        rows: int,
        features: int,
        rng: Any,
        *,
        weight: Initialiser = standard_normal,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        table = weight(generator(rng), (rows, features))
        super().__init__(name, weight=parameter(table, dtype, "table"))

    def forward(self, x: Any, training: bool) -> Any:
        """Whole numbers of shape (…) to rows, (…, features)."""
        return embedding(self.weight, x)


class PReLU(Module):
    """max(x, 0) + slope · min(x, 0), the slope being trained (He et al. 2015).

    Args:
        slope: to start with.
        dtype: of the parameter.
        name: of the scope.
    """

    weight: Tensor

    def __init__(
        self, slope: float = 0.25, *, dtype: Any = "float32", name: str | None = None
    ) -> None:
        super().__init__(name, weight=parameter([slope], dtype, "slope"))

    def forward(self, x: Any, training: bool) -> Any:
        """Entry by entry."""
        return prelu(x, self.weight)
