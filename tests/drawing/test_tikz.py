"""TikZ pictures: the SVG's strokes and words, in LaTeX that compiles."""

import math
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.drawing import tex, tikz
from graphgrad.drawing.engines import arrange
from graphgrad.drawing.scene import Node, Scene
from graphgrad.drawing.svg import paint_svg
from graphgrad.drawing.tex import is_foreign, latex
from graphgrad.drawing.theme import THEMES
from graphgrad.errors import DrawingError
from tests.processes import outputs

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    r"50%_$#&^~\{}",
    r"\end{document}",
    r"}]; \input{secret} %",
    "^^5e ^^M",
    "--a''b``c,,d?`!`|<>\"",
    "z̄ Łódź é ı ø",
    "a\x00b\u2028c\ud800",
    "×÷−‖…≤∂αΣ⟲ᵀ₁²",
    " ",
]

names = st.text(min_size=1, max_size=12) | st.sampled_from(HOSTILE)


@st.composite
def pictures(draw):
    """Pictures of random graphs, with all that the SVG painter draws."""
    values = st.sampled_from([1.0, -2.5, 0.0, np.nan, np.ones(2), -np.ones((3, 2))])
    found = [gg.variable(draw(values), name=draw(names)) for _ in range(2)]
    for _ in range(draw(st.integers(1, 5))):
        x, y = draw(st.sampled_from(found)), draw(st.sampled_from(found))
        op = draw(st.sampled_from([gg.sqrt, gg.relu, gg.exp, lambda v: v * 2, gg.sum]))
        with gg.scope(draw(st.sampled_from(["", "one", "one/two", "50 % {"])) or "out"):
            found.append(op(x) if draw(st.booleans()) else op(x) + gg.sum(y))
    return gg.render(
        (gg.sum(found[-1]) + gg.sum(found[0])).named(draw(names)),
        engine="layered",
        theme=draw(st.sampled_from(sorted(THEMES))),
        heat=draw(st.booleans()),
        local=draw(st.booleans()),
        depth=draw(st.sampled_from([None, 0, 1])),
        highlight=draw(st.sampled_from([(), found[0]])),
        title=draw(names),
    )


def rich():
    """One picture each of what random graphs do not show."""
    x, w = gg.placeholder((3, 2), name="x"), gg.variable(np.ones((2, 2)), name="w")
    h = x
    for i in range(4):
        with gg.scope(f"layer{i}"):
            h = gg.tanh(h @ w)
    y = gg.sum(gg.with_updates(h, {w: w * 0.9}))
    run = gg.run(y, {x: np.ones((3, 2))})
    fault = Node("op", "√", emphasis="fault", mark="1")
    scene = Scene((fault,), (), notes=("1  sqrt gives nan in 50 % of x_1",))
    last, _ = gg.scan(lambda a, b: (gg.sin(a + b),) * 2, gg.zeros(2), w)
    return {
        "modules": gg.render(run, depth=0, engine="layered"),
        "changes": gg.render(run, local=True, highlight=w, engine="layered"),
        "diagnosis": paint_svg(scene, arrange(scene, "layered"), THEMES["dark"], None),
        "difference": gg.render(gg.Graph(y).diff(gg.Graph(y * 2)), engine="layered"),
        "body": gg.render(gg.sum(last), bodies=True, dtypes=True, engine="layered"),
    }


def commands(picture):
    """The lines of a picture that are no comments."""
    lines = tikz.tikz_picture(picture).splitlines()
    return [line for line in lines if not line.startswith("%")]


def is_balanced(text):
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", text.replace(r"\\", "")):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def without_mathematics(text):
    while (start := text.find(r"\ensuremath{")) >= 0:
        ends = range(start + len(r"\ensuremath{"), len(text) + 1)
        end = next(e for e in ends if is_balanced(text[start:e]))
        text = text[:start] + text[end:]
    return text


@pytest.mark.parametrize("name", ["apple", "apple-dark"])
def test_the_apple_is_written_as_it_was_accepted(name):
    svg = (GOLDEN / f"{name}.svg").read_text(encoding="utf-8")
    written = tikz.tikz_picture(svg)
    file = GOLDEN / f"{name}.tikz"
    if not file.exists():  # delete it to accept a changed picture
        file.write_text(written, encoding="utf-8")
        pytest.fail(f"wrote {name}: compile it, look at it, and run again")
    assert written == file.read_text(encoding="utf-8")


@settings(max_examples=40)
@given(pictures())
def test_every_stroke_and_word_of_the_svg_is_there(picture):
    check_words_and_strokes(picture)


@settings(max_examples=40)
@given(pictures())
def test_nothing_that_the_svg_says_is_overlooked(picture):
    check_attributes(picture)


def test_modules_changes_marks_and_notes_are_there_too():
    for picture in rich().values():
        check_words_and_strokes(picture)
        check_attributes(picture)


def check_words_and_strokes(picture):
    root = ET.fromstring(picture)
    lines = commands(picture)
    drawn = [line for line in lines if line.startswith(r"\path")]
    shapes = [e for e in root.iter() if e.tag in (f"{SVG}rect", f"{SVG}path")]
    assert len(drawn) == len(shapes)
    written = [line for line in lines if line.startswith(r"\node")]
    words = list(root.iter(f"{SVG}text"))
    assert len(written) == len(words)
    for line, element in zip(written, words, strict=True):
        assert latex(element.text or "") in line
        assert f"at ({element.get('x')}, {element.get('y')})" in line
    assert all(is_balanced(line) for line in lines)
    ends = lines[0].startswith(r"\begin{tikzpicture}"), lines[-1]
    assert ends == (True, r"\end{tikzpicture}")


def check_attributes(picture):
    """No attribute that TikZ would have to follow, and does not read."""
    read = {*tikz._INHERITED, "x", "y", "width", "height", "rx", "d", "id", "viewBox"}
    without_meaning = {"role", "aria-labelledby", "font-family", "stroke-linejoin"}
    met = {name for e in ET.fromstring(picture).iter() for name in e.attrib}
    assert met - read - without_meaning == set()


@settings(max_examples=40)
@given(pictures())
def test_colours_are_defined_and_named_after_the_theme(picture):
    lines = commands(picture)
    defined = {m[1] for m in map(re.compile(r"\\definecolor{(\w+)}").match, lines) if m}
    text = "\n".join(lines)
    used = set(re.findall(r"\b(?:fill|draw|text)=(\w+)", text))
    assert used == defined
    assert {"ground", "forward", "value"} <= defined


@given(names)
@example("".join(HOSTILE))
def test_no_sign_of_a_name_means_anything_to_tex(name):
    text = latex(name)
    assert is_balanced(text)
    assert "\n" not in text
    plain = without_mathematics(text)
    plain = re.sub(r"\\([a-zA-Z]+|[&#%_`'^~=.\"])", "", plain)
    assert not set(plain) & set('\\&#%_^~$<>|"')


def test_a_letter_with_two_marks_is_left_to_fonts_that_have_it():
    assert latex("ế") == "ế"
    assert is_foreign("ế")


def test_numbers_have_a_minus_and_names_a_hyphen():
    assert latex("-1e-05") == r"\ensuremath{-}1e\ensuremath{-}05"
    assert latex("layer-1") == "layer-1"


def apple(**names):
    price = gg.variable(100.0, name="apple") * gg.variable(1.1, name="tax")
    return price.named(names.get("name", "price"))


def test_both_formats_are_written(tmp_path):
    gg.render(apple(), tmp_path / "a.tex", engine="layered")
    gg.render(apple(), tmp_path / "a.tikz", engine="layered")
    whole, part = ((tmp_path / f"a.{s}").read_text() for s in ("tex", "tikz"))
    assert part.startswith(r"\begin{tikzpicture}")
    assert part in whole
    assert "usetikzlibrary" not in whole
    assert "fontspec" not in whole


def test_other_scripts_say_what_they_need():
    picture = gg.render(apple(name="사과 値段 価格"), engine="layered")
    assert "사과 値段 価格" in tikz.tikz_document(picture)
    assert r"\usepackage{fontspec}" in tikz.tikz_document(picture)
    assert tikz.tikz_picture(picture).startswith("% The preamble needs")


def test_bytes_are_equal_in_processes_with_other_hashes():
    code = (
        "import sys, graphgrad as gg\n"
        "from graphgrad.drawing.tikz import tikz_document\n"
        "with gg.scope('layer'):\n"
        "    y = gg.sin(gg.exp(gg.variable(0.1, name='사과')) * gg.variable(1e-3))\n"
        "picture = gg.render(y, heat=True, engine='layered')\n"
        "sys.stdout.buffer.write(tikz_document(picture).encode())\n"
    )
    assert len(outputs(code)) == 1


def test_a_word_in_a_frame_stands_on_the_frame():
    with gg.scope("layer"):
        y = gg.sin(gg.exp(gg.variable(0.1)))
    lines = commands(gg.render(gg.cos(y), engine="layered", theme="dark"))
    boxes = [m[1] for m in map(re.compile(r"\\node\[.* fill=(\w+)").match, lines) if m]
    assert set(boxes) == {"framefill", "ground"}


def test_zero_lanes_are_dotted_and_broken_ones_hatched():
    x = gg.variable(-1.0, name="x")
    y = gg.sqrt(x) * 0 + gg.relu(x)
    text = "\n".join(commands(gg.render(y, engine="layered")))
    assert "line width=2.1bp, dash pattern=on 1.5bp off 3bp]" in text
    assert "line width=5.625bp, dash pattern=on 1.2bp off 2.55bp]" in text


def test_heat_colours_its_lanes_and_its_legend():
    y = gg.exp(gg.variable(1.0)) * 3
    lines = commands(gg.render(y, heat=True, engine="layered"))
    legend = [line for line in lines if line.startswith(r"\path[fill=heat")]
    lanes = [line for line in lines if line.startswith(r"\path[draw=heat")]
    assert len(legend) > 20
    assert len(lanes) == 3
    assert any("|gradient|" in line.replace(r"\ensuremath{|}", "|") for line in lines)


def test_a_picture_beyond_what_tex_measures_is_made_smaller():
    y = gg.variable(1.0)
    for _ in range(200):
        y = gg.sin(y)
    drawn = gg.render(y, engine="layered", depth=math.inf)
    document = tikz.tikz_document(drawn)
    width = float(re.search(r"paperwidth=([\d.]+)bp", document)[1])
    assert width == pytest.approx(14_000)


def test_an_element_that_is_not_known_is_named():
    svg = f'<svg xmlns="{SVG[1:-1]}" viewBox="0 0 9 9"><blink/></svg>'
    with pytest.raises(DrawingError, match="knows no <blink>"):
        tikz.tikz_picture(svg)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no pdflatex")
def test_pdflatex_sets_it_without_a_warning(tmp_path):
    known = "".join(sorted({*tex._TEXT, *tex._MATH}))
    y = gg.variable(1.0, name="é z̄")
    for name in [*HOSTILE, *(known[i : i + 40] for i in range(0, len(known), 40))]:
        y = y * gg.variable(2.0, name=name)
    names = gg.render(gg.sqrt(-y), engine="layered", heat=True, title="100 % \\ {")
    for svg in [names, *rich().values()]:
        (tmp_path / "a.tex").write_text(tikz.tikz_document(svg), encoding="utf-8")
        subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        log = (tmp_path / "a.log").read_text(errors="replace")
        assert "Output written on a.pdf (1 page" in log
        assert "Warning" not in log
        assert "Missing character" not in log
