"""Nets made of modules: one after the other, beside a shortcut, and the usual MLP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from graphgrad.errors import ArgumentError
from graphgrad.graph.tensor import scope
from graphgrad.nn.init import Initialiser, generator, he_normal
from graphgrad.nn.layers import BatchNorm, Dropout, Linear
from graphgrad.nn.module import Module, shown
from graphgrad.ops.activation import relu


class Sequential(Module):
    """Modules and functions of one tensor, one after the other.

    A module without a name gets one in the scopes of the graph: linear1, linear2 …
    ``net[:-1]`` is a net of all but the last, with the same variables; with
    ``Sequential(*net[:-1], other)`` the last is replaced.

    Args:
        *layers: modules, and functions such as `graphgrad.relu`.
        name: of the scope.

    Example:
        >>> import graphgrad as gg
        >>> layers = gg.nn.Linear(784, 50, rng=0), gg.relu, gg.nn.Linear(50, 10, rng=1)
        >>> net = gg.nn.Sequential(*layers)
        >>> net
        Sequential(
          0: Linear(weight=(784, 50), bias=(50,))
          1: relu
          2: Linear(weight=(50, 10), bias=(10,))
        )
        >>> list(net.variables())
        ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    layers: tuple[Any, ...]

    def __init__(self, *layers: Any, name: str | None = None) -> None:
        for layer in layers:
            if not callable(layer):
                raise ArgumentError(
                    f"{layer!r} is neither a module nor a function of a tensor"
                )
        super().__init__(name, layers=layers)

    def forward(self, x: Any, training: bool) -> Any:
        """What the last layer gives."""
        counts: Counter[str] = Counter()
        for layer in self.layers:
            if not isinstance(layer, Module):
                x = layer(x)
            elif layer.name:
                x = layer(x, training=training)
            else:
                kind = type(layer).__name__.lower()
                counts[kind] += 1
                with scope(f"{kind}{counts[kind]}"):
                    x = layer(x, training=training)
        return x

    def children(self) -> Iterator[tuple[str, Module]]:
        """The modules by their number."""
        for i, layer in enumerate(self.layers):
            if isinstance(layer, Module):
                yield str(i), layer

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def __repr__(self) -> str:
        """A line per layer, with its number."""
        rows = (f"  {i}: {shown(x)}" for i, x in enumerate(self.layers))
        return "\n".join([f"{type(self).__name__}(", *rows, ")"])

    def __getitem__(self, index: Any) -> Any:
        """A layer, or a net of some of them."""
        if isinstance(index, slice):
            return self.replace(layers=self.layers[index])
        return self.layers[index]


class Residual(Module):
    """x + inner(x): a shortcut around a module (He et al. 2016).

    Args:
        inner: a module or function that keeps the shape of x.
        name: of the scope.
    """

    inner: Any

    def __init__(self, inner: Any, *, name: str | None = None) -> None:
        super().__init__(name, inner=inner)

    def forward(self, x: Any, training: bool) -> Any:
        """x and what the inner module adds to it."""
        if isinstance(self.inner, Module):
            return x + self.inner(x, training=training)
        return x + self.inner(x)


def mlp(
    sizes: Sequence[int],
    rng: Any,
    *,
    activation: Callable[[Any], Any] = relu,
    weight: Initialiser = he_normal,
    normalise: str | None = None,
    dropout: float = 0.0,
    dropout_scale: str = "training",
    dtype: Any = "float32",
    name: str | None = None,
) -> Sequential:
    """A multi-layer perceptron: affine layers with an activation between them.

    Args:
        sizes: of the input, the hidden layers and the output: (784, 50, 10).
        rng: `np.random.RandomState`, or a seed.
        activation: of the hidden layers.
        weight: initial weights.
        normalise: batch normalisation "before" or "after" the activations, or None.
        dropout: rate of dropout behind each hidden layer.
        dropout_scale: see `Dropout`.
        dtype: of the parameters.
        name: of the scope.

    Raises:
        ArgumentError: for fewer than two sizes, or another place to normalise.

    Example:
        >>> import graphgrad as gg
        >>> net = gg.nn.mlp((784, 50, 10), rng=0)
        >>> [p.shape for p in net.parameters()]
        [(784, 50), (50,), (50, 10), (10,)]
    """
    if len(sizes) < 2:
        raise ArgumentError(f"sizes {tuple(sizes)} have no input and output")
    if normalise not in (None, "before", "after"):
        raise ArgumentError(f'normalise "before" or "after", not {normalise!r}')
    rng = generator(rng)
    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes[:-1]):
        layers += [Linear(inputs, outputs, rng, weight=weight, dtype=dtype), activation]
        if normalise:
            place = -1 if normalise == "before" else len(layers)
            layers.insert(place, BatchNorm(outputs, dtype=dtype))
        if dropout:
            layers.append(Dropout(dropout, rng, scale=dropout_scale))
    layers.append(Linear(sizes[-2], sizes[-1], rng, weight=weight, dtype=dtype))
    return Sequential(*layers, name=name)
