"""What goes on inside a net while it is trained: figures per layer and step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from graphgrad.autodiff.derivatives import grad
from graphgrad.errors import ArgumentError
from graphgrad.execute.program import compile
from graphgrad.graph.tensor import Tensor
from graphgrad.insight.recording import Recording
from graphgrad.insight.saturation import RANGES, saturated
from graphgrad.train.state import Callback, Training


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
        self._ops = [t.op.name for t in layers.values()]
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
        self.recording = into = Recording(**state)
        # Checkpoints once had no such figure; nothing was known to be saturated.
        into.saturated = into.saturated or [
            [0.0] * len(into.layers) for _ in into.steps
        ]
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
        into.saturated.append(
            [
                float(saturated(op, a).mean())
                for op, a in zip(self._ops, flat, strict=True)
            ]
        )
        if not into.edges:
            into.edges = [
                _edges(op, a, self._bins) for op, a in zip(self._ops, flat, strict=True)
            ]
        shares = [_shares(a, e) for a, e in zip(flat, into.edges, strict=True)]
        into.histograms.append(shares)


def _norms(arrays: Sequence[np.ndarray]) -> list[float]:
    return [float(np.linalg.norm(a.astype(np.float64))) for a in arrays]


def _edges(op: str, a: np.ndarray, bins: int) -> list[float]:
    """Bins over the op's range, or a little wider than what the first look saw."""
    if op in RANGES:
        return np.linspace(*RANGES[op], bins + 1).tolist()
    finite = a[np.isfinite(a)]
    size = float(np.abs(finite).max(initial=0)) or 1.0
    low = -1.5 * size if finite.min(initial=0) < 0 else 0.0
    return np.linspace(low, 1.5 * size, bins + 1).tolist()


def _shares(a: np.ndarray, edges: Sequence[float]) -> list[float]:
    """Of the activations in each bin; those beyond count in the outermost."""
    inside = np.clip(a, edges[0], edges[-1])
    counts, _ = np.histogram(inside[np.isfinite(inside)], edges)
    return (counts / max(a.size, 1)).tolist()
