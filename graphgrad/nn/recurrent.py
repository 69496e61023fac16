"""Recurrent layers: loops over time by `scan`.

Inputs have the shape (examples, time, features), results (examples, time, units).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from graphgrad.control.scan import scan
from graphgrad.graph.tensor import Tensor
from graphgrad.nn.init import Initialiser, generator, lecun_uniform, orthogonal
from graphgrad.nn.layers import parameter
from graphgrad.nn.module import Module
from graphgrad.ops.activation import sigmoid
from graphgrad.ops.arranging import moveaxis
from graphgrad.ops.structure import zeros_like
from graphgrad.ops.trigonometric import tanh


class _Recurrent(Module):
    PYTORCH: ClassVar = {
        "weight_ih": "weight_ih_l0.T",
        "weight_hh": "weight_hh_l0.T",
        "bias_ih": "bias_ih_l0",
        "bias_hh": "bias_hh_l0",
    }
    GATES: ClassVar[int] = 1
    STATES: ClassVar[int] = 1
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor

    def __init__(
        self,
        features: int,
        units: int,
        rng: Any,
        *,
        weight: Initialiser = lecun_uniform,
        recurrent: Initialiser = orthogonal,
        dtype: Any = "float32",
        name: str | None = None,
    ) -> None:
        """See the class.

        Args:
            features: of x, its last axis.
            units: of the state.
            rng: `np.random.RandomState`, to be shared by all layers, or a seed.
            weight: initial weights of the input, of each gate (features, units).
            recurrent: initial weights of the state, of each gate (units, units).
            dtype: of the parameters.
            name: of the scope.
        """
        rng, gates = generator(rng), range(self.GATES)
        of_x = [weight(rng, (features, units)) for _ in gates]
        of_h = [recurrent(rng, (units, units)) for _ in gates]
        none = np.zeros(self.GATES * units)
        super().__init__(
            name,
            weight_ih=parameter(np.concatenate(of_x, 1), dtype, "Wx"),
            weight_hh=parameter(np.concatenate(of_h, 1), dtype, "Wh"),
            bias_ih=parameter(none, dtype, "bx"),
            bias_hh=parameter(none, dtype, "bh"),
        )

    def forward(self, x: Any, training: bool) -> Any:
        """The states at all times, from zeros."""
        rows = moveaxis(x @ self.weight_ih + self.bias_ih, 1, 0)
        units = self.weight_hh.shape[0]
        start = zeros_like(rows[0][..., :units])
        state = start if self.STATES == 1 else [start] * self.STATES
        states = scan(self._step(), state, rows)[1]
        return moveaxis(states, 0, 1)

    def _step(self) -> Callable[[Any, Any], Any]:
        raise NotImplementedError

    def _of_state(self, h: Any) -> Any:
        return h @ self.weight_hh + self.bias_hh

    def _gate(self, rows: Any, k: int) -> Any:
        units = self.weight_hh.shape[0]
        return rows[..., k * units : (k + 1) * units]


class RNN(_Recurrent):
    """h ← tanh(x Wx + bx + h Wh + bh) (Elman 1990)."""

    def _step(self) -> Callable[[Any, Any], Any]:
        def step(h: Any, row: Any) -> Any:
            new = tanh(row + self._of_state(h))
            return new, new

        return step


class LSTM(_Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), gates i, f, g, o."""

    GATES = 4
    STATES = 2

    def _step(self) -> Callable[[Any, Any], Any]:
        def step(state: Any, row: Any) -> Any:
            h, cell = state
            gates = row + self._of_state(h)
            i, f, g, o = (self._gate(gates, k) for k in range(4))
            cell = sigmoid(f) * cell + sigmoid(i) * tanh(g)
            h = sigmoid(o) * tanh(cell)
            return [h, cell], h

        return step


class GRU(_Recurrent):
    """Gated recurrent unit (Cho et al. 2014), gates r, z, n as in PyTorch."""

    GATES = 3

    def _step(self) -> Callable[[Any, Any], Any]:
        def step(h: Any, row: Any) -> Any:
            of_h = self._of_state(h)
            r = sigmoid(self._gate(row, 0) + self._gate(of_h, 0))
            z = sigmoid(self._gate(row, 1) + self._gate(of_h, 1))
            n = tanh(self._gate(row, 2) + r * self._gate(of_h, 2))
            new = (1 - z) * n + z * h
            return new, new

        return step
