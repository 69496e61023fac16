"""How the picture looks and moves: states, heat, zoom, and names of any kind."""

import numpy as np
import pytest

import graphgrad as gg
from tests.drawing.page.geometry import assert_clear
from tests.drawing.page.graphs import broken, fruit, net, run_of

pytestmark = pytest.mark.browser


def test_broken_and_zero_gradients_differ_in_more_than_colour(show):
    page = show(broken())
    assert page.locator(".backward.broken .hatching").count() > 0
    assert page.locator(".forward.broken .hatching").count() > 0
    texts = page.locator(".label text").all_text_contents()
    assert "NaN" in texts
    assert any("of 4 NaN" in text for text in texts)
    dotted = page.locator(".backward.zero .line").first
    dashes = dotted.evaluate("(line) => getComputedStyle(line).strokeDasharray")
    assert dashes == "2px, 4px"


def test_heat_has_a_legend_and_widths_that_grow_with_the_gradient(show):
    page = show(run_of(*net(4)))
    assert page.locator("#legend").is_hidden()
    page.keyboard.press("h")
    low, title, high = page.locator("#legend .scale span").all_text_contents()
    assert title == "|gradient|, log scale"
    rows = page.evaluate(
        """() => [...document.querySelectorAll('.edge')].flatMap((edge) => {
          const line = edge.querySelector('.backward.scaled .line');
          if (!line) return [];
          const label = document.querySelectorAll('.label')[edge.dataset.edge];
          const { strokeWidth, stroke } = getComputedStyle(line);
          const text = label.querySelector('.gradient').textContent;
          return [[text, parseFloat(strokeWidth), stroke]];
        })"""
    )
    sizes = [float(text.strip("‖")) for text, _, _ in rows]
    widths = [width for _, width, _ in rows]
    assert len(rows) > 10
    assert np.argsort(sizes).tolist() == np.argsort(widths).tolist()
    assert all(float(low) <= size <= float(high) for size in sizes)
    assert all(1 <= width <= 6 for width in widths)
    assert len({stroke for _, _, stroke in rows}) > 5
    page.click("#heat")
    assert page.locator("#legend").is_hidden()
    assert page.locator(".scaled").count() == 0


def test_wheel_buttons_keys_and_drag_move_the_view(show):
    page = show(fruit())

    def camera():
        return page.get_attribute("#camera", "transform")

    start = camera()
    for act in (
        lambda: page.keyboard.press("+"),
        lambda: page.keyboard.press("-"),
        lambda: page.click("#zoom-in"),
        lambda: page.click("#zoom-out"),
        lambda: page.mouse.wheel(0, 200),
    ):
        page.mouse.move(300, 500)
        before = camera()
        act()
        page.wait_for_timeout(50)
        assert camera() != before
    page.mouse.move(200, 250)
    before = camera()
    page.mouse.down()
    page.mouse.move(260, 300, steps=4)
    page.mouse.up()
    assert camera() != before
    page.keyboard.press("0")
    page.wait_for_timeout(500)
    assert camera() == start


def test_names_are_text_whatever_they_hold(show):
    names = ["<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>"]
    names += ["사과", "a&b \"c\" 'd'", "\u202eevil", "x" * 300]
    total = gg.stack([gg.variable(1.0, name=name) for name in names]).sum()
    with gg.scope("<b>bold"):
        total = gg.sin(gg.sin(total))
    page = show(total, title="<i>title</i>")
    assert page.text_content("h1") == "<i>title</i>"
    assert page.locator("img, b, i").count() == 0
    texts = page.locator(".item .main").all_text_contents()
    assert names[0] in texts
    assert "사과" in texts
    assert "<b>bold" in page.locator(".frame text").all_text_contents()
    page.fill("#search", "<script>")
    assert page.locator("#matches button").count() > 0
    assert_clear(page)


def test_two_fingers_zoom_around_them(show):
    page = show(fruit(), has_touch=True)
    stage = page.locator("#picture").bounding_box()
    x, y = stage["x"] + 400, stage["y"] + 300
    touch = page.context.new_cdp_session(page)

    def scale():
        return float(page.get_attribute("#camera", "transform").split("scale(")[1][:-1])

    def fingers(kind, apart):
        points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
        points = [] if kind == "touchEnd" else points
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = scale()
    fingers("touchStart", 40)
    for apart in (60, 80, 100, 120):
        fingers("touchMove", apart)
    fingers("touchEnd", 120)
    assert scale() == pytest.approx(3 * before, rel=0.15)
