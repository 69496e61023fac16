"""The figures of the book, in the text that the demo prints."""

from graphgrad.cli.main import main

LINES = (
    *("total = 715", "d total / d apple = tax · apples = 2.2", "= 110", "= 3.3"),
    *("= 165", "d total / d tax = apple · apples + orange · oranges = 650"),
)


def test_the_bill_and_its_gradients(tmp_path, capsys):
    assert main(["demo", "fruit", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    for line in LINES:
        assert line in text
