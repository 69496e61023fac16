"""The pictures in the docs are those that the demo draws."""

from pathlib import Path

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos import graphs

PICTURES = Path(__file__).parents[2] / "docs" / "pictures" / "graphs"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", graphs.GRAPHS)
def test_a_picture_of_the_docs_is_drawn_again_to_the_byte(name, theme, tmp_path):
    path = tmp_path / "picture.svg"
    graphs.draw(name, path, theme)
    kept = PICTURES / f"{name}-{theme}.svg"
    if not kept.exists():
        kept.write_bytes(path.read_bytes())
        pytest.fail(f"{kept.name} was missing and is written: look at it")
    assert path.read_text("utf-8") == kept.read_text("utf-8")


def test_the_gradient_of_softmax_with_loss_is_the_difference():
    loss = graphs.softmax_with_loss()
    loss.backward()
    nodes = {t.name: t for t in gg.Graph(loss).nodes}
    difference = nodes["y"].value - nodes["t"].value
    np.testing.assert_allclose(nodes["scores"].grad, difference, rtol=1e-12)
