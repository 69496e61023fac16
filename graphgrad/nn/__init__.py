"""Ops of neural networks: activations, losses, layers; see README.md."""

from graphgrad.ops.activation import *
from graphgrad.ops.convolution import *
from graphgrad.ops.loss import *
from graphgrad.ops.normalisation import *
from graphgrad.ops.pooling import *
