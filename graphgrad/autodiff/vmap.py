"""Mapping a function over an axis: its graph is built again, with one axis more.

How an op maps is part of its declaration (`Op.batch`). A rule
``rule(size, inputs, mapped, attrs)`` gets inputs of which the mapped ones have the new
axis in front, and gives a result (a list of them for an op with several) that has it
too, or NotImplemented; an op without a rule is applied entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.body import Body, body_of, stand_in
from graphgrad.graph.declare import expansion
from graphgrad.graph.op import Op, lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.trees import flatten
from graphgrad.graph.walk import compute
from graphgrad.ops.arranging import moveaxis
from graphgrad.ops.movement import broadcast_to, reshape, stack
from graphgrad.ops.structure import project
from graphgrad.shapes import Dim, normalise_axis

Found = dict[Tensor, tuple[Any, bool]]


def vmap(
    function: Callable[..., Any], in_axes: Any = 0, out_axes: int = 0
) -> Callable[..., Any]:
    """A function that maps another over an axis of its arguments.

    The function is called once, with tensors that lack the axis; no loop is left in
    the graph where the ops map by themselves.

    Args:
        function: takes tensors, or nested lists, tuples and dicts of them, and gives
            the same.
        in_axes: the axis to map over in every argument, or a tuple with one per
            argument; None leaves an argument as it is.
        out_axes: where the axis goes in the results.

    Returns:
        A function of the same arguments, with one axis more in the mapped ones.

    Raises:
        ArgumentError: if no argument is mapped, or in_axes does not fit.
        ShapeError: if the axes differ in size, or one is not there.

    Example:
        >>> import graphgrad as gg
        >>> rows = gg.variable([[1.0, 2.0], [3.0, 4.0]])
        >>> gg.vmap(lambda row: gg.sqrt(gg.sum(row * row)))(rows).value
        array([2.23606798, 5.        ])
    """

    def mapped(*arguments: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(arguments)
        if len(axes) != len(arguments):
            raise ArgumentError(
                f"in_axes has {len(axes)} entries for {len(arguments)} arguments"
            )
        return _mapped(function, arguments, axes, out_axes)

    return mapped


def _mapped(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    axes: tuple[int | None, ...],
    out_axes: int,
) -> Any:
    size: Dim | None = None
    env: Found = {}
    stand_ins, rebuilt = [], []
    for argument, axis in zip(arguments, axes, strict=True):
        leaves, rebuild = flatten(argument)
        tensors = [lift([x])[0] for x in leaves]
        if axis is not None:
            fronts = [_in_front(x, axis) for x in tensors]
            tensors = [stand_in_row(x) for x in fronts]
            env.update(zip(tensors, [(x, True) for x in fronts], strict=True))
            stand_ins += tensors
            for x in fronts:
                size = _same_size(size, x)
        rebuilt.append(rebuild(tensors))
    if size is None:
        raise ArgumentError(
            "vmap maps over no argument", remedy="give in_axes an axis for one of them"
        )
    body, taken, rebuild = body_of(function, stand_ins, rebuilt)
    env.update((x, (x, False)) for x in taken)
    batch(body.order, env, size)
    results = [spread(env[y], size) for y in body.outputs]
    return rebuild([moveaxis(y, 0, out_axes) if out_axes else y for y in results])


def _in_front(x: Tensor, axis: int) -> Tensor:
    place = normalise_axis(axis, x.ndim)
    return moveaxis(x, place, 0) if place else x


def stand_in_row(x: Tensor) -> Tensor:
    """A placeholder for one entry along the first axis."""
    return stand_in(x, x.shape[1:])


def _same_size(size: Dim | None, x: Tensor) -> Dim:
    if size not in (None, x.shape[0]):
        raise ShapeError(
            f"the axes to map over have {size} and {x.shape[0]} entries",
            remedy="all mapped arguments have one length; None in in_axes leaves one "
            "as it is",
        )
    return x.shape[0]


def spread(value: tuple[Any, bool], size: Dim) -> Any:
    """A value with the new axis in front, whether it was mapped or not."""
    x, mapped = value
    return x if mapped else broadcast_to(x, (size, *x.shape))


def batch(order: Iterable[Tensor], env: Found, size: Dim) -> None:
    """Give every tensor of the order its mapped value, in place.

    Args:
        order: tensors, each after its inputs.
        env: by tensor its value, and whether that has the new axis in front; all
            tensors to be replaced must be there.
        size: of the new axis.
    """
    for node in order:
        if node in env:
            continue
        found = [env[x] for x in node.inputs]
        inputs = [x for x, _ in found]
        flags = [mapped for _, mapped in found]
        if any(flags):
            env[node] = _apply(node, inputs, flags, size), True
        elif all(x is y for x, y in zip(inputs, node.inputs, strict=True)):
            env[node] = node, False
        else:
            env[node] = compute(node, inputs), False


def map_body(body: Body, mapped: Sequence[bool], size: Dim) -> Body:
    """A body whose mapped inputs, and all outputs, have a new axis in front."""
    inputs = [
        stand_in(x, (size, *x.shape)) if m else stand_in(x)
        for x, m in zip(body.inputs, mapped, strict=True)
    ]
    env = dict(zip(body.inputs, zip(inputs, mapped, strict=True), strict=True))
    batch(body.order, env, size)
    return Body(inputs, [spread(env[y], size) for y in body.outputs])


def _apply(node: Tensor, inputs: list[Any], mapped: list[bool], size: Dim) -> Any:
    op, rule = node.op, node.op.batch
    if op is project:
        return inputs[0][node.attrs["index"]]
    made: Any = NotImplemented
    if callable(rule):
        made = rule(size, inputs, mapped, node.attrs)
    elif rule is not None:
        made = _RULES[rule](op, inputs, mapped, node.attrs, size)
    elif op.composite:
        made = _expanded(node, inputs, mapped, size)
    if made is NotImplemented:
        made = _one_by_one(node, inputs, mapped, size)
    return made


def _aligned(inputs: Sequence[Any], mapped: Sequence[bool]) -> list[Any]:
    """The mapped inputs with axes of 1 behind the new one, so that they broadcast."""
    ranks = [x.ndim - m for x, m in zip(inputs, mapped, strict=True)]
    most = max(ranks)
    return [
        reshape(x, (x.shape[0], *(1,) * (most - rank), *x.shape[1:]))
        if m and rank < most
        else x
        for x, m, rank in zip(inputs, mapped, ranks, strict=True)
    ]


def _elementwise(
    op: Op, inputs: list[Any], mapped: list[bool], attrs: Mapping[str, Any], size: Dim
) -> Any:
    return op.apply(_aligned(inputs, mapped), attrs)


def _along_axis(
    op: Op, inputs: list[Any], mapped: list[bool], attrs: Mapping[str, Any], size: Dim
) -> Any:
    axis = attrs["axis"]
    if axis is None:
        return NotImplemented
    moved = tuple(a + 1 for a in axis) if isinstance(axis, tuple) else axis + 1
    full = [spread(pair, size) for pair in zip(inputs, mapped, strict=True)]
    return op.apply(full, {**attrs, "axis": moved})


_RULES = {"elementwise": _elementwise, "axis": _along_axis, "core": _elementwise}


def _expanded(node: Tensor, inputs: list[Any], mapped: list[bool], size: Dim) -> Any:
    kinds = tuple((x.shape, x.dtype) for x in node.inputs)
    leaves, results = expansion(node.op, kinds, node.attrs)
    body = Body(leaves, results)
    env = dict(zip(leaves, zip(inputs, mapped, strict=True), strict=True))
    batch(body.order, env, size)
    made = [spread(env[y], size) for y in results]
    return made if node.op.multiple else made[0]


def _one_by_one(node: Tensor, inputs: list[Any], mapped: list[bool], size: Dim) -> Any:
    if not isinstance(size, int) or not size:
        raise ShapeError(
            f"{describe(node)}, made at {node.where()}, maps entry by entry, over an "
            f"axis of size {size}",
            remedy="give the axis a size that is known, at least 1",
        )
    rows = [
        node.op.apply(
            [x[i] if m else x for x, m in zip(inputs, mapped, strict=True)], node.attrs
        )
        for i in range(size)
    ]
    if not node.op.multiple:
        return stack(rows)
    return [stack(list(parts)) for parts in zip(*rows, strict=True)]
