"""Training ends when the validation loss rises, with the best epoch's weights."""

import numpy as np
import pytest

from graphgrad_demos.early_stopping import trained

EPOCHS, RATE, PATIENCE = 100, 0.1, 10


@pytest.fixture(scope="module")
def stopped():
    return trained(EPOCHS, RATE, PATIENCE)


def test_training_ends_by_itself_after_the_patience(stopped):
    losses = stopped.history["validation loss"]
    assert len(losses) < EPOCHS
    assert stopped.best_epoch == len(losses) - PATIENCE
    assert min(losses) == losses[stopped.best_epoch - 1]


def test_the_best_weights_are_back_at_the_end(stopped):
    best = stopped.history.rows[stopped.best_epoch - 1]
    last = stopped.history.rows[-1]
    assert stopped.validation == (best["validation loss"], best["validation accuracy"])
    assert stopped.validation[0] < last["validation loss"]


def test_the_training_loss_still_falls_when_training_ends(stopped):
    losses = stopped.history["training loss"]
    assert losses[-1] < 0.9 * losses[stopped.best_epoch - 1]


def test_a_run_that_is_not_stopped_begins_alike_and_ends_worse(stopped):
    whole = trained(EPOCHS, RATE)
    assert len(whole.history) == EPOCHS
    same = whole.history["validation loss"][: len(stopped.history)]
    np.testing.assert_array_equal(same, stopped.history["validation loss"])
    assert whole.validation[0] > stopped.validation[0]
    assert whole.test[0] > stopped.test[0]
