"""graphgrad: build computational graphs, draw their backpropagation, test gradients.

>>> import graphgrad as gg
>>> apple, count, tax = gg.variable(100), gg.variable(2), gg.variable(1.1)
>>> price = apple * count * tax
>>> price.backward()
>>> float(price), float(apple.grad)
(220.00000000000003, 2.2)
"""

from graphgrad import data, nn, ops, testing
from graphgrad.autodiff.derivatives import grad, hessian, hvp, jacobian, jvp, vjp
from graphgrad.drawing.render import render, to_dot
from graphgrad.errors import GraphgradError
from graphgrad.execute.program import Program, compile
from graphgrad.execute.run import Run, run
from graphgrad.graph.declare import composite, primitive
from graphgrad.graph.graph import Graph
from graphgrad.graph.leaves import placeholder, variable
from graphgrad.graph.op import constant
from graphgrad.graph.tensor import Tensor, scope
from graphgrad.insight.chain import explain
from graphgrad.ops import *
from graphgrad.wiring import install

__version__ = "0.1.0"

install()
del install
