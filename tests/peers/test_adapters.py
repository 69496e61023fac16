"""The checker on functions of PyTorch, JAX and autograd: theirs, and broken ones."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import graphgrad as gg
from graphgrad.testing import Domain, Interval, check_vjp, strategies

pytestmark = pytest.mark.peer

AT_A_KINK = np.array([[0.0, -1.0, 2.0], [-0.0, 3.0, 0.0]])


def functions(library):
    """relu, max and abs of a library, whose slopes at a kink are choices of its own."""
    if library == "torch":
        import torch

        return {
            "relu": torch.relu,
            "abs": torch.abs,
            "max": lambda x: torch.amax(x, dim=-1),
            "maximum": torch.maximum,
            "softmax": lambda x: torch.softmax(x, -1),
        }
    if library == "jax":
        import jax

        return {
            "relu": jax.nn.relu,
            "abs": jax.numpy.abs,
            "max": lambda x: jax.numpy.max(x, axis=-1),
            "maximum": jax.numpy.maximum,
            "softmax": jax.nn.softmax,
        }
    import autograd.numpy as anp

    return {
        "relu": lambda x: anp.maximum(x, 0.0),
        "abs": anp.abs,
        "max": lambda x: anp.max(x, axis=-1),
        "maximum": anp.maximum,
        "softmax": lambda x: anp.exp(x) / anp.sum(anp.exp(x), axis=-1, keepdims=True),
    }


@pytest.mark.parametrize("library", ["torch", "jax", "autograd"])
@pytest.mark.parametrize("name", ["relu", "abs", "max", "maximum", "softmax"])
def test_right_gradients_are_accepted_at_kinks_too(library, name):
    pair = getattr(gg.testing, library)(functions(library)[name])
    inputs = (
        [AT_A_KINK, AT_A_KINK[:, ::-1].copy()] if name == "maximum" else [AT_A_KINK]
    )
    verdict = check_vjp(*pair, *inputs)
    assert verdict.verdict != "wrong", str(verdict)


@pytest.mark.parametrize("library", ["torch", "jax", "autograd"])
def test_layouts_and_integers_pass_through(library):
    fn, vjp = getattr(gg.testing, library)(lambda x, i: x[i] * x[i])
    x, i = np.arange(6.0)[::-2], np.array([0, 2, 2])
    np.testing.assert_array_equal(fn(x, i), x[i] ** 2)
    slope, none = vjp(np.ones(3), fn(x, i), x, i)
    np.testing.assert_array_equal(slope, [2 * x[0], 0, 4 * x[2]])
    assert none is None


def broken(library):
    """x · y² whose gradient by y lacks the factor 2 in the second entry."""
    if library == "torch":
        import torch

        class Broken(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, y):
                ctx.save_for_backward(x, y)
                return x * y * y

            @staticmethod
            def backward(ctx, g):
                x, y = ctx.saved_tensors
                twice = torch.full_like(y, 2.0)
                twice[1] = 1.0
                return g * y * y, g * x * y * twice

        return Broken.apply
    if library == "jax":
        import jax

        @jax.custom_vjp
        def square(x, y):
            return x * y * y

        def backward(kept, g):
            x, y = kept
            return g * y * y, g * x * y * jax.numpy.full_like(y, 2.0).at[1].set(1.0)

        square.defvjp(lambda x, y: (square(x, y), (x, y)), backward)
        return square
    from autograd.extend import defvjp, primitive

    @primitive
    def cubed(x, y):
        return x * y * y

    factor = np.array([2.0, 1.0, 2.0])
    defvjp(
        cubed,
        lambda out, x, y: lambda g: g * y * y,
        lambda out, x, y: lambda g: g * x * y * factor,
    )
    return cubed


@pytest.mark.parametrize("library", ["torch", "jax", "autograd"])
def test_a_planted_bug_is_named_with_its_input_and_entry(library):
    pair = getattr(gg.testing, library)(broken(library))
    verdict = check_vjp(*pair, np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, -1.0]))
    assert verdict.verdict == "wrong"
    assert (verdict.input, verdict.entry) == (1, (1,))
    np.testing.assert_allclose(verdict.got / verdict.expected, 0.5, rtol=1e-6)


def test_inputs_that_hypothesis_draws_reach_pytorch():
    import torch

    domain = Domain((Interval(-3, 3), Interval(0.5, 3)))
    pair = gg.testing.torch(lambda x, y: torch.sin(x) / y)

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategies.inputs(domain))
    def judge(inputs):
        verdict = check_vjp(*pair, *inputs, domain=domain)
        assert verdict.verdict != "wrong", str(verdict)

    judge()
