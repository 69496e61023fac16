"""The figures of the book, in the text that the demo prints."""

from graphgrad.cli.main import main

LINES = (
    *("price = 220", "d price / d apple = tax · count = 2.2"),
    *("d price / d count = tax · apple = 110", "d price / d tax = apple · count = 200"),
)


def test_the_bill_and_its_gradients(tmp_path, capsys):
    assert main(["demo", "apple", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    for line in LINES:
        assert line in text
