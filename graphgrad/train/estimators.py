"""Multi-layer perceptrons as scikit-learn's estimators, for its pipelines and searches.

A fitted estimator holds arrays and no graph, so that it can be pickled and copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from graphgrad.data.examples import split
from graphgrad.errors import ArgumentError
from graphgrad.execute.program import Program, compile
from graphgrad.graph.leaves import placeholder
from graphgrad.graph.tensor import Tensor
from graphgrad.nn.init import glorot_uniform, zeros
from graphgrad.nn.nets import Sequential, mlp
from graphgrad.nn.penalties import l2
from graphgrad.ops.activation import relu, sigmoid, softmax
from graphgrad.ops.loss import mean_squared_error, softmax_cross_entropy
from graphgrad.ops.trigonometric import tanh
from graphgrad.optim.adaptive import Adam
from graphgrad.optim.descent import Nesterov
from graphgrad.train.callbacks import EarlyStopping
from graphgrad.train.loop import fit
from graphgrad.train.state import Callback, History, Training

_DTYPES = [np.float64, np.float32]

_ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "logistic": sigmoid,
    "tanh": tanh,
    "relu": relu,
}

_SOLVERS: Mapping[str, Callable[[float, float], Any]] = {
    "adam": lambda rate, momentum: Adam(rate),
    "sgd": Nesterov,
}

# A native program takes about a second to make. It saves a millisecond per step, and
# another for each 10,000 weights: what is less work is sooner done by NumPy.
_WORTH_COMPILING = 10_000_000


class _Settled(Callback):
    """Ends training when the loss of the epochs hardly falls any more."""

    def __init__(self, tol: float, patience: int) -> None:
        self._tol, self._patience = tol, patience
        self._least = np.inf
        self._waited = 0

    def on_epoch(self, training: Training) -> None:
        loss = training.history.last("loss")
        self._waited = self._waited + 1 if loss > self._least - self._tol else 0
        self._least = min(self._least, loss)
        training.stopped = training.stopped or self._waited > self._patience


class _MLP(BaseEstimator):
    """What the classifier and the regressor share: parameters and training."""

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    loss_curve_: list[float]
    validation_loss_curve_: list[float] | None
    n_iter_: int

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 1e-4,
        batch_size: Any = "auto",
        learning_rate_init: float = 1e-3,
        momentum: float = 0.9,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.momentum = momentum
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def _net(self, sizes: list[int], rng: Any, dtype: Any, weight: Any) -> Sequential:
        activation = _chosen("activation", self.activation, _ACTIVATIONS)
        return mlp(sizes, rng, activation=activation, weight=weight, dtype=dtype)

    def _train(
        self,
        examples: tuple[np.ndarray, ...],
        outputs: int,
        error: Callable[[Any, Any], Any],
        classes: np.ndarray | None = None,
    ) -> Self:
        """Fit a net to rows and targets; held-out ones have the classes' shares."""
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(2**31 - 1))
        rows, targets = examples
        hidden = np.atleast_1d(np.asarray(self.hidden_layer_sizes, int)).tolist()
        sizes = [rows.shape[1], *hidden, outputs]
        net = self._net(sizes, rng, rows.dtype, glorot_uniform)
        x = placeholder(("rows", rows.shape[1]), dtype=rows.dtype, name="x")
        t = placeholder(("rows", *targets.shape[1:]), dtype=targets.dtype, name="t")
        facts: dict[str, Any] = {
            "callbacks": [_Settled(self.tol, self.n_iter_no_change)]
        }
        if self.early_stopping:
            share = self.validation_fraction
            examples, held = split(
                examples, (1 - share, share), seed=seed, stratify=classes
            )
            judge = compile(error(net(x), t), [x, t], backend="reference")
            stop = EarlyStopping("validation loss", patience=self.n_iter_no_change)
            measures = {"validation loss": lambda: judge(*held)}
            facts = {"callbacks": [stop], "measures": measures}
        size = self._batch(len(examples[0]))
        loss = error(net(x, training=True), t) + l2(net.weights(), self.alpha / size)
        step = self._step(loss, [x, t], net, -(-len(examples[0]) // size))
        facts |= {"epochs": self.max_iter, "batch": size, "seed": seed}
        self._keep(net, fit(step, examples, **facts))
        return self

    def _batch(self, count: int) -> int:
        size = 200 if self.batch_size == "auto" else self.batch_size
        if size < 1:
            raise ArgumentError(f"batch_size {size} is not at least 1")
        return min(int(size), count)

    def _step(
        self, loss: Tensor, inputs: list[Tensor], net: Sequential, per_epoch: int
    ) -> Program:
        make = _chosen("solver", self.solver, _SOLVERS)
        optimizer = make(self.learning_rate_init, self.momentum)
        updates = optimizer.updates(loss, net.parameters())
        weights = sum(p.value.size for p in net.parameters())
        work = self.max_iter * per_epoch * (10_000 + weights)
        backend = "auto" if work > _WORTH_COMPILING else "reference"
        return compile(loss, inputs, updates, backend)

    def _keep(self, net: Sequential, history: History) -> None:
        arrays = [np.array(p.value) for p in net.parameters()]
        self.coefs_, self.intercepts_ = arrays[::2], arrays[1::2]
        self.loss_curve_ = history["loss"]
        self.n_iter_ = len(history)
        self.validation_loss_curve_ = (
            history["validation loss"] if self.early_stopping else None
        )

    def _scores(self, X: Any, end: Callable[[Any], Any] = lambda y: y) -> np.ndarray:
        """What the net gives for rows, and a function of it."""
        check_is_fitted(self)
        dtype = self.coefs_[0].dtype
        rows: Any = validate_data(self, X, reset=False, dtype=dtype)
        sizes = [rows.shape[1], *[len(biases) for biases in self.intercepts_]]
        net = self._net(sizes, 0, dtype, zeros)
        pairs = zip(self.coefs_, self.intercepts_, strict=True)
        arrays = [array for pair in pairs for array in pair]
        for p, array in zip(net.parameters(), arrays, strict=True):
            p.assign(array)
        x = placeholder(("rows", rows.shape[1]), dtype=dtype)
        # Rows come in any number, and machine code would be made for each.
        return compile(end(net(x)), [x], backend="reference")(rows)


class MLPClassifier(ClassifierMixin, _MLP):
    """A multi-layer perceptron that tells classes apart, for scikit-learn.

    It minimises softmax cross-entropy (book §5.6) in shuffled batches, from weights as
    of Glorot and Bengio (2010). Parameters have the names and the meaning of those of
    scikit-learn's ``MLPClassifier``, where it has them.

    Args:
        hidden_layer_sizes: units of each hidden layer; () for none.
        activation: of hidden units: "relu", "tanh", "logistic" or "identity".
        solver: "adam", or "sgd", which is with Nesterov's momentum.
        alpha: λ of the penalty λ/2 · Σ w² on weights, divided by the batch's size.
        batch_size: rows per step; "auto" is 200, or all if there are fewer.
        learning_rate_init: the rate, which stays.
        momentum: of "sgd".
        max_iter: epochs at most.
        tol: training ends when the loss falls by less than this,
        n_iter_no_change: for so many epochs.
        early_stopping: whether rows are held out, training ends when the loss on them
            falls no more for `n_iter_no_change` epochs, and the weights that were best
            for them are kept; `tol` plays no part then.
        validation_fraction: the share of rows that are held out.
        random_state: a seed, `np.random.RandomState`, or None for another net at every
            fit.

    Attributes:
        classes_: labels, in order.
        coefs_: weights of each layer, shape (inputs, outputs), of the dtype of X.
        intercepts_: biases of each layer, shape (outputs,).
        loss_curve_: mean loss of each epoch, penalty included.
        validation_loss_curve_: loss on held-out rows after each epoch, without penalty;
            None without early stopping.
        n_iter_: epochs that were done.
        n_features_in_: columns of X.

    Example:
        >>> import graphgrad as gg
        >>> x, t = gg.data.load_moons(100, seed=0)
        >>> net = gg.train.MLPClassifier((16,), learning_rate_init=0.1, random_state=0)
        >>> net.fit(x, t).score(x, t)
        1.0
    """

    classes_: np.ndarray

    def fit(self, X: Any, y: Any) -> Self:
        """Train.

        Args:
            X: float32 or float64 (others become float64), shape (examples, features).
            y: labels of any kind, shape (examples,).

        Raises:
            ValueError: for input that scikit-learn refuses.
            ArgumentError: for an unknown activation or solver.
            EvaluationError: when the loss is no longer finite.
        """
        X, y = validate_data(self, X, y, dtype=_DTYPES)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        count = len(self.classes_)
        return self._train((X, labels), count, softmax_cross_entropy, labels)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities, shape (examples, classes)."""
        return self._scores(X, softmax)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest labels, shape (examples,)."""
        best = np.argmax(self._scores(X), axis=1)
        return self.classes_[best]


class MLPRegressor(RegressorMixin, _MLP):
    """A multi-layer perceptron for numbers, for scikit-learn.

    It minimises half the mean of squared differences in shuffled batches. Arguments and
    attributes are those of `MLPClassifier`, but for ``classes_``.

    Example:
        >>> import numpy as np, graphgrad as gg
        >>> x = np.random.RandomState(0).uniform(-1, 1, (200, 1))
        >>> model = gg.train.MLPRegressor(
        ...     (20,), random_state=0, learning_rate_init=0.02
        ... )
        >>> round(model.fit(x, x[:, 0] ** 2).score(x, x[:, 0] ** 2), 1)
        1.0
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train.

        Args:
            X: float32 or float64 (others become float64), shape (examples, features).
            y: numbers, shape (examples,) or (examples, outputs).

        Raises:
            ValueError: for input that scikit-learn refuses.
            ArgumentError: for an unknown activation or solver.
            EvaluationError: when the loss is no longer finite.
        """
        X, y = validate_data(
            self, X, y, multi_output=True, y_numeric=True, dtype=_DTYPES
        )
        targets = y.reshape(len(y), -1).astype(X.dtype)
        self._flat = y.ndim == 1
        return self._train((X, targets), targets.shape[1], _half_squares)

    def predict(self, X: Any) -> np.ndarray:
        """Numbers, of the shape that y had, but with as many rows as X."""
        found = self._scores(X)
        return found.ravel() if self._flat else found


def _half_squares(y: Any, t: Any) -> Any:
    return 0.5 * mean_squared_error(y, t)


def _chosen(name: str, value: Any, known: Mapping[str, Any]) -> Any:
    if value not in known:
        raise ArgumentError(
            f"{name} {value!r} is not known", remedy=f"choose of: {', '.join(known)}"
        )
    return known[value]
