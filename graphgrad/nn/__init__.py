"""Activations and losses of neural networks; see README.md."""

from graphgrad.ops.activation import *
from graphgrad.ops.loss import *
