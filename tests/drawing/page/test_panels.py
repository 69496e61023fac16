"""The panels beside the picture: inspector, search, and the difference of two runs."""

import numpy as np
import pytest

import graphgrad as gg
from tests.drawing.page.graphs import broken, fruit, net, run_of

pytestmark = pytest.mark.browser


def facts(page):
    names = page.locator("#inspector dt").all_text_contents()
    texts = page.locator("#inspector dd").all_text_contents()
    return list(zip(names, texts, strict=True))


def test_the_inspector_shows_the_statistics_of_a_node(show):
    x, labels, loss = net()
    run = run_of(x, labels, loss)
    page = show(run)
    page.locator(".item", has_text="W1").hover()
    assert page.text_content("#inspector-name") == "W1"
    found = facts(page)
    (weight,) = run.graph.find(name="W1")
    value, slope = run[weight], run.grad[weight]
    assert ("shape", "(8, 6)") in found
    assert ("dtype", "float64") in found
    for array in (value, slope):
        assert ("norm", f"‖{np.linalg.norm(array):.4g}‖") in found
        spread = f"{array.mean():.4g} ± {array.std():.4g}"
        assert ("mean ± std", spread) in found
        assert ("min, max", f"{array.min():.4g}, {array.max():.4g}") in found
    assert ("zero", "0%") in found
    assert page.locator("#inspector svg.histogram").count() == 2
    assert page.locator("#inspector canvas.map").count() == 2


def test_shares_of_zeros_and_nans_are_told(show):
    page = show(broken())
    page.locator(".item", has_text="log").hover()
    assert ("NaN", "25%") in facts(page)
    assert ("infinite", "25%") in facts(page)
    page.locator(".item", has_text="w").last.hover()
    assert ("zero", "25%") in facts(page)


def test_histograms_switch_to_log_sizes_and_keep_the_focus(show):
    page = show(run_of(*net()))
    page.locator(".item", has_text="W1").click()
    first = page.locator("#inspector svg.histogram").first
    before = first.get_attribute("aria-label")
    button = page.locator("#inspector button", has_text="log").first
    button.press("Enter")
    assert first.get_attribute("aria-label") != before
    assert "1e" in first.get_attribute("aria-label")
    assert page.evaluate("document.activeElement.ariaPressed") == "true"


def test_a_heat_map_has_the_colours_of_its_cells(show):
    x = gg.variable([[0.0, 1.0], [0.5, 0.25]], name="x")
    page = show((x * 2.0).sum())
    page.locator(".item.parameter").click()
    colours = page.locator("canvas.map").first.evaluate(
        """(canvas) => {
          const { width, height } = canvas;
          const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
          return [[0, 0], [1, 0], [0, 1], [1, 1]].map(([column, row]) => {
            const [x, y] = [(column + 0.5) * width / 2, (row + 0.5) * height / 2];
            const start = 4 * (Math.floor(y) * width + Math.floor(x));
            return [...data.slice(start, start + 3)];
          });
        }"""
    )
    assert colours[0] == [0, 34, 78]
    assert colours[1] == [254, 232, 56]
    assert sum(colours[0]) < sum(colours[3]) < sum(colours[2]) < sum(colours[1])


def test_a_click_keeps_a_node_and_escape_lets_it_go(show):
    page = show(fruit())
    page.locator(".item", has_text="tax").click()
    page.locator(".item", has_text="apple").first.hover()
    assert page.text_content("#inspector-name") == "tax"
    page.keyboard.press("Escape")
    page.locator(".item", has_text="orange").first.hover()
    assert page.text_content("#inspector-name") == "orange"
    page.locator(".item", has_text="tax").click()
    page.click("#unpin")
    assert page.locator("#unpin").is_hidden()


def test_an_edge_shows_its_own_contribution(show):
    page = show(fruit())
    page.locator(".label rect").first.hover()
    assert page.text_content("#inspector-name") == "apple → ×"
    assert ("local derivative", "n_apple") in facts(page)
    assert ("as a number", "2") in facts(page)
    assert ("is", "2.2") in facts(page)


def test_a_tap_inspects(show):
    page = show(fruit(), has_touch=True)
    page.locator(".item", has_text="tax").tap()
    assert page.text_content("#inspector-name") == "tax"


def test_search_finds_unfolds_and_centres(show):
    page = show(run_of(*net(4)))
    page.click("#fold-all")
    assert page.locator(".item.found").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("W3")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    found = page.locator(".item.found")
    assert found.locator(".main").text_content() == "W3"
    box, stage = found.bounding_box(), page.locator("#picture").bounding_box()
    for side, size in (("x", "width"), ("y", "height")):
        middle = box[side] + box[size] / 2
        assert middle == pytest.approx(stage[side] + stage[size] / 2, abs=3)
    assert page.text_content("#inspector-name") == "W3"


def test_search_goes_on_with_enter_and_around(show):
    page = show(run_of(*net(2)))
    page.fill("#search", "parameter layer")
    count = page.locator("#matches li").count()
    assert count == 4
    names = []
    for _ in range(count + 1):
        page.press("#search", "Enter")
        names.append(page.text_content(".found .main"))
    assert sorted(names[:4]) == ["W1", "W2", "b1", "b2"]
    assert names[4] == names[0]
    assert page.text_content("#match-count") == "1 of 4 results"


def test_search_by_op_and_by_group(show):
    page = show(run_of(*net(2)))
    page.click("#fold-all")
    page.fill("#search", "relu")
    assert "relu" in page.text_content("#matches li")
    page.fill("#search", "layer2")
    page.click("#matches button >> nth=0")
    assert page.text_content(".found .main") == "layer2"
    page.fill("#search", "nothing of this name")
    assert page.text_content("#match-count") == "0 results"
    assert page.locator("#matches").is_hidden()


def test_two_runs_are_shown_singly_and_as_a_difference(show):
    x = gg.placeholder((), name="x")
    y = (x * x + 2.0).named("y")
    runs = [gg.run(y, {x: 3.0}), gg.run(y, {x: 4.0})]
    for run in runs:
        run.backward(y)
    page = show(runs[0], against=runs[1])

    def labels(kind):
        return page.locator(f".label .{kind}").all_text_contents()

    assert "9" in labels("value")
    page.select_option("#mode", "second")
    assert "16" in labels("value")
    assert "9" not in labels("value")
    page.select_option("#mode", "difference")
    assert "9 → 16" in labels("value")
    assert labels("gradient").count("3 → 4") == 2
    assert labels("gradient").count("1") == 2
    assert page.locator("#legend").text_content() == "0%relative change100%"
    changes = page.locator(".changes button").all_text_contents()
    shares = [float(c.split("%")[0].split()[-1][-4:].lstrip("x×+")) for c in changes]
    assert shares == sorted(shares, reverse=True)
    assert "43.8%" in changes[0]
    page.locator(".changes button").first.click()
    assert page.locator("#unpin").is_visible()
    assert page.locator("#inspector h4").all_text_contents()[:2] == ["first", "second"]


def test_changed_lanes_are_wider_and_unchanged_ones_thin(show):
    x, w = gg.placeholder((), name="x"), gg.variable(5.0, name="w")
    y = x * w
    runs = [gg.run(y, {x: 1.0}), gg.run(y, {x: 10.0})]
    for run in runs:
        run.backward(y)
    page = show(*runs[:1], against=runs[1])
    page.select_option("#mode", "difference")
    widths = page.locator(".forward .line").evaluate_all(
        "(lines) => lines.map((line) => parseFloat(getComputedStyle(line).strokeWidth))"
    )
    assert widths == pytest.approx([5.5, 1.0, 5.5], abs=0.01)
    page.select_option("#mode", "first")
    assert page.locator(".scaled").count() == 0


def test_the_list_of_matches_closes_when_the_focus_leaves_it(show):
    page = show(fruit())
    page.fill("#search", "apple")
    assert page.locator("#matches").is_visible()
    page.focus("#play")
    assert page.locator("#matches").is_hidden()
    page.focus("#search")
    assert page.locator("#matches").is_visible()
