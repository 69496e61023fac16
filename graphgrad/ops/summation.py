"""Einstein's summation convention."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from graphgrad.domains import Domain, Interval
from graphgrad.dtypes import promote
from graphgrad.errors import ArgumentError, ShapeError
from graphgrad.graph.declare import primitive
from graphgrad.graph.op import declared
from graphgrad.ops.movement import broadcast_to, reshape
from graphgrad.shapes import broadcast, show

_REALS = Interval(-3, 3)


def _as_einsum(subscripts: Any, *operands: Any) -> Any:
    if not isinstance(subscripts, str):
        raise ArgumentError(
            f"the subscripts are a text, not {type(subscripts).__name__}",
            remedy='write einsum("ij,jk->ik", x, y)',
        )
    terms, arrow, result = subscripts.replace(" ", "").partition("->")
    inputs = terms.split(",")
    if len(inputs) != len(operands):
        raise ArgumentError(
            f"{subscripts!r} is for {len(inputs)} operands, got {len(operands)}"
        )
    arrays = [x if hasattr(x, "shape") else np.asarray(x) for x in operands]
    dots = _letters_for_dots(inputs, arrays)
    spelled = [
        t.replace("...", dots[len(dots) - _dotted(t, x) :])
        for t, x in zip(inputs, arrays, strict=True)
    ]
    if not arrow:
        letters = "".join(spelled)
        once = sorted(c for c in set(letters) if letters.count(c) == 1)
        result = "..." + "".join(c for c in once if c not in dots)
    whole = f"{','.join(spelled)}->{result.replace('...', dots)}"
    return tuple(arrays), {"subscripts": _checked(whole, arrays)}


def _dotted(term: str, x: Any) -> int:
    """The number of axes that "..." stands for in a term."""
    if "..." not in term:
        return 0
    count = len(x.shape) - len(term.replace("...", ""))
    if count < 0:
        raise ArgumentError(
            f"{term!r} has more letters than shape {show(x.shape)} has axes"
        )
    return count


def _letters_for_dots(terms: Sequence[str], operands: Sequence[Any]) -> str:
    """Letters that no term uses, for the axes of the longest "..."."""
    free = [c for c in string.ascii_letters if not any(c in t for t in terms)]
    most = max(_dotted(t, x) for t, x in zip(terms, operands, strict=True))
    return "".join(free[:most])


def _checked(subscripts: str, operands: Sequence[Any]) -> str:
    inputs, result = terms_of(subscripts)
    sizes: dict[str, Any] = {}
    for place, (term, x) in enumerate(zip(inputs, operands, strict=True)):
        if not set(term) <= set(string.ascii_letters):
            raise ArgumentError(
                f"the subscripts {term!r} of operand {place} are not letters"
            )
        if len(term) != len(x.shape):
            raise ShapeError(
                f"the subscripts {term!r} are for {len(term)} axes, and operand "
                f"{place} has shape {show(x.shape)}"
            )
        for letter, size in zip(term, x.shape, strict=True):
            try:
                sizes[letter] = broadcast((sizes.get(letter, 1),), (size,))[0]
            except ShapeError:
                raise ShapeError(
                    f"the letter {letter!r} stands for {sizes[letter]} and, in operand "
                    f"{place}, for {size}",
                    remedy="axes of one letter have one size",
                ) from None
    if not set(result) <= sizes.keys() or len(set(result)) < len(result):
        raise ArgumentError(
            f"the result {result!r} names a letter that no operand has, or one twice"
        )
    return subscripts


def terms_of(subscripts: str) -> tuple[list[str], str]:
    """The letters of each operand, and those of the result."""
    inputs, _, result = subscripts.partition("->")
    return inputs.split(","), result


def _sizes(inputs: Sequence[str], shapes: Iterable[Sequence[Any]]) -> dict[str, Any]:
    sizes: dict[str, Any] = {}
    for term, shape in zip(inputs, shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    return sizes


def _summed(*operands: Any, subscripts: str) -> Any:
    inputs, result = terms_of(subscripts)
    sizes = _sizes(inputs, [x.shape for x in operands])
    dtype = promote(*[x.dtype for x in operands])
    return tuple(sizes[c] for c in result), dtype


def _einsum_vjp(g: Any, out: Any, *operands: Any, subscripts: str) -> list[Any]:
    """For each operand the sum over the others and g, its letters being the result."""
    inputs, result = terms_of(subscripts)
    sizes = _sizes(inputs, [x.shape for x in operands])
    parts = []
    for place, term in enumerate(inputs):
        others = [(t, x) for i, (t, x) in enumerate(zip(inputs, operands, strict=True))
                  if i != place]  # fmt: skip
        known = set(result).union(*(t for t, _ in others))
        target, deltas = _without_repeats(term, {*sizes, *known}, sizes)
        present = "".join(c for c in target if c in known or c not in term)
        factors = [(result, g), *others, *deltas]
        texts = ",".join(t for t, _ in factors)
        found = einsum.apply(
            tuple(x for _, x in factors), {"subscripts": f"{texts}->{present}"}
        )
        shape = tuple(
            sizes[c] if c in sizes else sizes[term[i]] for i, c in enumerate(target)
        )
        thin = tuple(
            d if c in present else 1 for c, d in zip(target, shape, strict=True)
        )
        parts.append(broadcast_to(reshape(found, thin), shape))
    return parts


def _without_repeats(
    term: str, used: set[str], sizes: dict[str, Any]
) -> tuple[str, list[tuple[str, Any]]]:
    """A term in which no letter comes twice, and the unit matrices that tie copies."""
    free = (c for c in string.ascii_letters if c not in used)
    target, deltas = "", []
    for letter in term:
        if letter not in target:
            target += letter
            continue
        if not isinstance(sizes[letter], int):
            raise ShapeError(
                f"the gradient of the diagonal {term!r} needs a size that is known",
                remedy="give the placeholder a number there",
            )
        copy = next(free)
        deltas.append((letter + copy, np.eye(sizes[letter])))
        target += copy
    return target, deltas


def _batched(size: Any, inputs: Any, mapped: Any, attrs: Any) -> Any:
    terms, result = terms_of(attrs["subscripts"])
    letter = next(c for c in string.ascii_letters if c not in attrs["subscripts"])
    marked = [letter * m + t for t, m in zip(terms, mapped, strict=True)]
    return einsum.apply(inputs, {"subscripts": f"{','.join(marked)}->{letter}{result}"})


@primitive(
    infer=_summed,
    vjp=_einsum_vjp,
    prepare=_as_einsum,
    domain=Domain(
        (_REALS, _REALS),
        signature="(2,2),(2,3)",
        options=tuple({"subscripts": s} for s in ("ij,jk->ik", "ii,ij->j", "ij,kl->l")),
        valid=lambda x, y: x.ndim == y.ndim == 2,
    ),
    batch=_batched,
    glyph="Σ·",
)
def einsum(xp: Any, *operands: Any, subscripts: str) -> Any:
    """Products of entries summed over the letters that the result lacks.

    Args:
        subscripts: first of all, e.g. ``einsum("ij,jk->ik", x, y)``: a letter for
            each axis of each operand, "..." for the axes that are left. Without an
            arrow the result has the letters that come once, in their order. A letter
            twice in one operand is its diagonal.
        *operands: tensors; integers stay integers.
    """
    return xp.einsum(subscripts, *operands, optimize=True)


__all__ = declared(globals())
