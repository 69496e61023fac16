"""The rate decides and the decay does not, and the fine search is among the best."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from graphgrad_demos.search import SPACE, Objective, searched


@pytest.fixture(scope="module")
def objective():
    return Objective(epochs=15)


def test_a_trial_depends_on_its_values_alone(objective):
    first = objective({"rate": 5e-3, "decay": 1e-8})
    objective({"rate": 1e-2, "decay": 1e-4})
    assert objective({"rate": 5e-3, "decay": 1e-8}) == first


def test_from_coarse_to_fine(objective):
    found = searched(objective, trials=20, keep=0.2)
    coarse, fine = (
        {
            **{name: [t.values[name] for t in result.trials] for name in SPACE},
            "score": [trial.score for trial in result.trials],
        }
        for result in (found.coarse, found.fine)
    )
    # Ties are many: rates that are too low leave the accuracy at that of guessing.
    assert spearmanr(coarse["rate"], coarse["score"]).statistic > 0.7
    assert abs(spearmanr(coarse["decay"], coarse["score"]).statistic) < 0.5
    assert min(fine["rate"]) > np.median(coarse["rate"])
    assert np.median(fine["score"]) > np.median(coarse["score"]) + 0.1
    assert found.chosen.values["rate"] > 1e-3
    assert abs(found.test - found.chosen.score) < 0.15
