"""What a recorder sees of activations at their limits, and how it is kept."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import graphgrad as gg
from graphgrad.insight.recording import Recording
from graphgrad.insight.saturation import LIMITS, saturated

OPS = {"sigmoid": gg.nn.sigmoid, "tanh": gg.tanh}
inputs = hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(-20, 20))


@pytest.mark.parametrize("name", sorted(OPS))
@given(inputs)
def test_what_is_saturated_has_nearly_no_slope(name, data):
    x = gg.variable(data)
    y = OPS[name](x)
    gg.sum(y).backward()
    assert y.op.name == name
    bound = 0.99 * 0.01 if name == "sigmoid" else 1 - 0.99**2
    found = saturated(name, y.value)
    clear = np.abs(x.grad - bound) > 1e-9
    np.testing.assert_array_equal(found[clear], (x.grad < bound)[clear])


@given(inputs)
def test_a_dead_relu_is_not_saturated(data):
    y = gg.relu(gg.variable(data))
    assert not saturated(y.op.name, y.value).any()


def recorder_of(activation, deviation, every=1):
    rng = np.random.RandomState(0)
    x = gg.placeholder(("n", 20), name="x")
    w = gg.variable(deviation * rng.randn(20, 8), name="w")
    hidden = activation(x @ w)
    loss = gg.mean(hidden**2)
    probe = {x: rng.randn(30, 20)}
    recorder = gg.train.Recorder(loss, {"w": w}, {"h": hidden}, probe, every=every)
    step = gg.compile(loss, [x], gg.optim.SGD(0.01).updates(loss, [w]))
    return recorder, step, probe[x], hidden, x


@pytest.mark.parametrize("name", sorted(OPS))
def test_the_recorder_tells_the_share_that_is_saturated(name):
    recorder, step, data, hidden, x = recorder_of(OPS[name], 2.0)
    gg.train.fit(step, [data], epochs=2, batch=30, callbacks=[recorder])
    seen = recorder.recording
    low, high = LIMITS[name]
    values = gg.run(hidden, {x: data})[hidden]
    share = ((values < low) | (values > high)).mean()
    assert 0.3 < share < 1
    assert np.shape(seen.saturated) == (2, 1)
    assert seen.saturated[-1][0] == pytest.approx(share)


def test_bins_of_a_bounded_activation_span_its_range():
    for name, ends in {"sigmoid": (0, 1), "tanh": (-1, 1)}.items():
        recorder, step, data, *_ = recorder_of(OPS[name], 0.01)
        gg.train.fit(step, [data], epochs=1, batch=30, callbacks=[recorder])
        edges = recorder.recording.edges[0]
        assert (edges[0], edges[-1]) == ends


def test_other_layers_have_none():
    recorder, step, data, *_ = recorder_of(gg.relu, 2.0)
    gg.train.fit(step, [data], epochs=2, batch=30, callbacks=[recorder])
    assert recorder.recording.saturated == [[0.0], [0.0]]


def test_a_checkpoint_without_the_figure_still_loads():
    recorder, step, data, *_ = recorder_of(gg.tanh, 2.0)
    gg.train.fit(step, [data], epochs=3, batch=30, callbacks=[recorder])
    state = recorder.state()
    del state["saturated"]
    later, step, *_ = recorder_of(gg.tanh, 2.0)
    later.resume(state, recorder.arrays())
    gg.train.fit(step, [data], epochs=1, batch=30, callbacks=[later])
    assert [row != [0.0] for row in later.recording.saturated] == [False] * 3 + [True]


def test_a_recording_survives_json():
    recorder, step, data, *_ = recorder_of(gg.tanh, 2.0)
    gg.train.fit(step, [data], epochs=2, batch=30, callbacks=[recorder])
    text = json.dumps(asdict(recorder.recording))
    assert Recording(**json.loads(text)) == recorder.recording
    assert gg.train.Recording is Recording
