"""The page's own files: small, and without a way to run data or reach the network."""

import re
from pathlib import Path

import pytest

import graphgrad as gg
import graphgrad.drawing
from graphgrad.drawing.explore import page_of
from graphgrad.drawing.theme import CIVIDIS, THEMES

PAGE = Path(graphgrad.drawing.__file__).parent / "page"


def test_the_page_never_reads_markup_or_the_network():
    banned = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|"
        r"fetch\(|XMLHttpRequest|import\(|https?://(?!www\.w3\.org/2000/svg)"
    )
    sources = [*PAGE.glob("*.js"), *PAGE.glob("*.css"), PAGE / "page.html"]
    assert len(sources) > 20
    for file in sources:
        assert banned.findall(file.read_text("utf-8")) == [], file.name
    assert "default-src 'none'" in (PAGE / "page.html").read_text("utf-8")


@pytest.mark.parametrize("suffix", ["js", "css"])
def test_files_say_their_one_idea_and_stay_small(suffix):
    for file in PAGE.glob(f"*.{suffix}"):
        lines = file.read_text("utf-8").splitlines()
        assert lines[0].startswith("/*"), file.name
        assert len(lines) <= 400, file.name
        assert max(map(len, lines)) <= 88, file.name


def test_the_scale_of_heat_is_that_of_pictures():
    source = (PAGE / "cividis.js").read_text("utf-8")
    anchors = re.findall(r"^  \[(\d+), (\d+), (\d+)\],$", source, re.MULTILINE)
    assert tuple(tuple(map(int, a)) for a in anchors) == CIVIDIS


def test_the_page_takes_the_colours_of_pictures_from_the_theme():
    page = page_of(gg.variable(1.0) * 2)
    for name, theme in THEMES.items():
        assert f"--parameter-fill:{theme.parameter.fill};" in page
        assert f':root[data-theme="{name}"]{{--ground:{theme.ground};' in page
    assert "--ground:" not in (PAGE / "colours.css").read_text("utf-8")
