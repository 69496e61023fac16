"""Callbacks: the best weights come back, the rate falls, figures are recorded."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ArgumentError
from tests.train.model import data, program


def walk(figures, *callbacks):
    """A run whose figure after each epoch is given; the variable counts epochs."""
    x = gg.placeholder(("n",), name="x")
    count = gg.variable(0.0, name="count", trainable=False)
    rate = gg.variable(1.0, name="rate", trainable=False)
    step = gg.compile(gg.sum(x) * rate, [x], {count: count + 1})
    left = iter(figures)
    history = gg.train.fit(
        step,
        [np.ones(2)],
        epochs=len(figures),
        measures={"figure": lambda: next(left)},
        callbacks=[make(rate) for make in callbacks],
    )
    return history, float(count), float(rate)


@pytest.mark.parametrize(
    ("mode", "figures", "best", "epochs"),
    [
        ("min", [3, 2, 2.5, 2.2, 2.1, 1], 2, 5),
        ("min", [3, 2, 2.5, 2.2, 1, 4], 5, 6),
        ("max", [1, 3, 2, 2, 2, 9], 2, 5),
        ("min", [1, float("nan"), 2, 3], 1, 4),
        ("max", [float("nan"), 1, 2, 1], 3, 4),
    ],
)
def test_early_stopping_puts_the_best_weights_back(mode, figures, best, epochs):
    kept = []

    def make(rate):
        kept.append(gg.train.EarlyStopping("figure", patience=3, mode=mode))
        return kept[0]

    history, count, _ = walk(figures, make)
    assert len(history) == epochs
    assert count == best == kept[0].best_epoch


def test_the_rate_falls_on_a_plateau():
    def make(rate):
        return gg.train.ReduceOnPlateau(
            rate, "figure", factor=0.5, patience=1, floor=0.3
        )

    history, _, rate = walk([5, 4, 4, 4, 3, 3, 3, 3, 3], make)
    assert rate == 0.3
    assert history["loss"] == [2, 2, 2, 2, 1, 1, 1, 0.6, 0.6]


def test_mistakes_are_named():
    with pytest.raises(ArgumentError, match="is not a variable"):
        gg.train.ReduceOnPlateau(0.1, "loss")
    with pytest.raises(ArgumentError, match="min"):
        gg.train.EarlyStopping("loss", mode="low")


def test_callbacks_are_called_in_order():
    calls = []

    class Told(gg.train.Callback):
        def on_step(self, training):
            calls.append(("step", training.epoch, training.step))

        def on_epoch(self, training):
            calls.append(("epoch", training.epoch, training.step))
            training.stopped = training.epoch == 2

        def on_end(self, training):
            calls.append("end")

    walk([1, 1, 1], lambda rate: Told())
    assert calls == [
        *(("step", 0, 1), ("epoch", 1, 0), ("step", 1, 1), ("epoch", 2, 0), "end")
    ]


def test_the_recorder_tells_what_the_net_does():
    step, net = program("reference")
    x, t = data()
    given = gg.placeholder(("batch", 6), dtype="float32")
    labels = gg.placeholder(("batch",), dtype="int64")
    hidden = net[:3](given)
    loss = gg.nn.softmax_cross_entropy(net(given), labels)
    recorder = gg.train.Recorder(
        loss,
        {"W1": net[0].weight, "W2": net[-1].weight},
        {"hidden": hidden},
        {given: x, labels: t},
        every=5,
    )
    before = np.array(net[0].weight.value)
    gg.train.fit(step, [x, t], epochs=2, batch=10, callbacks=[recorder])
    seen = recorder.recording
    assert seen.steps == [1, 6, 11, 16]
    assert np.shape(seen.gradients) == np.shape(seen.updates) == (4, 2)
    assert np.shape(seen.histograms) == (4, 1, 30)
    np.testing.assert_allclose(np.sum(seen.histograms, -1), 1, rtol=1e-6)
    assert (np.array(seen.updates) > 0).all()
    ratio = np.array(seen.updates) / np.array(seen.weights)
    assert (ratio < 0.2).all()  # one step, not five
    run = gg.run([loss, hidden], {given: x, labels: t})
    assert seen.zeros[-1][0] == pytest.approx((run[hidden] == 0).mean(), abs=0.05)
    assert seen.means[-1][0] == pytest.approx(run[hidden].mean(), rel=0.1)
    assert float(run[loss]) < seen.losses[0]
    assert seen.weights[0][0] == pytest.approx(np.linalg.norm(before), rel=0.2)


def test_features_of_frozen_layers_are_computed_in_pieces():
    net = gg.nn.mlp((6, 8, 2), rng=0)
    x, _ = data()
    whole = gg.train.precomputed(net[:2], x, batch=7)
    np.testing.assert_allclose(whole, net[:2](x).value, rtol=1e-5, atol=1e-6)
