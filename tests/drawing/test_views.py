"""Pictures of a part, of the insides of ops, of changes of state and of two graphs."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad import errors
from graphgrad.drawing.difference import traced_difference
from graphgrad.drawing.faults import marked
from graphgrad.drawing.flows import flow_of
from graphgrad.drawing.focus import focused, highlighted
from graphgrad.drawing.options import Options
from graphgrad.drawing.reading import read
from graphgrad.drawing.render import _scene
from graphgrad.drawing.statistics import statistics
from graphgrad.drawing.trace import trace


def traced(target, **options):
    return trace(read(target, gradients=True), Options(**options))


def fruit():
    """The fruit of the book, and its leaves by name."""
    worth = {"apple": 100.0, "apples": 2.0, "orange": 150.0, "oranges": 3.0, "tax": 1.1}
    x = {name: gg.variable(value, name=name) for name, value in worth.items()}
    total = (x["apple"] * x["apples"] + x["orange"] * x["oranges"]) * x["tax"]
    return total.named("total"), x


def words(scene):
    return [node.text for node in scene.nodes]


def test_highlighting_picks_out_the_paths_and_nothing_else():
    total, x = fruit()
    scene = highlighted(traced(total), [x["orange"]]).scene
    picked = [node.text for node in scene.nodes if node.emphasis]
    assert picked == ["orange", "×", "+", "×", "total"]
    assert sum(edge.emphasis == "path" for edge in scene.edges) == 4
    assert "#fde047" in gg.render(total, highlight=x["orange"])
    assert "#fde047" not in gg.render(total)


def test_focus_draws_a_neighbourhood_and_dots_for_the_rest():
    total, x = fruit()
    near = focused(traced(total), x["orange"], 1).scene
    assert sorted(words(near)) == sorted(["…", "orange", "×", "…"])
    assert all(edge.source < edge.target for edge in near.edges)
    whole = focused(traced(total), x["orange"], 9).scene
    assert words(whole) == words(traced(total).scene)
    assert whole.edges == traced(total).scene.edges


@pytest.mark.parametrize("option", ["focus", "highlight"])
def test_a_tensor_from_elsewhere_is_refused(option):
    with pytest.raises(errors.ArgumentError, match=r"'elsewhere'.* not in the picture"):
        gg.render(fruit()[0], **{option: gg.variable(1.0, name="elsewhere")})


def test_local_derivatives_are_formulas_of_the_other_factor():
    total, _ = fruit()
    edges = traced(total, local=True).scene.edges
    local = {edge.title.split(" to ")[0]: edge.local for edge in edges}
    assert local["apple"] == "apples"
    assert local["apples"] == "apple"
    assert local["orange"] == "oranges"
    assert ">oranges</text>" in gg.render(total, local=True)


def test_upstream_times_local_is_what_an_edge_says():
    total, _ = fruit()
    edges = traced(total, local=True).scene.edges
    numbers = [edge for edge in edges if edge.local.isnumeric()]
    assert len(numbers) == 2  # of the sum
    for edge in numbers:
        assert float(edge.local) * 1.1 == float(edge.gradient.text)


def test_the_body_of_a_loop_is_drawn_once():
    w, x = gg.variable(0.9, name="w"), gg.variable([1.0, -0.5, 0.25], name="x")

    def step(h, row):
        h = gg.tanh(h * w + row)
        return h, h

    loss = gg.sum(gg.scan(step, gg.constant(0.0), x)[1])
    shut = words(traced(loss).scene)
    scene = traced(loss, bodies=True).scene
    assert "tanh" not in shut
    assert words(scene).count("tanh") == 1
    assert {"state", "row of x"} <= set(words(scene))
    assert all(edge.source < edge.target for edge in scene.edges)
    # what flows to the weight is the gradient of the loop
    loss.backward()
    (into,) = [e for e in scene.edges if e.title.startswith("w to") and e.gradient]
    assert into.gradient.text == f"{float(w.grad):.4g}"


def test_both_branches_are_drawn_and_share_their_inputs():
    x = gg.variable(3.0, name="x")
    y = gg.cond(x > 2, lambda x: gg.sin(x) * x, lambda x: -x, x)
    scene = traced(y, bodies=True).scene
    assert {"sin", "neg", ">"} <= set(words(scene))
    assert {"cond/true", "cond/false"} <= {node.scope for node in scene.nodes}
    assert all(edge.source < edge.target for edge in scene.edges)


def test_a_new_value_is_a_dashed_edge_into_its_variable():
    x, seen = gg.variable(2.0, name="x"), gg.variable(0.0, name="seen")
    y = gg.with_updates(x * 3, {seen: x * 0.1})
    scene = traced(y).scene
    assert "with_updates" not in words(scene)
    (dashed,) = [edge for edge in scene.edges if edge.dashed]
    assert scene.nodes[dashed.target].text == "seen"
    assert scene.nodes[dashed.target].captions == ("next value",)
    assert words(scene).count("seen") == 1  # it is only written
    assert 'stroke-dasharray="5 4"' in gg.render(y)


def test_a_variable_that_is_read_and_written_stands_at_both_ends():
    mean = gg.variable(0.0, name="mean")
    y = gg.with_updates(mean * 2.0, {mean: mean + 1.0})
    assert words(traced(y).scene).count("mean") == 2


def test_a_difference_marks_what_changed():
    total, x = fruit()
    oranges = x["orange"] * gg.sqrt(x["oranges"])
    other = (oranges * x["tax"] + x["apple"]).named("total")
    found = gg.Graph(total).diff(gg.Graph(other))
    scene = traced_difference(found, Options()).scene
    marks = {node.text: node.mark for node in scene.nodes if node.mark}
    assert marks["√"] == "+"
    assert marks["apples"] == "−"
    assert not any(node.mark for node in scene.nodes if node.text == "tax")
    assert all(edge.source < edge.target for edge in scene.edges)
    assert set(scene.notes) <= set(re.findall(r">([^<>]*)</text>", gg.render(found)))


def test_equal_graphs_differ_in_nothing():
    found = gg.Graph(fruit()[0]).diff(gg.Graph(fruit()[0]))
    scene = traced_difference(found, Options()).scene
    assert not any(node.mark for node in scene.nodes)
    assert scene.summary == "Difference of two graphs: none"


def test_a_graph_turned_round_is_drawn_all_the_same():
    x = gg.variable(1.0, name="x")
    one = gg.exp(gg.sin(x).named("a")).named("b")
    other = gg.sin(gg.exp(x).named("b")).named("a")
    scene = traced_difference(gg.Graph(one).diff(gg.Graph(other)), Options()).scene
    assert all(edge.source < edge.target for edge in scene.edges)


def test_the_heat_scale_can_be_given():
    total, _ = fruit()
    picture = gg.render(total, heat=(-3, 4))
    assert ">1e-3<" in picture
    assert ">1e4<" in picture
    with pytest.raises(errors.DrawingError, match="cannot run from 1e2 to 1e2"):
        gg.render(total, heat=(2, 2))


def test_dtypes_stand_under_names():
    assert ">float64</text>" in gg.render(gg.variable(1.0) * 2, dtypes=True)


def test_a_program_shows_its_steps_as_frames():
    x = gg.placeholder((8, 4), name="x")
    w = gg.variable(np.ones((4, 3)), name="W")
    program = gg.compile(gg.sum(gg.tanh(x @ w) * 2), [x], backend="native")
    titles = re.findall(r"<title>scope ([^<]*)</title>", gg.render(program))
    assert any("product" in title or "gemm" in title for title in titles)
    assert any("loop" in title for title in titles)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(width=64, allow_subnormal=False), max_size=30),
    st.sampled_from(["float64", "float32", "complex128"]),
)
def test_statistics_count_every_entry_once(entries, dtype):
    with np.errstate(all="ignore"):
        array = np.array(entries, dtype=dtype)
    found = statistics(array)
    size = np.abs(array) if dtype == "complex128" else array
    finite = size[np.isfinite(size)].astype(float)
    assert found.size == len(entries)
    assert found.nans == np.isnan(array).sum() / max(len(entries), 1)
    if finite.size:
        assert sum(found.histogram.counts) == finite.size
        assert (found.low, found.high) == (finite.min(), finite.max())
        cells = np.frombuffer(found.map.cells, np.uint8)
        assert (cells == 255).sum() == len(entries) - finite.size
    else:
        assert found.mean is None


def test_a_large_array_is_mapped_in_blocks():
    array = np.zeros((100, 300))
    array[50:, :] = 1.0
    array[0, 0] = math.nan
    found = statistics(array)
    assert (found.map.rows, found.map.columns) == (24, 24)
    cells = np.frombuffer(found.map.cells, np.uint8).reshape(24, 24)
    assert cells[0, 0] == 255
    assert (cells[13:] == 254).all()
    assert (cells[1:11] == 0).all()


@pytest.mark.parametrize(
    ("entries", "text", "magnitude"),
    [
        ([3.0, 4.0], "‖5‖", math.log10(5)),
        ([3e-200, 4e-200], "‖5e-200‖", -200 + math.log10(5)),
        ([3e200, 4e200], "‖5e+200‖", 200 + math.log10(5)),
        ([1e308] * 400, "‖1e+309‖", 308 + math.log10(20)),
        ([5e-324, 0.0], "‖4.941e-324‖", math.log10(5e-324)),
    ],
)
def test_norms_are_told_over_the_whole_range(entries, text, magnitude):
    flow = flow_of(np.array(entries))
    assert (flow.text, flow.state) == (text, "fine")
    assert flow.magnitude == pytest.approx(magnitude, abs=1e-9)


def test_graphs_that_share_tensors_share_their_edges():
    x = gg.variable(1.0, name="x")
    y = gg.sin(x)
    scene = traced_difference(gg.Graph(y).diff(gg.Graph(y * 2)), Options()).scene
    assert [edge.emphasis for edge in scene.edges] == ["", "added", "added"]


def test_what_a_diagnosis_found_is_numbered_in_the_picture():
    x = gg.variable([4.0, 0.0, 1.0], name="x")
    found = gg.diagnose(gg.sum(gg.sqrt(x) * 2 + gg.log(x) * 0.0))
    kinds = [finding.kind for finding in found.findings]
    assert kinds == ["forward", "backward"]
    scene = marked(traced(found), found).scene
    marks = {node.text: (node.mark, node.emphasis) for node in scene.nodes if node.mark}
    assert marks == {"log": ("1", "fault"), "√": ("2", "fault")}
    picture = gg.render(found)
    assert ">1  forward: log gives -inf in 1 of 3 entries</text>" in picture


def test_a_sound_run_is_drawn_with_that_word():
    found = gg.diagnose(gg.sum(gg.variable([1.0, 2.0]) * 2))
    assert ">nothing suspicious was found</text>" in gg.render(found)


def test_what_cannot_be_shown_is_named():
    with pytest.raises(errors.ArgumentError, match="cannot show 'colours'"):
        gg.render(fruit()[0], colours=True)


def pictured(found):
    """The scene of anything, as `render` folds it."""
    return _scene(found, Options(), None)


def test_a_diagnosis_of_a_loop_or_a_split_is_drawn():
    x = gg.variable([1.0, 2.0], name="x")
    found = gg.diagnose(gg.sum(gg.split(x * 2.0, 2)[0]))
    assert "<svg" in gg.render(found)


def test_gradients_of_complex_numbers_are_the_same_in_a_diagnosis():
    z = gg.variable(1 + 2j, name="z")
    y = gg.abs(z * z)
    one, two = (pictured(target).edges for target in (y, gg.diagnose(y)))
    assert [e.gradient for e in one] == [e.gradient for e in two]
    assert not any(e.local for e in traced(y, local=True).scene.edges)


def test_a_loop_without_a_bound_is_drawn_without_gradients():
    w = gg.variable(0.5, name="w")
    y = gg.while_loop(lambda a: a < 10, lambda a: a * 2 + 1, w)
    assert not any(edge.gradient for edge in pictured(y).edges)
    (finding,) = gg.diagnose(y).findings
    assert "bound" in finding.text


def test_a_box_bears_the_marks_of_what_is_in_it():
    h = gg.constant(np.full((4, 8), 0.5), name="x")
    rng = np.random.RandomState(0)
    for i in range(30):
        with gg.scope(f"layer{i}"):
            h = gg.sigmoid(h @ gg.variable(rng.randn(8, 8) * 0.1, name=f"W{i}"))
    loss = gg.sum(h)
    (first,) = (t for t in gg.Graph(loss).nodes if t.name == "W0")
    scene = _scene(gg.diagnose(loss), Options(), 0)
    assert [node.mark for node in scene.nodes if node.kind == "module"] == ["1", ""]
    scene = _scene(loss, Options(), 0, highlight=[first])
    assert {n.emphasis for n in scene.nodes if n.kind == "module"} == {"path"}


def test_an_edge_into_a_box_says_what_its_label_says():
    w, x = gg.variable(2.0, name="w"), gg.variable(3.0, name="x")
    with gg.scope("A"):
        q = w * x + w * 3
    scene = _scene(gg.sin(q) + w + x, Options(), 0)
    (edge,) = (e for e in scene.edges if e.title.startswith("w to A"))
    assert edge.title.endswith(f"gradient {edge.gradient.text}")


def test_a_program_shows_its_updates_and_the_gradients_of_its_output():
    v = gg.variable(2.0, name="v")
    for program in (
        gg.compile(v * v, updates={v: v * 0.9}),
        gg.compile(gg.with_updates(v * v, {v: v * 0.9})),
    ):
        scene = pictured(program)
        assert [n.captions for n in scene.nodes if "next value" in n.captions]
        assert any(edge.gradient for edge in scene.edges)


def test_two_loops_have_frames_of_their_own():
    w, xs = gg.variable(2.0, name="w"), gg.variable([1.0, 2.0, 3.0], name="xs")
    last, _ = gg.scan(lambda h, r: (h * w + r, h), w, xs)
    last, _ = gg.scan(lambda h, r: (h * w - r, h), last, xs)
    scopes = {node.scope for node in traced(last, bodies=True).scene.nodes}
    assert {"scan", "scan 2"} <= scopes


def test_a_part_of_a_result_can_be_looked_at():
    q = gg.split(gg.variable(np.arange(6.0)), 3)
    assert "<svg" in gg.render(gg.sum(q[0] * q[1]), focus=q[0], highlight=q[1])


@pytest.mark.parametrize("path", ["/x", "x/", "a//b"])
def test_odd_scopes_are_drawn(path):
    with gg.scope(path):
        y = gg.sin(gg.variable(2.0))
    assert "<svg" in gg.render(y * 3)


def test_complex_numbers_of_any_size_are_drawn():
    assert "<svg" in gg.render(gg.variable(1.7e308 + 1.7e308j) * 1.0)


def test_a_large_difference_folds():
    def net(last):
        h = gg.variable(np.ones(3), name="x")
        for i in range(40):
            with gg.scope(f"layer{i}"):
                h = gg.tanh(h * 2.0) + h
        return gg.Graph(last(h))

    scene = _scene(net(gg.sum).diff(net(gg.mean)), Options(), None)
    assert len(scene.nodes) < 80


def test_graphviz_source_shows_all_that_pictures_show():
    import pygraphviz

    total, x = fruit()
    loops = gg.with_updates(total * 1.0, {x["tax"]: x["tax"] * 0.9})
    for source, words_ in (
        (gg.to_dot(_layers(9)).source, ["×9", "block1 … block9"]),
        (gg.to_dot(loops, local=True).source, ["style=dashed", "<I>apples</I>"]),
        (gg.to_dot(gg.Graph(total).diff(gg.Graph(total * 2))).source, ["+ ×", "added"]),
        (gg.to_dot(gg.diagnose(gg.log(x["tax"] * 0))).source, ["1 log", "forward"]),
    ):
        for word in words_:
            assert word in source
        assert pygraphviz.AGraph(source).number_of_nodes() > 3


def _layers(count):
    h = x = gg.placeholder(("n", 4), name="x")
    rng = np.random.RandomState(0)
    for i in range(count):
        with gg.scope(f"block{i + 1}"):
            w, v = (gg.variable(rng.randn(4, 4), name=name) for name in "WV")
            h = h + gg.tanh(h @ w) * gg.sigmoid(h @ v) * gg.cos(h)
    return gg.run(gg.mean(h**2).named("loss"), {x: rng.randn(3, 4)})


def test_a_variable_that_is_only_written_can_be_looked_at():
    x, seen = gg.variable(2.0, name="x"), gg.variable(0.0, name="seen")
    y = gg.with_updates(x * 3, {seen: x * 0.1})
    near = focused(traced(y), seen, 1).scene
    assert "seen" in words(near)
