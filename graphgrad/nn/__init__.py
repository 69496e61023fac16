"""Ops of neural networks: activations, losses, layers; see README.md."""

from graphgrad.nn import init
from graphgrad.nn.layers import (
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dropout,
    Embedding,
    LayerNorm,
    Linear,
    MaxPool2D,
    PReLU,
    flatten,
)
from graphgrad.nn.module import Module
from graphgrad.nn.nets import Residual, Sequential, mlp
from graphgrad.nn.penalties import l1, l2
from graphgrad.nn.pretraining import RBM
from graphgrad.nn.recurrent import GRU, LSTM, RNN
from graphgrad.nn.weights import load, save
from graphgrad.ops.activation import *
from graphgrad.ops.convolution import *
from graphgrad.ops.loss import *
from graphgrad.ops.normalisation import *
from graphgrad.ops.pooling import *
