"""A run that ends anywhere goes on to the same bits; a bad file changes nothing."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ArgumentError, DataError
from graphgrad.nn.weights import read_arrays, write_arrays
from tests.train.model import EPOCHS, data, program, stopping, trained


class InterruptedRunError(Exception):
    pass


class Stop(gg.train.Callback):
    def __init__(self, after):
        self.after = after

    def on_step(self, training):
        if len(training.history.losses) == self.after:
            raise InterruptedRunError


def same(a, b):
    assert a.keys() == b.keys()
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name], err_msg=name)


@pytest.fixture(scope="module")
def whole():
    return trained(callbacks=[stopping()])


@pytest.mark.parametrize("after", [1, 2, 11, 12, 13, 40])
def test_a_run_that_is_interrupted_goes_on_to_the_same_bits(tmp_path, whole, after):
    path = tmp_path / "run.safetensors"
    with pytest.raises(InterruptedRunError):
        trained(path, callbacks=[stopping(), Stop(after)])
    arrays, history = trained(path, callbacks=[stopping(), Stop(-1)])
    same(arrays, whole[0])
    assert history.losses == whole[1].losses
    assert history.rows == whole[1].rows


def test_a_finished_run_is_not_trained_again(tmp_path, whole):
    path = tmp_path / "run.safetensors"
    trained(path, callbacks=[stopping()])
    arrays, history = trained(path, callbacks=[stopping()])
    same(arrays, whole[0])
    assert len(history) == EPOCHS
    _, history = trained(path, epochs=EPOCHS + 1, callbacks=[stopping()])
    assert len(history) == EPOCHS + 1


@pytest.mark.slow
def test_a_run_that_is_killed_at_random_moments_goes_on_to_the_same_bits(
    tmp_path, whole
):
    path, result = tmp_path / "run.safetensors", tmp_path / "result.safetensors"
    command = [sys.executable, "-m", "tests.train.model", str(path), str(result)]
    draw = random.Random(0)
    kills = 0
    while kills < 20:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.35))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:  # it was faster: once more from the start
            same(read_arrays(result)[0], whole[0])
            path.unlink()
            result.unlink()
    subprocess.run(command, check=True, capture_output=True)
    same(read_arrays(result)[0], whole[0])
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"result.safetensors", "run.safetensors"}


@pytest.mark.parametrize("damage", ["cut", "text", "other", "pickle"])
def test_a_file_that_is_no_checkpoint_changes_nothing(tmp_path, damage):
    path = tmp_path / "run.safetensors"
    step, net = program("reference")
    if damage == "other":
        write_arrays(path, {"w": np.ones(3)}, {"epoch": 1})
    elif damage == "cut":
        trained(path, epochs=1)
        path.write_bytes(path.read_bytes()[:-50])
    elif damage == "text":
        path.write_text("not a checkpoint")
    else:
        import pickle

        path.write_bytes(pickle.dumps({"w": 1}))
    before, content = net.state(), path.read_bytes()
    with pytest.raises(DataError, match=r"run\.safetensors"):
        gg.train.fit(step, data(), epochs=1, callbacks=[gg.train.Checkpoint(path)])
    same(net.state(), before)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        trained(tmp_path / "nowhere" / "run.safetensors", epochs=1)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"batch": 20}, "its batch is 10, not 20"),
        ({"seed": 5}, "its seed is 0, not 5"),
        ({"other": True}, "its callbacks are"),
    ],
)
def test_another_plan_is_refused_before_anything_changes(tmp_path, facts, message):
    path = tmp_path / "run.safetensors"
    step, net = program("reference")
    keeper = gg.train.Checkpoint(path, every=3)
    gg.train.fit(step, data(), epochs=1, batch=10, callbacks=[keeper, stopping()])
    step, net = program("reference")
    before = net.state()
    rate = gg.variable(0.1)
    other = facts.pop("other", False)
    callback = gg.train.ReduceOnPlateau(rate, "loss") if other else stopping()
    with pytest.raises(DataError, match=message):
        gg.train.fit(
            step,
            data(),
            epochs=2,
            callbacks=[gg.train.Checkpoint(path), callback],
            **{"batch": 10, **facts},
        )
    same(net.state(), before)


def test_what_a_step_only_writes_is_kept(tmp_path):
    def trained_once(epochs):
        x = gg.placeholder(("n",))
        w, last = gg.variable(1.0, name="w"), gg.variable(0.0, name="last")
        step = gg.compile(gg.sum(x * w), [x], {w: w * 0.9, last: w})
        keeper = gg.train.Checkpoint(tmp_path / "run")
        gg.train.fit(step, [np.ones(2)], epochs=epochs, callbacks=[keeper])
        return float(last)

    assert trained_once(2) == trained_once(2) == 0.9


def test_files_of_others_are_left_alone(tmp_path):
    for name in (".run.local", ".run.safetensors.12345678.part"):
        (tmp_path / name).write_text("mine")
    (tmp_path / ".run.12345678.part").write_text("left by a killed writer")
    trained(tmp_path / "run", epochs=1)
    assert {p.name for p in tmp_path.iterdir()} == {
        *(".run.local", ".run.safetensors.12345678.part", "run")
    }


def test_a_recorder_goes_on(tmp_path):
    def recorded(stop):
        step, net = program("reference")
        x, t = data()
        given = gg.placeholder(("n", 6), dtype="float32")
        labels = gg.placeholder(("n",), dtype="int64")
        loss = gg.nn.softmax_cross_entropy(net(given), labels)
        parts = {"W": net[0].weight}, {"h": net[:3](given)}, {given: x, labels: t}
        recorder = gg.train.Recorder(loss, *parts, every=5)
        keeper = gg.train.Checkpoint(tmp_path / f"run{stop}", every=2)
        callbacks = [recorder, keeper]
        try:
            gg.train.fit(
                step, (x, t), epochs=3, batch=10, callbacks=[*callbacks, Stop(stop)]
            )
        except InterruptedRunError:
            return recorded(stop)
        return recorder.recording

    class Stop(gg.train.Callback):
        done = False

        def __init__(self, after):
            self.after = after

        def on_step(self, training):
            if len(training.history.losses) == self.after and not Stop.done:
                Stop.done = True
                raise InterruptedRunError

    assert recorded(13) == recorded(-1)


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ArgumentError, match="one checkpoint, not several"):
        trained(tmp_path / "a", callbacks=[gg.train.Checkpoint(tmp_path / "b")])
    with pytest.raises(ArgumentError, match="every 0 steps"):
        gg.train.Checkpoint(tmp_path / "run", every=0)
    plateau = gg.train.ReduceOnPlateau(gg.variable(0.1), "loss")
    with pytest.raises(ArgumentError, match="does not read the rate"):
        trained(epochs=1, callbacks=[plateau])
