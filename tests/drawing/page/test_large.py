"""Graphs of thousands of nodes open folded, and can be looked into."""

import pytest

from tests.drawing.page.geometry import assert_clear
from tests.drawing.page.graphs import tangle

pytestmark = pytest.mark.browser


def test_ten_thousand_nodes_open_folded_and_answer(show, capsys):
    page = show(tangle(17_000, 0))
    assert int(page.text_content("#summary").split()[3]) > 10_000
    ready = page.evaluate(
        "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    )
    with capsys.disabled():
        print(f"\n10,000 nodes: ready after {ready / 1000:.2f} s")
    assert page.locator(".item").count() <= 80
    assert_clear(page)
    before = page.locator(".item").count()
    page.locator(".item.group").first.dispatch_event("click")
    assert page.locator(".item").count() > before
    page.keyboard.press("Home")
    assert page.text_content("#step-count").startswith("0 /")
    page.click("#unfold-all")
    assert 1_000 < page.locator(".item").count() <= 3_000
    assert "stay folded" in page.text_content("#notice")


def test_thousands_of_nodes_can_be_unfolded(show):
    page = show(tangle(1800, 3, scopes=("",)))
    page.click("#unfold-all")
    assert page.locator(".item").count() > 1000
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.locator(".item.current").count() == 1
