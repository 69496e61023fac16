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


def vectors_of(dtype: np.dtype) -> str:
    """A name of this processor's vectors."""
    return f"{dtype.name}x{vectors_for(dtype).lanes}"


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

    def fetch(self, pointer: Any, *, to_write: bool) -> None:
        """Have the entry's line brought near: to be written soon, or read later."""
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, LANE, LANE, LANE])
        module = self.builder.module
        name = "llvm.prefetch.p0i8"
        function = module.globals.get(name) or ir.Function(module, kind, name)
        # Into the cache of the first level, or the second; data, not code.
        how = [ir.Constant(LANE, n) for n in ((1, 3, 1) if to_write else (0, 2, 1))]
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
        """A mask of the first lanes, of all if there are not so many."""
        most = ir.Constant(WORD, self.lanes)
        few = self.builder.icmp_unsigned("<", count, most)
        count = self.builder.trunc(self.builder.select(few, count, most), LANE)
        numbers = ir.VectorType(LANE, self.lanes)
        places = ir.Constant(numbers, list(range(self.lanes)))
        return self.builder.icmp_unsigned("<", places, self._spread(count, numbers))

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
    (at least 1); what is read later, as many rows and vectors as the tile has, its step
    by row; start, its step by row, whether there is one; c, its step by row; alpha; and
    how many columns of the last vector are there, if it is not whole. (To load what a
    mask lets through takes a place in which a product could be added.)
    """
    number = register_type(dtype)
    place = number.as_pointer()
    kinds = [place, WORD, WORD, place, WORD, WORD, place, WORD]
    kinds += [place, WORD, ir.IntType(1), place, WORD, number, WORD]
    name = f"tile_{vectors_of(dtype)}_{rows}x{vectors}{'' if whole else '_masked'}"
    write = partial(_write_tile, dtype, rows, vectors, whole)
    return kernel(module, name, kinds, write)


def _write_tile(
    dtype: np.dtype, rows: int, vectors: int, whole: bool, function: ir.Function
) -> None:
    a, a_row, a_term, b, b_term, terms, later, later_row, *rest = function.args
    start, start_row, starts, c, c_row, alpha, last = rest
    code = Code(ir.IRBuilder(function.append_basic_block()), dtype)
    across = [(ir.Constant(WORD, v * code.lanes), None) for v in range(vectors)]
    if not whole:
        across[-1] = across[-1][0], code.first(last)
    down = [ir.Constant(WORD, r) for r in range(rows)]

    def factors(k: Any) -> tuple[list[Any], list[Any]]:
        right = [code.load(code.at(b, (k, b_term), x), mask) for x, mask in across]
        left = [code.at(a, (r, a_row), (k, a_term)) for r in down]
        return [code.spread(code.builder.load(place)) for place in left], right

    def fetch(r: Any) -> None:
        for v in range(vectors):
            # A vector's last entry: it is of the next line where rows are not aligned.
            x = ir.Constant(WORD, (v + 1) * code.lanes - 1)
            code.fetch(code.at(c, (r, c_row), x), to_write=True)
            code.fetch(code.at(later, (r, later_row), x), to_write=False)

    sums = _summed(code, terms, factors, rows * vectors, (rows, fetch))
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


def _summed(
    code: Code, terms: Any, factors: Any, count: int, stages: tuple[int, Any]
) -> list[Any]:
    """Sums over a loop, of each of its left factors times each of the right.

    It runs in stages, about as long as each other, and before each something is done:
    lines asked for all at once would keep those waiting that the sums need.
    """
    builder, (ends, prepare) = code.builder, stages
    names, before = ("stage", "terms", "over", "done"), builder.block
    stage, body, over, done = map(builder.append_basic_block, names)
    builder.branch(stage)

    def merged(kind: Any, *incoming: tuple[Any, Any]) -> Any:
        phi = builder.phi(kind)
        for block, value in incoming:
            phi.add_incoming(value, block)
        return phi

    builder.position_at_end(stage)
    s, begin = (merged(WORD, (before, ir.Constant(WORD, 0))) for _ in range(2))
    first = [merged(code.vector, (before, code.zero)) for _ in range(count)]
    prepare(s)
    following = builder.add(s, ir.Constant(WORD, 1))
    end = builder.udiv(builder.mul(following, terms), ir.Constant(WORD, ends))
    builder.cbranch(builder.icmp_unsigned("<", begin, end), body, over)

    builder.position_at_end(body)
    k = merged(WORD, (stage, begin))
    sums = [merged(code.vector, (stage, value)) for value in first]
    left, right = factors(k)
    pairs = [(x, y) for x in left for y in right]
    made = [code.fma(x, y, z) for (x, y), z in zip(pairs, sums, strict=True)]
    after = builder.add(k, ir.Constant(WORD, 1))
    for total, value in zip([k, *sums], [after, *made], strict=True):
        total.add_incoming(value, body)
    builder.cbranch(builder.icmp_unsigned("<", after, end), body, over)

    builder.position_at_end(over)
    pairs = zip(first, made, strict=True)
    results = [merged(code.vector, (stage, x), (body, y)) for x, y in pairs]
    for total, value in zip(
        [s, begin, *first], [following, end, *results], strict=True
    ):
        total.add_incoming(value, over)
    builder.cbranch(
        builder.icmp_unsigned("<", following, ir.Constant(WORD, ends)), stage, done
    )
    builder.position_at_end(done)
    return results
