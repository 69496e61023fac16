"""Optimisers, schedules of their rates, and bounds of norms; see README.md."""

from graphgrad.optim.adaptive import AdaGrad, Adam, AdamW, NAdam, RMSProp
from graphgrad.optim.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from graphgrad.optim.constraints import constrained, max_norm
from graphgrad.optim.descent import SGD, Momentum, Nesterov
from graphgrad.optim.optimizer import Optimizer
from graphgrad.optim.schedules import (
    cosine,
    counter,
    exponential,
    piecewise,
    power,
    warm_up,
)
