"""The keyboard alone reaches everything, in an order that makes sense."""

import pytest

from tests.drawing.page.graphs import fruit, net, run_of

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.id || document.activeElement.ariaLabel"


def test_the_keyboard_alone_reaches_everything(show):
    page = show(run_of(*net()))
    seen = []
    for _ in range(24):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
    wanted = ["search", "theme", "open-help", "first", "back", "play", "forward"]
    wanted += ["last", "step", "speed"]
    wanted += ["unfold-all", "fold-all", "heat", "zoom-out", "zoom-in", "fit"]
    assert [name for name in seen if name in wanted][: len(wanted)] == wanted
    stop = page.locator("#picture [tabindex='0']").get_attribute("aria-label")
    assert stop in seen
    page.locator("#picture [tabindex='0']").focus()
    names = [stop]
    for key in ("]", "n", "]", "[", "p"):
        page.keyboard.press(key)
        names.append(page.evaluate("document.activeElement.ariaLabel"))
    assert names[1] == names[5]
    assert names[2] == names[4]
    assert len(set(names)) == 4
    assert page.locator("#picture [tabindex='0']").count() == 1


def test_every_node_is_met_in_topological_order(show):
    page = show(fruit())
    page.keyboard.press("]")
    met = []
    for _ in range(page.locator(".item").count()):
        met.append(int(page.evaluate("document.activeElement.dataset.item")))
        page.keyboard.press("]")
    assert met == sorted(met)
    assert len(set(met)) == page.locator(".item").count()


def test_the_edges_of_a_node_are_met_in_turn(show):
    page = show(fruit())
    page.locator(".item.op").first.focus()
    told = []
    for _ in range(4):
        page.keyboard.press("e")
        told.append(page.evaluate("document.activeElement.ariaLabel"))
    assert told[0] == "apple to ×: value 100, gradient 2.2"
    assert told[1] == "n_apple to ×: value 2, gradient 110"
    assert told[2].startswith("× to +")
    assert told[3] == told[0]
    page.keyboard.press("E")
    assert page.evaluate("document.activeElement.ariaLabel") == told[2]


def test_what_gets_the_focus_comes_into_sight(show):
    page = show(run_of(*net(8)), viewport={"width": 420, "height": 800})
    page.click("#unfold-all")
    page.keyboard.press("]")
    for _ in range(30):
        page.keyboard.press("]")
    page.wait_for_timeout(500)
    box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    stage = page.locator("#picture").bounding_box()
    assert box["left"] >= stage["x"]
    assert box["right"] <= stage["x"] + stage["width"]


def test_help_opens_and_closes_with_keys(show):
    page = show(fruit())
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#help").is_hidden()
