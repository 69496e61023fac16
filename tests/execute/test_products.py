"""Native matrix products against NumPy's, in float64: layouts, sizes, what is added."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphgrad as gg
from graphgrad.execute.native import assemble, blas, products, tiles
from graphgrad.execute.native.steps import Product

sizes = st.one_of(st.integers(1, 20), st.integers(21, 130))


def made(dtype, shape, turned, rng):
    """An array, and the tensor to compute with, stored by rows or by columns."""
    array = rng.normal(size=shape).astype(dtype)
    stored = np.ascontiguousarray(np.swapaxes(array, -1, -2)) if turned else array
    place = gg.placeholder(stored.shape, dtype=dtype)
    return array, stored, place, gg.matrix_transpose(place) if turned else place


def compared(dtype, left, right, start=None, alpha=1.0, seed=0):
    """Multiply natively and by NumPy; the program, to look at."""
    rng = np.random.default_rng(seed)
    (a, a_stored, a_place, x), (b, b_stored, b_place, y) = (
        made(dtype, shape, turned, rng) for shape, turned in (left, right)
    )
    total = x @ y if alpha == 1 else np.dtype(dtype).type(alpha) * (x @ y)
    wanted = alpha * (a.astype("float64") @ b)
    given, places = [a_stored, b_stored], [a_place, b_place]
    if start is not None:
        c = rng.normal(size=start).astype(dtype)
        place = gg.placeholder(start, dtype=dtype)
        total, wanted = place + total, wanted + c
        given, places = [*given, c], [*places, place]
    program = gg.compile(total, places, backend="native")
    found = program(*given)
    assert found.dtype == dtype
    bound = 4 * np.finfo(dtype).eps * (np.abs(a).astype("float64") @ np.abs(b) + 8)
    assert found.shape == wanted.shape
    assert (np.abs(found - wanted) <= bound * max(abs(alpha), 1)).all()
    return program


def product_of(program):
    (specialised,) = program._executable._known.values()
    (step,) = (s for s in specialised.plan.steps if isinstance(s, Product))
    return step


@settings(max_examples=150, deadline=None)
@given(
    dtype=st.sampled_from(["float32", "float64"]),
    shape=st.tuples(sizes, sizes, sizes),
    batch=st.sampled_from([(), (3,), (2, 3), (0,)]),
    turned=st.tuples(st.booleans(), st.booleans()),
    start=st.sampled_from([None, "row", "whole"]),
    alpha=st.sampled_from([1.0, -0.5]),
)
def test_products_of_all_layouts(dtype, shape, batch, turned, start, alpha):
    m, k, n = shape
    added = {None: None, "row": (n,), "whole": (*batch, m, n)}[start]
    left, right = ((*batch, m, k), turned[0]), ((*batch, k, n), turned[1])
    program = compared(dtype, left, right, added, alpha)
    assert "NumPy:" not in program.explain() or not all(batch)


@pytest.mark.parametrize("turned", [(a, b) for a in (0, 1) for b in (0, 1)])
@pytest.mark.parametrize("start", [None, 1, 2])
@pytest.mark.parametrize("columns", [300, 320])  # strips of two tiles, and of one
def test_products_in_blocks_panels_and_strips(turned, start, columns):
    left, right = ((290, 1000), turned[0]), ((1000, columns), turned[1])
    compared("float32", left, right, start and (290, columns)[-start:])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", [(0, 0), (0, 1), (1, 0)])
@pytest.mark.parametrize("rows", [1, 13, 48, 63, 100])
@pytest.mark.parametrize("terms", [300, 390, 769])
def test_copies_of_factors_stay_in_their_memory(dtype, turned, rows, terms):
    left, right = ((rows, terms), turned[0]), ((terms, 270), turned[1])
    program = compared(dtype, left, right, (270,), -0.5)
    (specialised,) = program._executable._known.values()
    end, guard = specialised._size, 1 << 20
    specialised._rooms.clear()
    specialised._size += guard
    given = [np.ones(x.shape, dtype) for x in program.inputs]
    program(*given)
    (room,) = specialised._rooms
    assert len(room.pool) >= end + guard
    room.pool[end:] = 0xAB
    np.testing.assert_array_equal(program(*given), np.full((rows, 270), 1 - terms / 2))
    assert (room.pool[end:] == 0xAB).all()


OTHERS = {"AVX2": (32, 12), "NEON": (16, 24), "SSE": (16, 12)}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turned", [(0, 0), (1, 1)])
def test_tiles_of_other_processors(name, dtype, turned, monkeypatch):
    size, sums = OTHERS[name]
    vectors = tiles.Vectors(size // np.dtype(dtype).itemsize, sums)
    for module in (tiles, products):
        monkeypatch.setattr(module, "vectors_for", lambda _: vectors)
    for m, k, n in ((13, 7, 9), (100, 400, 300)):
        left, right = ((m, k), turned[0]), ((k, n), turned[1])
        compared(dtype, left, right, (n,), -0.5)


@pytest.mark.parametrize("shapes", [((5,), (5, 4)), ((3, 5), (5,)), ((2, 3, 5), (5,))])
def test_vectors(shapes):
    x, y = (np.arange(1.0, 1 + np.prod(s)).reshape(s) for s in shapes)
    places = [gg.placeholder(s) for s in shapes]
    program = gg.compile(gg.matmul(*places), places, backend="native")
    np.testing.assert_array_equal(program(x, y), x @ y)


def test_one_matrix_by_many():
    compared("float64", ((4, 5), False), ((3, 5, 6), False))
    compared("float64", ((2, 1, 4, 5), False), ((3, 5, 6), False))


def test_what_is_added_is_part_of_the_product():
    program = compared("float32", ((8, 9), False), ((9, 7), False), (7,), -2.0)
    assert "added to a start" in program.explain()
    assert product_of(program).alpha == -2.0


@pytest.mark.parametrize("start", [None, (12,), (9, 12)])
@pytest.mark.parametrize("turned", [(0, 0), (1, 1)])
def test_products_by_blas(start, turned, monkeypatch):
    monkeypatch.setattr(assemble.blas, "is_better", lambda *_: True)
    compared("float64", ((9, 7), turned[0]), ((7, 12), turned[1]), start, 0.5)


def test_blas_multiplies_where_it_is_faster():
    step = product_of(compared("float32", ((256, 256), 0), ((256, 256), 0)))
    assert not blas.is_better(step, 1)
    assert blas.is_better(step, 8)
    assert blas.is_better(product_of(compared("float32", ((9, 9), 0), ((9, 1), 0))), 1)


GUARDED = """
import ctypes, mmap
import numpy as np
import graphgrad as gg

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)


def at_the_end(array):
    pages = -(-array.nbytes // PAGE) * PAGE
    memory = mmap.mmap(-1, pages + PAGE)
    begin = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert libc.mprotect(ctypes.c_void_p(begin + pages), PAGE, 0) == 0
    place = np.frombuffer(memory, array.dtype, array.size, pages - array.nbytes)
    place[:] = array.ravel()
    return place.reshape(array.shape)


for m, k, n in ((265, 390, 270), (61, 33, 257), (13, 5, 7)):
    for turned in range(4):
        a, b = np.ones((m, k), "float32"), np.ones((k, n), "float32")
        given = [at_the_end(x.T.copy() if turned >> i & 1 else x)
                 for i, x in enumerate((a, b))]
        places = [gg.placeholder(x.shape, dtype="float32") for x in given]
        x, y = (p.T if turned >> i & 1 else p for i, p in enumerate(places))
        program = gg.compile(x @ y, places, backend="native")
        program(*given)  # the first call copies what it is given
        assert (program(*given) == k).all()
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pages are guarded by mprotect")
def test_nothing_is_read_beyond_the_factors():
    work = [sys.executable, "-c", GUARDED]
    result = subprocess.run(work, check=False, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
