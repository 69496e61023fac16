"""Shapes: tuples of dimensions, each an int or a symbol.

A symbolic dimension is a string, ``"batch"``, or a polynomial of symbols in canonical
text, ``"2*batch + 1"``, so that equal dimensions are equal strings. A symbol stands
for a size that a placeholder learns when it is bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from graphgrad.errors import AxisError, ShapeError

Dim = int | str
Shape = tuple[Dim, ...]
_Terms = dict[tuple[str, ...], int]


def show(shape: Iterable[Dim]) -> str:
    """The shape as text, symbols without quotes: ``(batch, 784)``."""
    dims = [str(d) for d in shape]
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def is_static(shape: Iterable[Dim]) -> bool:
    """Whether every dimension is a number."""
    return all(isinstance(d, int) for d in shape)


def as_shape(value: Any) -> Shape:
    """The shape that a user's int, symbol or sequence of them means.

    Raises:
        ShapeError: for negative sizes, other types and symbols that are no names.
    """
    dims = (value,) if isinstance(value, int | str) else tuple(value)
    shape: list[Dim] = []
    for dim in dims:
        if isinstance(dim, str):
            shape.append(_as_symbol(dim))
            continue
        try:
            size = dim.__index__()
        except AttributeError:
            raise ShapeError(
                f"{dim!r} is not a dimension",
                remedy='use sizes and names, ("batch", 3)',
            ) from None
        if size < 0:
            raise ShapeError(f"dimension {size} is negative")
        shape.append(size)
    return tuple(shape)


def _as_symbol(text: str) -> Dim:
    names = {name for term in _parse(text) for name in term}
    if not all(name.isidentifier() for name in names):
        raise ShapeError(
            f"{text!r} is not a name for a dimension",
            remedy='use a word such as "batch"',
        )
    return _format(_parse(text))


@cache
def broadcast(*shapes: Shape) -> Shape:
    """The shape that these shapes broadcast to.

    Raises:
        ShapeError: if two sizes of an axis differ and neither is 1.
    """
    ndim = max((len(s) for s in shapes), default=0)
    result: list[Dim] = []
    for axis in range(-ndim, 0):
        dims = [s[axis] for s in shapes if len(s) >= -axis]
        sizes = dict.fromkeys(d for d in dims if d != 1)
        if len(sizes) > 1:
            known = " against ".join(str(d) for d in sizes)
            raise ShapeError(
                f"shapes {' and '.join(show(s) for s in shapes)} do not broadcast: "
                f"axis {axis} has {known}",
                remedy="make these axes equal or 1, e.g. with reshape or expand_dims",
            )
        result.append(next(iter(sizes), 1))
    return tuple(result)


def normalise_axes(axis: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Axes as sorted non-negative numbers; None means all of them.

    Raises:
        AxisError: for an axis that is not there, or given twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = [axis] if hasattr(axis, "__index__") else list(axis)  # type: ignore[arg-type]
    result = sorted(normalise_axis(a, ndim) for a in axes)
    if len(set(result)) < len(result):
        raise AxisError(f"axis {tuple(axes)} names an axis twice")
    return tuple(result)


def normalise_axis(axis: Any, ndim: int) -> int:
    """One axis as a non-negative number below ndim.

    Raises:
        AxisError: for an axis that is not there.
    """
    try:
        number = axis.__index__()
    except AttributeError:
        raise ShapeError(f"axis {axis!r} is not a whole number") from None
    if not -ndim <= number < ndim:
        span = f"axes run from {-ndim} to {ndim - 1}" if ndim else "it has no axes"
        raise AxisError(f"there is no axis {number} in {ndim} dimensions: {span}")
    return number % ndim


def product(dims: Iterable[Dim]) -> Dim:
    """The number of elements: an int, or a symbolic dimension."""
    known, terms = 1, None
    for dim in dims:
        if isinstance(dim, int):
            known *= dim
        else:
            terms = _parse(dim) if terms is None else _multiply(terms, _parse(dim))
    if terms is None:
        return known
    return _format({names: count * known for names, count in terms.items()})


def total(dims: Iterable[Dim]) -> Dim:
    """The sum of dimensions: an int, or a symbolic dimension."""
    terms: _Terms = {}
    for dim in dims:
        for names, count in _parse(dim).items():
            terms[names] = terms.get(names, 0) + count
    return _format(terms)


def quotient(dividend: Dim, divisor: Dim) -> Dim | None:
    """The exact quotient of two dimensions, or None if there is none."""
    below = _parse(divisor)
    if len(below) != 1:
        return 1 if dividend == divisor and below else None
    ((names, count),) = below.items()
    result: _Terms = {}
    for above, number in _parse(dividend).items():
        rest = list(above)
        for name in names:
            if name not in rest:
                return None
            rest.remove(name)
        if number % count:
            return None
        result[tuple(rest)] = number // count
    return _format(result)


def resolve(shape: Iterable[Dim], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape with every symbol replaced by its size.

    Raises:
        ShapeError: for a symbol that no bound placeholder has.
    """
    return tuple(d if isinstance(d, int) else _evaluate(d, sizes) for d in shape)


def learn(shape: Shape, actual: tuple[int, ...], sizes: dict[str, int]) -> None:
    """Match a declared shape with an array's and note the sizes of its symbols.

    Raises:
        ShapeError: if they differ, or a symbol already has another size.
    """
    fits = len(shape) == len(actual)
    for dim, size in zip(shape, actual, strict=False):
        if isinstance(dim, int):
            fits = fits and dim == size
        elif dim.isidentifier():
            fits = fits and sizes.setdefault(dim, size) == size
    if not fits:
        known = {d: sizes[d] for d in shape if isinstance(d, str) and d in sizes}
        raise ShapeError(
            f"an array of shape {show(actual)} does not fit {show(shape)}"
            + "".join(f", {name} = {size}" for name, size in known.items())
        )


def _evaluate(dim: str, sizes: Mapping[str, int]) -> int:
    result = 0
    for names, count in _parse(dim).items():
        for name in names:
            if name not in sizes:
                raise ShapeError(
                    f"the size of dimension {name!r} is not known",
                    remedy="bind a placeholder that has it",
                )
            count *= sizes[name]
        result += count
    return result


def _parse(dim: Dim) -> _Terms:
    if isinstance(dim, int):
        return {(): dim} if dim else {}
    terms: _Terms = {}
    for term in dim.split("+"):
        count, names = 1, []
        for factor in term.strip().split("*"):
            if factor.strip().isdecimal():
                count *= int(factor)
            else:
                names.append(factor.strip())
        key = tuple(sorted(names))
        terms[key] = terms.get(key, 0) + count
    return terms


def _format(terms: _Terms) -> Dim:
    terms = {names: count for names, count in terms.items() if count}
    if not terms.keys() - {()}:
        return terms.get((), 0)
    ordered = sorted(terms.items(), key=lambda item: (-len(item[0]), item[0]))
    return " + ".join(
        "*".join([str(count)] * (count != 1 or not names) + list(names))
        for names, count in ordered
    )


def _multiply(left: _Terms, right: _Terms) -> _Terms:
    result: _Terms = {}
    for a, m in left.items():
        for b, n in right.items():
            key = tuple(sorted(a + b))
            result[key] = result.get(key, 0) + m * n
    return result
