"""The loop that applies rules to a graph, and remembers what became of each node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import is_
from typing import Any

from graphgrad.errors import GraphgradError
from graphgrad.graph.op import CONSTANT, PLACEHOLDER, VARIABLE
from graphgrad.graph.tensor import Tensor, now
from graphgrad.graph.walk import topological, with_sizes

Rule = Callable[[Tensor], Tensor | None]
_BUDGET = 100  # rules that may follow each other at one node


@dataclass
class Rewritten:
    """A graph after rewriting.

    Args:
        outputs: one per output of the graph before.
        origins: the node before, by node after, where the two differ.
        counts: how often each rule was applied, by name.
    """

    outputs: list[Tensor] = field(default_factory=list)
    origins: dict[Tensor, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def rewrite(
    outputs: Sequence[Tensor],
    rules: Iterable[Rule],
    leaves: Mapping[Tensor, Tensor] | None = None,
    sizes: Mapping[str, int] | None = None,
    chosen: Mapping[Tensor, Rule] | None = None,
) -> Rewritten:
    """Build a graph again, with rules applied to every node and equal nodes shared.

    Args:
        outputs: tensors.
        rules: each gives what a node is to be replaced by, of the same values, or None.
        leaves: what to put in for some leaves.
        sizes: of symbolic dimensions that become known.
        chosen: rules for single nodes, which were found by looking at the whole graph.

    Raises:
        GraphgradError: if rules go on replacing each other's results.
    """
    found, begun = Rewritten(), now()
    usual, chosen = _Rules(rules), chosen or {}
    new: dict[Tensor, Tensor] = dict(leaves or {})
    shared: dict[Any, Tensor] = {}
    for node in topological(outputs):
        if node in new:
            continue
        first = chosen.get(node)
        made = _rebuilt(node, new, sizes)
        made = new[node] = _settled(made, usual, first, shared, found)
        if made is not node and made not in found.origins:
            found.origins[made] = node
            if made.serial > begun:  # the user's own nodes keep their names
                made._stand_for(node)
    found.outputs = [new[y] for y in outputs]
    return found


def _rebuilt(
    node: Tensor, new: Mapping[Tensor, Tensor], sizes: Mapping[str, int] | None
) -> Tensor:
    if not node.inputs:
        return node
    inputs = tuple([new[x] for x in node.inputs])
    attrs = with_sizes(node.attrs, sizes)
    if attrs is not node.attrs:
        return node.op.node(inputs, attrs)
    same = all(map(is_, inputs, node.inputs))
    return node if same else node.op.again(node, inputs)


class _Rules:
    """Rules by the names of the ops that they are about, where they say so."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = list(rules)
        self._known: dict[str, list[Rule]] = {}

    def of(self, node: Tensor) -> list[Rule]:
        """Those that may have something for a node."""
        name = node.op.name
        if name not in self._known:
            pairs = ((rule, getattr(rule, "ops", None)) for rule in self._rules)
            self._known[name] = [r for r, ops in pairs if ops is None or name in ops]
        return self._known[name]


def about(*ops: str) -> Callable[[Rule], Rule]:
    """Marks a rule that has nothing for other ops than these."""

    def marked(rule: Rule) -> Rule:
        rule.ops = frozenset(ops)  # type: ignore[attr-defined]
        return rule

    return marked


def _settled(
    node: Tensor,
    rules: _Rules,
    first: Rule | None,
    shared: dict[Any, Tensor],
    found: Rewritten,
) -> Tensor:
    """What stands for a node once no rule replaces it any more."""
    passed = []
    for _ in range(_BUDGET):
        key = _key(node)
        if (known := shared.get(key)) is not None:
            if known is not node:
                found.counts["shared"] = found.counts.get("shared", 0) + 1
            node = known
            break
        passed.append(key)
        own = rules.of(node)
        rule, better = _replaced(node, [first, *own] if first else own)
        if better is None:
            break
        found.counts[rule] = found.counts.get(rule, 0) + 1
        node = better
    else:
        raise GraphgradError(f"rewriting {node!r} comes to no end")
    shared.update(dict.fromkeys(passed, node))
    return node


def _replaced(node: Tensor, rules: list[Rule]) -> tuple[str, Tensor | None]:
    """The first rule that has something better, and what."""
    for rule in rules:
        better = rule(node)
        if better is not None and better is not node:
            return getattr(rule, "__name__", "rule"), better
    return "", None


def _key(node: Tensor) -> Any:
    """Equal for nodes of equal values.

    Serial numbers stand for nodes: the `id` of one that was replaced comes again.
    """
    if node.op is CONSTANT:
        value = node._value
        return CONSTANT, value.dtype, value.shape, value.tobytes()
    if node.op in (VARIABLE, PLACEHOLDER):
        return node.serial
    attrs = tuple(sorted((k, repr(v)) for k, v in node.attrs.items()))
    return node.op, tuple([x.serial for x in node.inputs]), attrs
