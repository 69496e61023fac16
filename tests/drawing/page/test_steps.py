"""The steps, forward and backward: what they show, and every way to move along them."""

import re

import pytest

from tests.drawing.page.graphs import chain, fruit, net, run_of, tangle

pytestmark = pytest.mark.browser

NUMBER = r"\(?(-?[\d.]+(?:e[+-]\d+)?)\)?"


def step_of(page):
    return int(page.text_content("#step-count").split("/")[0])


def last_of(page):
    return int(page.text_content("#step-count").split("/")[1])


def lines(page):
    return page.locator("#step-lines li").all_text_contents()


def walk(page):
    """Heading and lines of every step, from the first."""
    page.keyboard.press("Home")
    for step in range(last_of(page) + 1):
        assert step_of(page) == step
        yield page.text_content("#step-heading"), lines(page)
        page.keyboard.press("ArrowRight")


def shown(page, kind):
    """Labels by the sentence of their edge, of those that can be seen."""
    return page.evaluate(
        """(kind) => [...document.querySelectorAll(`.label:not(.no-${kind}) .${kind}`)]
            .map((text) => text.textContent)""",
        kind,
    )


def test_a_page_begins_with_everything_shown(show):
    page = show(fruit())
    assert step_of(page) == last_of(page)
    expected = ["1"] * 3 + ["1.1"] * 3 + ["110", "165", "2.2", "3", "3", "3.3", "650"]
    assert sorted(shown(page, "gradient")) == sorted(expected)


def test_buttons_keys_and_slider_move_both_ways(show):
    page = show(fruit())
    last = last_of(page)
    page.click("#back")
    assert step_of(page) == last - 1
    page.click("#forward")
    assert step_of(page) == last
    page.click("#first")
    assert step_of(page) == 0
    page.click("#last")
    assert step_of(page) == last
    page.locator("body").press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert step_of(page) == 1
    page.keyboard.press("End")
    assert step_of(page) == last
    page.fill("#step", "3")
    assert step_of(page) == 3
    page.focus("#step")
    page.keyboard.press("ArrowRight")
    assert step_of(page) == 4


def test_nothing_lies_beyond_the_ends(show):
    page = show(fruit())
    page.keyboard.press("ArrowRight")
    assert step_of(page) == last_of(page)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert step_of(page) == 0
    assert page.get_attribute("#back", "aria-disabled") == "true"


def test_values_appear_in_the_order_of_computing_then_gradients_in_reverse(show):
    page = show(fruit())
    counts = []
    page.keyboard.press("Home")
    for _ in range(last_of(page) + 1):
        counts.append((len(shown(page, "value")), len(shown(page, "gradient"))))
        page.keyboard.press("ArrowRight")
    assert counts[0] == (7, 0)
    assert counts == sorted(counts)
    assert counts[-1] == (13, 13)
    assert (13, 0) in counts


def test_each_step_of_the_fruit_is_the_book_s(show):
    told = dict(enumerate(walk(show(fruit(), title="fruit"))))
    everything = [line for _, rows in told.values() for line in rows]
    text = "\n".join(everything)
    for expected in (
        "100 × 2 = 200",
        "200 + 450 = 650",
        "650 × 1.1 = 715",
        "715 + 9 = 724",
        "to apple: 1.1 × 2 = 2.2",
        "to n_apple: 1.1 × 100 = 110",
        "to n_orange: 1.1 × 150 = 165",
        "to tax: 1 × 650 = 650",
        "x: 3 + 3 = 6",
    ):
        assert expected in text


@pytest.mark.parametrize("seed", [1, 2])
def test_upstream_times_local_is_the_contribution_and_uses_add_up(show, seed):
    page = show(tangle(12, seed, scopes=("",)))
    products = sums = 0
    for _, rows in walk(page):
        for row in rows:
            found = re.search(rf"{NUMBER} × {NUMBER} = {NUMBER}", row)
            if found and row.startswith("to "):
                a, b, c = map(float, found.groups())
                assert a * b == pytest.approx(c, rel=3e-3, abs=1e-12)
                products += 1
            found = re.search(rf": (.+) = {NUMBER} \d+ uses", row)
            if found:
                terms = [float(t.strip("()")) for t in found[1].split(" + ")]
                total = float(found[2])
                slack = 1e-3 * sum(map(abs, terms))
                assert sum(terms) == pytest.approx(total, abs=slack)
                sums += 1
    assert products > 5
    assert sums > 0


def test_numbers_on_screen_are_the_run_s(show):
    x, labels, loss = net()
    run = run_of(x, labels, loss)
    page = show(run)
    values, slopes = set(shown(page, "value")), set(shown(page, "gradient"))
    for t in run.graph.nodes:
        size = float((run[t] ** 2).sum() ** 0.5)
        if t.dtype.kind == "f":
            text = f"‖{size:.4g}‖" if t.shape else f"{run[t].item():.4g}"
            assert text in values, t
    for t in (x, *run.graph.find(op="variable")):
        size = float((run.grad[t] ** 2).sum() ** 0.5)
        assert f"‖{size:.4g}‖" in slopes


def test_tensors_show_what_happens_to_their_gradient(show):
    x, labels, loss = net()
    told = [row for _, rows in walk(show(run_of(x, labels, loss))) for row in rows]
    assert any(re.search(r"to x: ‖[\d.e-]+‖ → .+ → ‖[\d.e-]+‖", row) for row in told)
    assert any(re.match(r"gradient of (\w+/)?W1: ‖", row) for row in told)


def test_space_plays_and_pauses(show):
    page = show(chain(40))
    page.select_option("#speed", "4")
    page.locator("#picture").press(" ")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.wait_for_selector("#step-count:text-matches('^([3-9]|\\\\d\\\\d) ')")
    page.keyboard.press(" ")
    stopped = step_of(page)
    assert page.get_attribute("#play", "aria-label") == "Play"
    page.wait_for_timeout(700)
    assert step_of(page) == stopped > 0


def test_playing_stops_at_the_end_and_a_step_by_hand_stops_it(show):
    page = show(fruit())
    page.select_option("#speed", "4")
    page.fill("#step", str(last_of(page) - 1))
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Play]")
    assert step_of(page) == last_of(page)
    page.click("#play")
    assert step_of(page) == 0
    page.click("#forward")
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_the_current_step_is_marked_in_the_picture_and_told_aloud(show):
    page = show(fruit())
    page.keyboard.press("ArrowLeft")
    assert page.locator(".item.current").count() == 1
    assert page.locator(".edge.backward-active").count() == 2
    assert "to apple: 1.1 × 2 = 2.2" in page.get_attribute("#step", "aria-valuetext")
    assert page.locator("[aria-live=polite] #step-lines").count() == 1
