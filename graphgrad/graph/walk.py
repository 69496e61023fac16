"""Walking a graph: in order, and with values put in for some of its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from graphgrad.errors import EvaluationError, GraphgradError, UnboundPlaceholderError
from graphgrad.graph.op import CONSTANT, PLACEHOLDER
from graphgrad.graph.tensor import Tensor, blame, describe
from graphgrad.shapes import is_static, resolve

_SERIAL = attrgetter("serial")
# What NumPy and JAX raise for values that they do not take.
_FAILURES = (ValueError, TypeError, IndexError, ArithmeticError, NotImplementedError)


def topological(outputs: Iterable[Tensor], ends: Iterable[Tensor] = ()) -> list[Tensor]:
    """Every tensor that the outputs depend on, each after its inputs.

    Args:
        outputs: where to start.
        ends: tensors behind which not to look.
    """
    stack = list(outputs)
    seen = set(stack)
    closed = set(ends)
    while stack:
        node = stack.pop()
        if node in closed:
            continue
        for source in node.inputs:
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(seen, key=_SERIAL)


def dependents(order: Iterable[Tensor], sources: Iterable[Tensor]) -> set[Tensor]:
    """The tensors of an order that depend on the sources, these included."""
    found = set(sources)
    for node in order:
        if not found.isdisjoint(node.inputs):
            found.add(node)
    return found


def interpret(
    order: Sequence[Tensor],
    values: dict[Tensor, Any],
    sizes: Mapping[str, int] | None = None,
) -> None:
    """Give every tensor of the order its value, in place.

    Values may be arrays, which are computed with, or tensors, from which the graph is
    built again: to put tensors in for inputs is to substitute.

    Args:
        order: tensors, each after its inputs.
        values: known values by tensor; all placeholders must be there.
        sizes: of the symbolic dimensions; None leaves them symbolic.

    Raises:
        UnboundPlaceholderError: for a placeholder without a value.
        EvaluationError: if an op fails on its values.
    """
    with np.errstate(all="ignore"):  # NaN and Inf are values; gg.diagnose finds them
        for node in order:
            if node in values:
                continue
            if node.inputs:
                values[node] = compute(node, [values[x] for x in node.inputs], sizes)
            else:
                values[node] = leaf_value(node)


def known(tensor: Tensor) -> Any:
    """The value of a tensor that depends on constants alone; None for any other."""
    order = topological([tensor])
    if any(node.op is not CONSTANT for node in order if not node.inputs):
        return None
    values: dict[Tensor, Any] = {}
    interpret(order, values)
    return values[tensor]


def leaf_value(leaf: Tensor) -> Any:
    """The value of a variable or constant.

    Raises:
        UnboundPlaceholderError: for a placeholder.
    """
    if leaf.op is PLACEHOLDER:
        raise UnboundPlaceholderError(
            f"{describe(leaf)}, made at {leaf.where()}, has no value",
            remedy="run the graph with one: gg.run(y, {x: array}), "
            "or compile it: gg.compile(y, [x])(array)",
        )
    return leaf._value


def with_sizes(
    attrs: Mapping[str, Any], sizes: Mapping[str, int] | None
) -> Mapping[str, Any]:
    """An op's attrs with sizes put in for symbolic dimensions, where they are known.

    These are in the shape that an op makes, and in the bodies of loops and branches.
    """
    if not sizes:
        return attrs
    found = {}
    for name, value in attrs.items():
        if name == "shape" and value is not None and not is_static(value):
            found[name] = resolve(value, sizes)
        elif resolved := getattr(value, "with_sizes", None):
            found[name] = resolved(sizes)
    return {**attrs, **found} if found else attrs


def compute(
    node: Tensor,
    inputs: Sequence[Any],
    sizes: Mapping[str, int] | None = None,
    apply: Callable[[Tensor, Sequence[Any], Mapping[str, Any]], Any] | None = None,
) -> Any:
    """The value of one node from those of its inputs.

    Args:
        node: whose op is applied.
        inputs: values.
        sizes: of the symbolic dimensions.
        apply: what to do with node, inputs and attrs instead of applying the op.

    Raises:
        EvaluationError: if the op fails on them; it names the user's line.
    """
    try:
        attrs = with_sizes(node.attrs, sizes)
        return apply(node, inputs, attrs) if apply else node.op.apply(inputs, attrs)
    except GraphgradError as error:
        raise blame(error, node.op.name, node.inputs, node.where()) from None
    except _FAILURES as error:
        failure = EvaluationError(
            f"{error}", remedy="look at the values of its inputs with run[tensor]"
        )
        raise blame(failure, node.op.name, node.inputs, node.where()) from error
