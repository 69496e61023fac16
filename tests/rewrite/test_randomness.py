"""Random words one by one are those of whole blocks, and loops make them."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.ops.random import bits, block_word_by_word, word_by_word


@pytest.mark.parametrize("shape", [(), (1,), (3,), (4,), (9,), (3, 5), (2, 3, 4), (0,)])
@pytest.mark.parametrize("seed", [0, 1, 2**33 + 5])
def test_words_are_those_of_blocks(shape, seed):
    key = np.asarray(gg.random.key(seed).value)
    np.testing.assert_array_equal(word_by_word(key, shape), bits(key, shape))


def test_a_block_is_that_of_its_counter():
    rng = np.random.RandomState(0)
    for _ in range(20):
        key = rng.randint(0, 2**32, 2, dtype=np.uint32)
        counter = rng.randint(0, 2**32, 4, dtype=np.uint32)
        whole = gg.ops.random._block(key, counter)
        np.testing.assert_array_equal(block_word_by_word(key, counter), whole)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_with_dropout_leaves_nothing_to_numpy(dtype):
    layer = gg.nn.Dropout(0.3, rng=0)
    x = gg.placeholder((50, 20), dtype=dtype)
    found = []
    for backend in ("reference", "native"):
        layer.key.assign(np.array([1, 2], "uint32"))
        program = gg.compile(layer(x, training=True), [x], backend=backend)
        found.append([program(np.ones((50, 20), dtype)) for _ in range(3)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    assert "0 NumPy calls" in program.explain()


def test_several_keys_stay_with_numpy():
    keys = gg.placeholder((3, 2), dtype="uint32")
    program = gg.compile(gg.random.bits(keys, (5,)), [keys])
    given = gg.random.split(gg.random.key(0), 3).value
    np.testing.assert_array_equal(program(given), bits(given, (5,)))
    assert "random_bits" in program.explain()
