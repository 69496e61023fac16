"""Nodes as expressions: which sign or name an op is written with.

What only moves entries, repeats them or changes their dtype is left out, as it is in a
book.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graphgrad.graph.op import CONSTANT
from graphgrad.graph.pattern import show_pattern
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import topological
from graphgrad.insight import identities
from graphgrad.insight.notation import ATOM, SIGNS, Notation, Written
from graphgrad.insight.tidy import Tidy

HIDDEN = {
    *("astype", "broadcast_to", "expand_dims", "squeeze", "reshape", "asarray"),
    *("with_updates", "stop_gradient", "positive"),
}
_OF_COMPLEX = {"conj", "real"}
_PLAIN = {
    "strong_multiply": "multiply",
    "strong_divide": "divide",
}


class Writer:
    """Writes the expressions of a graph, one for each node.

    Args:
        notation: text or LaTeX.
        known: how some nodes are written; they count as leaves.
        same: the ops that some leaves stand for.
        guards: whether to write what guards against 0, as where(x = 0, 1, x) does.
    """

    def __init__(
        self,
        notation: Notation,
        known: Mapping[Tensor, Written] | None = None,
        same: Mapping[Tensor, Tensor] | None = None,
        *,
        guards: bool = True,
    ) -> None:
        self._notation = notation
        self._tidy = Tidy(notation)
        self._known = dict(known or {})
        self._same = dict(same or {})
        self._guards = guards

    def expression(self, y: Tensor) -> Written:
        """A graph whose leaves are known, as one expression."""
        for node in topological([y], self._known):
            if node not in self._known:
                self.call(node, self.write(node))
        return self._known[y]

    def call(self, node: Tensor, written: Written) -> None:
        """Settle how a node is written where it is used."""
        self._known[node] = written

    def write(self, node: Tensor) -> Written:
        """A node, all of whose inputs are settled."""
        name = _PLAIN.get(node.op.name, node.op.name)
        inputs = [self._known[x] for x in node.inputs]
        if node.op is CONSTANT:
            return self._notation.constant(node._value)
        if name in HIDDEN or (name in _OF_COMPLEX and node.inputs[0].dtype.kind != "c"):
            moved = inputs[0].sign == "name" and node.shape != node.inputs[0].shape
            return inputs[0]._replace(sign="moved") if moved else inputs[0]
        if (found := self._recognised(node, name)) is not None:
            return found
        if rule := _RULES.get(name):
            return rule(self._tidy, *inputs)
        if name in SIGNS and len(inputs) == 2:
            return self._notation.between(name, *inputs)
        return self._named(node, name, inputs)

    def _recognised(self, node: Tensor, name: str) -> Written | None:
        """What is known by another form than its own."""
        tidy, known = self._tidy, self._known
        one, two = map(self._notation.numeral, (1.0, 2.0))
        if name == "where" and not self._guards:
            x = identities.of_guard(node)
            return None if x is None else known[x]
        if name != "multiply":
            return None
        if node.inputs[0] is node.inputs[1]:
            return tidy.power(known[node.inputs[0]], two)
        if (h := identities.of_one_less_square(node)) is not None:
            return tidy.subtract(one, tidy.power(known[h], two))
        y = identities.of_logistic_slope(node, lambda x: self._same.get(x, x))
        return (
            None if y is None else tidy.multiply(known[y], tidy.subtract(one, known[y]))
        )

    def _named(self, node: Tensor, name: str, inputs: list[Written]) -> Written:
        """What has a name rather than a sign."""
        notation, tidy = self._notation, self._tidy
        if name == "project":
            return notation.part(inputs[0], str(node.attrs["index"]))
        if name == "getitem" and len(inputs) == 1:
            return notation.part(inputs[0], show_pattern(node.attrs["pattern"]))
        if name in ("permute_dims", "matrix_transpose") and node.ndim == 2:
            return tidy.transposed(inputs[0])
        if name == "square":
            return tidy.power(inputs[0], notation.numeral(2.0))
        if name in ("zeros_like", "ones_like"):
            return notation.numeral(float(name == "ones_like"))
        if name == "size_along":
            return self._size([node.inputs[0].shape[a] for a in node.attrs["axis"]])
        return notation.call(name, inputs, _shown(node))

    def _size(self, dims: Sequence[int | str]) -> Written:
        size = self._notation.numeral(1.0)
        for d in dims:
            if isinstance(d, str):
                factor = Written(self._notation.name(d), ATOM)
            else:
                factor = self._notation.numeral(float(d))
            size = self._tidy.multiply(size, factor)
        return size


_RULES: dict[str, Callable[..., Written]] = {
    "add": Tidy.add,
    "subtract": Tidy.subtract,
    "negative": Tidy.negative,
    "multiply": Tidy.multiply,
    "divide": Tidy.divide,
    "power": Tidy.power,
    "where": Tidy.where,
}


def _shown(node: Tensor) -> Sequence[str]:
    """Where an op writes, or its axes, unless they are all or a softmax's last."""
    if node.op.name in ("index_add", "index_set"):
        return [f"[{show_pattern(node.attrs['pattern'])}]"]
    axis = node.attrs.get("axis")
    if axis is None or node.op.multiple:
        return []
    axes = axis if isinstance(axis, tuple) else (axis,)
    count = node.inputs[0].ndim
    last = axes in ((-1,), (count - 1,)) and "softmax" in node.op.name
    if last or not axes or set(axes) == set(range(count)):
        return []
    return [f"axis {', '.join(map(str, axes))}"]
