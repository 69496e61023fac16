"""Weights in files come back to the bit, or an error says why and nothing changes."""

import json
import os
import stat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, load_file, save, save_file

import graphgrad as gg
from graphgrad import errors
from graphgrad.nn.weights import read_arrays, write_arrays

DTYPES = ["bool", "int8", "uint32", "int64", "float16", "float32", "float64"]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


class Odd(gg.nn.Module):
    """Variables that layers do not have: of no axes, of none rows, of whole numbers."""

    def __init__(self, seed):
        rng = np.random.RandomState(seed)
        super().__init__(
            scalar=gg.variable(rng.standard_normal()),
            count=gg.variable(seed, trainable=False),
            empty=gg.variable(np.zeros((0, 3), "float32")),
            inner=gg.nn.Dropout(0.5, rng),
        )


def net(seed):
    return gg.nn.Sequential(
        gg.nn.Conv2D(1, 2, 3, seed),
        gg.nn.BatchNorm(2),
        gg.nn.flatten,
        gg.nn.Residual(gg.nn.mlp((8, 4, 8), seed, normalise="after", dropout=0.2)),
        gg.nn.RBM(8, 3, seed),
        gg.nn.LayerNorm(3),
        gg.nn.PReLU(),
        name="net",
    )


def differs(module, state):
    """Whether a module has another state, to the bit."""
    return module.state().keys() != state.keys() or any(
        (a.tobytes(), a.dtype, a.shape)
        != (state[name].tobytes(), state[name].dtype, state[name].shape)
        for name, a in module.state().items()
    )


def refused(module, path, match, **facts):
    """The error, which must have changed nothing."""
    before = module.state()
    with pytest.raises(errors.DataError, match=match) as caught:
        gg.nn.load(module, path, **facts)
    assert not differs(module, before)
    return str(caught.value)


@pytest.mark.parametrize("make", [net, Odd, lambda seed: gg.nn.LSTM(3, 2, seed)])
def test_weights_come_back_to_the_bit(make, tmp_path):
    one, other = make(1), make(2)
    assert differs(other, one.state())
    gg.nn.save(one, tmp_path / "a.safetensors")
    gg.nn.load(other, tmp_path / "a.safetensors")
    assert not differs(other, one.state())


@given(
    st.dictionaries(
        NAMES,
        st.tuples(st.sampled_from(DTYPES), st.lists(st.integers(0, 3), max_size=3)),
    ),
    st.integers(0, 3),
)
def test_arrays_come_back_as_they_lie_or_are_turned(tmp_path_factory, kinds, turn):
    path = tmp_path_factory.mktemp("arrays") / "a"
    rng = np.random.RandomState(0)
    views = [lambda a: a, np.transpose, lambda a: a[::-1] if a.ndim else a]
    views.append(lambda a: np.broadcast_to(a, (2, *a.shape)))
    arrays = {
        name: views[turn](rng.uniform(0, 100, shape).astype(dtype))
        for name, (dtype, shape) in kinds.items()
    }
    write_arrays(path, arrays, {"facts": [1, None, "é"]})
    found, facts = read_arrays(path)
    assert facts == {"facts": [1, None, "é"]}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found[name], array)


def test_a_transposed_value_is_saved_right(tmp_path):
    linear = gg.nn.Linear(3, 2, 0)
    turned = np.arange(6, dtype="float32").reshape(2, 3).T
    linear.weight.assign(turned)
    gg.nn.save(linear, tmp_path / "a")
    np.testing.assert_array_equal(load_file(tmp_path / "a")["weight"], turned)


def test_other_frameworks_can_read_it(tmp_path):
    one = net(0)
    gg.nn.save(one, tmp_path / "a")
    known = one.state()
    theirs = load_file(tmp_path / "a")
    assert theirs.keys() == known.keys()
    for name, array in theirs.items():
        np.testing.assert_array_equal(array, known[name])


def packed():
    one = gg.nn.mlp((3, 2), 0)
    return save(one.state())


def header(facts, data=b""):
    text = json.dumps(facts).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), ends=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(ends)}


BIAS, WEIGHT = entry(), entry("F32", (3, 2), (8, 32))
HOSTILE = {
    "empty": b"",
    "no header": b"\x00" * 8,
    "text": b"not a safetensors file, but long enough to be one",
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    "huge header": (2**63).to_bytes(8, "little") + b"{}",
    "header beyond the file": (1000).to_bytes(8, "little") + b"{}",
    "no JSON": header({})[:8] + b"]]",
    "a list": header([1, 2]),
    "beyond the file": header({"0.bias": entry(ends=(0, 8))}, bytes(4)),
    "negative": header({"0.bias": entry(ends=(-8, 0))}, bytes(8)),
    "huge shape": header({"0.bias": entry(shape=(2**62, 2**62))}, bytes(8)),
    "overlap": header({"0.bias": BIAS, "0.weight": entry(ends=(4, 12))}, bytes(12)),
    "a hole": header({"0.bias": BIAS, "0.weight": entry(ends=(16, 24))}, bytes(24)),
    "unknown dtype": header({"0.bias": entry("OBJECT")}, bytes(8)),
    "too many bytes": header({"0.bias": BIAS, "0.weight": WEIGHT}, bytes(40)),
    "deep": b'{"a":' * 100_000,
    "deep facts": header(
        {
            "__metadata__": {"graphgrad": "[" * 100_000},
            "0.bias": BIAS,
            "0.weight": WEIGHT,
        },
        bytes(32),
    ),
    "no facts": header(
        {
            "__metadata__": {"graphgrad": "{"},
            "0.bias": BIAS,
            "0.weight": WEIGHT,
        },
        bytes(32),
    ),
}
HOSTILE["deep"] = len(HOSTILE["deep"]).to_bytes(8, "little") + HOSTILE["deep"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name, tmp_path):
    (tmp_path / "net.safetensors").write_bytes(HOSTILE[name])
    text = refused(gg.nn.mlp((3, 2), 1), tmp_path / "net.safetensors", "cannot be read")
    assert "net.safetensors" in text
    assert "gg.nn.save" in text
    assert len(text) < 500


def test_every_truncated_file_is_refused(tmp_path):
    module, whole = gg.nn.mlp((3, 2), 1), packed()
    for length in range(len(whole)):
        (tmp_path / "a").write_bytes(whole[:length])
        refused(module, tmp_path / "a", "cannot be read")


@given(st.data())
def test_a_damaged_file_is_refused_or_fits(tmp_path_factory, data):
    """Any bytes may be others: then it is an error of ours, or weights of the shape."""
    whole = bytearray(packed())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(
            st.integers(0, 255)
        )
    path = tmp_path_factory.mktemp("damaged") / "a"
    path.write_bytes(bytes(whole))
    module = gg.nn.mlp((3, 2), 1)
    before = module.state()
    try:
        gg.nn.load(module, path)
    except errors.DataError:
        assert not differs(module, before)
    else:
        assert {n: a.shape for n, a in module.state().items()} == {
            n: a.shape for n, a in before.items()
        }


def test_what_is_no_file_is_refused(tmp_path):
    module = gg.nn.mlp((3, 2), 1)
    refused(module, tmp_path / "none", "none cannot be read")
    refused(module, tmp_path, "cannot be read")


GOOD = {"0.weight": np.ones((3, 2), "float32"), "0.bias": np.ones(2, "float32")}
WRONG = {
    "missing": ({"0.bias": GOOD["0.bias"]}, r"lacks \['0.weight'\]"),
    "unknown": ({**GOOD, "1.weight": np.ones(1)}, r"has \['1.weight'\]"),
    "misshapen": ({**GOOD, "0.bias": np.ones((2, 1))}, "0.bias has shape"),
    "turned": ({**GOOD, "0.weight": np.ones((2, 3))}, "0.weight has shape"),
    "complex": ({**GOOD, "0.bias": np.ones(2, "complex64")}, "0.bias .*complex64"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_state_that_does_not_fit_changes_nothing(name, tmp_path):
    state, match = WRONG[name]
    save_file(state, tmp_path / "a")
    refused(gg.nn.mlp((3, 2), 1), tmp_path / "a", match)


def test_other_precisions_are_cast(tmp_path):
    module = gg.nn.mlp((3, 2), 1)
    save_file({n: a.astype("float64") / 3 for n, a in GOOD.items()}, tmp_path / "a")
    gg.nn.load(module, tmp_path / "a")
    assert module[0].weight.dtype == "float32"
    np.testing.assert_array_equal(module[0].weight.value, GOOD["0.weight"] / 3)


@pytest.mark.parametrize(("dtype", "size"), [("F8_E4M3", 1), ("BF16", 2)])
def test_numbers_that_numpy_does_not_have_are_refused(dtype, size, tmp_path):
    weight = entry("F32", (3, 2), (2 * size, 2 * size + 24))
    state = {"0.bias": entry(dtype, ends=(0, 2 * size)), "0.weight": weight}
    (tmp_path / "a").write_bytes(header(state, bytes(2 * size + 24)))
    refused(gg.nn.mlp((3, 2), 1), tmp_path / "a", "cannot be read")


def test_an_unknown_layout_is_refused(tmp_path):
    gg.nn.save(gg.nn.mlp((3, 2), 0), tmp_path / "a")
    with pytest.raises(errors.ArgumentError, match='"graphgrad" or "pytorch"'):
        gg.nn.load(gg.nn.mlp((3, 2), 0), tmp_path / "a", layout="keras")


def test_the_layout_of_pytorch_turns_matrices_and_leaves_keys(tmp_path):
    """As a state dict of Sequential(Linear, ReLU, Dropout, BatchNorm1d) is written."""
    rng = np.random.RandomState(0)
    state = {"0.weight": rng.standard_normal((2, 3)), "0.bias": rng.standard_normal(2)}
    statistics = "weight", "bias", "running_mean", "running_var"
    state |= {f"3.{name}": rng.uniform(1, 2, 2) for name in statistics}
    state["3.num_batches_tracked"] = np.array(7)
    save_file(state, tmp_path / "a")
    layers = gg.nn.Linear(3, 2, 1), gg.relu, gg.nn.Dropout(0.5, 1), gg.nn.BatchNorm(2)
    module = gg.nn.Sequential(*layers)
    key = module[2].key.value
    gg.nn.load(module, tmp_path / "a", layout="pytorch")
    np.testing.assert_array_equal(module[2].key.value, key)
    assert module[0].weight.value.flags.c_contiguous
    x = rng.standard_normal((5, 3))
    hidden = np.maximum(x @ state["0.weight"].T + state["0.bias"], 0)
    scale = state["3.weight"] / np.sqrt(state["3.running_var"] + 1e-5)
    expected = (hidden - state["3.running_mean"]) * scale + state["3.bias"]
    np.testing.assert_allclose(module(x).value, expected, rtol=1e-5)
    refused(module, tmp_path / "a", "lacks")  # in our own layout


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "a"
    gg.nn.save(gg.nn.mlp((3, 2), 0), path)
    old = path.read_bytes()

    class Complex(gg.nn.Module):
        def __init__(self):
            super().__init__(z=gg.variable(np.ones(2, "complex128")))

    with pytest.raises(errors.DataError, match="complex128"):
        gg.nn.save(Complex(), path)
    with pytest.raises(errors.DataError, match="cannot be written"):
        gg.nn.save(gg.nn.mlp((3, 2), 0), tmp_path / "none" / "a")
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["a"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_what_was_loaded_does_not_hang_on_the_file(tmp_path):
    module = gg.nn.mlp((3, 2), 1)
    save_file(GOOD, tmp_path / "a")
    arrays, _ = read_arrays(tmp_path / "a")
    gg.nn.load(module, tmp_path / "a")
    (tmp_path / "a").write_bytes(b"x" * 500)
    assert load(save(arrays)).keys() == GOOD.keys()
    np.testing.assert_array_equal(arrays["0.weight"], 1)
    np.testing.assert_array_equal(module[0].weight.value, 1)
