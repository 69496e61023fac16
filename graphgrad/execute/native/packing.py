"""The inner kernels of copies: parts of a matrix come to lie together, for tiles.

Lines are read in the order in which they lie wherever that can be.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.kernels import kernel
from graphgrad.execute.native.scalar import WORD, register_type
from graphgrad.execute.native.tiles import Code, vectors_of

# Rows that are fetched ahead. They lie in pages of their own, which processors do not
# foresee.
_READ, _WRITTEN = 16, 8


def packing(module: ir.Module, dtype: np.dtype) -> ir.Function:
    """Copies vectors of a matrix's rows to where they lie at other steps.

    Its arguments: the matrix, its steps by row and by vector; the target, its steps by
    row and by vector; how many rows, and vectors in each; and how many entries of each
    row are there. Rows are copied one after another, and every vector is written whole.
    """
    place = register_type(dtype).as_pointer()
    kinds = [place, WORD, WORD, place, WORD, WORD, WORD, WORD, WORD]
    write = partial(_write_packing, dtype)
    return kernel(module, f"packing_{vectors_of(dtype)}", kinds, write)


def _write_packing(dtype: np.dtype, function: ir.Function) -> None:
    matrix, step, across, target, width, apart, rows, vectors, there = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    code = Code(builder, dtype)
    with counted(builder, rows) as k, counted(builder, vectors) as v:
        later, soon = (builder.add(k, ir.Constant(WORD, n)) for n in (_READ, _WRITTEN))
        code.fetch(code.at(matrix, (later, step), (v, across)), to_write=False)
        code.fetch(code.at(target, (soon, width), (v, apart)), to_write=True)
        mask = code.first(builder.sub(there, builder.mul(v, across)))
        loaded = code.load(code.at(matrix, (k, step), (v, across)), mask)
        code.store(loaded, code.at(target, (k, width), (v, apart)))
    builder.ret_void()


def turning(module: ir.Module, dtype: np.dtype) -> ir.Function:
    """Copies as many columns of a matrix as a vector has lanes, as rows.

    Columns lie in one piece each. The arguments: the matrix, its step by column, how
    many rows, the target, its step by row, and how many columns there are. The target
    has rows to spare, to a multiple of a vector's width.
    """
    place = register_type(dtype).as_pointer()
    kinds = [place, WORD, WORD, place, WORD, WORD]
    name = f"turning_{vectors_of(dtype)}"
    return kernel(module, name, kinds, partial(_write_turning, dtype))


def _write_turning(dtype: np.dtype, function: ir.Function) -> None:
    matrix, step, rows, target, width, columns = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    code = Code(builder, dtype)
    lanes = ir.Constant(WORD, code.lanes)
    end = builder.sub(columns, ir.Constant(WORD, 1))
    blocks = builder.udiv(builder.add(rows, ir.Constant(WORD, code.lanes - 1)), lanes)
    with counted(builder, blocks) as block:
        k = builder.mul(block, lanes)
        mask = code.first(builder.sub(rows, k))
        vectors = []
        for j in range(code.lanes):
            own = ir.Constant(WORD, j)
            # What stands in columns that are not there is never stored.
            there = builder.select(builder.icmp_unsigned("<", own, end), own, end)
            vectors.append(code.load(code.at(matrix, (there, step), k), mask))
        for i, vector in enumerate(_turned(code, vectors)):
            row = builder.add(k, ir.Constant(WORD, i))
            code.store(vector, code.at(target, (row, width)))
    builder.ret_void()


def _turned(code: Code, rows: list[Any]) -> list[Any]:
    """The transpose of a square of vectors: halves are swapped, quarters, and so on."""
    rows, n = list(rows), code.lanes
    apart = n // 2
    while apart:
        for i in range(n):
            if i & apart:
                continue
            x, y = rows[i], rows[i + apart]
            low = [j if not j & apart else n + j - apart for j in range(n)]
            high = [j + apart if not j & apart else n + j for j in range(n)]
            rows[i], rows[i + apart] = code.chosen(x, y, low), code.chosen(x, y, high)
        apart //= 2
    return rows
