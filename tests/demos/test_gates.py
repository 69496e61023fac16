"""AND, OR and NAND are one unit each; XOR is not, however it is trained."""

import numpy as np
import pytest

from graphgrad_demos import gates


@pytest.mark.parametrize(
    ("name", "outputs"),
    [("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("NAND", [1, 1, 1, 0])],
)
def test_a_gate_is_a_perceptron(name, outputs):
    assert gates.gate(name, *gates.INPUTS.T).tolist() == outputs


def test_xor_is_two_layers_of_gates():
    assert gates.xor(*gates.INPUTS.T).tolist() == gates.XOR.tolist()


def test_no_single_unit_gets_past_three_of_four():
    found = gates.trained(gates.one_unit, [(2,), ()], 400)
    assert found.accuracy.max() == 0.75
    assert found.losses[-1] == pytest.approx(np.log(2), abs=1e-4)


def test_two_layers_learn_xor():
    shapes = [(2, 2), (2,), (2,), ()]
    found = gates.trained(gates.two_layers, shapes, 400)
    assert (found.accuracy[-1] == 1).sum() > 20
    scores = gates.two_layers(gates.INPUTS, *found.best)
    assert np.array_equal(scores > 0, gates.XOR > 0)
