"""Groups fold and unfold in place, by mouse and by keyboard."""

import pytest

import graphgrad as gg
from tests.drawing.page.graphs import net, run_of

pytestmark = pytest.mark.browser


def test_a_click_folds_a_frame_and_unfolds_its_box_where_it_was(show):
    x, labels, loss = net()
    page = show(run_of(x, labels, loss))
    before = page.locator(".frame .outline").first.bounding_box()
    items = page.locator(".item").count()
    page.locator(".fold").first.click()
    box = page.locator(".item.group .outline").first.bounding_box()
    assert box["x"] == pytest.approx(before["x"], abs=12)
    assert page.locator(".item").count() == items - 5 + 1
    assert page.locator(".item.group").get_attribute("aria-expanded") == "false"
    assert "layer1" in page.text_content(".item.group .main")
    page.locator(".item.group").click()
    after = page.locator(".frame .outline").first.bounding_box()
    assert after["x"] == pytest.approx(before["x"], abs=12)
    assert page.locator(".item").count() == items


def test_the_keyboard_folds_and_unfolds_and_keeps_the_focus(show):
    page = show(run_of(*net()))
    page.locator(".fold").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.classList.contains('group')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.classList.contains('fold')")


def test_a_folded_group_shows_the_total_that_flows_back_from_its_uses(show):
    x, w = -gg.variable(-3.0, name="minus x"), gg.variable(5.0, name="w")
    with gg.scope("square"):
        y = x * x
    page = show(y * w)
    texts = page.locator(".label .gradient")
    assert texts.all_text_contents().count("15") == 2
    page.click("#fold-all")
    assert "30" in texts.all_text_contents()
    assert "15" not in texts.all_text_contents()


def test_seven_alike_layers_fold_to_one_box(show):
    page = show(run_of(*net(8)))
    page.click("#fold-all")
    assert page.locator("text.badge").all_text_contents() == ["×7"]
    page.click("#unfold-all")
    names = page.locator(".frame text").all_text_contents()
    assert {f"layer{i}" for i in range(1, 9)} <= set(names)


def test_steps_are_kept_while_folding(show):
    page = show(run_of(*net()))
    page.keyboard.press("Home")
    page.click("#fold-all")
    assert page.text_content("#step-count").startswith("0 /")
    page.keyboard.press("End")
    page.click("#unfold-all")
    step, last = page.text_content("#step-count").split(" / ")
    assert step == last


def test_folding_leaves_the_view_where_it_was(show):
    page = show(run_of(*net(8)), viewport={"width": 900, "height": 700})
    page.click("#unfold-all")
    page.click("#fit")
    page.wait_for_timeout(400)
    page.fill("#step", "3")
    page.wait_for_timeout(400)
    folds = page.locator(".fold")
    third = folds.nth(3)
    before = third.locator("rect").bounding_box()
    third.dispatch_event("click")
    page.wait_for_timeout(400)
    box = page.locator(".item.group .outline").bounding_box()
    assert box["x"] == pytest.approx(before["x"], abs=20)
    assert box["y"] == pytest.approx(before["y"], abs=20)
