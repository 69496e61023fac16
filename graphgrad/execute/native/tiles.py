"""The inner kernels of matrix products: a tile of the result, kept in registers.

A tile is a few rows by a few vectors. For every term of the sums, its vectors of the
right factor are loaded once, and an entry of the left factor is spread over a vector
for every row (Goto and van de Geijn, Anatomy of high-performance matrix
multiplication, 2008). What sizes a kernel works for is not compiled in, so that the
products of a program share kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from llvmlite import binding as llvm
from llvmlite import ir

from graphgrad.execute.native.counting import counted
from graphgrad.execute.native.kernels import kernel
from graphgrad.execute.native.scalar import WORD, register_type

LANE = ir.IntType(32)
_ROWS = 12  # at most


@dataclass(frozen=True)
class Vectors:
    """This processor's vectors for a dtype.

    Args:
        lanes: entries per vector.
        sums: vectors that a tile may keep, with registers to spare for its factors.
    """

    lanes: int
    sums: int

    @property
    def widest(self) -> int:
        """Vectors per row of the largest tiles."""
        return 4 if self.sums > _ROWS else 2

    def rows(self, vectors: int) -> int:
        """Rows of a tile."""
        return min(_ROWS, self.sums // vectors)


@cache
def vectors_for(dtype: np.dtype) -> Vectors:
    """What this processor has."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        size, sums = 64, 24
    elif features.get("avx"):
        size, sums = 32, 12
    else:
        size, sums = 16, 24 if features.get("neon") else 12
    return Vectors(size // dtype.itemsize, sums)


class Code:
    """Writes vector instructions for one dtype.

    Args:
        builder: writes the instructions.
        dtype: float32 or float64.
    """

    def __init__(self, builder: ir.IRBuilder, dtype: np.dtype) -> None:
        self.builder = builder
        self.size = dtype.itemsize
        self.lanes = vectors_for(dtype).lanes
        self.scalar = register_type(dtype)
        self.vector = ir.VectorType(self.scalar, self.lanes)
        self._truths = ir.VectorType(ir.IntType(1), self.lanes)
        self.zero = ir.Constant(self.vector, [0.0] * self.lanes)

    def at(self, pointer: Any, *terms: Any) -> Any:
        """The address so many entries on; a pair of numbers is a product."""
        b = self.builder
        for term in terms:
            step = b.mul(*term) if isinstance(term, tuple) else term
            pointer = b.gep(pointer, [step])
        return pointer

    def load(self, pointer: Any, mask: Any = None) -> Any:
        """A vector; 0 where a mask leaves entries out."""
        place = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            loaded = self.builder.load(place)
            loaded.align = self.size  # type: ignore[assignment]
            return loaded
        kinds = [self.vector.as_pointer(), LANE, self._truths, self.vector]
        function = self._known("masked.load", ir.FunctionType(self.vector, kinds), "p0")
        return self.builder.call(function, [place, self._alignment(), mask, self.zero])

    def store(self, vector: Any, pointer: Any, mask: Any = None) -> None:
        """Store a vector, or what a mask lets through."""
        place = self.builder.bitcast(pointer, self.vector.as_pointer())
        if mask is None:
            stored = self.builder.store(vector, place)
            stored.align = self.size  # type: ignore[attr-defined]
            return
        kinds = [self.vector, self.vector.as_pointer(), LANE, self._truths]
        kind = ir.FunctionType(ir.VoidType(), kinds)
        function = self._known("masked.store", kind, "p0")
        self.builder.call(function, [vector, place, self._alignment(), mask])

    def fetch(self, pointer: Any) -> None:
        """Have the entry's line brought into the cache, to be written."""
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, LANE, LANE, LANE])
        module = self.builder.module
        name = "llvm.prefetch.p0i8"
        function = module.globals.get(name) or ir.Function(module, kind, name)
        how = [ir.Constant(LANE, n) for n in (1, 3, 1)]  # write, keep, data
        self.builder.call(function, [self.builder.bitcast(pointer, byte), *how])

    def _alignment(self) -> ir.Constant:
        return ir.Constant(LANE, self.size)

    def _known(self, name: str, kind: ir.FunctionType, memory: str = "") -> Any:
        """An intrinsic on vectors, declared once in a module."""
        own = f"v{self.lanes}f{8 * self.size}"
        full = f"llvm.{name}.{own}" + (f".{memory}{own}" if memory else "")
        module = self.builder.module
        return module.globals.get(full) or ir.Function(module, kind, full)

    def first(self, count: Any) -> Any:
        """A mask of the first lanes."""
        words = ir.VectorType(WORD, self.lanes)
        places = ir.Constant(words, list(range(self.lanes)))
        spread = self._spread(count, words)
        return self.builder.icmp_unsigned("<", places, spread)

    def spread(self, value: Any) -> Any:
        """A vector of one number."""
        return self._spread(value, self.vector)

    def _spread(self, value: Any, kind: ir.VectorType) -> Any:
        nothing = ir.Constant(kind, ir.Undefined)
        vector = self.builder.insert_element(nothing, value, ir.Constant(LANE, 0))
        return self.chosen(vector, nothing, [0] * self.lanes)

    def chosen(self, x: Any, y: Any, lanes: list[int]) -> Any:
        """Lanes of two vectors, counted through both."""
        mask = ir.Constant(ir.VectorType(LANE, self.lanes), lanes)
        return self.builder.shuffle_vector(x, y, mask)

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        """x · y + z."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self.builder.call(self._known("fma", kind), [x, y, z])


def tile(
    module: ir.Module, dtype: np.dtype, rows: int, vectors: int, *, whole: bool
) -> ir.Function:
    """The kernel ``c = alpha · a @ b (+ start)`` for a tile of the result.

    Its arguments: a, its steps by row and by term; b, its step by term; how many terms
    (at least 1); start, its step by row, whether there is one; c, its step by row;
    alpha; and how many columns of the last vector are there, if it is not whole. (To
    load what a mask lets through takes a place in which a product could be added.)
    """
    number = register_type(dtype)
    place = number.as_pointer()
    kinds = [place, WORD, WORD, place, WORD, WORD, place, WORD, ir.IntType(1)]
    kinds += [place, WORD, number, WORD]
    name = f"tile_{_vectors_of(dtype)}_{rows}x{vectors}{'' if whole else '_masked'}"
    write = partial(_write_tile, dtype, rows, vectors, whole)
    return kernel(module, name, kinds, write)


def _vectors_of(dtype: np.dtype) -> str:
    return f"{dtype.name}x{vectors_for(dtype).lanes}"


def _write_tile(
    dtype: np.dtype, rows: int, vectors: int, whole: bool, function: ir.Function
) -> None:
    a, a_row, a_term, b, b_term, terms, start, start_row, starts, *rest = function.args
    c, c_row, alpha, last = rest
    code = Code(ir.IRBuilder(function.append_basic_block()), dtype)
    across = [(ir.Constant(WORD, v * code.lanes), None) for v in range(vectors)]
    if not whole:
        across[-1] = across[-1][0], code.first(last)
    down = [ir.Constant(WORD, r) for r in range(rows)]

    def factors(k: Any) -> tuple[list[Any], list[Any]]:
        right = [code.load(code.at(b, (k, b_term), x), mask) for x, mask in across]
        left = [code.at(a, (r, a_row), (k, a_term)) for r in down]
        return [code.spread(code.builder.load(place)) for place in left], right

    for r in down:  # there by the time the sums are
        for x, _ in across:
            code.fetch(code.at(c, (r, c_row), x))
    sums = _summed(code, terms, factors, rows * vectors)
    factor = code.spread(alpha)
    results = [code.builder.fmul(value, factor) for value in sums]
    places = [(r, x, mask) for r in down for x, mask in across]
    with code.builder.if_else(starts) as (added, alone):
        with added:
            for (r, x, mask), value in zip(places, results, strict=True):
                known = code.load(code.at(start, (r, start_row), x), mask)
                made = code.builder.fadd(known, value)
                code.store(made, code.at(c, (r, c_row), x), mask)
        with alone:
            for (r, x, mask), value in zip(places, results, strict=True):
                code.store(value, code.at(c, (r, c_row), x), mask)
    code.builder.ret_void()


def _summed(code: Code, terms: Any, factors: Any, count: int) -> list[Any]:
    """Sums over a loop, of each of its left factors times each of the right."""
    builder = code.builder
    before, body = builder.block, builder.append_basic_block("terms")
    builder.branch(body)
    builder.position_at_end(body)
    k = builder.phi(WORD)
    k.add_incoming(ir.Constant(WORD, 0), before)
    sums = [builder.phi(code.vector) for _ in range(count)]
    left, right = factors(k)
    pairs = [(x, y) for x in left for y in right]
    made = [code.fma(x, y, z) for (x, y), z in zip(pairs, sums, strict=True)]
    after = builder.add(k, ir.Constant(WORD, 1))
    k.add_incoming(after, builder.block)
    for total, value in zip(sums, made, strict=True):
        total.add_incoming(code.zero, before)
        total.add_incoming(value, builder.block)
    done = builder.append_basic_block("done")
    builder.cbranch(builder.icmp_unsigned("<", after, terms), body, done)
    builder.position_at_end(done)
    return made


def packing(module: ir.Module, dtype: np.dtype, vectors: int) -> ir.Function:
    """Copies vectors of a matrix's rows next to each other.

    Its arguments: the matrix, its step by row, how many rows, the target, its step by
    row, and how many columns of the last vector are there.
    """
    name = f"packing_{_vectors_of(dtype)}_{vectors}"
    place = register_type(dtype).as_pointer()
    kinds = [place, WORD, WORD, place, WORD, WORD]
    return kernel(module, name, kinds, partial(_write_packing, dtype, vectors))


def _write_packing(dtype: np.dtype, vectors: int, function: ir.Function) -> None:
    matrix, step, rows, target, width, last = function.args
    builder = ir.IRBuilder(function.append_basic_block())
    code = Code(builder, dtype)
    masks = [None] * (vectors - 1) + [code.first(last)]
    with counted(builder, rows) as k:
        for v in range(vectors):
            x = ir.Constant(WORD, v * code.lanes)
            loaded = code.load(code.at(matrix, (k, step), x), masks[v])
            code.store(loaded, code.at(target, (k, width), x))
    builder.ret_void()


def turning(module: ir.Module, dtype: np.dtype) -> ir.Function:
    """Copies as many columns of a matrix as a vector has lanes, as rows.

    Columns lie in one piece each. The arguments: the matrix, its step by column, how
    many rows, the target, its step by row, and how many columns there are. The target
    has rows to spare, to a multiple of a vector's width.
    """
    place = register_type(dtype).as_pointer()
    kinds = [place, WORD, WORD, place, WORD, WORD]
    name = f"turning_{_vectors_of(dtype)}"
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
