"""`fit` sees every row once an epoch, tells what it measured, and stops when told."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ArgumentError, EvaluationError, ShapeError
from tests.train.model import data, program, trained


def counting(loss_of=lambda x: gg.sum(x)):
    x = gg.placeholder(("n", 2), name="x")
    total = gg.variable(np.zeros(2), name="total", trainable=False)
    step = gg.compile(loss_of(x), [x], {total: total + gg.sum(x, axis=0)})
    return step, total


@pytest.mark.parametrize(("rows", "batch"), [(10, 3), (10, 10), (7, 100), (5, 1)])
def test_every_row_is_seen_once_an_epoch(rows, batch):
    step, total = counting()
    array = np.random.RandomState(0).randn(rows, 2)
    history = gg.train.fit(step, [array], epochs=3, batch=batch)
    np.testing.assert_allclose(total.value, 3 * array.sum(0), rtol=1e-12)
    assert len(history.losses) == 3 * -(-rows // batch)
    assert history["epoch"] == [1, 2, 3]


def test_the_loss_of_an_epoch_is_the_mean_of_its_steps():
    step, _ = counting()
    history = gg.train.fit(step, [np.ones((4, 2))], epochs=2, batch=2)
    assert history["loss"] == [4.0, 4.0]
    assert history.losses == [4.0] * 4


def test_measures_are_taken_after_each_epoch():
    step, total = counting()
    history = gg.train.fit(
        step, [np.ones((4, 2))], epochs=2, measures={"sum": lambda: total.value[0]}
    )
    assert history["sum"] == [4.0, 8.0]
    assert history.last("sum") == 8.0
    with pytest.raises(ArgumentError, match="the figures are: epoch, loss, sum"):
        history["accuracy"]


def test_what_changes_batches_draws_by_seed_and_step():
    def noisy(rng, x):
        return (x + rng.randn(*x.shape),)

    found = []
    for seed in (0, 0, 1):
        step, total = counting()
        gg.train.fit(
            step, [np.zeros((6, 2))], epochs=2, batch=2, seed=seed, change=noisy
        )
        found.append(total.value.copy())
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_seed_gives_the_same_weights_on_both_backends(dtype):
    found = []
    for backend in ("reference", "native"):
        step, net = program(backend, dtype)
        x, t = data()
        gg.train.fit(step, [x.astype(dtype), t], epochs=9, batch=8)  # 108 steps
        found.append(net.state())
    # In front of batch normalisation a bias has no effect: its gradient is rounding
    # alone, which Adam makes as large as any other, and the running mean follows it.
    idle = {"0.bias", "1.running_mean"} if dtype == "float32" else set()
    for name in found[0].keys() - idle:
        np.testing.assert_allclose(
            found[1][name], found[0][name], rtol=1e-5, atol=1e-5, err_msg=name
        )


def test_training_learns():
    _, history = trained(epochs=30)
    assert history["loss"][-1] < 0.75 * history["loss"][0]


def test_a_loss_that_is_not_finite_ends_it():
    step, _ = counting(lambda x: gg.log(gg.sum(x)))
    with pytest.raises(EvaluationError, match="loss is nan in step 1 of epoch 1"):
        gg.train.fit(step, [-np.ones((4, 2))], epochs=2, batch=2)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"epochs": 0}, ArgumentError),
        ({"epochs": 1, "batch": 0}, ArgumentError),
    ],
)
def test_mistakes_are_named(facts, error):
    step, _ = counting()
    with pytest.raises(error):
        gg.train.fit(step, [np.ones((4, 2))], **facts)


def test_arrays_of_different_lengths_are_refused():
    step, _ = program("reference")
    with pytest.raises(ShapeError, match="90 and 89"):
        gg.train.fit(step, [data()[0], data()[1][:89]], epochs=1)


def test_a_bar_is_shown_if_it_is_wanted(capsys):
    step, _ = counting()
    gg.train.fit(step, [np.ones((4, 2))], epochs=1, progress=True)
    assert "1/1" in capsys.readouterr().err
