"""Arrays handed to PyTorch and JAX and taken from them, by DLPack and NumPy."""

import numpy as np
import pytest

import graphgrad as gg

pytestmark = pytest.mark.peer


def test_pytorch_takes_tensors_and_gives_arrays():
    import torch

    x = gg.variable(np.arange(6.0).reshape(2, 3))
    there = torch.from_dlpack(x)
    assert there.tolist() == x.value.tolist()
    assert there.data_ptr() == x.value.ctypes.data
    back = gg.from_dlpack(torch.arange(3.0))
    assert back.value.tolist() == [0, 1, 2]
    assert gg.asarray(torch.ones(2, 2)).dtype == "float32"
    assert gg.variable(torch.ones(2, dtype=torch.float64)).dtype == "float64"
    assert gg.asarray(torch.ones(2, dtype=torch.int32)).dtype == "int32"
    given = torch.arange(3.0, dtype=torch.float64)
    assert np.shares_memory(gg.from_dlpack(given).value, given.numpy())


def test_jax_takes_tensors_and_gives_arrays():
    import jax
    import jax.numpy as jnp

    with jax.enable_x64():
        x = gg.variable(np.arange(6.0).reshape(2, 3))
        assert jnp.asarray(np.asarray(x)).tolist() == x.value.tolist()
        assert jnp.from_dlpack(x).tolist() == x.value.tolist()
        made = jnp.arange(3.0)
        assert gg.from_dlpack(made).value.tolist() == [0, 1, 2]
        assert gg.asarray(made).dtype == "float64"
        assert float(gg.sum(gg.variable(made) * 2)) == 6
