"""Paths are those of the book's formulas; on digits SGD stays behind."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.optimizers import ON_DIGITS, ON_VALLEY, START, path, train, valley


def of_the_book(name, rate, steps=30):
    """The book's own code, on (x, y)."""
    point, v, h, m = np.array(START), np.zeros(2), np.zeros(2), np.zeros(2)
    points = [point]
    for t in range(1, steps + 1):
        g = point * [0.1, 2]
        if name == "SGD":
            point = point - rate * g
        elif name == "Momentum":
            v = 0.9 * v - rate * g
            point = point + v
        elif name == "AdaGrad":
            h = h + g * g
            point = point - rate * g / (np.sqrt(h) + 1e-7)
        else:
            now = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            m = m + 0.1 * (g - m)
            v = v + 0.001 * (g**2 - v)
            point = point - now * m / (np.sqrt(v) + 1e-7)
        points.append(point)
    return np.array(points)


@pytest.mark.parametrize(
    ("name", "rate"),
    [("SGD", 0.95), ("Momentum", 0.1), ("AdaGrad", 1.5), ("Adam", 0.3)],
)
def test_a_path_is_the_books(name, rate):
    assert ON_VALLEY[name].rate == rate
    found = path(ON_VALLEY[name])
    np.testing.assert_allclose(found, of_the_book(name, rate), atol=1e-5)


def test_only_sgd_zigzags_and_all_come_down():
    paths = {name: path(optimizer) for name, optimizer in ON_VALLEY.items()}
    across = {name: np.abs(np.diff(p[:, 1])).sum() for name, p in paths.items()}
    assert across.pop("SGD") > 30
    assert max(across.values()) < 10
    for points in paths.values():
        assert valley(*points[-1]) < 0.03 * valley(*START)


@pytest.fixture(scope="module")
def found():
    chosen = "SGD", "Momentum", "AdaGrad", "Adam"
    return {name: train(name, ON_DIGITS[name], 120) for name in chosen}


def test_sgd_stays_behind_at_equal_steps(found):
    others = [result for name, result in found.items() if name != "SGD"]
    for other in others:
        assert other.last < 0.5 * found["SGD"].last
        assert other.accuracy > found["SGD"].accuracy + 0.05


def test_the_last_losses_are_taken_after_their_steps(found):
    for result in found.values():
        assert result.last < np.mean(result.losses[-100:])


def test_with_the_books_settings_the_figures_are_the_books():
    if gg.data.load_digits().source != "MNIST":
        pytest.skip("the book's digits are not there")
    outcome = train("SGD", ON_DIGITS["SGD"], 2000)
    assert outcome.last == pytest.approx(0.135, abs=0.02)
    assert outcome.accuracy == pytest.approx(0.922, abs=0.01)
