"""The texts of reports, whole: what is at fault, where, by how much, and how to repeat.

To accept changed texts, delete tests/golden/reports.txt and run this file twice.
"""

from pathlib import Path

import numpy as np
import pytest

import graphgrad as gg
from tests.testing import reported

GOLDEN = Path(__file__).parent.parent / "golden" / "reports.txt"
EXACT = {"dtype", "shape", "count", "writes to input", "raises"}


def verdict_of(name):
    reported.CALLS[0] = 0
    return reported.CASES[name]()


def test_texts_are_the_accepted_ones():
    text = "\n\n".join(f"== {name}\n{verdict_of(name)}" for name in reported.CASES)
    if not GOLDEN.exists():
        GOLDEN.write_text(text + "\n", encoding="utf-8")
        pytest.fail(f"wrote {GOLDEN}; look at it, then run the tests again")
    assert text + "\n" == GOLDEN.read_text(encoding="utf-8")


WRONG = [name for name in reported.CASES if name not in {"undecided", "all zero"}]


@pytest.mark.parametrize("name", WRONG)
def test_the_last_line_reproduces_the_report(name):
    verdict = verdict_of(name)
    line = str(verdict).splitlines()[-1].removeprefix("  reproduce").strip()
    assert line == verdict.reproduce
    reported.CALLS[0] = 0
    names = {"gg": gg, "np": np, "verdict": verdict, **vars(reported)}
    again = eval(line, names)
    assert (again.kind, again.input, again.entry) == (
        verdict.kind,
        verdict.input,
        verdict.entry,
    )
    assert str(again).splitlines()[1] == str(verdict).splitlines()[1]


@pytest.mark.parametrize("name", WRONG)
def test_a_report_names_op_place_input_entry_and_numbers(name):
    verdict = verdict_of(name)
    text = str(verdict)
    assert f"Gradient of `{verdict.op}` is wrong" in text
    assert "made at        reported.py:" in text
    whole = {"count", "writes to input", "raises", "not symmetric", "forward mode"}
    if name not in whole:
        assert f"input {verdict.input}" in text
    if name not in whole | EXACT:
        assert f"entry {verdict.entry}" in text
        assert "the vjp says" in text
    if name not in whole | EXACT | {"not linear", "layout", "not repeatable"}:
        assert f"± {verdict.error:.0e}" in text


def test_the_graph_of_a_verdict_can_be_drawn_and_checked():
    verdict = verdict_of("node")
    assert [t.op.name for t in verdict.graph.nodes if t.inputs] == ["reported_product"]
    assert "reported_product" in str(gg.to_dot(verdict.graph))
    assert gg.testing.check_gradients(verdict.graph).entry == verdict.entry
