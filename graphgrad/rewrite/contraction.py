"""Sums of products by letters, as matrix products."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from graphgrad.graph.tensor import Tensor
from graphgrad.ops.arithmetic import multiply
from graphgrad.ops.linear import matmul
from graphgrad.ops.movement import permute_dims, reshape
from graphgrad.ops.reduction import sum as sum_over
from graphgrad.ops.summation import terms_of
from graphgrad.rewrite.engine import about
from graphgrad.shapes import is_static


@about("einsum")
def by_matmul(node: Tensor) -> Tensor | None:
    """Two operands' sum of products: to the last places what `einsum` gives."""
    terms, result = terms_of(node.attrs["subscripts"])
    if len(terms) != 2 or node.dtype.kind != "f":
        return None
    if any(x.dtype != node.dtype or not is_static(x.shape) for x in node.inputs):
        return None
    if any(len(set(term)) < len(term) for term in terms):
        return None  # a diagonal
    sizes: dict[str, int] = {}
    for x, term in zip(node.inputs, terms, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            if sizes.setdefault(letter, n) != n:  # type: ignore[arg-type]
                return None  # an axis of length 1 is repeated
    if 0 in sizes.values():
        return None
    return _contracted(node.inputs, terms, result, sizes)


def _contracted(
    inputs: Iterable[Tensor], terms: list[str], result: str, sizes: dict[str, int]
) -> Tensor:
    first, second = terms
    (x, first), (y, second) = (
        _summed(z, own, {*other, *result})
        for z, own, other in zip(inputs, terms, (second, first), strict=True)
    )
    both = [c for c in first if c in second]
    shared = [c for c in both if c in result]
    inner = [c for c in both if c not in result]
    left = [c for c in first if c not in second]
    right = [c for c in second if c not in first]

    letters = [*shared, *left, *right]

    def turned(z: Tensor, own: str, *wanted: str) -> Tensor:
        return permute_dims(z, tuple(own.index(c) for c in wanted))

    if inner:
        x = turned(x, first, *shared, *left, *inner)
        y = turned(y, second, *shared, *inner, *right)
        ahead, k = [sizes[c] for c in shared], prod(sizes[c] for c in inner)
        m, n = (prod(sizes[c] for c in part) for part in (left, right))
        made = matmul(reshape(x, (*ahead, m, k)), reshape(y, (*ahead, k, n)))
        made = reshape(made, tuple(sizes[c] for c in letters))
    else:  # nothing is summed: loops take products of entries in
        x, y = turned(x, first, *shared, *left), turned(y, second, *shared, *right)
        wide = tuple(1 if c in right else sizes[c] for c in letters)
        high = tuple(1 if c in left else sizes[c] for c in letters)
        made = multiply(reshape(x, wide), reshape(y, high))
    return permute_dims(made, tuple(letters.index(c) for c in result))


def _summed(x: Tensor, term: str, kept: set[str]) -> tuple[Tensor, str]:
    """The sum over the axes whose letters nobody else has."""
    axes = tuple(i for i, c in enumerate(term) if c not in kept)
    rest = "".join(c for c in term if c in kept)
    return (sum_over(x, axis=axes), rest) if axes else (x, rest)
