"""Random scenes of the kinds that people draw, with labels of many widths.

`FAMILIES` builds them from a generator of random numbers, for sweeps and benchmarks;
`scenes` is the Hypothesis strategy over all families.
"""

import random

from hypothesis import strategies as st

from graphgrad.drawing.scene import Edge, Flow, Node, Scene

TEXTS = ["", "1", "-0.001234", "‖1234‖", "사과", "1 of 40 NaN", "2.2", "0.5312"]
NAMES = ["×", "+", "exp", "softmax_cross_entropy", "matmul", "∂", "活性化", "−"]
LEAVES = ["x", "W1", "apple", "一二三", "hidden_weight", "b"]


class Sketch:
    """A scene in the making; every operator comes after its arguments."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes = []
        self.edges = []
        self.lanes = rng.random() < 0.7

    def __len__(self):
        return len(self.nodes)

    def leaf(self, scope=""):
        kind = self.rng.choice(["input", "parameter", "constant"])
        captions = ("(100, 784)",) * self.rng.choice([0, 1])
        self.nodes.append(Node(kind, self.rng.choice(LEAVES), captions, "", scope))
        return len(self.nodes) - 1

    def op(self, *arguments, scope=""):
        rng = self.rng
        captions = ("subtotal",) * rng.choice([0, 0, 0, 1])
        self.nodes.append(Node("op", rng.choice(NAMES), captions, "", scope))
        self._enter(arguments)
        return len(self.nodes) - 1

    def output(self, argument):
        self.nodes.append(Node("output", self.rng.choice(["loss", "y"])))
        self._enter([argument])

    def _enter(self, arguments):
        rng = self.rng
        for slot, source in enumerate(arguments):
            share = Flow(rng.choice(TEXTS[1:]), magnitude=0.5)
            gradient = share if self.lanes and rng.random() < 0.8 else None
            value = Flow(rng.choice(TEXTS))
            self.edges.append(Edge(source, len(self.nodes) - 1, slot, value, gradient))

    def scene(self):
        return Scene(tuple(self.nodes), tuple(self.edges))


def tree(rng, size):
    """An expression: operators of one or two arguments, every value used once."""
    sketch = Sketch(rng)
    loose = [sketch.leaf() for _ in range(max(size // 2, 1))]
    while len(loose) > 1:
        at = rng.randrange(max(len(loose) - 3, 1))
        taken = loose[at : at + rng.choice([1, 2, 2, 2, 3])]
        loose[at : at + len(taken)] = [sketch.op(*taken)]
    sketch.output(loose[0])
    return sketch.scene()


def mlp(rng, size):
    """A chain of layers with their weights, in scopes or not."""
    sketch = Sketch(rng)
    scoped, nested = rng.random() < 0.6, rng.random() < 0.3
    x, layer = sketch.leaf(), 0
    while len(sketch) < size - 6:
        layer += 1
        scope = f"layer{layer}" if scoped else ""
        if scoped and nested:
            scope = f"part{(layer + 2) // 3}/{scope}"
        x = sketch.op(x, sketch.leaf(scope), scope=scope)
        x = sketch.op(x, sketch.leaf(scope), scope=scope)
        x = sketch.op(x, scope=scope)
    sketch.output(sketch.op(x, sketch.leaf()))
    return sketch.scene()


def backward(rng, size):
    """A chain and its gradient's chain, which uses every value of the first again."""
    sketch = Sketch(rng)
    scoped = rng.random() < 0.4
    steps = []
    x = sketch.leaf()
    while len(sketch) < size * 0.4:
        scope = f"layer{len(steps) // 2 + 1}" if scoped else ""
        w = sketch.leaf(scope) if rng.random() < 0.6 else None
        y = sketch.op(x, *([] if w is None else [w]), scope=scope)
        steps.append((x, w, y, scope))
        x = y
    g = sketch.leaf()
    ends = []
    for x, w, y, scope in reversed(steps):
        if w is not None:
            ends.append(sketch.op(x, g, scope=scope))
        g = sketch.op(g, y if w is None else w, scope=scope)
    for end in [*ends[:6], g]:
        sketch.output(end)
    return sketch.scene()


def residual(rng, size):
    """Blocks that a wire runs past, each block a scope, or each stage of blocks."""
    sketch = Sketch(rng)
    scoped, nested = rng.random() < 0.7, rng.random() < 0.5
    x, block = sketch.leaf(), 0
    while len(sketch) < size - 8:
        block += 1
        scope = f"block{block}" if scoped else ""
        if scoped and nested:
            scope = f"stage{(block + 1) // 2}/{scope}"
        y = x
        for _ in range(rng.choice([1, 2, 2])):
            y = sketch.op(y, sketch.leaf(scope), scope=scope)
            y = sketch.op(y, scope=scope)
        x = sketch.op(x, y, scope=scope)
    sketch.output(x)
    return sketch.scene()


def attention(rng, size):
    """Heads side by side that use the same values, joined by one operator."""
    sketch = Sketch(rng)
    scoped = rng.random() < 0.7
    x, layer = sketch.leaf(), 0
    while layer == 0 or len(sketch) < size - 30:
        layer += 1
        joined = []
        for head in range(rng.choice([2, 3, 4])):
            scope = f"layer{layer}/head{head}" if scoped else ""
            q, k, v = (sketch.op(x, sketch.leaf(scope), scope=scope) for _ in range(3))
            weights = sketch.op(sketch.op(q, k, scope=scope), scope=scope)
            joined.append(sketch.op(weights, v, scope=scope))
        scope = f"layer{layer}" if scoped else ""
        y = sketch.op(*joined, scope=scope)
        x = sketch.op(x, sketch.op(y, sketch.leaf(scope), scope=scope), scope=scope)
    sketch.output(x)
    return sketch.scene()


def dag(rng, size):
    """Operators of what was made lately, now and then of something old."""
    sketch = Sketch(rng)
    far = rng.choice([3, 9, 30])
    for i in range(size):
        arguments = rng.choice([0, 1, 2, 2, 3]) if i else 0
        if not arguments:
            sketch.leaf()
            continue
        steps = [rng.choice([0, 0, 1, 1, 2, 5, far]) for _ in range(arguments)]
        sketch.op(*(max(0, i - 1 - step) for step in steps))
    return sketch.scene()


def mixed(rng, size):
    """A random graph whose operators belong to scopes at random, in stretches."""
    sketch = Sketch(rng)
    scope = ""
    for i in range(size):
        if rng.random() < 0.2:
            scope = rng.choice(["", "", "a", "b", "a/c", "a/d", "b/e"])
        if i == 0 or rng.random() < 0.25:
            sketch.leaf(scope)
            continue
        steps = [rng.choice([0, 0, 1, 1, 2, 5]) for _ in range(rng.choice([1, 2, 2]))]
        sketch.op(*(max(0, i - 1 - step) for step in steps), scope=scope)
    return sketch.scene()


def deep(rng, size):
    """One long chain; now and then a constant, or the first value once more."""
    sketch = Sketch(rng)
    first = x = sketch.leaf()
    while len(sketch) < size - 1:
        others = rng.choice(
            [[], [], [], [-1], [x], [first] if len(sketch) > 20 else []]
        )
        x = sketch.op(x, *(sketch.leaf() if n < 0 else n for n in others))
    sketch.output(x)
    return sketch.scene()


def fan(rng, size):
    """One value used by many, whose results are summed."""
    sketch = Sketch(rng)
    x = sketch.leaf()
    parts = []
    while not parts or len(sketch) < size * 0.6:
        y = sketch.op(x, *([sketch.leaf()] if rng.random() < 0.4 else []))
        parts.append(sketch.op(y) if rng.random() < 0.3 else y)
    rng.shuffle(parts)
    while len(parts) > 1:
        parts = [
            sketch.op(*parts[i : i + 4]) if len(parts[i : i + 4]) > 1 else parts[i]
            for i in range(0, len(parts), 4)
        ]
    sketch.output(parts[0])
    return sketch.scene()


FAMILIES = {
    family.__name__: family
    for family in (
        tree,
        mlp,
        backward,
        residual,
        attention,
        dag,
        mixed,
        deep,
        fan,
    )
}


def sweep(count, most, seed=0):
    """`count` scenes of every family in turn, small and large."""
    rng = random.Random(seed)
    names = list(FAMILIES)
    for index in range(count):
        name = names[index % len(names)]
        size = round(most ** (0.4 + 0.6 * rng.random()))
        yield name, FAMILIES[name](random.Random(rng.random()), size)


@st.composite
def scenes(draw, most=60):
    """Scenes of all families with about `most` nodes at most."""
    family = draw(st.sampled_from(list(FAMILIES.values())))
    size = draw(st.integers(1, most))
    return family(random.Random(draw(st.integers(0, 2**32))), size)
