"""Code that an earlier process left: found again, and never for another graph."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings

import graphgrad as gg
from graphgrad.execute.native import cache, kernels, loading, machine
from graphgrad.execute.native.fingerprint import fingerprint
from graphgrad.testing import strategies
from tests import backends

PROGRAMS = """
import json
import numpy as np
import graphgrad as gg
from graphgrad.errors import EvaluationError
from graphgrad.execute.native import loading, sharing

assembled, assemble = [], loading.assemble
loading.assemble = lambda *facts: assembled.append(1) or assemble(*facts)
rng = np.random.default_rng(0)
results = []


def run(y, inputs, updates, *arrays):
    program = gg.compile(y, inputs, updates, backend="native")
    for _ in range(2):
        results.extend(np.ravel(a).tolist() for a in program(*arrays))


x, t = gg.placeholder((20, 30), dtype="float32"), gg.placeholder((20,), dtype="int64")
a, k = rng.normal(size=(20, 30)).astype("float32"), rng.integers(0, 5, 20)
w = [gg.variable(rng.normal(size=s).astype("float32")) for s in ((30, 7), (7, 5))]
loss = gg.softmax_cross_entropy(gg.relu(x @ w[0]) @ w[1], t)
step = {v: v - 0.5 * g for v, g in zip(w, gg.grad(loss, w))}
run([loss], [x, t], step, a, k)
run([gg.sort(gg.exp(x)) + 1, x @ rng.normal(size=30).astype("float32")], [x], {}, a)

total, each = gg.scan(lambda c, row: (gg.tanh(c + row), c * row), np.zeros(30, "f"), x)
run([total, each], [x], {}, a)

sharing._PART, sharing._FEWEST = 64, 2
run([gg.exp(x * 2 + 1).sum(axis=0)], [x], {}, a)

i = gg.placeholder((3,), dtype="int64")
taken = gg.compile(x[i], [x, i], backend="native")
results.append(taken(a, np.array([1, 0, 19])).tolist())
try:
    taken(a, np.array([1, 20, 3]))
except EvaluationError as error:
    results.append(str(error))
print(json.dumps([len(assembled), results]))
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHGRAD_CACHE", str(tmp_path / "cache"))


def process(folder, seed):
    """How often a process wrote code, and what its programs gave."""
    variables = {"GRAPHGRAD_CACHE": str(folder), "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_a_process_finds_what_another_wrote(tmp_path):
    written, first = process(tmp_path, 1)
    assert written >= 6  # a scan's step has a program of its own
    left = set(tmp_path.iterdir())
    found, again = process(tmp_path, 2)
    assert (found, again) == (0, first)
    assert set(tmp_path.iterdir()) == left
    assert "index 20 is out of bounds" in str(first[-1])


def test_kernels_that_were_let_go_are_written_with_what_calls_them(tmp_path):
    _, first = process(tmp_path, 1)
    notes = {path: cache._read(path).partition(b"\n")[0] for path in tmp_path.iterdir()}
    lost = [path for path, note in notes.items() if not note]
    assert len(lost) > 1
    for path in lost:
        path.unlink()
    found, again = process(tmp_path, 2)
    assert 0 < found < 6
    assert again == first
    assert all(path.exists() for path in lost)


def facts_of(program):
    (specialised,) = program._executable._known.values()
    return specialised.plan, specialised._addresses


KNOWN = {}  # by its text, the code of all random graphs


@settings(max_examples=60, deadline=None)
@given(strategies.graphs())
def test_random_graphs_are_found_again_and_are_never_others(graph):
    told, written = [], []

    def telling(*facts):
        told.append(fingerprint(*facts))
        return told[-1]

    def writing(*facts):
        made, key = assemble(*facts), fingerprint(*facts)
        assert key is None or KNOWN.setdefault(key, made) == made
        written.append(key)
        return made

    assemble = loading.assemble
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHGRAD_CACHE", folder)
        patch.setattr(loading, "fingerprint", telling)
        patch.setattr(loading, "assemble", writing)
        backends.graph_agrees("native", graph)
        written.clear()
        backends.graph_agrees("native", graph)
    assert told
    assert not any(written)


def base(x, y, w):
    return gg.exp(x * 2.0 - y)


VARIANTS = {
    "base": base,
    "an op": lambda x, y, w: gg.tanh(x * 2.0 - y),
    "an attr": lambda x, y, w: gg.leaky_relu(x, slope=0.1) + y,
    "another attr": lambda x, y, w: gg.leaky_relu(x, slope=0.2) + y,
    "a number": lambda x, y, w: gg.exp(x * 3.0 - y),
    "the inputs' order": lambda x, y, w: gg.exp(y * 2.0 - x),
    "an input twice": lambda x, y, w: gg.exp(x * 2.0 - x),
    "an array for a number": lambda x, y, w: gg.exp(x * np.full(8, 2.0) - y),
    "a dtype": lambda x, y, w: base(x.astype("float32"), y.astype("float32"), w),
    "a row": lambda x, y, w: base(x[1], y[1], w),
    "another row": lambda x, y, w: base(x[2], y[2], w),
    "strides": lambda x, y, w: base(x[::2], y[::2], w),
    "turned": lambda x, y, w: base(x, y.T, w),
    "a sum": lambda x, y, w: base(x, y, w).sum(axis=0),
    "another axis": lambda x, y, w: base(x, y, w).sum(axis=1),
    "0": lambda x, y, w: gg.copysign(x, 0.0 * np.ones(())) + y,
    "-0": lambda x, y, w: gg.copysign(x, -0.0 * np.ones(())) + y,
    "a product": lambda x, y, w: x @ y,
    "a factor": lambda x, y, w: 0.5 * (x @ y),
    "a start": lambda x, y, w: x @ y + w,
    "a bias": lambda x, y, w: x @ y + w[0],
    "pieces": lambda x, y, w: gg.concat([x, y], axis=0),
    "pieces along": lambda x, y, w: gg.concat([x, y], axis=1),
    "a margin": lambda x, y, w: gg.pad(x, 1) + y[0, 0],
    "a margin of ones": lambda x, y, w: gg.pad(x, 1, value=1.0) + y[0, 0],
}


def text_of(make, *, size=8, dtype="float64", updated=False, apart=False, threads=1):
    x, y = (gg.placeholder((size, size), dtype=dtype) for _ in range(2))
    w = gg.variable(np.ones((size, size), dtype))
    updates = {w: w - 0.5 * gg.exp(w)} if updated else {}
    program = gg.compile(make(x, y, w), [x, y], updates, backend="native")
    return fingerprint(*facts_of(program), apart, threads)


def test_what_changes_code_changes_the_text():
    first, again = ([text_of(make) for make in VARIANTS.values()] for _ in range(2))
    assert first == again
    more = {"size": 9}, {"dtype": "float32"}, {"updated": True}
    apart = {"apart": True}, {"threads": 2}
    product = VARIANTS["a product"]
    found = [*first, *(text_of(product, **facts) for facts in (*more, *apart))]
    assert None not in found
    assert len(set(found)) == len(found)


def test_what_was_planned_otherwise_has_another_text():
    x = gg.placeholder((8, 8))
    plan, _ = facts_of(gg.compile(gg.exp(x @ x), [x], backend="native"))
    first = fingerprint(plan)
    plan.steps.reverse()
    second = fingerprint(plan)
    node = plan.steps[0].nodes[0]
    plan.views[node] = replace(plan.views[node], offset=1)
    assert len({first, second, fingerprint(plan)}) == 3


def test_values_that_lie_outside_of_the_code_do_not_change_it():
    rows = np.arange(8.0), np.ones(8)
    assert len({text_of(lambda x, y, w, row=row: x * row + y) for row in rows}) == 1


@gg.primitive(vjp=lambda g, y, x: g)
def shifted(xp, x, /):
    return x + SHIFT


SHIFT = 1.0


def test_code_of_a_users_op_is_known_by_what_it_is(tmp_path, monkeypatch):
    """Its rule may read anything: another number is another program."""
    x = gg.placeholder((5,))
    for shift in (1.0, 2.0, 1.0):
        monkeypatch.setitem(globals(), "SHIFT", shift)
        program = gg.compile(shifted(x), [x], backend="native")
        assert fingerprint(*facts_of(program), False, 1) is None
        assert program(np.zeros(5)).tolist() == [shift] * 5
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_programs_of_equal_code_that_leave_different_steps_to_numpy():
    """Their texts are the same, and what is done between is not."""
    x, a = gg.placeholder((5,)), np.array([0.3, -1.0, 2.0, 0.5, -0.2])
    y = shifted(x) + 1
    steps = [y], [y, gg.sort(y)], [y, gg.argsort(y)], [y, gg.sort(y), gg.argsort(y)]
    for outputs in steps:
        program = gg.compile(outputs, [x], backend="native")
        wanted = gg.compile(outputs, [x], backend="reference")(a)
        for found, right in zip(program(a), wanted, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12)


def files_of(tmp_path, monkeypatch, source):
    """A package's files, as if they were this one's."""
    place = tmp_path / "package" / "execute" / "native"
    place.mkdir(parents=True)
    (place / "rule.py").write_text(source)
    monkeypatch.setattr(cache, "__file__", str(place / "cache.py"))
    monkeypatch.setattr(cache, "IMPORTED", time.time() + 60)
    cache._hashed.cache_clear()
    monkeypatch.setattr(cache, "_hashed", cache._hashed.__wrapped__)
    return place


def test_sources_that_changed_after_they_were_imported_say_nothing(
    tmp_path, monkeypatch
):
    place = files_of(tmp_path, monkeypatch, "x = 1")
    first = cache.sources()
    assert first
    (place / "rule.py").write_text("x = 2")
    assert cache.sources() not in ("", first)
    monkeypatch.setattr(cache, "IMPORTED", 0.0)
    assert cache.sources() == ""


def test_sources_are_files_with_names_that_can_be_read(tmp_path, monkeypatch):
    place = files_of(tmp_path, monkeypatch, "x = 1")
    first = cache.sources()
    (place / ".#rule.py").symlink_to("nowhere")  # an editor's lock
    assert cache.sources() == first
    (place / "rule.py").rename(place / "other.py")
    assert cache.sources() not in ("", first)
    (place / "lost.py").symlink_to("nowhere")
    assert cache.sources() == ""


def test_nothing_is_read_where_nothing_is_kept(monkeypatch):
    monkeypatch.setenv("GRAPHGRAD_CACHE", "off")
    assert cache.sources() == ""


def test_other_sources_have_code_of_their_own(tmp_path, monkeypatch):
    """And an installation without any knows code by what it is."""
    monkeypatch.setattr(machine, "_kernels", {})
    a, counts = np.ones((30, 40)), []
    for version in (cache.sources(), "other", "", cache.sources(), "other", ""):
        for module in (kernels, sys.modules[fingerprint.__module__]):
            monkeypatch.setattr(module, "sources", lambda known=version: known)
        machine._kernels.clear()
        x = gg.placeholder((30, 40))
        program = gg.compile(x @ np.ones((40, 50)), [x], backend="native")
        np.testing.assert_allclose(program(a), a @ np.ones((40, 50)))
        counts.append(len(list((tmp_path / "cache").iterdir())))
    each = counts[0]
    assert counts == [each, 2 * each, 3 * each, 3 * each, 3 * each, 3 * each]
