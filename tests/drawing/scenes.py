"""Random scenes: directed acyclic graphs with labels of many widths."""

from hypothesis import strategies as st

from graphgrad.drawing.scene import Edge, Flow, Node, Scene

TEXTS = ["", "1", "-0.001234", "‖1234‖", "사과", "1 of 40 NaN", "2.2"]
NAMES = ["×", "+", "exp", "softmax_cross_entropy", "matmul", "∂", "活性化"]


@st.composite
def scenes(draw, most=60):
    count = draw(st.integers(1, most))
    rng = draw(st.randoms(use_true_random=False))
    nodes, edges = [], []
    for i in range(count):
        arguments = rng.choice([0, 1, 2, 2, 3]) if i else 0
        if not arguments:
            kind = rng.choice(["input", "parameter", "constant"])
            captions = ("(100, 784)",) * rng.choice([0, 1])
            nodes.append(
                Node(kind, rng.choice(["x", "W1", "apple", "一二三"]), captions)
            )
            continue
        captions = ("subtotal",) * rng.choice([0, 0, 1])
        scope = rng.choice(["", "", "layer1", "layer2"])
        nodes.append(Node("op", rng.choice(NAMES), captions, "", scope))
        for slot in range(arguments):
            source = max(0, i - 1 - rng.choice([0, 0, 1, 1, 2, 5, 9]))
            gradient = rng.choice([None, Flow(rng.choice(TEXTS[1:]), magnitude=0.5)])
            edges.append(Edge(source, i, slot, Flow(rng.choice(TEXTS)), gradient))
    return Scene(tuple(nodes), tuple(edges))
