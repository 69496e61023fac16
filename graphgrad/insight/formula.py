"""A graph as a formula, in text or in LaTeX.

What only moves entries, repeats them or changes their dtype is left out, as it is in a
book. What is long or used twice gets a letter, which is explained below the formula, so
that text grows as the graph does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from graphgrad.graph.graph import as_outputs
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import topological
from graphgrad.insight.notation import ATOM, SIGNS, Latex, Notation, Text, Written
from graphgrad.rewrite import algebra
from graphgrad.rewrite.engine import rewrite

_HIDDEN = {
    *("astype", "broadcast_to", "expand_dims", "squeeze", "reshape", "asarray"),
    *("with_updates", "stop_gradient", "project", "checkpoint"),
}
_PLAIN = {
    "strong_multiply": "multiply",
    "strong_divide": "divide",
    "positive": "astype",
}
_LONG = 90  # characters, from where on an expression gets a letter
_SHORT = 12  # up to here it is written again where it is used again


def formula(y: Tensor, *, called: str | None = None) -> str:
    """What a tensor is, as a line of text, with lines for what has a letter in it.

    Args:
        y: a tensor.
        called: what stands on the left; by default its name, or "y".

    Example:
        >>> import graphgrad as gg
        >>> from graphgrad.insight.formula import formula
        >>> x, w = gg.variable(1.0, name="x"), gg.variable(2.0, name="w")
        >>> print(formula(gg.sigmoid(w * x) / (1 + x)))
        y = sigmoid(w · x) / (1 + x)
    """
    lines = _Writer(Text()).lines(y, called)
    return "\n  where ".join(lines)


def to_latex(y: Tensor) -> str:
    r"""What a tensor is, as LaTeX for a display of mathematics.

    Args:
        y: a tensor.

    Returns:
        A formula; if parts of it have letters, an ``aligned`` environment of several.

    Example:
        >>> import graphgrad as gg
        >>> x = gg.variable(1.0, name="x")
        >>> print(gg.to_latex(gg.exp(-x) / 2))
        y = \frac{\exp\left(-x\right)}{2}
    """
    lines = _Writer(Latex()).lines(y, None)
    if len(lines) == 1:
        return lines[0]
    body = " \\\\\n".join(line.replace(" = ", " &= ", 1) for line in lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


class _Writer:
    def __init__(self, notation: Notation) -> None:
        self._notation = notation
        self._letters = _letters()

    def lines(self, y: Tensor, called: str | None) -> list[str]:
        """The formula, and those of its letters."""
        as_outputs(y)
        name = called or y.name
        head = self._notation.name(name) if name else "y"
        (target,) = rewrite([y], (algebra.identity, algebra.chain)).outputs
        order = topological([target])
        uses = Counter(x for node in order for x in node.inputs)
        known: dict[Tensor, Written] = {}
        below = []
        taken = {node.name for node in order if node.name}
        for node in order:
            made = self._written(node, known)
            if node is not target and self._has_letter(node, made, uses[node]):
                symbol = node.name or next(x for x in self._letters if x not in taken)
                made_name = self._notation.name(symbol)
                below.append(f"{made_name} = {made.text}")
                made = Written(made_name, ATOM)
            known[node] = made
        return [f"{head} = {known[target].text}", *reversed(below)]

    def _has_letter(self, node: Tensor, made: Written, uses: int) -> bool:
        if not node.inputs or node.op.name in _HIDDEN:
            return False
        return (
            node.name is not None
            or len(made.text) > _LONG
            or (uses > 1 and len(made.text) > _SHORT)
        )

    def _written(self, node: Tensor, known: dict[Tensor, Written]) -> Written:
        notation, name = self._notation, _PLAIN.get(node.op.name, node.op.name)
        inputs = [known[x] for x in node.inputs]
        if node.op is CONSTANT:
            return notation.constant(node._value)
        if not node.inputs:
            return Written(notation.name(node.name or node.op.name), ATOM)
        if name in _HIDDEN:
            return inputs[0]
        if name == "multiply" and "1" in (inputs[0].text, inputs[1].text):
            return inputs[inputs[0].text == "1"]
        if name == "multiply" and (part := _share(node)):
            k, divisor = part
            return notation.fraction(inputs[1 - k], known[divisor])
        if name == "divide":
            return notation.fraction(*inputs)
        if name in SIGNS and len(inputs) == 2:
            return notation.between(name, *inputs)
        if name == "negative":
            return notation.negative(inputs[0])
        if name in ("permute_dims", "matrix_transpose") and node.ndim == 2:
            return notation.transposed(inputs[0])
        if name == "power":
            return notation.power(*inputs)
        if name == "square":
            return notation.power(inputs[0], Written("2", ATOM))
        if name == "size_along":
            dims = [node.inputs[0].shape[a] for a in node.attrs["axis"]]
            return Written(notation.name(" ".join(map(str, dims))), ATOM)
        return notation.call(name, inputs, _shown(name, node.attrs))


def _share(node: Tensor) -> tuple[int, Tensor] | None:
    """Of a product with 1/n: which factor that is, and n."""
    for k, x in enumerate(node.inputs):
        plain = _PLAIN.get(x.op.name, x.op.name)
        if plain == "divide" and _is_one(x.inputs[0]):
            return k, x.inputs[1]
    return None


def _is_one(x: Tensor) -> bool:
    return x.op is CONSTANT and x.shape == () and bool(x._value == 1)


def _shown(name: str, attrs: Any) -> Sequence[str]:
    """The attrs that a reader needs to know."""
    if name in ("sum", "mean", "max", "min", "prod", "argmax") and attrs["axis"]:
        axis = attrs["axis"]
        axes = axis if isinstance(axis, tuple) else (axis,)
        return [f"axis {', '.join(map(str, axes))}"]
    return []


def _letters() -> Iterator[str]:
    for k in count():
        for letter in "abcdefghijklmnopqrsuvz":
            yield letter if not k else f"{letter}{k}"
