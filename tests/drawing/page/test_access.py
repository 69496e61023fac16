"""For everybody: contrast, screen readers, themes, less motion, narrow windows."""

import pytest

from tests.drawing.page.graphs import broken, fruit, net, recording, run_of

pytestmark = pytest.mark.browser

CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((c) => {
    const part = c / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = (colour) => {
    const [r, g, b] = channels(colour);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const style = (element) => getComputedStyle(element);
  const ground = style(document.body).backgroundColor;
  const rows = [];
  const note = (text, behind) => {
    rows.push([text.getAttribute('class'), contrast(style(text).fill, behind)]);
  };
  for (const item of document.querySelectorAll('.item')) {
    const fill = style(item.querySelector('.outline')).fill;
    const badge = item.querySelector('rect.badge');
    for (const text of item.querySelectorAll('text')) {
      const on = text.matches('.main, .inside') ? fill : ground;
      note(text, text.matches('.badge') ? style(badge).fill : on);
    }
  }
  for (const label of document.querySelectorAll('.label')) {
    for (const text of label.querySelectorAll('text')) note(text, style(label).stroke);
  }
  for (const frame of document.querySelectorAll('.frame')) {
    note(frame.querySelector('text'), style(frame.querySelector('.outline')).fill);
  }
  for (const text of document.querySelectorAll('.lines text')) note(text, ground);
  for (const line of document.querySelectorAll('.lines .series')) {
    rows.push(['line', 1.5 * contrast(style(line).stroke, ground)]);
  }
  return rows;
}"""


def violations(page):
    """What axe-core finds that is serious or worse."""
    from axe_playwright_python import sync_playwright as axe

    found = axe.Axe().run(page).response["violations"]
    bad = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [n["target"] for n in rule["nodes"]][:3]) for rule in bad]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_graph(show, scheme):
    parts = net(8)
    page = show(run_of(*parts), against=run_of(*parts, 2.0), color_scheme=scheme)
    page.locator(".item", has_text="W1").first.click()
    assert violations(page) == []
    page.click("#fold-all")
    page.select_option("#mode", "difference")
    page.fill("#search", "layer")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("?")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_training(show, scheme):
    assert violations(show(recording(), color_scheme=scheme)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_the_picture_has_contrast(show, scheme):
    for target in (run_of(*net(8)), broken(), recording()):
        page = show(target, color_scheme=scheme)
        rows = page.evaluate(CONTRASTS)
        if page.locator("#fold-all").is_visible():
            page.click("#fold-all")
            rows += page.evaluate(CONTRASTS)
        assert len(rows) > 10
        assert [row for row in rows if row[1] < 4.5] == []


def theme_of(page):
    return page.get_attribute("html", "data-theme")


def test_the_theme_follows_the_system_until_it_is_chosen(show):
    page = show(fruit(), color_scheme="dark")
    assert theme_of(page) == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("html[data-theme=light]", state="attached")
    page.click("#theme")
    assert theme_of(page) == "dark"
    assert page.get_attribute("#theme", "aria-pressed") == "true"
    page.emulate_media(color_scheme="dark")
    page.keyboard.press("t")
    assert theme_of(page) == "light"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(100)
    assert theme_of(page) == "light"


def test_less_motion_means_none(show):
    page = show(fruit(), reduced_motion="reduce")
    style = "(item) => getComputedStyle(item).transitionDuration"
    assert page.locator(".item").first.evaluate(style) == "0s"
    page.keyboard.press("+")
    moves = page.evaluate(
        """() => {
          const camera = document.querySelector('#camera');
          document.querySelector('#fit').click();
          const at = camera.getAttribute('transform');
          return new Promise((done) => setTimeout(
            () => done([at, camera.getAttribute('transform')]), 400));
        }"""
    )
    assert moves[0] == moves[1]


@pytest.mark.parametrize("width", [320, 400, 700])
def test_a_narrow_window_needs_no_sideways_scrolling(show, width):
    page = show(fruit(), viewport={"width": width, "height": 800})
    size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert size[0] <= size[1]
    assert page.locator("#play").is_visible()
    page = show(recording(), viewport={"width": width, "height": 800})
    size = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert size[0] <= size[1]
