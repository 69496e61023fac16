"""A graph as a formula, in text or in LaTeX.

What only moves entries, repeats them or changes their dtype is left out, as it is in a
book. What is long or used twice gets a letter, which is explained below the formula, so
that text grows as the graph does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from graphgrad.graph.graph import as_outputs
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.pattern import show_pattern
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import topological
from graphgrad.insight.notation import ATOM, SIGNS, Latex, Notation, Text, Written
from graphgrad.rewrite import algebra
from graphgrad.rewrite.engine import rewrite

_HIDDEN = {
    *("astype", "broadcast_to", "expand_dims", "squeeze", "reshape", "asarray"),
    *("with_updates", "stop_gradient", "positive"),
}
_PLAIN = {
    "strong_multiply": "multiply",
    "strong_divide": "divide",
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
        self._symbols: dict[Tensor, str] = {}

    def lines(self, y: Tensor, called: str | None) -> list[str]:
        """The formula, and those of its letters."""
        as_outputs(y)
        (target,) = rewrite([y], (algebra.identity, algebra.chain)).outputs
        order = topological([target])
        uses = Counter(x for node in order for x in node.inputs)
        known: dict[Tensor, Written] = {}
        below = []
        names = {node.name for node in order if node is not target or not node.inputs}
        free = (x for x in ("y", "f", "result") if x not in names)
        own = None if y.name in names else y.name
        name = called or own or next(free, "value")
        head = name if called else self._notation.name(name)
        self._symbols, taken = _symbols(order, target, name)
        for node in order:
            made = self._written(node, known)
            if node is not target and self._has_letter(node, made, uses[node]):
                symbol = self._symbols.get(node)
                symbol = symbol or next(x for x in self._letters if x not in taken)
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
            return Written(notation.name(self._symbols[node]), ATOM)
        if name == "project":
            return notation.part(inputs[0], str(node.attrs["index"]))
        if name == "getitem" and len(inputs) == 1:
            return notation.part(inputs[0], show_pattern(node.attrs["pattern"]))
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
        return notation.call(name, inputs, _shown(node))


def _share(node: Tensor) -> tuple[int, Tensor] | None:
    """Of a product with 1/n: which factor that is, and n."""
    for k, x in enumerate(node.inputs):
        plain = _PLAIN.get(x.op.name, x.op.name)
        if plain == "divide" and _is_one(x.inputs[0]):
            return k, x.inputs[1]
    return None


def _is_one(x: Tensor) -> bool:
    return x.op is CONSTANT and x.shape == () and bool(x._value == 1)


def _shown(node: Tensor) -> Sequence[str]:
    """The axes of an op, unless they are all, or the last of a softmax."""
    axis = node.attrs.get("axis")
    if axis is None or node.op.multiple:
        return []
    axes = axis if isinstance(axis, tuple) else (axis,)
    count = node.inputs[0].ndim
    last = axes in ((-1,), (count - 1,)) and "softmax" in node.op.name
    if last or not axes or set(axes) == set(range(count)):
        return []
    return [f"axis {', '.join(map(str, axes))}"]


def _symbols(
    order: Sequence[Tensor], target: Tensor, head: str
) -> tuple[dict[Tensor, str], set[str]]:
    """Names of leaves and of named nodes, numbered where several have one."""
    dims = {d for x in order if not x.op.multiple for d in x.shape}
    taken = {head, *(d for d in dims if isinstance(d, str))}
    found: dict[Tensor, str] = {}
    for node in order:
        named = not node.inputs or (node.name and node is not target)
        if not named or node.op is CONSTANT:
            continue
        base = node.name or node.op.name
        tries = (base, *(f"{base}{k}" for k in range(2, len(order) + 3)))
        found[node] = next(x for x in tries if x not in taken)
        taken.add(found[node])
    return found, taken


def _letters() -> Iterator[str]:
    for k in count():
        for letter in "abcdefghijklmnopqrsuvz":
            yield letter if not k else f"{letter}{k}"
