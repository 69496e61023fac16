"""The gradient checker from the command line."""

import pytest

from graphgrad.cli.main import main

MODEL = '''
import numpy as np
import graphgrad as gg

weights = gg.variable(np.ones((3, 2)) / 3, name="weights")
loss = gg.sum(gg.tanh(gg.constant(np.ones((4, 3))) @ weights) ** 2)
graph = gg.Graph(loss)


def good(x, y):
    return gg.sum(gg.sin(x) @ y)


@gg.primitive(vjp=(lambda g, out, x: g * gg.cos(x) / 2,))
def cli_half_sine(xp, x, /):
    """sin x, with half of its gradient."""
    return xp.sin(x)


def bad(x):
    return gg.sum(cli_half_sine(x) * x)


class Box:
    inner = good


number = 3
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "cli_model.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "cli_model", raising=False)


@pytest.mark.parametrize("name", ["loss", "graph"])
def test_tensors_and_graphs_are_judged_at_their_values(folder, name, capsys):
    assert main(["check", f"cli_model:{name}"]) == 0
    assert "is right" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["good", "Box.inner"])
def test_functions_take_shapes(folder, name, capsys):
    arguments = ["check", f"cli_model:{name}", "--shape", "2,3", "--shape", "3,4"]
    assert main([*arguments, "--examples", "3"]) == 0
    assert "is right" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["bad", "cli_half_sine"])
def test_a_wrong_gradient_is_reported_with_the_line_that_made_it(folder, name, capsys):
    assert main(["check", f"cli_model:{name}"]) == 1
    report = capsys.readouterr().out
    assert "Gradient of `cli_half_sine` is wrong" in report
    assert "ratio 1/2" in report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cli_model"], "names no target"),
        (["no_such_module:f"], "is not there"),
        (["cli_model:nothing"], "is not there"),
        (["cli_model:number"], "is int"),
        (["cli_model:good", "--shape", "3"], "1 shapes for 2 arguments"),
    ],
)
def test_mistakes_are_told(folder, arguments, said, capsys):
    assert main(["check", *arguments]) == 2
    assert said in capsys.readouterr().err
