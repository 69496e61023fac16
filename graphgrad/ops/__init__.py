"""The ops, by family; see README.md. `graphgrad.ops.table()` lists them all."""

from graphgrad.ops import creation, fourier, linalg, random, sets
from graphgrad.ops.activation import *
from graphgrad.ops.arithmetic import *
from graphgrad.ops.arranging import *
from graphgrad.ops.bitwise import *
from graphgrad.ops.catalogue import declared_ops, path, table
from graphgrad.ops.comparison import *
from graphgrad.ops.complex import *
from graphgrad.ops.convolution import *
from graphgrad.ops.creation import *
from graphgrad.ops.cumulative import *
from graphgrad.ops.exponential import *
from graphgrad.ops.indexing import *
from graphgrad.ops.linear import *
from graphgrad.ops.loss import *
from graphgrad.ops.movement import *
from graphgrad.ops.normalisation import *
from graphgrad.ops.pooling import *
from graphgrad.ops.reduction import *
from graphgrad.ops.sets import *
from graphgrad.ops.sorting import *
from graphgrad.ops.strong import *
from graphgrad.ops.structure import *
from graphgrad.ops.summation import *
from graphgrad.ops.trigonometric import *
from graphgrad.ops.updates import *
from graphgrad.ops.windows import *

__all__ = [
    "pow",
    *creation.__all__,
    *sets.__all__,
    *(
        name
        for op in declared_ops()
        if "." not in (name := path(op))
        if name in globals()
    ),
]
