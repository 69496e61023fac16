"""graphgrad: build computational graphs, draw their backpropagation, test gradients.

>>> import graphgrad as gg
>>> apple, count, tax = gg.variable(100), gg.variable(2), gg.variable(1.1)
>>> price = apple * count * tax
>>> price.backward()
>>> float(price), float(apple.grad)
(220.00000000000003, 2.2)
"""

import sys

from graphgrad import data, nn, ops, optim, testing, train
from graphgrad.autodiff.derivatives import grad, hessian, hvp, jacobian, jvp, vjp
from graphgrad.autodiff.vmap import vmap
from graphgrad.control.checkpoint import checkpoint
from graphgrad.control.cond import cond
from graphgrad.control.expand import expand
from graphgrad.control.loop import while_loop
from graphgrad.control.scan import scan
from graphgrad.drawing.explore import explore
from graphgrad.drawing.render import render, to_dot
from graphgrad.dtypes import (
    BOOL as bool,
)
from graphgrad.dtypes import (
    can_cast,
    complex64,
    complex128,
    finfo,
    float16,
    float32,
    float64,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    isdtype,
    result_type,
    uint8,
    uint16,
    uint32,
    uint64,
)
from graphgrad.errors import GraphgradError
from graphgrad.execute.program import Program, compile
from graphgrad.execute.run import Run, run
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.graph import Graph
from graphgrad.graph.leaves import placeholder, variable
from graphgrad.graph.op import constant
from graphgrad.graph.tensor import Tensor, scope
from graphgrad.graph.tracing import trace
from graphgrad.insight.chain import explain
from graphgrad.insight.diagnosis import diagnose
from graphgrad.insight.formula import to_latex
from graphgrad.ops import *
from graphgrad.ops import fourier as fft
from graphgrad.ops import linalg, random
from graphgrad.ops.standard import VERSION as __array_api_version__
from graphgrad.ops.standard import e, inf, nan, newaxis, pi  # type: ignore[misc]
from graphgrad.ops.standard import namespace_info as __array_namespace_info__
from graphgrad.wiring import install

__version__ = "0.1.0"

install(sys.modules[__name__])
del install, sys
