"""Optimisers against the formulas of their papers, and as parts of a program."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors, optim

BACKENDS = ["reference", "native"]
RNG = np.random.default_rng(0)
START = [RNG.normal(size=s) for s in [(4, 3), (3,), ()]]
SCALES = [np.exp(RNG.normal(size=np.shape(w))) for w in START]


def variables(dtype="float64", names=("W", "b", "s")):
    pairs = zip(START, names, strict=True)
    return [gg.variable(np.asarray(w, dtype), name=n) for w, n in pairs]


def bowl(parameters):
    """A loss with another curvature in each direction; its gradient is scale · w³."""
    parts = [gg.sum(c * w**4) / 4 for c, w in zip(SCALES, parameters, strict=True)]
    return parts[0] + parts[1] + parts[2]


# The papers' formulas: the change of w, given its slots s by name, which it changes.
def sgd(s, w, g, t):
    return -0.1 * g


def momentum(s, w, g, t):
    s["v"] = 0.9 * s.get("v", 0) - 0.1 * g
    return s["v"]


def nesterov(s, w, g, t):
    """Bengio et al. 2013, equations 6 and 7."""
    old = s.get("v", 0)
    s["v"] = 0.9 * old - 0.1 * g
    return 0.9 * 0.9 * old - (1 + 0.9) * 0.1 * g


def adagrad(s, w, g, t):
    s["h"] = s.get("h", 0) + g * g
    return -0.1 * g / (np.sqrt(s["h"]) + 1e-7)


def rmsprop(s, w, g, t):
    s["h"] = 0.9 * s.get("h", 0) + 0.1 * g * g
    return -0.1 * g / (np.sqrt(s["h"]) + 1e-8)


def adam(s, w, g, t):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.99 * s.get("v", 0) + 0.01 * g * g
    mean, square = s["m"] / (1 - 0.9**t), s["v"] / (1 - 0.99**t)
    return -0.1 * mean / (np.sqrt(square) + 1e-8)


def adamw(s, w, g, t):
    return -0.1 * 0.01 * w + adam(s, w, g, t)


def nadam(s, w, g, t):
    """Dozat 2016, algorithm 8, with its schedule of the momentum."""
    now, ahead = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * i)) for i in (t, t + 1))
    s["p"] = s.get("p", 1) * now
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["v"] = 0.99 * s.get("v", 0) + 0.01 * g * g
    mean = ahead * s["m"] / (1 - s["p"] * ahead) + (1 - now) * g / (1 - s["p"])
    return -0.1 * mean / (np.sqrt(s["v"] / (1 - 0.99**t)) + 1e-8)


CASES = {
    "SGD": (optim.SGD(0.1), sgd),
    "Momentum": (optim.Momentum(0.1), momentum),
    "Nesterov": (optim.Nesterov(0.1), nesterov),
    "AdaGrad": (optim.AdaGrad(0.1, 1e-7), adagrad),
    "RMSProp": (optim.RMSProp(0.1, rho=0.9), rmsprop),
    "Adam": (optim.Adam(0.1, beta2=0.99), adam),
    "AdamW": (optim.AdamW(0.1, beta2=0.99), adamw),
    "NAdam": (optim.NAdam(0.1, beta2=0.99), nadam),
}
OPTIMISERS = {name: case[0] for name, case in CASES.items()}
each = pytest.mark.parametrize("name", CASES)


@each
@pytest.mark.parametrize("backend", BACKENDS)
def test_twenty_steps_follow_the_formula(name, backend):
    optimiser, formula = CASES[name]
    ours = variables()
    loss = bowl(ours)
    step = gg.compile(loss, updates=optimiser.updates(loss, ours), backend=backend)
    theirs = [w.copy() for w in START]
    slots = [{} for _ in START]
    for t in range(1, 21):
        step()
        for i, (c, w, s) in enumerate(zip(SCALES, theirs, slots, strict=True)):
            theirs[i] = w + formula(s, w, c * w**3, t)
        for x, w in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(x.value, w, rtol=1e-12, atol=1e-15)
    moved = [x.value - w for x, w in zip(ours, START, strict=True)]
    assert all(np.max(np.abs(d)) > 1e-3 for d in moved)


@each
def test_decay_multiplies_the_parameter_and_not_the_slots(name):
    plain, decayed = variables(), variables()
    kind, fields = type(OPTIMISERS[name]), {"rate": 0.5}
    one = kind(**fields, decay=0.0).updates(bowl(plain), plain)
    two = kind(**fields, decay=0.2).updates(bowl(decayed), decayed)
    for (x, new), (y, other) in zip(one.items(), two.items(), strict=True):
        assert x.name == y.name
        less = 0.5 * 0.2 * x.value if x.attrs["trainable"] else 0.0
        np.testing.assert_allclose(other.value, new.value - less, rtol=1e-13)


@each
def test_slots_are_variables_like_their_parameter_and_not_trained(name):
    with gg.scope("layer"):
        w = gg.variable(np.ones((2, 3), "float32"), name="W")
    parameters = [w, gg.variable(np.ones(2))]
    loss = gg.sum(parameters[0]) + gg.sum(parameters[1])
    updates = OPTIMISERS[name].updates(loss, parameters)
    again = OPTIMISERS[name].updates(loss, parameters)
    assert set(updates) & set(again) == set(parameters)
    slots = [x for x in updates if x not in set(parameters)]
    assert len(slots) % 2 == 0
    for x in slots[: len(slots) // 2]:
        assert (x.shape, x.dtype, x.scope) == (w.shape, w.dtype, "layer")
        assert x.name.startswith("W/")
    for x in slots[len(slots) // 2 :]:
        assert (x.shape, x.dtype, x.scope) == ((2,), "float64", "")
        assert "None" not in x.name
    assert len({x.name for x in slots}) == len(slots)
    assert not any(x.attrs["trainable"] or x.value.any() for x in slots)


@each
def test_float32_stays_float32_beside_a_rate_of_float64(name):
    rate = gg.variable(np.float64(0.1), trainable=False)
    optimiser = type(OPTIMISERS[name])(rate, decay=np.float64(0.1))
    parameters = [*variables("float32"), gg.variable(START[0])]
    loss = bowl(parameters[:3]) + gg.sum(parameters[3])
    updates = optimiser.updates(loss, parameters)
    assert {new.dtype for new in updates.values()} == {
        np.dtype("float32"),
        np.dtype("float64"),
    }
    for x, new in updates.items():
        assert new.dtype == x.dtype


def test_numbers_of_numpy_do_not_widen():
    (w, *_) = variables("float32")
    optimiser = optim.Adam(np.float64(0.1), np.float64(0.5), epsilon=np.asarray(1e-3))
    updates = optimiser.apply([w], [np.ones((4, 3))])
    assert all(new.dtype == "float32" for new in updates.values())


CLIPS = ["clip_by_value", "clip_by_norm", "clip_by_global_norm"]


@pytest.mark.parametrize(
    ("name", "clip"), [*((n, None) for n in CASES), *(("Adam", c) for c in CLIPS)]
)
def test_a_native_step_leaves_nothing_to_numpy(name, clip):
    x = gg.placeholder((8, 6), dtype="float32")
    t = gg.placeholder((8,), dtype="int64")
    shapes = [(6, 5), (5,), (5, 3), (3,)]
    w1, b1, w2, b2 = parameters = [
        gg.variable(RNG.normal(size=s).astype("float32")) for s in shapes
    ]
    loss = gg.nn.softmax_cross_entropy(gg.relu(x @ w1 + b1) @ w2 + b2, t)
    rate = optim.cosine(optim.counter(), 0.1, 100)
    bound = clip and (lambda gradients: getattr(optim, clip)(gradients, 1.0))
    updates = type(OPTIMISERS[name])(rate).updates(loss, parameters, clip=bound)
    updates = optim.constrained(updates, 1.0)
    program = gg.compile(loss, [x, t], updates, backend="native")
    assert "0 NumPy calls" in program.explain()
    arrays = RNG.normal(size=(8, 6)).astype("float32"), RNG.integers(0, 3, 8)
    first = program(*arrays)
    assert min(program(*arrays) for _ in range(10)) < first
    assert all(p.value.dtype == "float32" for p in parameters)


def test_a_schedule_is_computed_once_for_all_parameters():
    parameters = [gg.variable(np.ones(2, "float32")) for _ in range(20)]
    parameters.append(gg.variable(1.0))
    rate = optim.cosine(optim.counter(), 0.1, 100)
    optimiser = optim.AdamW(rate)
    updates = optimiser.apply(parameters, [x * 2 for x in parameters])
    graph = gg.Graph(list(updates.values()))
    assert len(graph.find(op="cos")) == 1
    assert len(graph.find(op="power")) == 2  # β₁ᵗ and β₂ᵗ
    casts = [x for x in graph.find(op="astype") if x.dtype == "float32"]
    assert len(casts) == 3  # 1 − ηλ, the rate, the correction


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_rate_that_is_a_variable_is_assigned_between_calls(backend):
    rate = gg.variable(0.1, trainable=False)
    w = gg.variable(1.0)
    updates = optim.SGD(rate).updates(w * 3, [w])
    step = gg.compile(w, updates=updates, backend=backend)
    step()
    assert float(w) == 1 - 0.1 * 3
    before = float(w)
    rate.assign(0.01)
    step()
    assert float(w) == before - 0.01 * 3
    assert float(rate) == 0.01


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_are_clipped_within_the_step(backend):
    w, v = gg.variable([3.0, 0.0]), gg.variable([4.0])
    loss = gg.sum(w * w / 2) + gg.sum(v * v / 2)
    seen = []

    def clip(gradients):
        seen.append(len(gradients))
        return optim.clip_by_global_norm(gradients, 2.5)

    updates = optim.SGD(1.0).updates(loss, [w, v], clip=clip)
    gg.compile(loss, updates=updates, backend=backend)()
    assert seen == [2]
    np.testing.assert_allclose(w.value, [1.5, 0])
    np.testing.assert_allclose(v.value, [2.0])


def test_momentum_follows_a_changing_rate_as_the_book_has_it():
    rate, w = gg.variable(0.5), gg.variable(0.0)
    updates = optim.Momentum(rate, 0.5).apply([w], [gg.constant(1.0)])
    step = gg.compile([], updates=updates)
    step()
    rate.assign(0.0)
    step()
    assert float(w) == -0.5 - 0.25  # what was gathered goes on, at a rate of 0


def test_sgd_zigzags_along_the_book_s_valley():
    """Book §6.1.3: on x²/20 + y² it jumps to and fro in y, and creeps in x."""
    x, y = gg.variable(-7.0), gg.variable(2.0)
    step = gg.compile([], updates=optim.SGD(0.95).updates(x**2 / 20 + y**2, [x, y]))
    for _ in range(30):
        step()
    np.testing.assert_allclose(float(x), -7 * 0.905**30, rtol=1e-12)
    np.testing.assert_allclose(float(y), 2 * 0.9**30, rtol=1e-12)


def test_a_parameter_that_the_loss_does_not_reach_is_named():
    w, stray = gg.variable(1.0, name="W"), gg.variable(1.0, name="stray")
    with pytest.raises(errors.GradientError, match=r"'stray'.*not in the graph"):
        optim.SGD(0.1).updates(w * w, [w, stray])


W = gg.variable([1.0, 2.0], name="W")
FAULTS = {
    "no parameters": (lambda: optim.SGD(0.1).updates(gg.sum(W), []), "expected"),
    "a tensor": (lambda: optim.SGD(0.1).apply([W * 1], [W]), "not a variable"),
    "twice": (lambda: optim.SGD(0.1).apply([W, W], [W, W]), "given twice"),
    "count": (lambda: optim.SGD(0.1).apply([W], [W, W]), "2 gradients for 1"),
    "shape": (lambda: optim.SGD(0.1).apply([W], [gg.sum(W)]), "does not fit"),
    "integers": (
        lambda: optim.Adam().apply([gg.variable(np.arange(2))], [W]),
        "int64 is not of real",
    ),
    "complex": (
        lambda: optim.Adam().apply([gg.variable([1j, 2])], [W]),
        "complex128 is not of real",
    ),
    "clip": (lambda: optim.SGD(0.1).updates(gg.sum(W), [W], clip=1.0), "not float"),
    "negative rate": (lambda: optim.SGD(-0.1), "rate -0.1 is not at least 0"),
    "rate NaN": (lambda: optim.SGD(float("nan")), "rate nan"),
    "rate infinite": (lambda: optim.SGD(float("inf")), "rate inf"),
    "rate as text": (lambda: optim.SGD("0.1"), "rate is a number, not str"),  # type: ignore[arg-type]
    "rate as function": (lambda: optim.SGD(optim.cosine), "not a function"),  # type: ignore[arg-type]
    "several rates": (lambda: optim.SGD(W), "rate is one real number"),
    "momentum": (lambda: optim.Momentum(0.1, 1.0), "momentum 1.0 .* below 1"),
    "Nesterov": (lambda: optim.Nesterov(0.1, -0.5), "momentum -0.5"),
    "rho": (lambda: optim.RMSProp(0.1, rho=1.5), "rho 1.5"),
    "beta1": (lambda: optim.Adam(beta1=1), "beta1 1"),
    "beta2": (lambda: optim.NAdam(beta2=-1), "beta2 -1"),
    "epsilon": (lambda: optim.AdaGrad(epsilon=0), "epsilon 0 is not above 0"),
    "psi": (lambda: optim.NAdam(momentum_decay=-1), "momentum_decay -1"),
    "decay": (lambda: optim.AdamW(decay=-1), "decay -1"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_arguments_are_refused(fault):
    call, text = FAULTS[fault]
    with pytest.raises(gg.GraphgradError, match=text):
        call()


def test_an_optimiser_of_ones_own_is_a_step():
    class SignDescent(optim.Optimizer):
        def step(self, parameter, gradient, rate):
            return rate * gg.sign(gradient), {}

    w = gg.variable([3.0, -2.0])
    updates = SignDescent(0.5, decay=0.1).updates(gg.sum(w * w), [w])
    np.testing.assert_allclose(updates[w].value, [3 * 0.95 - 0.5, -2 * 0.95 + 0.5])
    with pytest.raises(TypeError, match="abstract"):
        optim.Optimizer(0.1)  # type: ignore[abstract]
