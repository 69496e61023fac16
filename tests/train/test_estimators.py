"""Estimators: scikit-learn's own checks, and what those do not ask."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import graphgrad as gg
from graphgrad.train import estimators

MODELS = gg.train.MLPClassifier(), gg.train.MLPRegressor()
NEVER = -1.0  # a tolerance with which no loss has settled


@parametrize_with_checks(MODELS)
def test_scikit_learn(estimator, check):
    check(estimator)


def blobs(rows=120, classes=3, dtype="float64"):
    rng = np.random.RandomState(0)
    labels = rng.randint(classes, size=rows)
    centres = 2 * rng.randn(classes, 4)
    return (centres[labels] + rng.randn(rows, 4)).astype(dtype), labels


def test_without_hidden_layers_it_is_logistic_regression():
    """The sizes of loss and penalty are scikit-learn's, and all labels serve."""
    x, t = blobs()
    names = np.array(["seven", "eight", "nine"])[t]
    model = gg.train.MLPClassifier(
        (),
        alpha=0.5,
        solver="sgd",
        learning_rate_init=0.3,
        batch_size=len(x),
        max_iter=800,
        tol=NEVER,
    ).fit(x, names)
    judge = LogisticRegression(C=1 / 0.5, tol=1e-8, max_iter=1000).fit(x, names)
    assert list(model.classes_) == ["eight", "nine", "seven"]
    np.testing.assert_allclose(
        model.predict_proba(x), judge.predict_proba(x), rtol=0, atol=2e-3
    )
    assert (model.predict(x) == judge.predict(x)).all()


def test_without_hidden_layers_it_is_ridge_regression_of_every_output():
    x, _ = blobs()
    t = x @ np.random.RandomState(1).randn(4, 2) + [1, -2]
    model = gg.train.MLPRegressor(
        (), alpha=3.0, solver="sgd", learning_rate_init=0.1, max_iter=600, tol=NEVER
    ).fit(x, t)
    # The mean is also over outputs, so that the penalty weighs twice.
    judge = Ridge(alpha=6.0).fit(x, t)
    np.testing.assert_allclose(model.coefs_[0], judge.coef_.T, rtol=0, atol=2e-3)
    np.testing.assert_allclose(model.predict(x), judge.predict(x), rtol=0, atol=1e-2)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_hidden_layers_tell_moons_apart_unless_they_are_linear(activation):
    x, t = gg.data.load_moons(200, seed=0)
    model = gg.train.MLPClassifier(
        (16,), activation, learning_rate_init=0.2, max_iter=300, random_state=0
    )
    score = model.fit(x, t).score(x, t)
    assert score < 0.93 if activation == "identity" else score > 0.97


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_the_rows_is_that_of_the_net(dtype):
    x, t = blobs(dtype=dtype)
    model = gg.train.MLPClassifier((5,), max_iter=2).fit(x, t)
    regressor = gg.train.MLPRegressor((5,), max_iter=2).fit(x, x[:, :2])
    arrays = model.coefs_ + model.intercepts_ + regressor.coefs_
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    assert model.predict_proba(x.astype("float64")).dtype == dtype
    assert regressor.predict(x).dtype == dtype


def test_a_fitted_model_is_pickled_copied_and_predicts_the_same():
    x, t = blobs()
    model = gg.train.MLPClassifier((5,), max_iter=5, random_state=0).fit(x, t)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict_proba(x), model.predict_proba(x))


def test_the_seed_decides_all():
    x, t = blobs()

    def weights(seed):
        model = gg.train.MLPRegressor((5,), max_iter=3, random_state=seed)
        return model.fit(x, t).coefs_[0]

    np.testing.assert_array_equal(weights(0), weights(0))
    assert not np.array_equal(weights(0), weights(1))
    assert not np.array_equal(weights(None), weights(None))


def test_machine_code_and_numpy_train_alike(monkeypatch):
    x, t = blobs()
    model = gg.train.MLPClassifier((5,), max_iter=20, random_state=0, batch_size=60)
    slow = model.fit(x, t).predict_proba(x)
    monkeypatch.setattr(estimators, "_WORTH_COMPILING", 0)
    made = []
    compiled = estimators.compile
    monkeypatch.setattr(
        estimators,
        "compile",
        lambda *a, **k: made.append(compiled(*a, **k)) or made[-1],
    )
    quick = model.fit(x, t).predict_proba(x)
    assert made[0].backend == "native"
    np.testing.assert_allclose(quick, slow, rtol=1e-6)


def test_training_ends_when_the_loss_has_settled():
    x, t = blobs()
    ends = [
        gg.train.MLPClassifier((5,), tol=tol, n_iter_no_change=4, max_iter=30)
        .fit(x, t)
        .n_iter_
        for tol in (10.0, 0.0)
    ]
    assert ends == [6, 30]  # the first loss, and five that are not better


def test_early_stopping_keeps_the_best_weights_of_rows_held_out():
    rng = np.random.RandomState(0)
    x, t = rng.randn(60, 30), rng.randint(2, size=60)  # nothing to be learned
    model = gg.train.MLPClassifier(
        (30,),
        early_stopping=True,
        validation_fraction=0.25,
        learning_rate_init=0.02,
        n_iter_no_change=3,
        random_state=0,
    ).fit(x, t)
    losses = model.validation_loss_curve_
    assert model.n_iter_ == np.argmin(losses) + 1 + 3 == len(model.loss_curve_)
    assert model.n_iter_ < model.max_iter
    again = gg.train.MLPClassifier(
        (30,),
        early_stopping=True,
        validation_fraction=0.25,
        learning_rate_init=0.02,
        max_iter=int(np.argmin(losses)) + 1,
        random_state=0,
    ).fit(x, t)
    for best, own in zip(again.coefs_, model.coefs_, strict=True):
        np.testing.assert_array_equal(best, own)


def test_without_early_stopping_no_row_is_held_out():
    x, t = blobs()
    model = gg.train.MLPClassifier((5,), max_iter=2).fit(x, t)
    assert model.validation_loss_curve_ is None


def test_it_serves_in_a_search_over_a_pipeline():
    x, t = blobs()
    model = make_pipeline(
        StandardScaler(), gg.train.MLPClassifier((5,), random_state=0, max_iter=20)
    )
    grid = {"mlpclassifier__learning_rate_init": [1e-5, 0.1]}
    found = GridSearchCV(model, grid, cv=2).fit(x, t)
    assert found.best_params_ == {"mlpclassifier__learning_rate_init": 0.1}
    assert found.best_score_ > 0.8


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"activation": "step"}, "activation 'step' is not known"),
        ({"solver": "lbfgs"}, "choose of: adam, sgd"),
        ({"batch_size": 0}, "batch_size 0"),
        ({"max_iter": 0}, "0 epochs"),
    ],
)
def test_a_setting_that_there_is_not_is_refused(facts, said):
    x, t = blobs()
    with pytest.raises(gg.GraphgradError, match=said):
        gg.train.MLPClassifier(**facts).fit(x, t)


def test_other_names_are_missed_as_usual():
    with pytest.raises(AttributeError, match="MLPCluster"):
        _ = gg.train.MLPCluster
