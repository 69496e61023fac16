"""Linear algebra, as the extension of the array API standard has it: `gg.linalg`.

Matrices are the last two axes; the axes before them are a stack. Numbers may be real
or complex, in single or double precision; integers are taken as float64.
"""

from graphgrad.ops.linalg.decompositions import (
    EighResult,
    QRResult,
    SVDResult,
    cholesky,
    eigh,
    eigvalsh,
    qr,
    svd,
    svdvals,
)
from graphgrad.ops.linalg.determinants import (
    SlogdetResult,
    det,
    matrix_power,
    matrix_rank,
    pinv,
    slogdet,
)
from graphgrad.ops.linalg.norms import matrix_norm, norm, vector_norm
from graphgrad.ops.linalg.products import cross, diagonal, outer, trace
from graphgrad.ops.linalg.systems import inv, solve
from graphgrad.ops.linear import matmul, tensordot, vecdot
from graphgrad.ops.movement import matrix_transpose

__all__ = [
    "EighResult",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
