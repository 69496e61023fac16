"""Layers compute what their formulas say, on every backend, and learn."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.errors import ShapeError

RNG = np.random.RandomState(0)
IMAGES = RNG.randn(6, 2, 8, 8).astype("float32")


def both(y, training_of=None):
    found = [gg.compile(y, [], backend=b)() for b in ("reference", "native")]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)
    return found[1]


def test_linear():
    layer = gg.nn.Linear(3, 2, rng=0, bias=gg.nn.init.constant(1.0))
    x = RNG.randn(5, 4, 3).astype("float32")
    wanted = x @ layer.weight.value + 1
    np.testing.assert_allclose(both(layer(x)), wanted, rtol=1e-5)
    assert gg.nn.Linear(3, 2, rng=0, bias=None).parameters() != []
    assert layer(x).dtype == "float32"


def test_a_small_conv_net_builds_with_a_symbolic_batch():
    net = gg.nn.Sequential(
        gg.nn.Conv2D(2, 4, 3, rng=0, padding="same"),
        gg.nn.BatchNorm(4),
        gg.relu,
        gg.nn.MaxPool2D(2),
        gg.nn.AvgPool2D(2),
        gg.nn.flatten,
        gg.nn.Linear(16, 3, rng=0),
    )
    x = gg.placeholder(("batch", 2, 8, 8), dtype="float32")
    y = net(x, training=True)
    assert y.shape == ("batch", 3)
    assert gg.compile(y, [x])(IMAGES).shape == (6, 3)


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 4), (6, 3, 4, 5)])
def test_batch_norm_trains_to_the_statistics_of_its_input(shape):
    layer = gg.nn.BatchNorm(3, momentum=0.5)
    x = gg.placeholder(("batch", *shape[1:]), dtype="float32")
    array = (RNG.randn(*shape) * 3 + 2).astype("float32")
    axes = (0, *range(2, len(shape)))
    train = gg.compile(layer(x, training=True), [x])
    y = train(array)
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(axes), 1, rtol=1e-4)
    np.testing.assert_allclose(
        layer.running_mean.value, 0.5 * array.mean(axes), rtol=1e-5
    )
    for _ in range(40):
        train(array)
    np.testing.assert_allclose(
        layer.running_var.value, array.var(axes, ddof=1), rtol=1e-4
    )
    use = gg.compile(layer(x), [x])
    before = layer.state()
    count = array.size / 3
    wanted = y * np.sqrt((count - 1) / count)
    np.testing.assert_allclose(use(array), wanted, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(before["running_mean"], layer.running_mean.value)


def test_batch_norm_refuses_other_features():
    with pytest.raises(ShapeError, match="does not have 3 features"):
        gg.nn.BatchNorm(3)(np.ones((2, 4), "float32"))


def test_layer_norm():
    x = RNG.randn(4, 5).astype("float32") * 7
    y = both(gg.nn.LayerNorm(5)(x))
    np.testing.assert_allclose(y.mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(y.std(1), 1, rtol=1e-4)


def test_dropout_draws_another_mask_at_every_call_and_repeats_by_seed():
    def masks(seed):
        layer = gg.nn.Dropout(0.3, rng=seed)
        program = gg.compile(layer(np.ones(2000, "float32"), training=True), [])
        return [program() for _ in range(3)]

    first, again, other = masks(0), masks(0), masks(1)
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()
        assert abs((a == 0).mean() - 0.3) < 0.05
        np.testing.assert_allclose(a[a != 0], 1 / 0.7, rtol=1e-6)
    assert (first[0] != first[1]).any()


def test_dropout_of_the_book_scales_in_use():
    layer = gg.nn.Dropout(0.25, rng=0, scale="inference")
    x = np.ones(100, "float32")
    assert set(np.unique(layer(x, training=True).value)) == {0.0, 1.0}
    np.testing.assert_allclose(layer(x).value, 0.75)


def test_the_gradient_of_dropout_is_its_mask():
    x = gg.variable(np.ones(50, "float32"))
    y = gg.nn.Dropout(0.5, rng=0)(x, training=True)
    run = gg.run([y, gg.grad(gg.sum(y), x)])
    np.testing.assert_array_equal(run[y], run[gg.grad(gg.sum(y), x)])


def test_embedding_and_prelu_and_residual():
    table = gg.nn.Embedding(5, 3, rng=0)
    rows = table(gg.asarray([1, 1, 4]))
    np.testing.assert_array_equal(rows.value, table.weight.value[[1, 1, 4]])
    np.testing.assert_allclose(
        gg.nn.PReLU(0.5)(np.array([-2.0, 2.0], "float32")).value, [-1, 2]
    )
    inner = gg.nn.Linear(3, 3, rng=0)
    x = np.ones((2, 3), "float32")
    np.testing.assert_allclose(
        gg.nn.Residual(inner)(x).value, x + inner(x).value, rtol=1e-6
    )
    np.testing.assert_allclose(gg.nn.Residual(gg.tanh)(x).value, x + np.tanh(x))


@pytest.mark.parametrize("kind", [gg.nn.RNN, gg.nn.LSTM, gg.nn.GRU])
def test_recurrent_layers_have_right_gradients(kind):
    layer = kind(2, 3, rng=0, dtype="float64")
    x = gg.variable(RNG.randn(2, 4, 2))
    report = gg.testing.check_gradients(gg.sum(gg.square(layer(x))))
    assert report.ok, report


def test_rnn_is_its_formula():
    layer = gg.nn.RNN(2, 3, rng=0, dtype="float64")
    x = RNG.randn(4, 5, 2)
    state = np.zeros((4, 3))
    wx, wh = layer.weight_ih.value, layer.weight_hh.value
    for k, found in enumerate(np.moveaxis(layer(x).value, 1, 0)):
        state = np.tanh(x[:, k] @ wx + state @ wh)
        np.testing.assert_allclose(found, state, rtol=1e-12)


@pytest.mark.parametrize("kind", [gg.nn.RNN, gg.nn.LSTM, gg.nn.GRU])
def test_recurrent_layers_compile_with_a_symbolic_batch(kind):
    layer = kind(2, 3, rng=0)
    x = gg.placeholder(("batch", 4, 2), dtype="float32")
    loss = gg.sum(gg.square(layer(x)))
    outputs = [loss, *gg.grad(loss, layer.parameters())]
    array = RNG.randn(5, 4, 2).astype("float32")
    found = [
        gg.compile(outputs, [x], backend=b)(array) for b in ("reference", "native")
    ]
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


FANS = {
    "xavier": lambda n, m: 1 / n,
    "lecun_normal": lambda n, m: 1 / n,
    "lecun_uniform": lambda n, m: 1 / n,
    "glorot_normal": lambda n, m: 2 / (n + m),
    "glorot_uniform": lambda n, m: 2 / (n + m),
    "he_normal": lambda n, m: 2 / n,
    "he_uniform": lambda n, m: 2 / n,
}


@pytest.mark.parametrize("name", FANS)
@pytest.mark.parametrize(
    ("shape", "inputs", "outputs"),
    [((300, 200), 300, 200), ((60, 50, 5, 5), 1250, 1500)],
)
def test_initial_weights_have_the_variance_of_their_formula(
    name, shape, inputs, outputs
):
    w = getattr(gg.nn.init, name)(np.random.RandomState(0), shape)
    assert w.shape == shape
    np.testing.assert_allclose(w.var(), FANS[name](inputs, outputs), rtol=0.03)
    assert abs(w.mean()) < 0.02 * w.std()
    if "uniform" in name:
        assert np.abs(w).max() <= np.sqrt(3 * FANS[name](inputs, outputs))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3, 3)])
def test_orthogonal(shape):
    w = gg.nn.init.orthogonal(np.random.RandomState(0), shape).reshape(shape[0], -1)
    small = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-12)


def test_penalties_and_their_gradients():
    w, v = gg.variable([[1.0, -2.0]]), gg.variable([[3.0]])
    total = gg.nn.l2([w, v], 0.1) + gg.nn.l1([w], 0.5)
    total.backward()
    np.testing.assert_allclose(float(total), 0.05 * 14 + 0.5 * 3)
    np.testing.assert_allclose(w.grad, 0.1 * w.value + 0.5 * np.sign(w.value))
    np.testing.assert_allclose(v.grad, [[0.3]])


def test_batch_norm_of_one_example_leaves_no_nan():
    layer = gg.nn.BatchNorm(3)
    gg.compile(layer(np.ones((1, 3), "float32"), training=True), [])()
    assert np.isfinite(layer.running_var.value).all()
