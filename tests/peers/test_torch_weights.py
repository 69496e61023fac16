"""State dicts of PyTorch, written by safetensors, give the same outputs here."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors

pytestmark = pytest.mark.peer

RNG = np.random.default_rng(5)


def dense(nn):
    """Linear, ReLU, Dropout and BatchNorm1d, in PyTorch and here."""
    return (
        nn.Sequential(
            nn.Linear(5, 4),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.BatchNorm1d(4),
            nn.Linear(4, 3, bias=False),
        ),
        gg.nn.Sequential(
            gg.nn.Linear(5, 4, 0),
            gg.relu,
            gg.nn.Dropout(0.3, 0),
            gg.nn.BatchNorm(4),
            gg.nn.Linear(4, 3, 0, bias=None),
        ),
        RNG.normal(size=(7, 5)),
    )


def images(nn):
    """Conv2d, BatchNorm2d, pooling, and sequences within sequences."""
    return (
        nn.Sequential(
            nn.Conv2d(2, 3, (3, 2), padding=1, stride=2),
            nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Flatten(),
            nn.Linear(18, 4),
        ),
        gg.nn.Sequential(
            gg.nn.Conv2D(2, 3, (3, 2), 0, padding=1, stride=2),
            gg.nn.Sequential(gg.nn.BatchNorm(3), gg.relu, gg.nn.MaxPool2D(2)),
            gg.nn.flatten,
            gg.nn.Linear(18, 4, 0),
        ),
        RNG.normal(size=(3, 2, 9, 10)),
    )


def words(nn):
    """Embedding, LayerNorm and PReLU."""
    return (
        nn.Sequential(nn.Embedding(9, 4), nn.LayerNorm(4), nn.PReLU(), nn.Linear(4, 2)),
        gg.nn.Sequential(
            gg.nn.Embedding(9, 4, 0),
            gg.nn.LayerNorm(4),
            gg.nn.PReLU(),
            gg.nn.Linear(4, 2, 0),
        ),
        RNG.integers(0, 9, (3, 5)),
    )


def trained(net, x):
    """After steps that move all variables and statistics away from the start."""
    import torch

    optimiser = torch.optim.SGD(net.parameters(), 0.5)
    for _ in range(5):
        optimiser.zero_grad()
        net(x).square().sum().sqrt().backward()
        optimiser.step()
    return net.eval()


@pytest.mark.parametrize("kind", [dense, images, words])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_state_dict_of_a_sequential(kind, dtype, tmp_path):
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    theirs, ours, x = kind(torch.nn)
    theirs = theirs.to(getattr(torch, dtype))
    x = x if x.dtype == "int64" else x.astype(dtype)
    trained(theirs, torch.tensor(x))
    save_file(theirs.state_dict(), tmp_path / "net")
    gg.nn.load(ours, tmp_path / "net", layout="pytorch")
    expected = theirs(torch.tensor(x)).detach()
    np.testing.assert_allclose(ours(x).value, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_the_state_dict_of_a_recurrent_net(name, tmp_path):
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(3, 4, batch_first=True)
    ours = getattr(gg.nn, name)(3, 4, 0)
    save_file(theirs.state_dict(), tmp_path / "net")
    gg.nn.load(ours, tmp_path / "net", layout="pytorch")
    x = RNG.normal(size=(2, 6, 3)).astype("float32")
    expected = theirs(torch.tensor(x))[0].detach()
    np.testing.assert_allclose(ours(x).value, expected, rtol=1e-5, atol=1e-6)


def test_a_state_dict_of_another_net_changes_nothing(tmp_path):
    import torch
    from safetensors.torch import save_file

    theirs = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.ReLU())
    save_file(theirs.state_dict(), tmp_path / "net")
    for wrong in (gg.nn.Linear(5, 3, 0), gg.nn.mlp((5, 4, 2), 0), gg.nn.PReLU()):
        module = gg.nn.Sequential(wrong)
        before = module.state()
        with pytest.raises(errors.DataError):
            gg.nn.load(module, tmp_path / "net", layout="pytorch")
        for path, value in module.state().items():
            np.testing.assert_array_equal(value, before[path])
