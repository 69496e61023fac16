"""JAX as a judge of Hessians and of conventions at kinks, in float64."""

import numpy as np
import pytest

import graphgrad as gg

pytestmark = pytest.mark.peer


def test_the_hessian_of_a_small_net_is_jaxs():
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(2)
    data, labels = rng.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0])
    cuts = np.cumsum([0, 12, 3, 9, 3])  # two layers of weights and biases in one vector
    shapes = [(4, 3), (3,), (3, 3), (3,)]
    start = rng.normal(size=cuts[-1])

    def net(np_like, flat):
        parts = zip(cuts[:-1], cuts[1:], shapes, strict=True)
        w, b, v, c = (np_like.reshape(flat[i:j], shape) for i, j, shape in parts)
        return np_like.tanh(data @ w + b) @ v + c

    def loss(flat):
        scores = jax.nn.log_softmax(net(jnp, flat))
        return -scores[jnp.arange(5), labels].mean()

    with jax.enable_x64():
        theirs = np.asarray(jax.hessian(loss)(start))
    flat = gg.variable(start)
    ours = gg.hessian(gg.softmax_cross_entropy(net(gg, flat), labels), flat)
    assert ours.shape == (27, 27)
    np.testing.assert_allclose(ours.value, theirs, atol=1e-12)


def test_ties_are_shared_as_in_jax():
    import jax
    import jax.numpy as jnp

    x = np.array([1.0, 3.0, 3.0])
    theirs = jax.grad(lambda v: jnp.max(v))(x)
    ours = gg.variable(x)
    np.testing.assert_allclose(gg.grad(gg.max(ours), ours).value, theirs)
