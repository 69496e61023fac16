"""Pictures end to end: what they show, their bytes, their files and their errors."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors
from graphgrad.drawing import engines, graphviz_engine, picture
from graphgrad.drawing.text import width
from graphgrad.drawing.theme import THEMES, Paint
from tests.processes import outputs

GOLDEN = Path(__file__).parent / "golden"

_APPLE = """
import graphgrad as gg
apple = gg.variable(100, name="apple")
count = gg.variable(2, name="count")
tax = gg.variable(1.1, name="tax")
price = (apple * count * tax).named("price")
"""


def _apple():
    space = {}
    exec(_APPLE, space)
    return space["price"]


def texts(svg):
    root = ET.fromstring(svg)
    return [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("apple.svg", lambda y: gg.render(y, engine="layered")),
        ("apple-dark.svg", lambda y: gg.render(y, engine="layered", theme="dark")),
        ("apple.dot", lambda y: gg.to_dot(y).source),
    ],
    ids=["light", "dark", "dot"],
)
def test_the_apple_is_drawn_as_it_was_accepted(name, make):
    drawn = str(make(_apple()))
    file = GOLDEN / name
    if not file.exists():  # delete it to accept a changed picture
        file.write_text(drawn, encoding="utf-8")
        pytest.fail(f"wrote {name}: look at it, and run again")
    assert drawn == file.read_text(encoding="utf-8")


def test_every_value_and_gradient_is_there():
    drawn = texts(gg.render(_apple()))
    for expected in ["100", "2", "200", "1.1", "220", "2.2", "110", "1"]:
        assert expected in drawn
    assert drawn.count("200") == 2  # the subtotal, and the gradient of the tax


@pytest.mark.parametrize(
    "form", ["gg.render(price, engine='layered')", "gg.to_dot(price).source"]
)
def test_bytes_are_equal_in_processes_with_other_hashes(form):
    code = _APPLE + f"import sys; sys.stdout.write(str({form}))"
    assert len(outputs(code)) == 1


def test_two_uses_draw_two_edges_each_with_its_share():
    x = gg.variable(3.0, name="x")
    drawn = texts(gg.render(x * x, engine="layered"))
    assert drawn.count("3") == 4  # twice forward, twice back


def test_no_lane_reaches_constants_and_integers():
    x = gg.variable(3.0, name="x")
    y = x * 2 * gg.variable(np.array(5))
    svg = gg.render(y, engine="layered")
    lanes = re.findall(r'id="g\w+-b\d+"', svg)
    assert len(lanes) == 3  # to x, to its product, and from the output


def test_a_zero_gradient_is_dotted_and_nan_is_said_in_words():
    x = gg.variable(-1.0, name="x")
    svg = gg.render(gg.sqrt(x) * 0 + gg.relu(x), engine="layered")
    assert 'stroke-dasharray="2 4"' in svg
    assert "NaN" in texts(svg)


def test_structure_is_drawn_where_values_are_missing():
    x = gg.placeholder(("batch", 3), name="x")
    drawn = texts(gg.render(gg.sum(x * 2)))
    assert "(batch, 3)" in drawn
    assert "Σ" in drawn


def test_a_run_is_drawn_with_its_own_values():
    x = gg.placeholder(name="x")
    y = x * x
    assert "49" in texts(gg.render(gg.run(y, {x: 7.0})))


def test_the_parts_of_a_split_are_hidden():
    a, b = gg.split(gg.variable([1.0, 2.0]), 2)
    svg = gg.render(gg.sum(a * b))
    assert "project" not in svg
    assert texts(svg).count("split") == 1


def test_scopes_are_framed_and_heat_has_a_legend():
    with gg.scope("layer"):
        y = gg.sin(gg.exp(gg.variable(0.1)) * gg.variable(1e-3))
    svg = gg.render(y, heat=True, engine="layered")
    assert "scope layer" in svg
    assert "|gradient|, log scale" in svg


@pytest.mark.parametrize("name", ["<b>&\"'</b>", "]]>", "a\x00b\x1b", "\\n{|}", "日本"])
def test_names_cannot_break_the_picture(name):
    y = gg.variable(1.0, name=name) * 2
    ET.fromstring(gg.render(y, engine="layered"))
    source = gg.to_dot(y).source
    drawn = graphviz_engine._plain(source)
    assert drawn.startswith("graph")


def test_wide_characters_measure_one_em_and_marks_nothing():
    assert width("사과", 10) == 20
    assert width("e\u0301", 10) == width("e", 10)


def _contrast(one, two):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", sorted(THEMES))
def test_every_text_has_a_contrast_of_four_and_a_half(name):
    theme = THEMES[name]
    pairs = [(p.text, p.fill) for p in vars_of(theme) if isinstance(p, Paint)]
    pairs += [
        (getattr(theme, text), getattr(theme, ground))
        for text in ("value", "gradient", "caption", "heading", "frame_text")
        for ground in ("ground", "frame_fill")
    ]
    assert [p for p in pairs if _contrast(*p) < 4.5] == []


def vars_of(theme):
    return [getattr(theme, field) for field in theme.__slots__]


def test_figures_of_one_page_share_no_id():
    one, two = gg.render(_apple()), gg.render(_apple() * 2)
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    ("suffix", "magic"),
    [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".dot", b"digraph")],
)
def test_every_format_is_written(tmp_path, suffix, magic):
    file = tmp_path / f"apple{suffix}"
    gg.render(_apple(), file)
    assert file.read_bytes().startswith(magic)
    assert [p.name for p in tmp_path.iterdir()] == [file.name]


def test_what_was_there_stays_if_drawing_fails(tmp_path, monkeypatch):
    file = tmp_path / "apple.svg"
    file.write_text("old")
    monkeypatch.setattr("graphgrad.files.os.replace", _fails)
    with pytest.raises(errors.DrawingError, match="full"):
        gg.render(_apple(), file)
    assert file.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def _fails(*_):
    raise OSError("full")


def test_a_missing_library_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(errors.DrawingError, match=r"graphgrad\[pictures\]"):
        gg.render(_apple(), tmp_path / "apple.png")


def test_the_built_in_engine_draws_whatever_is_installed(monkeypatch):
    for installed in (False, True):
        monkeypatch.setattr(engines, "is_available", lambda there=installed: there)
        assert gg.render(_apple()).engine == "layered"
    assert gg.render(_apple(), engine="graphviz").engine == "graphviz"
    monkeypatch.setattr(engines, "is_available", lambda: False)
    with pytest.raises(errors.DrawingError, match="Graphviz is not installed"):
        gg.render(_apple(), engine="graphviz")


def test_unknown_engines_and_themes_are_named():
    with pytest.raises(errors.DrawingError, match="there is no engine 'neato'"):
        gg.render(_apple(), engine="neato")
    with pytest.raises(errors.DrawingError, match="there is no theme 'pink'"):
        gg.render(_apple(), theme="pink")


def test_notebooks_show_tensors_graphs_runs_and_programs():
    y = _apple()
    for target in (y, gg.Graph(y), gg.run(y), gg.compile(y)):
        bundle = target._repr_mimebundle_()
        assert bundle["image/svg+xml"].startswith("<svg")
        assert bundle["text/plain"].startswith("<")
    long = gg.variable(1.0)
    for _ in range(500):
        long = -long
    assert "×500" in long._repr_mimebundle_()["image/svg+xml"]
    for _ in range(10_000):
        long = -long
    assert "image/svg+xml" not in long._repr_mimebundle_()


def test_a_png_shows_korean_and_japanese_names(tmp_path):
    files = picture._font_files()
    assert any("CJK" in Path(f).name for f in files)
    gg.render(gg.variable(1.0, name="사과 りんご") * 2, tmp_path / "x.png")


def test_scopes_are_kept_together_so_that_each_has_its_frame():
    w = gg.variable(np.eye(2), name="w")
    xs = gg.variable(np.ones((3, 2)), name="xs")
    last, _ = gg.scan(lambda h, x: (gg.tanh(x + h @ w),) * 2, gg.zeros(2), xs)
    opened = gg.expand(gg.sum(last))
    svg = gg.render(opened, engine="graphviz")
    for scope in ("scan", "scan/step 1", "scan/step 2", "scan/step 3"):
        assert f"scope {scope}" in svg, scope
    source = gg.to_dot(opened).source
    assert source.count("subgraph cluster_") == 4
    assert 'label="step 2"' in source


@pytest.mark.parametrize("name", ['a"] x [b="', "back\\slash", "<b>bold", "층 1"])
def test_names_of_scopes_are_text(name):
    import pygraphviz

    with gg.scope(name):
        y = gg.sin(gg.variable(1.0))
    drawn = pygraphviz.AGraph(gg.to_dot(gg.exp(y)).source)
    (cluster,) = drawn.subgraphs()
    assert len(drawn.nodes()) == 3 + 1 + 3  # nodes, the output, labels
    assert cluster.graph_attr["label"] in (name, name.replace("\\", "\\\\"))
