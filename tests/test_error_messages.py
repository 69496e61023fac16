"""The texts of errors, whole: each names the op, the shapes, the line and the remedy.

To accept changed texts, delete tests/golden/errors.txt and run this file twice.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import graphgrad as gg

GOLDEN = Path(__file__).parent / "golden" / "errors.txt"


def _leaves():
    a = gg.variable(np.ones((2, 3)), name="a")
    b = gg.variable(np.ones(4), name="b")
    return a, b


def does_not_broadcast():
    a, b = _leaves()
    return a + b


def does_not_multiply():
    a, b = _leaves()
    return a @ b


def no_gradient_rule():
    @gg.primitive()
    def user_hypot(xp, x, y, /, *, scale=1.0):
        """The length of (x, y)."""
        return scale * xp.sqrt(x * x + y * y)

    a, b = _leaves()
    return gg.grad(gg.sum(user_hypot(a, b[0])), a)


def no_gradient_rule_of_many():
    @gg.primitive()
    def user_total(xp, *xs):
        """The sum of all."""
        return sum(xs)

    a, b = _leaves()
    return gg.grad(gg.sum(user_total(a, b[0])), a)


def no_shape_rule():
    @gg.primitive()
    def user_outer(xp, x, y, /):
        """Every product of two entries."""
        return x[:, None] * y

    a, b = _leaves()
    return user_outer(a[0], b)


def wrong_shape_rule():
    @gg.primitive()
    def user_ends(xp, x, /):
        """First and last entry."""
        return x[[0, -1]]

    _, b = _leaves()
    return user_ends(b).value


def wrong_dtype_rule():
    @gg.primitive()
    def user_half(xp, x, /):
        """x / 2."""
        return x / 2

    return user_half(gg.constant([1, 2])).value


def json_of_no_graph():
    return gg.Graph.from_json('{"nodes": []}')


def json_of_an_unknown_op():
    text = gg.Graph(gg.sin(gg.variable(1.0))).to_json()
    return gg.Graph.from_json(text.replace('"sin"', '"os.system"'))


def json_that_was_changed():
    text = gg.Graph(gg.variable(1.0) * 2.0).to_json()
    return gg.Graph.from_json(text.replace("[2.0]", "[3.0]"))


def json_with_another_shape():
    text = gg.Graph(gg.sum(gg.variable([1.0, 2.0]))).to_json()
    return gg.Graph.from_json(text.replace('"shape": []', '"shape": [2]'))


def text_that_is_cut():
    text = gg.Graph(gg.variable([1.0, 2.0]) * 2.0).to_text()
    return gg.Graph.from_text(text[: text.index("multiply(") + 10])


def order_of_complex_numbers():
    return gg.max(gg.variable([1j, 2.0], name="z"))


def number_of_many():
    return float(_leaves()[1])


def unknown_placeholder():
    x, stranger = gg.placeholder(name="x"), gg.placeholder(name="stranger")
    return gg.run(x * 2, {x: 1.0, stranger: 2.0})


def duplicate_input():
    x = gg.placeholder(name="x")
    return gg.compile(x * 2, [x, x])


def missing_input():
    x, y = gg.placeholder(name="x"), gg.placeholder(name="y")
    return gg.compile(x * y, [x])


def wrong_number_of_arrays():
    x = gg.placeholder(name="x")
    return gg.compile(x * 2)(1.0, 2.0)


def wrong_dtype_of_an_array():
    i = gg.placeholder((2,), dtype="int64", name="i")
    return gg.run(i + 1, {i: np.array([1.5, 2.5])})


def wrong_shape_of_an_array():
    x = gg.placeholder(("batch", 3), name="x")
    return gg.run(x * 2, {x: np.ones((2, 4))})


def contradicting_symbol():
    x = gg.placeholder(("batch",), name="x")
    y = gg.placeholder(("batch",), name="y")
    return gg.run(x + y, {x: np.ones(2), y: np.ones(3)})


def unbound_placeholder():
    x = gg.placeholder((3,), name="x")
    return (x * 2).value


def unbound_in_a_run():
    x, y = gg.placeholder(name="x"), gg.placeholder(name="y")
    return gg.run(x * y, {x: 1.0})


def binding_of_a_variable():
    w = gg.variable(1.0, name="w")
    return gg.run(w * 2, {w: 3.0})


def gradient_of_a_stranger():
    a, b = _leaves()
    return gg.grad(a.sum(), b)


def gradient_by_integers():
    n = gg.variable(np.array([1, 2]), name="n")
    return gg.grad((n * 1.5).sum(), n)


def gradient_of_integers():
    n = gg.variable(np.array(2), name="n")
    return (n * n).backward()


def gradient_of_several_entries():
    a, _ = _leaves()
    return (a * 2).backward()


def assignment_to_a_constant():
    c = gg.constant(1.0, name="c")
    return c.assign(2.0)


def assignment_of_another_shape():
    _, b = _leaves()
    return b.assign(np.ones(5))


def assignment_in_place():
    a, _ = _leaves()
    a[0] = 1.0


def array_of_objects():
    a, _ = _leaves()
    return a * np.array([object(), None, 3], dtype=object)


def ragged_list():
    return gg.variable([[1.0, 2.0], [3.0]])


def text_as_a_number():
    return gg.constant("three")


def unknown_extension():
    a, _ = _leaves()
    return gg.render(a.sum(), "graph.bmp")


def missing_folder():
    a, _ = _leaves()
    return gg.render(a.sum(), "no/such/folder/graph.svg")


def index_out_of_range():
    a, _ = _leaves()
    return a[5]


def index_by_a_mask_of_values():
    a, _ = _leaves()
    return a[a > 0]


def index_by_a_float():
    a, _ = _leaves()
    return a[1.5]


def reshape_to_another_size():
    a, _ = _leaves()
    return a.reshape(4, 2)


def missing_axis():
    a, _ = _leaves()
    return a.sum(axis=2)


def unknown_argument():
    a, _ = _leaves()
    return gg.sum(a, dims=1)


def condition_that_is_no_boolean():
    a, _ = _leaves()
    return gg.where(a, 1.0, 2.0)


def labels_of_a_wrong_shape():
    a, b = _leaves()
    return gg.softmax_cross_entropy(a, b)


def label_of_no_class():
    a, _ = _leaves()
    return gg.softmax_cross_entropy(a, np.array([0, 3])).value


def maximum_of_nothing():
    return gg.max(gg.variable(np.ones((0, 3))), axis=0)


def integer_too_large():
    return gg.constant(np.uint8(3)) + 300


def unknown_backend():
    a, _ = _leaves()
    return gg.compile(a, backend="cuda")


def update_of_a_placeholder():
    x = gg.placeholder(name="x")
    return gg.compile(x, updates={x: x + 1})


def update_of_another_shape():
    a, b = _leaves()
    return gg.compile(a, updates={a: b})


def numpy_function_without_an_op():
    a, _ = _leaves()
    return np.nan_to_num(a)


def op_declared_twice():
    @gg.primitive()
    def exp(xp, x, /):
        """Not the first of its name."""
        return x


CASES = [
    function
    for name, function in list(globals().items())
    if callable(function)
    and getattr(function, "__module__", "") == __name__
    and not name.startswith("_")
]


def _message(case):
    with pytest.raises(gg.GraphgradError) as caught:
        case()
    kinds = [k.__name__ for k in type(caught.value).__mro__[:-3]]
    text = re.sub(r"\.py:\d+", ".py:N", str(caught.value))
    return f"## {case.__name__}: {' < '.join(kinds)}\n{text}\n"


def test_every_message_is_as_it_was_accepted():
    found = "\n".join(_message(case) for case in CASES)
    if not GOLDEN.exists():
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(found, encoding="utf-8")
        pytest.fail(f"wrote {GOLDEN.name}: read it, and run again")
    assert found == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_every_error_is_the_built_in_that_a_caller_would_catch(case):
    builtin = (ValueError, TypeError, LookupError, RuntimeError)
    with pytest.raises(builtin) as caught:
        case()
    assert isinstance(caught.value, gg.GraphgradError)
