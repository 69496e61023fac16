"""A run that ends anywhere goes on to the same bits; a bad file changes nothing."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import DataError
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
