"""Every demo has its page in the gallery, with a figure and its code."""

import re
from pathlib import Path

import pytest

from graphgrad.cli.demos import available

DOCS = Path(__file__).parents[2] / "docs"
NAMES = (
    *("apple", "fruit", "gates", "activations", "affine", "gradcheck"),
    *("init-histograms", "init-zero", "init-mnist", "vanishing"),
    *("batchnorm", "overfit", "weight-decay", "dropout", "max-norm", "early-stopping"),
    *("augment", "clip", "optimizers", "schedules", "transfer", "pretrain"),
    *("search", "small-data", "mlp", "convnet", "moons", "graphs"),
)


def test_all_demos_are_there():
    assert set(NAMES) | {"digits"} == set(available())


@pytest.mark.parametrize("name", sorted({*NAMES, "digits"}))
def test_a_demo_has_a_page(name):
    page = (DOCS / "gallery" / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {name}: ")
    file = name.replace("-", "_")
    assert f"```{{literalinclude}} ../../demos/{file}.py" in page
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", page)
    assert pictures
    for text, path in pictures:
        assert len(text) > 10, "a picture is described for who cannot see it"
        file = DOCS / "gallery" / path
        assert file.stat().st_size < 150_000


@pytest.mark.parametrize("name", sorted({*NAMES, "digits"}))
def test_a_demo_has_a_test_of_what_it_claims(name):
    stem = name.replace("-", "_")
    found = [*Path(__file__).parent.glob(f"test_{stem}.py")]
    assert found
