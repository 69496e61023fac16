"""A module is a frozen description of parameters; its two graphs share them."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ArgumentError, AssignmentError, DataError


@pytest.fixture
def net():
    return gg.nn.mlp((4, 3, 3, 2), rng=0, normalise="before", dropout=0.5)


def test_parameters_are_the_trainable_variables_in_order(net):
    shapes = [p.shape for p in net.parameters()]
    assert shapes == [(4, 3), (3,), (3,), (3,), (3, 3), (3,), (3,), (3,), (3, 2), (2,)]
    assert [w.shape for w in net.weights()] == [(4, 3), (3, 3), (3, 2)]
    names = list(net.variables())
    assert names[:7] == [
        *("0.weight", "0.bias", "1.weight", "1.bias"),
        *("1.running_mean", "1.running_var", "3.key"),
    ]


def test_equal_seeds_make_equal_nets():
    a, b, c = (gg.nn.mlp((4, 3, 2), rng=seed).state() for seed in (0, 0, 1))
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name])
    assert (a["0.weight"] != c["0.weight"]).any()


def test_one_generator_makes_every_layer_another_one():
    rng = np.random.RandomState(0)
    a, b = gg.nn.Linear(3, 3, rng), gg.nn.Linear(3, 3, rng)
    assert (a.weight.value != b.weight.value).all()


def test_a_module_cannot_be_changed_in_place(net):
    with pytest.raises(AssignmentError, match=r"module.replace\(layers"):
        net.layers = ()


def test_replace_shares_what_is_not_named():
    layer = gg.nn.Linear(2, 2, rng=0)
    other = layer.replace(bias=None)
    assert other.weight is layer.weight
    assert other.bias is None
    assert layer.bias is not None
    with pytest.raises(ArgumentError, match="Linear has no part 'wieght'"):
        layer.replace(wieght=None)


def test_slices_of_a_net_share_its_layers(net):
    head = gg.nn.Linear(3, 5, rng=1)
    longer = gg.nn.Sequential(*net[:-1], head)
    assert longer[0] is net[0]
    assert longer(np.ones((1, 4), "float32")).shape == (1, 5)
    assert len(net[:2]) == 2


def test_frozen_modules_have_no_parameters_and_only_inference():
    lower = gg.nn.mlp((4, 3), rng=0).freeze()
    body = gg.nn.Sequential(gg.nn.BatchNorm(4), gg.nn.Dropout(0.5, rng=0)).freeze()
    net = gg.nn.Sequential(body, lower, gg.nn.Linear(3, 2, rng=0))
    assert net.parameters() == list(net[2].variables().values())
    x = np.arange(8, dtype="float32").reshape(2, 4)
    np.testing.assert_allclose(body(x, training=True).value, x, rtol=1e-4)
    program = gg.compile(net(x, training=True), [])
    before = net.state()
    program()
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])
    assert lower.unfreeze().parameters()


def test_a_shared_layer_is_trained_once():
    layer = gg.nn.Linear(2, 2, rng=0)
    net = gg.nn.Sequential(layer, gg.tanh, layer)
    assert len(net.parameters()) == 2


def test_state_goes_into_another_net_of_the_same_form():
    a, b = gg.nn.mlp((4, 3, 2), rng=0), gg.nn.mlp((4, 3, 2), rng=1)
    b.assign(a.state())
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(a(x).value, b(x).value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("2.bias"), "lacks"),
        (lambda s: s.update(more=np.ones(1)), "the module lacks"),
        (lambda s: s.update({"2.bias": np.ones(3)}), "2.bias has shape"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    net = gg.nn.mlp((4, 3, 2), rng=0)
    before, state = net.state(), gg.nn.mlp((4, 3, 2), rng=1).state()
    change(state)
    with pytest.raises(DataError, match=message):
        net.assign(state)
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_layers_are_scopes_of_the_graph(net):
    y = net(gg.placeholder(("batch", 4), dtype="float32"), training=True)
    scopes = {node.scope for node in gg.Graph(y).nodes if node.inputs}
    assert {"linear1", "batchnorm1", "linear3", "dropout2"} <= scopes
    named = gg.nn.Sequential(gg.nn.Linear(4, 2, rng=0, name="head"), name="net")
    y = named(np.ones((1, 4), "float32"))
    assert {n.scope for n in gg.Graph(y).nodes if n.inputs} == {"net/head"}


def test_a_module_of_the_users_own_is_found_by_nets():
    class Doubled(gg.nn.Module):
        def __init__(self):
            super().__init__(
                inner=gg.nn.Linear(2, 2, rng=0),
                others=(gg.nn.PReLU(), gg.tanh),
                factor=gg.variable(2.0, dtype="float32"),
            )

        def forward(self, x, training):
            return self.inner(x, training=training) * self.factor

    net = gg.nn.Sequential(Doubled())
    assert list(net.variables()) == [
        *("0.factor", "0.inner.weight", "0.inner.bias", "0.others.0.weight"),
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gg.nn.Linear(2, 2, rng="x"), "neither a random generator nor a seed"),
        (lambda: gg.nn.mlp((4,), rng=0), "no input and output"),
        (lambda: gg.nn.mlp((4, 2), rng=0, normalise="yes"), "before"),
        (lambda: gg.nn.Sequential(3), "neither a module nor a function"),
        (lambda: gg.nn.Dropout(1.0, rng=0), "not from 0 up to 1"),
        (lambda: gg.nn.Dropout(0.1, rng=0, scale="no"), "training"),
        (lambda: gg.nn.BatchNorm(2, momentum=2), "not from 0 to 1"),
        (lambda: gg.nn.l2([], 0.1), "no weights"),
        (lambda: gg.nn.Module(state=1), "cannot be called 'state'"),
        (lambda: gg.huber(1.0, 2.0, delta=0), "not above 0"),
    ],
)
def test_mistakes_are_named(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_lists_of_parts_are_parts():
    layer, v = gg.nn.Linear(2, 2, rng=0), gg.variable(1.0)
    module = gg.nn.Module("m", layers=[layer], others=(v,))
    assert list(module.variables()) == ["others.0", "layers.0.weight", "layers.0.bias"]
    assert len(module.parameters()) == 3


def test_parts_of_frozen_modules_are_frozen():
    lower = gg.nn.mlp((4, 3, 2), rng=0).freeze()
    assert gg.nn.Sequential(*lower, gg.nn.Linear(2, 2, rng=0)).weights()[0].shape == (
        2,
        2,
    )
    assert lower[0].parameters() == []
    assert len(lower.unfreeze().parameters()) == 4
