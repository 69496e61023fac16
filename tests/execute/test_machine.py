"""Machine code that works wherever the process has room for it."""

import platform
import struct
import subprocess
import sys

import pytest

from graphgrad.execute.native import cache
from graphgrad.execute.native.machine import Machine

SOURCE = """
define void @f(ptr %p) {
  %v = load <8 x float>, ptr %p
  %w = fmul <8 x float> %v, <float 1.5, float 2.5, float 3.5, float 4.5,
                             float 5.5, float 6.5, float 7.5, float 8.25>
  store <8 x float> %w, ptr %p
  ret void
}
"""
ABSOLUTE = {"x86_64": {1}, "aarch64": set(range(257, 271))}  # of 64 bits, by the ABIs


def relocations_of_code(content):
    """Types of the relocations in the code of an ELF object of 64 bits."""
    table, size, count, names = struct.unpack_from("<Q10xHHH", content, 40)
    rows = [
        struct.unpack_from("<IIQQQQIIQQ", content, table + size * i)
        for i in range(count)
    ]
    labels = rows[names][4]
    for name, kind, _, _, offset, length, *_ in rows:
        end = content.index(b"\0", labels + name)
        if kind == 4 and content[labels + name : end].endswith(b"text"):
            for at in range(offset, offset + length, 24):
                yield struct.unpack_from("<I", content, at + 8)[0]


@pytest.mark.skipif(
    platform.machine() not in ABSOLUTE or platform.system() != "Linux",
    reason="reads objects of Linux",
)
def test_code_finds_its_constants_at_any_distance():
    found = set(relocations_of_code(Machine()._object_of(SOURCE)))
    assert found
    assert found <= ABSOLUTE[platform.machine()]


def test_the_cache_lets_go_of_what_was_not_used_for_longest(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHGRAD_CACHE", str(tmp_path))
    sources = [SOURCE.replace("@f", f"@f{i}") for i in range(4)]
    made = Machine()

    def used(i):
        note, code = made.compiled(f"key {i}", lambda: (f"note {i}", sources[i]))
        assert note == f"note {i}"
        assert list(made.functions_of(code, {f"f{i}": 1})) == [f"f{i}"]

    for i in range(3):
        used(i)
    kept = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    sizes = sum(path.stat().st_size for path in kept)
    used(0)  # again
    monkeypatch.setattr(cache, "_LARGEST", sizes)
    used(3)
    left = set(tmp_path.iterdir())
    assert kept[0] in left
    assert kept[1] not in left
    assert len(left) == 3


LET_GO = """
import gc
import numpy as np
import graphgrad as gg
from graphgrad.execute.native import loading, machine

loading._machine = machine.Machine  # a new one each time, which nobody keeps
x, w = gg.placeholder((30, 40)), np.random.default_rng(0).normal(size=(40, 50))
first = gg.compile(x @ w, [x], backend="native")
gc.collect()
again = gg.compile(x @ w + 1, [x], backend="native")
a = np.ones((30, 40))
np.testing.assert_allclose(first(a), a @ w)
np.testing.assert_allclose(again(a), a @ w + 1)
assert len(machine._kernels) > 0
"""


def test_programs_outlive_the_machine_that_made_their_kernels():
    """Two threads that compile at first may make one each, of which one is let go."""
    subprocess.run([sys.executable, "-c", LET_GO], check=True)
