"""Derivatives as graphs, of any order, and the fast numeric path beside them."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad import errors

RNG = np.random.default_rng(0)


def _net():
    x = gg.constant(RNG.normal(size=(5, 4)))
    w1 = gg.variable(RNG.normal(size=(4, 3)), name="w1")
    b1 = gg.variable(RNG.normal(size=3), name="b1")
    w2 = gg.variable(RNG.normal(size=(3, 2)), name="w2")
    hidden = gg.tanh(x @ w1 + b1)
    loss = gg.softmax_cross_entropy(hidden @ w2, np.array([0, 1, 1, 0, 1]))
    return loss, [w1, b1, w2]


def test_backward_and_grad_agree_to_the_last_digits():
    loss, parameters = _net()
    loss.backward()
    for p, g in zip(parameters, gg.grad(loss, parameters), strict=True):
        np.testing.assert_allclose(p.grad, g.value, rtol=1e-14, atol=1e-16)


def test_backward_sets_and_does_not_add():
    x = gg.variable(3.0)
    y = x * x
    y.backward()
    first = float(x.grad)
    y.backward()
    assert float(x.grad) == first == 6


def test_every_tensor_of_the_graph_has_its_gradient():
    apple, count, tax = gg.variable(100), gg.variable(2), gg.variable(1.1)
    subtotal = apple * count
    price = subtotal * tax
    price.backward()
    grads = [float(t.grad) for t in (price, subtotal, apple, count, tax)]
    np.testing.assert_allclose(grads, [1, 1.1, 2.2, 110, 200])


def test_fan_out_sums():
    x = gg.variable(3.0)
    y = x * x + gg.exp(x) + x
    y.backward()
    np.testing.assert_allclose(float(x.grad), 6 + np.exp(3) + 1)


def test_no_gradient_reaches_constants_integers_and_stopped_tensors():
    x, c = gg.variable(3.0), gg.constant(2.0)
    n = gg.variable(np.array(2))
    y = x * c + gg.stop_gradient(x * x) * n
    y.backward()
    assert c.grad is None
    assert n.grad is None
    assert float(x.grad) == 2


def test_grad_behind_stop_gradient_is_zero():
    x = gg.variable([1.0, 2.0])
    assert gg.grad(gg.stop_gradient(x).sum(), x).value.tolist() == [0, 0]


def test_derivatives_of_a_power_to_the_fifth_order():
    x = gg.variable(1.5)
    y = x**4
    expected = [4 * 1.5**3, 12 * 1.5**2, 24 * 1.5, 24, 0]
    for value in expected:
        y = gg.grad(y, x)
        np.testing.assert_allclose(float(y), value, atol=1e-12)


def test_power_zero_at_zero_has_derivative_zero():
    x = gg.variable(0.0)
    assert float(gg.grad(x**0, x)) == 0
    assert float(gg.grad(gg.grad(x**2, x), x)) == 2


def test_mixed_second_derivatives_of_a_power_at_exponent_zero():
    x, y = gg.variable(0.5), gg.variable(0.0)
    z = x**y
    np.testing.assert_allclose(float(gg.grad(gg.grad(z, x), y)), 1 / 0.5)
    np.testing.assert_allclose(float(gg.grad(gg.grad(z, y), x)), 1 / 0.5)


def test_the_derivative_of_a_cube_is_three_nodes_of_arithmetic():
    x = gg.variable(2.0)
    made = [t.op.name for t in gg.Graph(gg.grad(x**3, x)).nodes if t.inputs]
    assert sorted(made) == ["multiply", "power", "strong_multiply"]


def test_jvp_and_vjp_are_transposes():
    loss, (w1, b1, _) = _net()
    hidden = loss.inputs[0]
    u = RNG.normal(size=hidden.shape)
    v1, vb = RNG.normal(size=w1.shape), RNG.normal(size=b1.shape)
    forward = gg.jvp(hidden, [w1, b1], [v1, vb]).value
    back1, backb = gg.vjp(hidden, [w1, b1], u)
    np.testing.assert_allclose(
        (u * forward).sum(), (back1.value * v1).sum() + (backb.value * vb).sum()
    )


def test_jvp_does_not_need_the_cotangent_it_was_made_with():
    x = gg.variable([0.5, 1.0])
    tangent = gg.jvp(gg.softmax(gg.exp(x) * x), x, [1.0, -1.0])
    assert gg.Graph(tangent).placeholders == ()


def test_hessian_is_symmetric_and_hvp_is_its_product():
    loss, (w1, _, _) = _net()
    hessian = gg.hessian(loss, w1).value.reshape(12, 12)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-14)
    v = RNG.normal(size=w1.shape)
    product = gg.hvp(loss, w1, v).value
    np.testing.assert_allclose(product.ravel(), hessian @ v.ravel(), atol=1e-14)


def test_hessian_of_a_linear_function_is_zero():
    x = gg.variable([1.0, 2.0])
    assert gg.hessian(x.sum(), x).value.tolist() == [[0, 0], [0, 0]]
    assert gg.hvp(x.sum(), x, [1.0, 1.0]).value.tolist() == [0, 0]


def test_jacobian_of_a_matrix_function():
    x = gg.variable(RNG.normal(size=(2, 3)))
    jacobian = gg.jacobian(gg.sin(x), x).value
    assert jacobian.shape == (2, 3, 2, 3)
    expected = np.diag(np.cos(x.value).ravel()).reshape(2, 3, 2, 3)
    np.testing.assert_allclose(jacobian, expected)


def test_cross_entropy_gradient_is_softmax_minus_target_over_n():
    logits = gg.variable(RNG.normal(size=(4, 3)))
    labels = np.array([2, 0, 1, 1])
    gg.softmax_cross_entropy(logits, labels).backward()
    expected = (gg.softmax(logits).value - np.eye(3)[labels]) / 4
    np.testing.assert_allclose(logits.grad, expected, rtol=1e-14)
    probabilities = gg.softmax_cross_entropy(logits, np.eye(3)[labels])
    slope = gg.grad(probabilities, logits).value
    np.testing.assert_allclose(slope, expected, rtol=1e-14)


def test_cross_entropy_of_an_excluded_class_is_finite():
    logits = gg.variable([[1.0, -np.inf, 2.0]])
    loss = gg.softmax_cross_entropy(logits, np.array([0]))
    loss.backward()
    assert np.isfinite(float(loss))
    assert np.isfinite(logits.grad).all()


def test_a_composite_used_twice_with_the_same_input_counts_each_use_once():
    @gg.composite()
    def product_of_two(x, y, /):
        """x · y, with a derived gradient."""
        return x * y

    x = gg.variable(3.0)
    y = product_of_two(x, x)
    y.backward()
    assert float(x.grad) == 6
    assert float(gg.grad(y, x)) == 6
    assert float(gg.grad(gg.grad(y, x), x)) == 2


def test_split_collects_the_gradients_of_its_parts():
    x = gg.variable(np.arange(6.0))
    first, _, third = gg.split(x, 3)
    (first.sum() * 2 + (third * third).sum()).backward()
    assert x.grad.tolist() == [2, 2, 0, 0, 8, 10]
    slope = gg.grad(first.sum() * 2 + (third * third).sum(), x)
    assert slope.value.tolist() == [2, 2, 0, 0, 8, 10]


def test_prod_is_right_at_zeros_to_second_order():
    x = gg.variable([0.0, 2.0, 3.0])
    y = gg.prod(x)
    assert gg.grad(y, x).value.tolist() == [6, 0, 0]
    assert gg.hessian(y, x).value.tolist() == [[0, 3, 2], [3, 0, 0], [2, 0, 0]]


def test_a_float32_graph_has_float32_gradients():
    x = gg.variable(np.ones((2, 3), "float32"))
    w = gg.variable(np.ones((3, 2), "float64"))
    (x @ w).sum().backward()
    assert (x.grad.dtype, w.grad.dtype) == ("float32", "float64")


KINKS = {
    "abs": (gg.abs, 0.0, 0.0),
    "relu": (gg.relu, 0.0, 0.0),
    "leaky_relu": (gg.leaky_relu, 0.0, 0.01),
    "elu": (gg.elu, 0.0, 1.0),
    "sign": (gg.sign, 0.0, 0.0),
    "step": (gg.step, 0.0, 0.0),
    "floor": (gg.floor, 1.0, 0.0),
    "maximum": (lambda x: gg.maximum(x, 1.0), 1.0, 0.5),
    "minimum": (lambda x: gg.minimum(x, 1.0), 1.0, 0.5),
    "clip": (lambda x: gg.clip(x, 0.0, 1.0), 1.0, 0.5),
    "std": (lambda x: gg.std(gg.stack([x, x])), 1.0, 0.0),
}


@pytest.mark.parametrize("name", sorted(KINKS))
def test_subgradient_conventions(name):
    function, at, slope = KINKS[name]
    x = gg.variable(at)
    y = function(x)
    y.backward()
    assert float(x.grad) == slope
    assert float(gg.grad(y, x)) == slope


def test_ties_share_the_gradient_of_a_maximum_equally():
    x = gg.variable([3.0, 1.0, 3.0, 3.0])
    gg.max(x).backward()
    np.testing.assert_allclose(x.grad, [1 / 3, 0, 1 / 3, 1 / 3])


def test_logsumexp_of_minus_infinity_has_finite_gradient():
    x = gg.variable([-np.inf, -np.inf])
    y = gg.logsumexp(x)
    y.backward()
    assert float(y) == -np.inf
    assert x.grad.tolist() == [0, 0]


def test_gradients_of_repeated_indices_add_up_and_of_repeated_sets_the_last_wins():
    x = gg.variable([1.0, 2.0, 3.0])
    gg.sum(x[[0, 0, 2]] * np.array([1.0, 10.0, 100.0])).backward()
    assert x.grad.tolist() == [11, 0, 100]
    v = gg.variable([5.0, 6.0, 7.0])
    y = x.at[[0, 0, 2]].set(v)
    assert y.value.tolist() == [6, 2, 7]
    gg.sum(y * np.array([1.0, 10.0, 100.0])).backward()
    assert v.grad.tolist() == [0, 1, 100]
    assert x.grad.tolist() == [0, 10, 0]


def test_the_error_in_a_rule_names_the_op_and_the_line():
    @gg.primitive(vjp=(lambda g, out, x: gg.reshape(g, (7,)),))
    def wrongly_shaped(xp, x, /):
        """An op whose rule cannot work."""
        return x

    x = gg.variable([1.0, 2.0])
    y = wrongly_shaped(x).sum()
    with pytest.raises(errors.ShapeError, match="does not reshape"):
        gg.grad(y, x)


@pytest.mark.parametrize("function", [gg.jacobian, gg.hessian, gg.grad], ids=range(3))
def test_what_is_no_tensor_is_refused_by_name(function):
    x = gg.variable([1.0, 2.0])
    with pytest.raises(errors.ArgumentError, match="expected tensors, got"):
        function(3.0, x)
    with pytest.raises(errors.ArgumentError, match="expected tensors, got"):
        gg.hessian(gg.sum(x), ["x"])


def test_third_derivatives_where_what_arrives_is_zero():
    a, b = gg.variable(0.0), gg.variable(2.0)
    half = (a * b) ** 2 / 2  # the gradient that arrives at a · b is 0
    assert float(gg.grad(gg.grad(gg.grad(half, a), a), b)) == 4
    x, y, z = (gg.variable(0.0) for _ in range(3))
    assert float(gg.grad(gg.grad(gg.grad(x * y * z, x), y), z)) == 1
    assert float(gg.grad(gg.grad(gg.grad(gg.sin(x) * gg.exp(y) * x, x), x), y)) == 2


def test_forward_over_reverse_and_its_orders_agree():
    loss, (w1, *_) = _net()
    v = RNG.normal(size=w1.shape)
    forward_over_reverse = gg.jvp(gg.grad(loss, w1), [w1], [v])
    reverse_over_forward = gg.grad(gg.jvp(loss, [w1], [v]), w1)
    reverse_over_reverse = gg.grad(gg.sum(gg.grad(loss, w1) * v), w1)
    forward_over_forward = gg.jvp(gg.jvp(loss, [w1], [v]), [w1], [v])
    expected = gg.hvp(loss, w1, v).value
    for product in (forward_over_reverse, reverse_over_forward, reverse_over_reverse):
        np.testing.assert_allclose(product.value, expected, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(float(forward_over_forward), (expected * v).sum())


def test_second_derivatives_by_several_tensors():
    a, b = gg.variable([1.0, 2.0]), gg.variable([[3.0], [4.0]])
    c = gg.variable(5.0)
    y = gg.sum(a * a * b) + c
    jacobians = gg.jacobian(a * b, [a, b])
    assert [j.shape for j in jacobians] == [(2, 2, 2), (2, 2, 2, 1)]
    blocks = gg.hessian(y, [a, b, c])
    whole = gg.variable([1.0, 2.0, 3.0, 4.0, 5.0])
    parts = whole[:2], gg.reshape(whole[2:4], (2, 1)), whole[4]
    flat = gg.hessian(gg.sum(parts[0] * parts[0] * parts[1]) + parts[2], whole).value
    sizes = [2, 2, 1]
    made = np.block(
        [
            [h.value.reshape(n, m) for h, m in zip(row, sizes, strict=True)]
            for row, n in zip(blocks, sizes, strict=True)
        ]
    )
    np.testing.assert_allclose(made, flat)
    v = [[1.0, -1.0], [[2.0], [0.5]], 3.0]
    product = gg.hvp(y, [a, b, c], v)
    expected = flat @ np.concatenate([np.ravel(x) for x in v])
    found = np.concatenate([np.ravel(p.value) for p in product])
    np.testing.assert_allclose(found, expected)
