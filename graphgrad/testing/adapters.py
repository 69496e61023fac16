"""Functions of other libraries as the pairs (fn, vjp) that the checker takes.

Each library is imported when a pair is made of one of its functions, never before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphgrad.testing.problem import Array, carries_gradient

Pair = tuple[Callable[..., Array], Callable[..., list[Array | None]]]


def torch(f: Callable[..., Any]) -> Pair:
    """A function of PyTorch's tensors as ``(fn, vjp)`` on arrays.

    Args:
        f: takes tensors and gives one tensor.

    Example:
        >>> import graphgrad as gg
        >>> import torch  # doctest: +SKIP
        >>> pair = gg.testing.torch(torch.sigmoid)  # doctest: +SKIP
        >>> gg.testing.check_vjp(*pair, [0.5, -2.0]).verdict  # doctest: +SKIP
        'right'
    """
    import torch as library

    def tensors(arrays: tuple[Array, ...], *, moved: bool) -> list[Any]:
        made = [library.tensor(_in_order(x)) for x in arrays]
        for x in made:
            if moved and x.is_floating_point():
                x.requires_grad_()
        return made

    def fn(*arrays: Array) -> Array:
        with library.no_grad():
            return np.asarray(f(*tensors(arrays, moved=False)).detach().numpy())

    def vjp(cotangent: Array, output: Array, *arrays: Array) -> list[Array | None]:
        inputs = tensors(arrays, moved=True)
        made = f(*inputs)
        given = library.tensor(_in_order(cotangent))
        floats = [x for x in inputs if x.requires_grad]
        if not made.requires_grad:  # it depends on none of them
            found = [None] * len(floats)
        else:
            found = library.autograd.grad(made, floats, given, allow_unused=True)
        rest = iter(found)
        return [_of_torch(next(rest), x) if x.requires_grad else None for x in inputs]

    return fn, vjp


def _in_order(x: Array) -> Array:
    """A writable copy that starts at its first entry: PyTorch takes no other."""
    made = np.empty(x.shape, x.dtype)  # np.array keeps a negative stride of one entry
    made[...] = x
    return made


def _of_torch(gradient: Any, x: Any) -> Array:
    """PyTorch gives None for an input that the output does not depend on."""
    if gradient is None:
        return np.zeros(tuple(x.shape), x.detach().numpy().dtype)
    return np.asarray(gradient.detach().numpy())


def jax(f: Callable[..., Any]) -> Pair:
    """A function of JAX's arrays as ``(fn, vjp)``, in the precision of its inputs.

    Args:
        f: takes arrays and gives one array.
    """
    import jax as library

    def fn(*arrays: Array) -> Array:
        with library.enable_x64():
            return np.asarray(f(*map(library.numpy.asarray, arrays)))

    def vjp(cotangent: Array, output: Array, *arrays: Array) -> list[Array | None]:
        with library.enable_x64():
            made, back = library.vjp(f, *map(library.numpy.asarray, arrays))
            parts = back(library.numpy.asarray(cotangent, made.dtype))
            return [
                np.asarray(g) if carries_gradient(x) else None
                for g, x in zip(parts, arrays, strict=True)
            ]

    return fn, vjp


def autograd(f: Callable[..., Any]) -> Pair:
    """A function in HIPS autograd's NumPy as ``(fn, vjp)``.

    Args:
        f: takes arrays and gives one array.
    """
    from autograd import make_vjp

    def fn(*arrays: Array) -> Array:
        return np.asarray(f(*arrays))

    def vjp(cotangent: Array, output: Array, *arrays: Array) -> list[Array | None]:
        parts: list[Array | None] = []
        for place, x in enumerate(arrays):
            if carries_gradient(x):
                back, made = make_vjp(f, place)(*arrays)
                parts.append(
                    np.asarray(back(np.asarray(cotangent, np.asarray(made).dtype)))
                )
            else:
                parts.append(None)
        return parts

    return fn, vjp
