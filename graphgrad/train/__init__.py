"""Training: the loop, callbacks, checkpoints, estimators, search; see README.md."""

from typing import TYPE_CHECKING, Any

from graphgrad.train.callbacks import EarlyStopping, ReduceOnPlateau
from graphgrad.train.checkpoint import Checkpoint
from graphgrad.train.features import precomputed
from graphgrad.train.fit import fit
from graphgrad.train.recording import Recorder, Recording
from graphgrad.train.search import SearchResult, Trial, refined, search
from graphgrad.train.spaces import Choice, Integers, LogUniform, Uniform
from graphgrad.train.state import Callback, History, Training

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
