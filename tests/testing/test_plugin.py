"""The pytest plugin: fixture, mark, options, and what it costs where it is not used."""

import subprocess
import sys

import pytest

INI = """
[pytest]
strict = true
filterwarnings = error
"""

TESTS = """
import numpy as np
import pytest
import graphgrad as gg
from graphgrad.testing import Domain, Interval

WIDE = Domain((Interval(-3, 3),))


def sine(x):
    return np.sin(x)


def right(g, y, x):
    return (g * np.cos(x),)


def tied(g, y, x):  # the gradient goes to every tied entry
    return (g[..., None] * (x == y[..., None]),)


def test_pair_at_inputs(gradcheck):
    assert gradcheck(sine, right, np.ones(3)).examples == 1


def test_pair_drawn(gradcheck):
    assert gradcheck(sine, right, domain=WIDE).examples == EXAMPLES


@pytest.mark.gradcheck(examples=7)
class TestMarked:
    def test_class(self, gradcheck):
        assert gradcheck(sine, right, domain=WIDE).examples in {7, EXAMPLES}

    @pytest.mark.gradcheck(examples=5, order=1)
    def test_nearest_mark(self, gradcheck):
        assert gradcheck(gg.exp).examples in {5, EXAMPLES}


def test_op_options_and_graph(gradcheck):
    gradcheck(gg.logsumexp)
    gradcheck(gg.variable([1.0, 2.0]) ** 3)
    gradcheck(lambda x: gg.sum(gg.sin(x)), [0.5, 1.0])


def test_wrong_at_ties(gradcheck):
    gradcheck(lambda x: x.max(-1), tied, domain=Domain((Interval(-3, 3),), "(3)->()"))


def test_mostly_undecided(gradcheck):
    gradcheck(lambda x: np.log(-1 - x * x), lambda g, y, x: (g,), domain=WIDE)


def test_undecided(gradcheck):
    gradcheck(lambda x: x * x, lambda g, y, x: (2 * g * x,), np.zeros(2))


def test_no_inputs(gradcheck):
    gradcheck(sine, right)


def test_nothing_to_do_with_it():
    pass
"""

MISTAKE = """
import pytest

@pytest.mark.gradcheck(example=3)
def test_misspelled(gradcheck):
    pass
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")

    def run(text, *arguments):
        (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA"]
        made = subprocess.run(
            [*command, *arguments],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return made.stdout + made.stderr

    return run


def test_fixture_draws_judges_and_reports(run):
    said = run(TESTS.replace("EXAMPLES", "40"))
    assert "6 passed, 4 failed" in said.replace(
        "4 failed, 6 passed", "6 passed, 4 failed"
    )
    for name in ("wrong_at_ties", "mostly_undecided", "undecided", "no_inputs"):
        assert f"FAILED test_it.py::test_{name}" in said
    assert "CheckError: Gradient of `fn` is wrong: input 0, entry" in said
    assert "get the whole gradient?" in said
    assert "decide nothing, mostly as fn is not finite here" in said
    assert "every gradient is exactly zero at this point" in said
    assert "give arrays, or domain=gg.testing.Domain" in said
    # The trace ends at the user's own line.
    assert "graphgrad_pytest.py:" not in said


def test_command_line_beats_marks_and_ini_and_the_mark_selects(run):
    text = TESTS.replace("EXAMPLES", "3")
    said = run(
        text, "--gradcheck-examples=3", "-m", "gradcheck", "-k", "pair or Marked"
    )
    assert "4 passed" in said
    assert "1 deselected" not in said  # six others use the fixture or are not marked
    assert "test_nothing_to_do_with_it" not in said


def test_ini_options_and_help(run, tmp_path):
    with (tmp_path / "pytest.ini").open("a", encoding="utf-8") as file:
        file.write("gradcheck_examples = 3\ngradcheck_order = 1\n")
    assert "1 passed" in run(TESTS.replace("EXAMPLES", "3"), "-k", "pair_drawn")
    assert "--gradcheck-examples=N" in run("", "--help")
    assert "@pytest.mark.gradcheck(examples=40, order=2)" in run("", "--markers")


def test_mistakes_are_told(run):
    assert "the mark gradcheck takes examples= and order= only" in run(MISTAKE)
    assert "examples must be 1 or more" in run(
        TESTS, "--gradcheck-examples=0", "-k", "pair_at_inputs"
    )


def test_a_run_that_does_not_use_it_imports_nothing_of_it(run):
    said = run(
        "import sys\n\ndef test_x():\n"
        "    assert 'graphgrad_pytest' in sys.modules\n"
        "    assert not {'graphgrad', 'numpy', 'hypothesis'} & set(sys.modules)\n"
    )
    assert "1 passed" in said
