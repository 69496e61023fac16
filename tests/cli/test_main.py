"""The command line: output, files and exit statuses."""

import pytest

from graphgrad.cli.demos import available
from graphgrad.cli.main import main


def test_draw_prints_values_and_writes_the_picture(tmp_path, capsys):
    file = tmp_path / "fruit.svg"
    fruit = ["(apple * 2 + orange * 3) * tax", "apple=100", "orange=150", "tax=1.1"]
    assert main(["draw", *fruit, "-o", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "value 715" in printed
    assert "gradient of tax 650" in printed
    assert file.read_text(encoding="utf-8").startswith("<svg")


def test_explain_prints_every_path(capsys):
    assert main(["explain", "x * x", "x=3"]) == 0
    assert "sum over 2 paths: 3 + 3 = 6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("form", "part"),
    [
        ("text", "d × / d x = exp(y) = 1"),
        (
            "markdown",
            r"  - $\frac{\partial \times}{\partial x} = \exp\left(y\right) = 1$",
        ),
        ("latex", r"&\quad \quad \frac{\partial \times}{\partial x} = \exp"),
    ],
)
def test_explain_has_three_forms(form, part, capsys):
    assert main(["explain", "x * exp(y) + x", "x=2", "y=0", "--form", form]) == 0
    printed = capsys.readouterr().out
    assert part in printed
    assert printed.count("result") > 2  # of x and of y


def test_explore_writes_a_page(tmp_path, capsys):
    file = tmp_path / "page.html"
    assert main(["explore", "x * exp(x)", "x=2", "-o", str(file)]) == 0
    assert "wrote" in capsys.readouterr().out
    assert "<html" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["draw", "x.real", "x=1"], "an attribute cannot be part"),
        (["draw", "x", "x=one"], "does not give a name a number"),
        (["draw", "x", "x=1", "x=2"], "a name has two values: x=1 x=2"),
        (["draw", "x", "x=1", "-o", "no/such/x.svg"], "no/such"),
        (["demo", "nothing"], "there is no demo 'nothing'"),
    ],
)
def test_a_mistake_exits_with_2_and_says_what_to_do(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_every_demo_says_what_it_shows():
    assert len(available()) == 29
    assert all(len(summary) > 20 for summary in available().values())


@pytest.mark.parametrize("name", ["apple", "fruit"])
def test_a_demo_gives_the_same_files_at_every_run(name, tmp_path, capsys):
    for folder in ("one", "two"):
        assert main(["demo", name, "--quick", "--out", str(tmp_path / folder)]) == 0
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files
    for file in files:
        one, two = (tmp_path / f / file for f in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
