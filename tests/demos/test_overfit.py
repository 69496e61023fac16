"""Seven layers learn 300 digits by heart, and test accuracy stays behind."""

import numpy as np
import pytest

from graphgrad_demos._figures import figure
from graphgrad_demos._overfitting import Curves, curves, draw, seven_layers


def test_training_digits_are_learned_and_test_digits_stay_behind():
    net = seven_layers(np.random.RandomState(0))
    found = curves("no regularisation", net, 50)
    assert len(found.train) == len(found.test) == 50
    assert found.train[-1] > 0.8
    assert found.gap > 0.03  # 0.22 on MNIST, 0.07 on scikit-learn's digits
    assert found.gap > 2 * abs(found.until(1).gap)


def test_the_gap_is_that_of_the_last_epoch():
    found = Curves([0.5, 0.9], [0.4, 0.6])
    assert found.gap == pytest.approx(0.3)
    assert found.until(1).gap == pytest.approx(0.1)
    assert str(found) == "train 0.900, test 0.600, gap 0.300"


def test_a_figure_has_the_same_bytes_at_every_run(tmp_path):
    found = Curves([0.5, 0.9], [0.4, 0.6])
    for name in ("first.png", "second.png"):
        with figure(tmp_path / name) as axes:
            draw(axes, "two epochs", found)
    first, second = (tmp_path / n for n in ("first.png", "second.png"))
    assert first.read_bytes() == second.read_bytes()
