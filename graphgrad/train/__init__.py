"""Training: the loop, callbacks, checkpoints, estimators, search; see README.md.

>>> import numpy as np, graphgrad as gg
>>> x, t, w = gg.placeholder(("n", 2)), gg.placeholder(("n",)), gg.variable([0.0, 0.0])
>>> loss = gg.nn.mean_squared_error(x @ w, t)
>>> step = gg.compile(loss, [x, t], gg.optim.SGD(0.2).updates(loss, [w]))
>>> data = np.random.RandomState(0).randn(100, 2)
>>> history = gg.train.fit(step, [data, data @ [1, 2]], epochs=20, batch=10)
>>> w.value.round(3)
array([1., 2.])
"""

from typing import TYPE_CHECKING, Any

from graphgrad.insight.recording import Recording
from graphgrad.train.callbacks import EarlyStopping, ReduceOnPlateau
from graphgrad.train.checkpoint import Checkpoint
from graphgrad.train.features import precomputed
from graphgrad.train.loop import fit
from graphgrad.train.recording import Recorder
from graphgrad.train.spaces import Choice, Integers, LogUniform, Uniform
from graphgrad.train.state import Callback, History, Training
from graphgrad.train.trials import SearchResult, Trial, refined, search
from graphgrad.train.views import (
    activation_histograms,
    gradient_norms,
    overview,
    unit_shares,
    update_ratios,
)

if TYPE_CHECKING:
    from graphgrad.train.estimators import MLPClassifier, MLPRegressor


def __getattr__(name: str) -> Any:
    """The estimators, whose base classes are scikit-learn's: loaded when named."""
    if name not in ("MLPClassifier", "MLPRegressor"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from graphgrad.data.libraries import library

    library("sklearn", "scikit-learn")
    from graphgrad.train import estimators

    return getattr(estimators, name)
