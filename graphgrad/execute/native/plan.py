"""What is done in which order: loops over many ops, products, scalars, calls of NumPy.

An elementwise op joins the first loop over its shape that comes after its inputs are
there; so does a reduction of such values. What only its own loop needs stays in a
register.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from graphgrad.execute.levels import kind_of
from graphgrad.execute.native.joining import Joined, joined
from graphgrad.execute.native.ordering import Work, ordered
from graphgrad.execute.native.reductions import is_reduction
from graphgrad.execute.native.sinking import Sinking
from graphgrad.execute.native.steps import (
    LONGEST,
    Call,
    Loop,
    Product,
    Scalars,
    Step,
    is_empty,
    may_fail,
)
from graphgrad.execute.native.table import table_of
from graphgrad.execute.native.tracing import unfit
from graphgrad.execute.native.views import Sizes, View, entries, moved, sizes_of, whole
from graphgrad.graph.op import CONSTANT
from graphgrad.graph.tensor import Tensor
from graphgrad.graph.walk import topological

_FLOATS = ("float32", "float64")


class Plan:
    """The steps for a graph of static shapes.

    Args:
        outputs: the tensors that are wanted.
        donated: variables by the number of the output that is their new value.

    Attributes:
        steps: in order.
        stored: the tensors that need memory.
        views: of every tensor, where it lies.
        leaves: those that a step reads, or that are outputs.
        replaced: the variable whose memory a tensor is computed into, by tensor.
        over: the same, and those that take the memory of a tensor no longer needed.
    """

    def __init__(
        self, outputs: Sequence[Tensor], donated: Mapping[int, Tensor] | None = None
    ) -> None:
        self.outputs = list(outputs)
        self.steps: list[Step] = []
        self.views: dict[Tensor, View] = {}
        self._home: dict[Tensor, int] = {}
        order = topological(outputs)
        self._reasons: dict[Any, str | None] = {}
        self.table = table_of(order)
        self._users = _users(order, outputs)
        self._added: dict[Tensor, Product] = {}
        self._folded: dict[Tensor, Tensor] = {}
        self._inside: dict[tuple[Tensor, int], int] = {}  # the step that finds it out
        if self.table is not None:
            self.steps.append(Scalars(self.table))
        for node in order:
            if self.table is not None and node.inputs and node in self.table.places:
                self.views[node] = whole(node)
                self._home[node] = 0
            else:
                self._place(node)
        self._sink()
        self.stored = self._stored()
        read = {x for step in self.steps for x in self.read_by(step)}
        read.update(self.views[y].base for y in self.outputs)
        # In the order they were made, so that a program is the same each time.
        self.leaves = sorted((x for x in read if not x.inputs), key=lambda x: x.serial)
        pairs = ((self.outputs[i], x) for i, x in (donated or {}).items() if x in read)
        self.replaced = {y: x for y, x in pairs if self._may_replace(y, x)}
        self._reorder()
        self.over = {**self.replaced, **self._taken_over()}

    def _may_replace(self, y: Tensor, x: Tensor) -> bool:
        """Whether nothing reads x after y is computed, nor elsewhere while it is.

        And nothing may fail after that: variables change all or none.
        """
        if not x.shape or y.dtype != x.dtype or y not in self._home:
            return False
        if sum(z is y for z in self.outputs) > 1:
            return False
        if any(self.views[z].base is x for z in self.outputs):
            return False
        home = self._home[y]
        if any(map(may_fail, self.steps[home:])):
            return False
        for k, step in enumerate(self.steps):
            if k < home or not any(z is x for z in self.read_by(step)):
                continue
            if k > home or not self._reads_in_place(step, y, x):
                return False
        return True

    def _reads_in_place(self, step: Step, y: Tensor, x: Tensor) -> bool:
        """Whether a step reads of x no other entry than the one that it replaces."""
        if isinstance(step, Product):
            apart = step.left.base is not x and step.right.base is not x
            return apart and step.start in (None, whole(x))
        if not isinstance(step, Loop) or any(z is y for z in step.reductions):
            return False
        nodes = (*step.nodes, *step.reductions)
        views = [self.views[z] for node in nodes for z in node.inputs]
        own = whole(x)
        return step.space == x.shape and all(v == own for v in views if v.base is x)

    def last_reads(self) -> dict[Tensor, int]:
        """The last step that reads or makes each tensor; outputs are read after all."""
        last = {
            x: k
            for k, step in enumerate(self.steps)
            for x in (*self.made_by(step), *self.read_by(step))
        }
        last.update((self.views[y].base, len(self.steps)) for y in self.outputs)
        return last

    def _taken_over(self) -> dict[Tensor, Tensor]:
        """Whose memory tensors take, as no step reads it after the one they are of."""
        last, found = self.last_reads(), {}
        own = self.stored.difference(self.outputs)
        for k, step in enumerate(self.steps):
            made = [y for y in self._made_entry_by_entry(step) if y in own]
            if not made:
                continue
            read = (x for x in self.read_by(step) if x in own and x.shape)
            free = dict.fromkeys(x for x in read if last[x] == k)
            for x in (x for x in free if self._reads_in_place(step, made[0], x)):
                like = (y for y in made if y not in found and y.dtype == x.dtype)
                if (y := next(like, None)) is not None:
                    found[y] = x
        return found

    @staticmethod
    def _made_entry_by_entry(step: Step) -> Sequence[Tensor]:
        """Results whose entries are made of entries at the same places."""
        if isinstance(step, Loop):
            return step.nodes
        return [step.node] if isinstance(step, Product) and step.start else []

    def _sink(self) -> None:
        """Let later loops compute what would only be kept for them."""
        readers: dict[Tensor, Counter[int]] = {}
        for k, step in enumerate(self.steps):
            for x in self.read_by(step):
                readers.setdefault(x, Counter())[k] += 1
        steps = enumerate(self.steps)
        loops = {k: (s.nodes, s.space) for k, s in steps if isinstance(s, Loop)}
        Sinking(loops, self._home, readers, self._users, self.views, LONGEST).run()

    def _reorder(self) -> None:
        """Do early what frees memory; what was decided for this order stays true."""
        reads = [set(self.read_by(step)) for step in self.steps]
        after = [
            {self._home[x] for x in own if x in self._home} - {k}
            for k, own in enumerate(reads)
        ]
        for k, step in enumerate(self.steps):
            if isinstance(step, Joined):  # not before it is known that it can be done
                after[k] |= {self._inside[pair] for pair in step.unknown} - {k}
        failing = {k for k, step in enumerate(self.steps) if may_fail(step)}
        for y, x in self.replaced.items():
            home = self._home[y]
            after[home] |= failing | {k for k, own in enumerate(reads) if x in own}
            after[home].discard(home)
        own = self.stored.difference(self.outputs)
        sizes = {x: entries(sizes_of(x)) * x.dtype.itemsize for x in own}
        made = [self.made_by(step) for step in self.steps]
        takes = [sum(sizes.get(x, 0) for x in nodes) for nodes in made]
        works = [Work(*facts) for facts in zip(after, reads, takes, strict=True)]
        order = [k for k in ordered(works, sizes) if not is_empty(self.steps[k])]
        places = {k: place for place, k in enumerate(order)}
        self.steps = [self.steps[k] for k in order]
        self._home = {x: places[k] for x, k in self._home.items()}

    def _place(self, node: Tensor) -> None:
        if node.op.multiple:  # its results are read by `project` alone
            self._append(Call(node, "it has several results"), node)
            return
        source = self.views.get(node.inputs[0]) if node.inputs else None
        view = moved(node, source) if source else None
        self.views[node] = view or whole(node)
        if view is not None or not node.inputs or node in self._folded:
            return
        if node in self._added:
            self._append(self._added[node], node)
        elif entries(sizes_of(node)) and is_reduction(node):
            self._join(node, sizes_of(node.inputs[0]))
        elif node.op.name == "reshape" and not self._reason(node):
            self._join(node, sizes_of(node.inputs[0]))  # a copy, row after row
        elif (product := self._product(node)) is not None:
            if not self._fold(product):
                self._append(product, node)
        elif (step := joined(node, self.views, self._inside)) is not None:
            for pair in step.unknown:
                self._inside.setdefault(pair, len(self.steps))
            self._append(step, node)
        elif (reason := self._reason(node)) is None:
            self._join(node, sizes_of(node))
        else:
            self._append(Call(node, reason), node)

    def step_of(self, node: Tensor) -> int | None:
        """The number of the step that a node is part of; None for leaves and views."""
        return self._home.get(self._folded.get(node, node))

    def _reason(self, node: Tensor) -> str | None:
        """Why there is no code for an op, asked once for each kind."""
        kind = kind_of(node)
        if kind not in self._reasons:
            self._reasons[kind] = unfit(node)
        return self._reasons[kind]

    def _append(self, step: Step, node: Tensor) -> None:
        self._home[node] = len(self.steps)
        self.steps.append(step)

    def _join(self, node: Tensor, space: Sizes) -> None:
        earliest = max(self._ready(x, space) for x in node.inputs)
        for k in range(earliest, len(self.steps)):
            loop = self.steps[k]
            if isinstance(loop, Loop) and loop.space == space and not loop.is_full:
                break
        else:
            k, loop = len(self.steps), Loop(space)
            self.steps.append(loop)
        reduced = is_reduction(node)
        (loop.reductions if reduced else loop.nodes).append(node)
        self._home[node] = k

    def _ready(self, x: Tensor, space: Sizes) -> int:
        """The first step that can read x within a loop over the space."""
        base = self._base(x)
        if base not in self._home:
            return 0
        home = self._home[base]
        loop = self.steps[home]
        inside = isinstance(loop, Loop) and loop.space == space and base is x
        return home if inside and not is_reduction(base) else home + 1

    def _product(self, node: Tensor) -> Product | None:
        """The op as a product, if it is one and its factors lie as products need."""
        if node.op.name != "matmul" or node.dtype.name not in _FLOATS:
            return None
        if any(x.dtype != node.dtype for x in node.inputs):
            return None
        left, right = (self.views[x] for x in node.inputs)
        (k,) = left.shape[-1:]
        if not k or not entries(sizes_of(node)):
            return None
        rows, columns = len(left.shape) > 1, len(right.shape) > 1
        if not rows:
            left = View(left.base, (1, k), (0, *left.strides), left.offset)
        if not columns:
            right = View(right.base, (k, 1), (*right.strides, 0), right.offset)
        first = sizes_of(node)[: node.ndim - rows - columns]
        shape = (*first, left.shape[-2], right.shape[-1])
        left, right = (_repeated(x, (*first, *x.shape[-2:])) for x in (left, right))
        steps = zip(right.shape[-2:], right.strides[-2:], strict=True)
        if not any(n == 1 or s == 1 for n, s in steps):
            return None  # neither its rows nor its columns lie in one piece
        return Product(node, shape, left, right)

    def _fold(self, product: Product) -> bool:
        """Let the product be scaled and added to what it is added to.

        ``w - 0.1 * (h.T @ d)`` is one call, in place if w's memory may be used; and so
        is ``h @ w + b``.
        """
        last, alpha, folded = product.node, 1.0, [product.node]
        for _ in range(2):
            (user, *others) = self._users[last]
            if others or user is None or user.shape != product.node.shape:
                return False
            rest = [x for x in user.inputs if x is not last]
            if len(rest) != 1 or user.dtype != product.node.dtype:
                return False
            if user.op.name == "multiply" and alpha == 1 and _is_number(rest[0]):
                alpha = float(rest[0]._value)
            elif user.op.name in {"add", "subtract"}:
                break
            else:
                return False
            last = user
            folded.append(user)
        else:
            return False
        return self._add(user, rest[0], last, alpha, product, folded)

    def _add(
        self,
        node: Tensor,
        start: Tensor,
        last: Tensor,
        alpha: float,
        product: Product,
        folded: list[Tensor],
    ) -> bool:
        if node.op.name == "subtract":
            if node.inputs[0] is last:
                return False
            alpha = -alpha
        if alpha == 0 or not isfinite(alpha):
            return False  # BLAS would not look at the product: its NaN would be lost
        if start not in self.views or start.dtype != node.dtype:
            return False
        view = self.views[start]
        repeated = _repeated(view, sizes_of(node))
        if product.shape != node.shape or repeated.strides[-1] != 1:
            return False
        self._folded.update(dict.fromkeys(folded, node))
        self._added[node] = replace(product, node=node, alpha=alpha, start=repeated)
        return True

    def read_by(self, step: Step) -> list[Tensor]:
        """The tensors whose memory a step reads."""
        if isinstance(step, Product):
            views = [step.left, step.right, *([step.start] if step.start else [])]
            return [v.base for v in views]
        if isinstance(step, Joined):
            return [view.base for view in step.sources]
        if isinstance(step, Call):
            return [self._base(x) for x in step.node.inputs]
        if isinstance(step, Scalars):
            return [step.table.groups, step.table.indices]
        inside = set(step.nodes)
        found = [x for node in (*step.nodes, *step.reductions) for x in node.inputs]
        return [self.views[x].base for x in found if x not in inside]

    def _base(self, x: Tensor) -> Tensor:
        return self.views[x].base if x in self.views else x

    def made_by(self, step: Step) -> list[Tensor]:
        """The tensors that a step computes."""
        if isinstance(step, Scalars):
            return []
        return (
            [*step.nodes, *step.reductions] if isinstance(step, Loop) else [step.node]
        )

    def _stored(self) -> set[Tensor]:
        found = {self.views[y].base for y in self.outputs}
        for step in self.steps:
            found.update(self.read_by(step))
            if isinstance(step, Loop):
                found.update(step.reductions)
            elif not isinstance(step, Scalars):
                found.add(step.node)
        found = {x for x in found if x in self._home and not x.op.multiple}
        return found.difference(self.table.places if self.table else ())


def _users(
    order: Sequence[Tensor], outputs: Sequence[Tensor]
) -> dict[Tensor, list[Tensor | None]]:
    """Who reads each tensor; None stands for the user of the program."""
    found: dict[Tensor, list[Tensor | None]] = {x: [] for x in order}
    for node in order:
        for x in node.inputs:
            found[x].append(node)
    for y in outputs:
        found[y].append(None)
    return found


def _is_number(x: Tensor) -> bool:
    return x.op is CONSTANT and x.shape == ()


def _repeated(view: View, shape: Sizes) -> View:
    """A view broadcast to a shape."""
    return View(view.base, shape, view.spread(shape), view.offset)
