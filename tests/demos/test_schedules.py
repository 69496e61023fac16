"""The compiled step uses the rates that are drawn; a falling rate ends lower."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad_demos.schedules import PLATEAU, RATE, compare, schedules

SAMPLES, EPOCHS = 1000, 6
STEPS = EPOCHS * SAMPLES // 50


@pytest.fixture(scope="module")
def found():
    return compare(SAMPLES, EPOCHS)


@pytest.mark.parametrize("name", schedules(STEPS))
def test_the_rate_of_every_step_is_the_function_of_its_number(found, name):
    wanted = schedules(STEPS)[name](np.arange(STEPS))
    np.testing.assert_allclose(found[name].rates, wanted * np.ones(STEPS), rtol=1e-6)


@pytest.mark.parametrize("name", ["cosine", "warm-up, cosine", "piecewise"])
def test_a_rate_that_falls_ends_with_a_lower_loss(found, name):
    assert found[name].losses[-1] < found["constant"].losses[-1]


def test_on_plateau_the_rate_falls_between_epochs_and_never_rises(found):
    rates = np.reshape(found[PLATEAU].rates, (EPOCHS, -1))
    assert rates[0, 0] == RATE
    assert (np.diff(rates[:, 1:], axis=1) == 0).all()
    assert (np.diff(rates[:, 1]) <= 0).all()


def test_a_schedule_is_part_of_the_graph():
    rate = schedules(10)["cosine"](gg.optim.counter())
    assert {"cos", "minimum"} <= {node.op.name for node in gg.Graph(rate).nodes}
