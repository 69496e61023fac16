"""What was seen in a net while it was trained."""

from __future__ import annotations

from dataclasses import dataclass, field


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
        saturated: share of activations at the limits of a sigmoid or tanh, where no
            gradient passes; 0 for other layers, shape (rows, layers).
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
    saturated: list[list[float]] = field(default_factory=list)
    edges: list[list[float]] = field(default_factory=list)
    histograms: list[list[list[float]]] = field(default_factory=list)
