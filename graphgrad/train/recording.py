"""What goes on inside a net while it is trained: figures per layer and step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import grad
from graphgrad.errors import ArgumentError
from graphgrad.execute.program import compile
from graphgrad.graph.tensor import Tensor
from graphgrad.train.state import Callback, Training


@dataclass
class Recording:
    """Figures of a training run; rows are moments, columns parameters or layers.

    Attributes:
        steps: at which step each row was taken, from 1.
        parameters: names of the parameters.
        layers: names of the layers.
        losses: of the probe, shape (rows,).
        gradients: norm of the gradient, shape (rows, parameters).
        weights: norm of the parameter, shape (rows, parameters).
        updates: norm of what the step before changed, shape (rows, parameters).
        means: of the activations, shape (rows, layers).
        deviations: of the activations, shape (rows, layers).
        zeros: share of activations that are exactly 0, shape (rows, layers).
        dead: share of units that are 0 for the whole probe, shape (rows, layers).
        edges: of the histograms' bins, shape (layers, bins + 1).
        histograms: shares of activations, shape (rows, layers, bins).
    """

    steps: list[int] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    gradients: list[list[float]] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    updates: list[list[float]] = field(default_factory=list)
    means: list[list[float]] = field(default_factory=list)
    deviations: list[list[float]] = field(default_factory=list)
    zeros: list[list[float]] = field(default_factory=list)
    dead: list[list[float]] = field(default_factory=list)
    edges: list[list[float]] = field(default_factory=list)
    histograms: list[list[list[float]]] = field(default_factory=list)


class Recorder(Callback):
    """Looks into a net every so many steps, with the same examples each time.

    Args:
        loss: of which gradients are taken; the graph of inference serves well.
        parameters: by the names to show.
        layers: activations by the names to show, of shape (examples, …).
        probe: an array for each placeholder of the loss, by placeholder.
        every: steps between two looks; the first is at the first step.
        bins: of the histograms.

    Attributes:
        recording: what was seen.
    """

    def __init__(
        self,
        loss: Tensor,
        parameters: Mapping[str, Tensor],
        layers: Mapping[str, Tensor],
        probe: Mapping[Tensor, Any],
        *,
        every: int = 10,
        bins: int = 30,
    ) -> None:
        if every < 1 or bins < 1:
            raise ArgumentError(f"a look every {every} steps, {bins} bins: below 1")
        self.recording = Recording(parameters=list(parameters), layers=list(layers))
        self._variables = list(parameters.values())
        slopes = grad(loss, self._variables)
        inputs = list(probe)
        self._look = compile([loss, *slopes, *layers.values()], inputs)
        self._probe = [probe[x] for x in inputs]
        self._every, self._bins = every, bins
        self._before = self._values()

    def _values(self) -> list[np.ndarray]:
        return [np.array(x.value) for x in self._variables]

    def on_step(self, training: Training) -> None:
        """Look, if it is time; and remember the weights one step before."""
        step = len(training.history.losses)
        if (step - 1) % self._every == 0:
            self._record(step)
        if step % self._every == 0:
            self._before = self._values()

    def state(self) -> Any:
        """What was seen."""
        return asdict(self.recording)

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights one step before the next look."""
        return {str(i): a for i, a in enumerate(self._before)}

    def resume(self, state: Any, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on."""
        self.recording = Recording(**state)
        self._before = [arrays[str(i)] for i in range(len(arrays))]

    def _record(self, step: int) -> None:
        into, now = self.recording, self._values()
        loss, *rest = self._look(*self._probe)
        slopes, layers = rest[: len(now)], rest[len(now) :]
        into.steps.append(step)
        into.losses.append(float(loss))
        into.gradients.append(_norms(slopes))
        into.weights.append(_norms(now))
        changes = [a - b for a, b in zip(now, self._before, strict=True)]
        into.updates.append(_norms(changes))
        flat = [a.reshape(len(a), -1) for a in layers]
        into.means.append([float(a.mean()) for a in flat])
        into.deviations.append([float(a.std()) for a in flat])
        into.zeros.append([float((a == 0).mean()) for a in flat])
        into.dead.append([float((a == 0).all(axis=0).mean()) for a in flat])
        if not into.edges:
            into.edges = [_edges(a, self._bins) for a in flat]
        shares = [_shares(a, e) for a, e in zip(flat, into.edges, strict=True)]
        into.histograms.append(shares)


def _norms(arrays: Sequence[np.ndarray]) -> list[float]:
    return [float(np.linalg.norm(a.astype(np.float64))) for a in arrays]


def _edges(a: np.ndarray, bins: int) -> list[float]:
    """Bins a little wider than what is there at the first look."""
    finite = a[np.isfinite(a)]
    size = float(np.abs(finite).max(initial=0)) or 1.0
    low = -1.5 * size if finite.min(initial=0) < 0 else 0.0
    return np.linspace(low, 1.5 * size, bins + 1).tolist()


def _shares(a: np.ndarray, edges: Sequence[float]) -> list[float]:
    """Of the activations in each bin; those beyond count in the outermost."""
    inside = np.clip(a, edges[0], edges[-1])
    counts, _ = np.histogram(inside[np.isfinite(inside)], edges)
    return (counts / max(a.size, 1)).tolist()
