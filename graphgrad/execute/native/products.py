"""Matrix products of known sizes: loops over tiles of the result.

The right factor is walked in panels, a tile's width of columns; a panel whose rows lie
far apart, or which is stored by columns, is first copied into memory of its own. So is
a left factor whose rows or columns lie far apart, if it is walked often.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
from llvmlite import ir

from graphgrad.execute.native.counting import counted, private
from graphgrad.execute.native.packing import packing, turning
from graphgrad.execute.native.scalar import WORD, register_type
from graphgrad.execute.native.steps import Product
from graphgrad.execute.native.tiles import tile, vectors_for
from graphgrad.execute.native.views import row_major

_TERMS = 384  # of a panel that is copied: it stays in the cache of the second level
_FAR = 1024  # bytes between rows, from where on a copy pays
_OFTEN = 4  # panels that read the left factor, from where on a copy of it pays
_STRIP = 12  # rows of a copied left factor that lie together, if tiles divide it
_STRIPS = 16  # copied at once: what is read lies in long pieces, the targets not far


@dataclass(frozen=True)
class _Group:
    """Panels of one width: where they begin, how wide, how many, the last one's end."""

    start: int
    vectors: int
    count: int
    last: int


def _panels(columns: int, dtype: np.dtype) -> list[_Group]:
    """Panels of equal width or nearly so; the last vector may be incomplete."""
    own = vectors_for(dtype)
    vectors = -(-columns // own.lanes)
    panels = -(-vectors // own.widest)
    narrow, wider = divmod(vectors, panels)
    widths = [narrow + 1] * wider + [narrow] * (panels - wider)
    last = columns - (vectors - 1) * own.lanes
    groups: list[_Group] = []
    start = 0
    for i, width in enumerate(widths):
        end = last if i == panels - 1 else own.lanes
        same = groups and groups[-1].vectors == width and groups[-1].last == end
        if same:
            known = groups.pop()
            groups.append(_Group(known.start, width, known.count + 1, end))
        else:
            groups.append(_Group(start, width, 1, end))
        start += width
    return groups


def _is_turned(product: Product) -> bool:
    """Whether the right factor is stored by columns."""
    return product.right.strides[-1] != 1 and product.right.shape[-1] != 1


def _is_copied(product: Product) -> bool:
    """Whether panels of the right factor are copied."""
    if _is_turned(product):
        return True
    dtype = product.node.dtype
    rows = product.left.shape[-2]
    far = product.right.strides[-2] * dtype.itemsize >= _FAR
    return far and rows > 2 * vectors_for(dtype).rows(1)


def _is_left_copied(product: Product) -> bool:
    """Whether strips of the left factor are copied."""
    own = vectors_for(product.node.dtype)
    row, term = product.left.strides[-2:]
    often = product.shape[-1] > _OFTEN * own.widest * own.lanes
    far = max(row, term) * product.node.dtype.itemsize >= _FAR
    return min(row, term) == 1 and often and far


def _block(product: Product) -> int:
    """How many terms of the sums are taken at once."""
    terms = product.left.shape[-1]
    if not _is_copied(product) and not _is_left_copied(product):
        return terms
    return -(-terms // -(-terms // _TERMS))


def _panel_space(product: Product) -> int:
    """Entries of memory to copy a panel to."""
    if not _is_copied(product):
        return 0
    own = vectors_for(product.node.dtype)
    # Columns become rows by whole squares of vectors.
    return (_block(product) + own.lanes) * own.widest * own.lanes


def _strip(product: Product) -> int:
    """Rows of a copied left factor that lie together: one tile, or two.

    More, and tiles would read a part only of the lines that come to them.
    """
    own = vectors_for(product.node.dtype)
    groups = _panels(product.shape[-1], product.node.dtype)
    return lcm(_STRIP, *(own.rows(group.vectors) for group in groups))


def _strip_space(product: Product) -> int:
    """Entries of memory to copy a strip of the left factor to.

    One row is spare, for what is written beyond the last.
    """
    return (_block(product) + 1) * _strip(product)


def scratch(product: Product) -> int:
    """Bytes that the product needs for copies."""
    count = _panel_space(product)
    if _is_left_copied(product):
        strips = -(-product.shape[-2] // _strip(product))
        # Rows become columns by whole squares of vectors.
        spare = vectors_for(product.node.dtype).lanes * _strip(product)
        count += strips * _strip_space(product) + spare
    return count * product.node.dtype.itemsize


def product_code(
    module: ir.Module, product: Product, known: dict[Any, ir.Function]
) -> ir.Function:
    """The function of a product, ``void f(left, right, out, start, space)``.

    Args:
        module: to write it into.
        product: the sizes and strides.
        known: functions by what they do; equal products have one.
    """
    dtype, start = product.node.dtype, product.start
    strides = product.left.strides, product.right.strides, start and start.strides
    key = dtype, product.shape, product.left.shape, strides, product.alpha
    if key not in known:
        name = module.get_unique_name("product")
        place = register_type(dtype).as_pointer()
        function = private(module, name, [place] * 5)
        *pointers, space = function.args
        builder = ir.IRBuilder(function.append_basic_block())
        _ProductCode(builder, product, tuple(pointers), space)
        builder.ret_void()
        known[key] = function
    return known[key]


class _ProductCode:
    """Writes the code of one product.

    Args:
        builder: writes the instructions.
        product: the sizes and strides.
        pointers: to the first entries of left, right, out and start.
        space: memory to copy panels to, as much as `scratch` says.
    """

    def __init__(
        self,
        builder: ir.IRBuilder,
        product: Product,
        pointers: tuple[Any, ...],
        space: Any,
    ) -> None:
        self._builder, self._product, self._space = builder, product, space
        self._dtype = product.node.dtype
        self._own = vectors_for(self._dtype)
        self._copies = _is_copied(product)
        self._strip = _strip(product) if _is_left_copied(product) else 0
        self._strip_space = _strip_space(product)
        out = row_major(product.shape)
        start = product.start.strides if product.start else out
        strides = product.left.strides, product.right.strides, out, start
        self._left, self._right, self._out, self._start = (s[-2:] for s in strides)
        with ExitStack() as loops:
            self._places = list(pointers)
            for axis, size in enumerate(product.shape[:-2]):
                i = loops.enter_context(counted(builder, size))
                self._places = [
                    self._at(p, (i, s[axis]))
                    for p, s in zip(self._places, strides, strict=True)
                ]
            self._write()

    def _at(self, pointer: Any, *terms: tuple[Any, int]) -> Any:
        for count, step in terms:
            size = self._builder.mul(count, _word(step))
            pointer = self._builder.gep(pointer, [size])
        return pointer

    def _write(self) -> None:
        builder, terms = self._builder, self._product.left.shape[-1]
        block = _block(self._product)
        with counted(builder, -(-terms // block)) as i:
            k = builder.mul(i, _word(block))
            count = self._least(builder.sub(_word(terms), k), block)
            if self._strip:
                self._copy_left(k, count)
            for group in _panels(self._product.shape[-1], self._dtype):
                with counted(builder, group.count) as p:
                    wide = builder.mul(p, _word(group.vectors * self._own.lanes))
                    j = builder.add(wide, _word(group.start * self._own.lanes))
                    self._panel(group, j, k, count)

    def _panel(self, group: _Group, j: Any, k: Any, count: Any) -> None:
        """The columns from j on, for some terms of the sums."""
        builder = self._builder
        row, column = self._right
        right, step = self._at(self._places[1], (k, row), (j, column)), _word(row)
        if self._copies:
            self._copy(group, right, count)
            right, step = self._space, _word(group.vectors * self._own.lanes)
        size, rows = self._product.shape[-2], self._own.rows(group.vectors)
        with counted(builder, size // rows) as i:
            at = builder.mul(i, _word(rows)), j, k
            self._tile(rows, group, at, [right, step, count])
        if rest := size % rows:
            at = _word(size - rest), j, k
            self._tile(rest, group, at, [right, step, count])

    def _ahead(
        self, group: _Group, at: tuple[Any, Any, Any], panel: list[Any]
    ) -> tuple[Any, Any]:
        """What a tile fetches: part of the panel that is copied next; its step."""
        builder, (i, j, k), (place, _, count) = self._builder, at, panel
        if not self._copies or _is_turned(self._product):
            return place, _word(0)
        row, column = self._right
        width = _word(group.vectors * self._own.lanes)
        x = builder.add(j, width)
        beside = builder.icmp_unsigned("<", x, _word(self._product.shape[-1]))
        below = builder.add(k, _word(_block(self._product)))
        x, y = builder.select(beside, x, _word(0)), builder.select(beside, k, below)
        source = self._at(self._places[1], (y, row), (x, column))
        # The last tiles do so: what is fetched early makes place for other lines again.
        wait = max(0, self._product.shape[-2] - _block(self._product))
        i = builder.sub(i, _word(wait))
        there = builder.icmp_unsigned("<", i, count)
        ahead = builder.select(there, self._at(source, (i, row)), place)
        return ahead, builder.select(there, _word(row), _word(0))

    def _copy(self, group: _Group, right: Any, count: Any) -> None:
        """Copy the panel."""
        builder, lanes = self._builder, self._own.lanes
        row, column = self._right
        width = _word(group.vectors * lanes)
        if not _is_turned(self._product):
            arguments = [right, _word(row), _word(lanes)]
            arguments += [self._space, width, _word(lanes)]
            there = (group.vectors - 1) * lanes + group.last
            arguments += [count, _word(group.vectors), _word(there)]
            builder.call(packing(builder.module, self._dtype), arguments)
            return
        copy = turning(builder.module, self._dtype)
        for v in range(group.vectors):
            columns = group.last if v == group.vectors - 1 else lanes
            source = self._at(right, (_word(v * lanes), column))
            target = self._at(self._space, (_word(v * lanes), 1))
            arguments = [source, _word(column), count, target, width, _word(columns)]
            builder.call(copy, arguments)

    def _in_strips(self, i: Any) -> Any:
        """The copy of the left factor, from row i on."""
        b, rows = self._builder, _word(self._strip)
        space = b.gep(self._space, [_word(_panel_space(self._product))])
        strip, row = b.udiv(i, rows), b.urem(i, rows)
        return self._at(space, (strip, self._strip_space), (row, 1))

    def _copy_left(self, k: Any, count: Any) -> None:
        """Copy the left factor in strips, for some terms of the sums."""
        builder, lanes, (row, term) = self._builder, self._own.lanes, self._left
        space, strip, size = self._strip_space, self._strip, self._product.shape[-2]
        left, together = self._places[0], _STRIPS if row == 1 else 1
        # What is written beyond a strip's rows is overwritten by what follows.
        for x in reversed(range(0, min(strip, size), lanes)):
            strips, wide = -(-(size - x) // strip), min(lanes, strip - x)
            with counted(builder, -(-strips // together)) as n:
                first = builder.mul(n, _word(together))
                rest = builder.sub(_word(size - x), builder.mul(first, _word(strip)))
                above = self._at(left, (_word(x), row), (first, strip * row))
                source = self._at(above, (k, term))
                target = self._at(self._in_strips(_word(x)), (first, space))
                if row == 1:
                    some = self._least(builder.sub(_word(strips), first), together)
                    arguments = [source, _word(term), _word(strip)]
                    arguments += [target, _word(strip), _word(space), count, some, rest]
                    builder.call(packing(builder.module, self._dtype), arguments)
                else:
                    arguments = [source, _word(row), count, target, _word(strip)]
                    arguments.append(self._least(rest, wide))
                    builder.call(turning(builder.module, self._dtype), arguments)

    def _least(self, register: Any, limit: int) -> Any:
        """The register's number, or the limit if that is less."""
        less = self._builder.icmp_unsigned("<", register, _word(limit))
        return self._builder.select(less, register, _word(limit))

    def _tile(
        self, rows: int, group: _Group, at: tuple[Any, Any, Any], panel: list[Any]
    ) -> None:
        """One tile, from row i and column j on; its terms from k on."""
        builder, (i, j, k) = self._builder, at
        whole = group.last == self._own.lanes
        kernel = tile(builder.module, self._dtype, rows, group.vectors, whole=whole)
        left, _, out, start = self._places
        row, term = self._left
        first = builder.icmp_unsigned("==", k, _word(0))
        c = self._at(out, (i, self._out[0]), (j, 1))
        # Later blocks of terms are added to what is there.
        begin = builder.select(first, self._at(start, (i, self._start[0]), (j, 1)), c)
        step = builder.select(first, _word(self._start[0]), _word(self._out[0]))
        given = ir.Constant(ir.IntType(1), int(self._product.start is not None))
        arguments = [self._at(left, (i, row), (k, term)), _word(row), _word(term)]
        if self._strip:
            arguments = [self._in_strips(i), _word(1), _word(self._strip)]
        arguments += [*panel, *self._ahead(group, at, panel)]
        arguments += [begin, step, builder.or_(builder.not_(first), given)]
        arguments += [c, _word(self._out[0])]
        alpha = ir.Constant(register_type(self._dtype), self._product.alpha)
        builder.call(kernel, [*arguments, alpha, _word(group.last)])


def _word(number: int) -> ir.Constant:
    return ir.Constant(WORD, number)
