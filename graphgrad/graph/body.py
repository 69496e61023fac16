"""A function as a graph: what `scan`, `cond` and their like apply.

A body is an attr of its op, as an axis is of a sum. What the user's function took from
outside, such as weights, are inputs of the op like any other, so that gradients reach
them and pictures show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from graphgrad.graph.graph import digest
from graphgrad.graph.op import CONSTANT, PLACEHOLDER, lift
from graphgrad.graph.tensor import NO_ATTRS, Tensor, now
from graphgrad.graph.trees import Rebuild, flatten
from graphgrad.graph.walk import interpret, topological
from graphgrad.shapes import Shape, is_static, learn, resolve


class Body:
    """A graph with inputs in order.

    Called with arrays it computes, called with tensors it builds. Bodies of equal
    structure are equal.

    Attributes:
        inputs: tensors that stand for the arguments; their own inputs do not count.
        outputs: the results.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)

    @cached_property
    def order(self) -> tuple[Tensor, ...]:
        """Every tensor of the body, each after its inputs."""
        return tuple(topological(self.outputs, self.inputs))

    @cached_property
    def hash(self) -> str:
        """Of the structure, the same in every process."""
        return digest(self.outputs, self.inputs)

    def __call__(self, *values: Any) -> list[Any]:
        """The outputs for these values of the inputs."""
        found = dict(zip(self.inputs, values, strict=True))
        interpret(self.order, found, self._sizes(values) if self._symbolic else None)
        return [found[y] for y in self.outputs]

    def with_sizes(self, sizes: Mapping[str, int]) -> Body:
        """The body with sizes put in for symbolic dimensions."""
        if not self._symbolic:
            return self
        key = tuple(sorted(sizes.items()))
        if key not in self._static:
            inputs = [stand_in(x, tuple(resolve(x.shape, sizes))) for x in self.inputs]
            found = dict(zip(self.inputs, inputs, strict=True))
            interpret(self.order, found, sizes)
            self._static[key] = Body(inputs, lift([found[y] for y in self.outputs]))
        return self._static[key]

    @cached_property
    def _static(self) -> dict[Any, Body]:
        return {}

    @cached_property
    def _symbolic(self) -> bool:
        return not all(is_static(x.shape) for x in self.inputs)

    def _sizes(self, values: Sequence[Any]) -> dict[str, int] | None:
        """Those of symbolic dimensions, if the values are arrays."""
        if any(isinstance(value, Tensor) for value in values):
            return None
        sizes: dict[str, int] = {}
        for x, value in zip(self.inputs, values, strict=True):
            learn(x.shape, np.shape(value), sizes)
        return sizes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"<body {self.hash[:16]}>"


def stand_in(x: Any, shape: Shape | None = None) -> Tensor:
    """A placeholder of x's dtype, and of its shape unless another is given."""
    return Tensor(
        PLACEHOLDER, (), NO_ATTRS, x.shape if shape is None else shape, x.dtype
    )


def body_of(
    function: Callable[..., Any], inputs: Sequence[Tensor], arguments: Sequence[Any]
) -> tuple[Body, list[Tensor], Rebuild]:
    """What a user's function does, as a body.

    Args:
        function: called once with the arguments.
        inputs: new placeholders, the leaves of the arguments.
        arguments: for the function, made of the inputs.

    Returns:
        The body, whose first inputs are the tensors that the function took from
        outside; these; and a function that puts outputs in the form of its result.
    """
    start = min([now(), *(x.serial for x in inputs)])
    leaves, rebuild = flatten(function(*arguments))
    outputs = lift(leaves)
    taken = _taken(outputs, set(inputs), start)
    return Body([*taken, *inputs], outputs), taken, rebuild


def _taken(outputs: Iterable[Tensor], inputs: set[Tensor], start: int) -> list[Tensor]:
    """The tensors from outside: older than the inputs, or leaves that may change."""
    stack = list(outputs)
    seen = set(stack)
    taken = []
    while stack:
        node = stack.pop()
        if node in inputs or node.op is CONSTANT:
            continue
        if node.serial < start or not node.inputs:
            taken.append(node)
            continue
        for source in node.inputs:
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(taken, key=lambda node: node.serial)
