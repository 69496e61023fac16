"""Derivatives as graphs: grad, vjp, jvp, jacobian, hessian and products with it.

Each takes a graph and gives a graph, which can be drawn, run, compiled and
differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from graphgrad.autodiff.reverse import conjugated, pullback
from graphgrad.autodiff.vmap import batch, spread
from graphgrad.errors import GradientError, ShapeError
from graphgrad.graph.body import stand_in
from graphgrad.graph.graph import as_outputs
from graphgrad.graph.op import lift
from graphgrad.graph.tensor import Tensor, describe
from graphgrad.graph.walk import topological
from graphgrad.ops.arithmetic import multiply
from graphgrad.ops.complex import real
from graphgrad.ops.movement import broadcast_to, reshape
from graphgrad.ops.reduction import sum as sum_over
from graphgrad.ops.structure import ones_like, zeros_like
from graphgrad.shapes import is_static, resolve, show

Tensors = Tensor | Sequence[Tensor]


def grad(y: Tensor, xs: Tensors) -> Any:
    """The gradient of a scalar, as a graph.

    Args:
        y: a floating-point tensor with one entry.
        xs: a tensor, or a list of tensors, that y depends on.

    Returns:
        A tensor of x's shape and dtype, or a list of them. Zeros where no gradient
        flows, e.g. behind `stop_gradient`.

    Raises:
        GradientError: if y has several entries or an integer dtype, or x is not in
            the graph of y or has an integer dtype.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(3.0)
        >>> slope = gg.grad(x**3, x)
        >>> float(slope), float(gg.grad(slope, x))
        (27.0, 18.0)
    """
    (y,) = as_outputs((y,))
    require_scalar(y)
    return vjp(y, xs, ones_like(y) if y.shape else np.ones((), y.dtype)[()])


def require_scalar(y: Tensor) -> None:
    """Refuse to differentiate what has several entries, or no gradient at all.

    Raises:
        GradientError: in these cases.
    """
    if any(d != 1 for d in y.shape):
        raise GradientError(
            f"{describe(y)} has several entries, and a gradient is of one number",
            remedy="reduce it, e.g. y.sum() or y.mean(), or give a cotangent: "
            "gg.vjp(y, xs, cotangent)",
        )
    require_differentiable(y, "the gradient of")
    if y.dtype.kind == "c":
        raise GradientError(
            f"{describe(y)} is complex, and a gradient is of a real number",
            remedy="take a real one of it, e.g. gg.abs(y) or gg.real(y), or give a "
            "cotangent: gg.vjp(y, xs, cotangent)",
        )


def require_differentiable(x: Tensor, role: str) -> None:
    """Refuse integers and booleans.

    Raises:
        GradientError: for these.
    """
    if not x.differentiable:
        raise GradientError(
            f"{role} {describe(x)}: dtype {x.dtype} carries no gradient",
            remedy='make it floating-point: dtype="float64", or x.astype("float64")',
        )


def vjp(ys: Tensors, xs: Tensors, cotangents: Any) -> Any:
    """The product of a cotangent with the Jacobian, as a graph.

    Args:
        ys: a tensor, or a list of tensors.
        xs: a tensor, or a list of tensors, that they depend on.
        cotangents: a tensor or array of y's shape, or a list of them.

    Returns:
        A tensor of x's shape and dtype, or a list of them.

    Raises:
        GradientError: if an x is not in the graph, or a dtype carries no gradient.
        ShapeError: if a cotangent has another shape than its y.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0])
        >>> gg.vjp(x * x, x, [1.0, 10.0]).value
        array([ 2., 40.])
    """
    outputs, sources = as_outputs(ys), as_outputs(xs)
    several = not isinstance(ys, Tensor)
    given = _alike(outputs, cotangents if several else [cotangents], "cotangent")
    for y in outputs:
        require_differentiable(y, "the gradient of")
    _require_in_graph(outputs, sources)
    found = pullback(outputs, sources, [conjugated(g) for g in given])
    result = [
        zeros_like(x) if g is None else conjugated(g)
        for x, g in zip(sources, found, strict=True)
    ]
    return _like(xs, result)


def jvp(ys: Tensors, xs: Tensors, tangents: Any) -> Any:
    """The product of the Jacobian with a tangent, as a graph.

    A vjp is linear in its cotangent; its own vjp is the jvp (Townsend 2017), so no
    rules of forward mode are needed. No more of the cotangent than its shape stays in
    the result: it is zero.

    Args:
        ys: a tensor, or a list of tensors.
        xs: a tensor, or a list of tensors, that they depend on.
        tangents: a tensor or array of x's shape, or a list of them.

    Returns:
        A tensor of y's shape and dtype, or a list of them.

    Raises:
        GradientError: if an x is not in the graph, or a dtype carries no gradient.
        ShapeError: if a tangent has another shape than its x.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0])
        >>> gg.jvp(x * x, x, [1.0, 10.0]).value
        array([ 2., 40.])
    """
    outputs, sources = as_outputs(ys), as_outputs(xs)
    several = not isinstance(xs, Tensor)
    given = _alike(sources, tangents if several else [tangents], "tangent")
    for y in outputs:
        require_differentiable(y, "the gradient of")
    _require_in_graph(outputs, sources)
    dummies = [zeros_like(y) for y in outputs]
    pulled = pullback(outputs, sources, dummies)
    reached = [(p, t) for p, t in zip(pulled, given, strict=True) if p is not None]
    found: list[Tensor | None] = [None] * len(outputs)
    if reached:
        back, forth = zip(*reached, strict=True)
        found = pullback(back, dummies, forth)
    result = [
        zeros_like(y) if t is None else t for y, t in zip(outputs, found, strict=True)
    ]
    return _like(ys, result)


def jacobian(y: Tensor, xs: Tensors) -> Any:
    """All partial derivatives, as a graph of shape ``y.shape + x.shape``.

    Args:
        y: a tensor.
        xs: a tensor, or a list of tensors, that y depends on; a list gives a list.

    The backward pass is built once and mapped over the entries of y. Between complex
    tensors y must be holomorphic in x; of a real y with respect to a complex x each
    row is a gradient, as `grad` gives it.

    Raises:
        GradientError: if x is not in the graph, or a dtype carries no gradient.
        ShapeError: if a dimension of y is symbolic.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0])
        >>> gg.jacobian(x * x, x).value
        array([[2., 0.],
               [0., 4.]])
    """
    (y,), sources = as_outputs((y,)), as_outputs(xs)
    if not is_static(y.shape):
        raise ShapeError(
            f"the Jacobian of {describe(y)} needs a shape that is known",
            remedy="give the placeholder numbers for its dimensions",
        )
    require_differentiable(y, "the Jacobian of")
    _require_in_graph([y], sources)
    return _like(xs, [_jacobian(y, x) for x in sources])


def _like(xs: Tensors, results: list[Any]) -> Any:
    """One result for a tensor, a list of them for a list of tensors."""
    return results[0] if isinstance(xs, Tensor) else results


def _jacobian(y: Tensor, x: Tensor) -> Tensor:
    rows = _rows(y, x, 1)
    if y.dtype.kind == "c" and x.dtype.kind == "f":  # Im J = Re(−i·J)
        rows = rows + 1j * _rows(y, x, -1j)
    elif y.dtype.kind == "f":
        rows = conjugated(rows)
    return reshape(rows, (*y.shape, *x.shape))


def _rows(y: Tensor, x: Tensor, unit: complex) -> Tensor:
    """What comes back at x for a cotangent at every entry of y alone, row by row."""
    sizes = resolve(y.shape, {})
    count = prod(sizes)
    cotangent = stand_in(y)
    (pulled,) = pullback([y], [x], [cotangent])
    if pulled is None:
        return broadcast_to(zeros_like(x), (count, *x.shape))
    basis = (np.eye(count) * unit).astype(y.dtype).reshape(count, *sizes)
    env = {cotangent: (lift([basis])[0], True)}
    batch(topological([pulled], [cotangent]), env, count)
    return spread(env[pulled], count)


def hessian(y: Tensor, xs: Tensors) -> Any:
    """All second derivatives of a scalar, as a graph.

    Args:
        y: a scalar.
        xs: a tensor, or a list of tensors, that y depends on.

    Returns:
        A tensor of shape ``x.shape + x.shape``; for a list a list of lists, with the
        derivatives by each pair of tensors.

    Raises:
        GradientError, ShapeError: as `grad` and `jacobian`.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0])
        >>> gg.hessian((x**3).sum(), x).value
        array([[ 6.,  0.],
               [ 0., 12.]])
    """
    sources = as_outputs(xs)
    for x in sources:
        if x.dtype.kind == "c":
            raise GradientError(
                f"{describe(x)} is complex, and a Hessian is of real numbers",
                remedy="differentiate with respect to its real and imaginary parts",
            )
    rows = []
    for x, slope in zip(sources, grad(y, list(sources)), strict=True):
        nodes = set(topological([slope]))
        blocks = [
            jacobian(slope, z) if z in nodes else _no_curvature(x, z) for z in sources
        ]
        rows.append(_like(xs, blocks))
    return _like(xs, rows)


def hvp(y: Tensor, xs: Tensors, tangents: Any) -> Any:
    """The product of the Hessian with a tangent, without forming the Hessian.

    Args:
        y: a scalar.
        xs: a tensor, or a list of tensors, that y depends on.
        tangents: a tensor or array of x's shape, or a list of them.

    Returns:
        A tensor of x's shape, or a list of them.

    Raises:
        GradientError: as `grad`.
        ShapeError: if a tangent has another shape than its x.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable([1.0, 2.0])
        >>> gg.hvp((x**3).sum(), x, [1.0, 1.0]).value
        array([ 6., 12.])
    """
    sources = as_outputs(xs)
    given = [tangents] if isinstance(xs, Tensor) else tangents
    directions = _alike(sources, given, "tangent")
    parts = [
        sum_over(multiply(conjugated(slope), direction))
        for slope, direction in zip(grad(y, list(sources)), directions, strict=True)
    ]
    along = parts[0]
    for part in parts[1:]:
        along = along + part
    if along.dtype.kind == "c":
        along = real(along)
    nodes = set(topological([along]))
    bent = [x for x in sources if x in nodes]
    found = dict(zip(bent, grad(along, bent) if bent else (), strict=True))
    return _like(xs, [found[x] if x in found else zeros_like(x) for x in sources])


def _no_curvature(x: Tensor, z: Tensor) -> Tensor:
    for end in (x, z):
        if not is_static(end.shape):
            raise ShapeError(
                f"the Hessian of {describe(end)} needs a shape that is known"
            )
    sizes = (*resolve(x.shape, {}), *resolve(z.shape, {}))
    return lift([np.zeros(sizes, z.dtype)])[0]


def _require_in_graph(ys: Sequence[Tensor], xs: Sequence[Tensor]) -> None:
    nodes = set(topological(ys))
    for x in xs:
        if x not in nodes:
            raise GradientError(
                f"{describe(x)}, made at {x.where()}, is not in the graph of "
                + ", ".join(describe(y) for y in ys),
                remedy="differentiate with respect to a tensor that it was made from",
            )
        require_differentiable(x, "the gradient with respect to")


def _alike(owners: Sequence[Tensor], given: Any, role: str) -> list[Tensor]:
    """The cotangents or tangents as tensors of their owners' shapes and dtypes."""
    if not isinstance(given, list | tuple) or len(given) != len(owners):
        raise GradientError(f"expected one {role} for each of {len(owners)} tensors")
    result = []
    for owner, value in zip(owners, given, strict=True):
        array = value if isinstance(value, Tensor) else np.asarray(value, owner.dtype)
        if array.shape != owner.shape:
            raise ShapeError(
                f"a {role} of shape {show(array.shape)} does not fit {describe(owner)}"
            )
        result.append(lift([array])[0])
    return result
