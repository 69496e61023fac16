"""The page's own files: small, and without a way to run data or reach the network."""

import re
from pathlib import Path

import pytest

import graphgrad.drawing

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
