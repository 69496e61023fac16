"""LaTeX of graphs and explanations can be read, whatever their names and ops are."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

import graphgrad as gg
from graphgrad.errors import GraphgradError
from graphgrad.insight.explanation import Explanation
from graphgrad.insight.names import latex_name, latex_text
from graphgrad.ops.catalogue import declared_ops
from graphgrad.testing.graphs import default_ops, graphs
from tests.insight.mathtext import reads

NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["W1", "h_t", "theta", "θ₁", "λ_max", "사과", "苹果 2", "a|b", "x^2", "$x$", "50%",
     "a\\b", "{", "learning rate", "batch-norm", "layer1/W", "d#", "a&b", '"q"', "~"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"),
        ("W1", "W_{1}"),
        ("W_1", "W_{1}"),
        ("h_t", "h_{t}"),
        ("x₂", "x_{2}"),
        ("theta", r"\theta"),
        ("θ₁", r"\theta_{1}"),
        ("Sigma_w", r"\Sigma_{w}"),
        ("theta_max", r"\theta_{\mathrm{max}}"),
        ("apple", r"\mathrm{apple}"),
        ("one_hot", r"\mathrm{one\_hot}"),
        ("사과", r"\text{사과}"),
        ("×", r"\times"),
        ("batch-norm", r"\mathrm{batch}\text{-}\mathrm{norm}"),
    ],
)
def test_names(name, latex):
    assert latex_name(name) == latex


@settings(deadline=None, max_examples=150)
@given(NAMES)
@example("\\")
@example("a\n\nb")
def test_any_name_can_be_read(name):
    assert reads(latex_name(name)), latex_name(name)
    assert reads(latex_text(name)), latex_text(name)
    assert reads(rf"\frac{{\partial {latex_name(name)}}}{{x_{{{latex_name(name)}}}}}")


@settings(deadline=None, max_examples=60)
@given(graphs(most=8), st.data())
def test_the_formula_of_any_graph_can_be_read(graph, data):
    for node in graph.nodes:
        if data.draw(st.integers(0, 2)) == 0:
            node.named(data.draw(NAMES))
    (y,) = graph.outputs
    assert reads(gg.to_latex(y)), gg.to_latex(y)


@settings(deadline=None, max_examples=15)
@given(graphs(most=4))
def test_the_formula_of_any_gradient_can_be_read(graph):
    (y,) = graph.outputs
    for x in graph.nodes:
        if x.op.name == "variable":
            assert reads(gg.to_latex(gg.grad(y, x)))
            assert reads(gg.explain(y, wrt=x).to_latex())


def test_every_op_can_be_read():
    for op in default_ops():
        leaves = [gg.variable(np.full((3, 3), 0.5), name=n) for n in "xyz"[: op.arity]]
        try:
            made = op(*leaves, **op.domain.options[0])
        except GraphgradError:
            continue
        assert reads(gg.to_latex(made)), op.name
    assert len(declared_ops()) > 100


def _apple():
    apple, tax = gg.variable(100, name="a|b*c_d$"), gg.variable(1.1, name="사과")
    return gg.explain((apple * tax * tax).named("price"), wrt=tax)


def _net():
    x, w = (
        gg.variable(np.ones((5, 4)), name="x"),
        gg.variable(np.ones((4, 3)), name="W1"),
    )
    h = gg.relu(x @ w)
    return gg.explain(gg.sum(h * gg.softmax(h)).named("loss"), wrt=w)


def _dead():
    z = gg.variable(-3.0, name="z")
    return gg.explain(gg.relu(z) * 2, wrt=z)


def _deep():
    y = x = gg.variable(0.5, name="x")
    for _ in range(100):
        y = y + gg.sin(y)
    return gg.explain(y, wrt=x, most=2)


@pytest.mark.parametrize("told", [_apple, _net, _dead, _deep])
def test_explanations_have_valid_forms(told):
    found = told()
    assert isinstance(found, Explanation)
    assert isinstance(found, str)
    assert reads(found.to_latex()), found.to_latex()
    text = found.to_markdown()
    parsed = MarkdownIt().use(dollarmath_plugin).parse(text)
    inline = [child for token in parsed for child in token.children or []]
    formulas = [x.content for x in inline if x.type == "math_inline"]
    words = [x for x in inline if x.type not in ("math_inline", "text", "softbreak")]
    assert not words, words  # neither emphasis nor links
    assert all(map(reads, formulas))
    items = [x for x in parsed if x.type == "list_item_open"]
    assert len(items) == len(found.splitlines()) - 1
    assert len(formulas) >= found.count(" = ") / 2
    assert found._repr_markdown_() == text
    assert found._repr_latex_() == f"$$\n{found.to_latex()}\n$$"


def test_the_forms_say_the_same():
    x = gg.variable(3.0, name="x")
    found = gg.explain((x * x).named("y"), wrt=x)
    assert found.to_latex() == (
        "\\begin{aligned}\n"
        r"&\frac{\partial y}{\partial x} = 2 \cdot x = 6 \\" "\n"
        r"&\quad x \to y \quad 3 \\" "\n"
        r"&\quad \quad \frac{\partial y}{\partial x} = x = 3 \\" "\n"
        r"&\quad x \to y \quad 3 \\" "\n"
        r"&\quad \text{sum over 2 paths: }3 + 3 = 6" "\n"
        "\\end{aligned}"
    )  # fmt: skip
    assert found.to_markdown() == (
        r"$\frac{\partial y}{\partial x} = 2 \cdot x = 6$" "\n\n"
        r"- $x \to y \quad 3$" "\n"
        r"  - $\frac{\partial y}{\partial x} = x = 3$" "\n"
        r"- $x \to y \quad 3$" "\n"
        r"- sum over 2 paths: $3 + 3 = 6$"
    )  # fmt: skip
