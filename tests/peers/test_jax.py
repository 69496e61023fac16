"""JAX as a judge of Hessians and of conventions at kinks, in float64."""

import numpy as np
import pytest

import graphgrad as gg

pytestmark = pytest.mark.peer


def test_the_hessian_of_a_small_net_is_jaxs():
    import jax
    import jax.numpy as jnp

    with jax.enable_x64():
        rng = np.random.default_rng(2)
        data, start = rng.normal(size=(5, 4)), rng.normal(size=(4, 3))
        labels = np.array([0, 2, 1, 1, 0])

        def loss(w):
            scores = jax.nn.log_softmax(jnp.tanh(data @ w))
            return -scores[jnp.arange(5), labels].mean()

        theirs = np.asarray(jax.hessian(loss)(start))
        w = gg.variable(start)
        ours = gg.hessian(gg.softmax_cross_entropy(gg.tanh(data @ w), labels), w)
        np.testing.assert_allclose(ours.value, theirs, atol=1e-12)


def test_ties_are_shared_as_in_jax():
    import jax
    import jax.numpy as jnp

    x = np.array([1.0, 3.0, 3.0])
    theirs = jax.grad(lambda v: jnp.max(v))(x)
    ours = gg.variable(x)
    np.testing.assert_allclose(gg.grad(gg.max(ours), ours).value, theirs)
