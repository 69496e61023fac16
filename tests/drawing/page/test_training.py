"""The views of a training, with a slider for the moment."""

import pytest

from tests.drawing.page.graphs import recording

pytestmark = pytest.mark.browser


def table(page, view):
    rows = page.locator(f"section[aria-label='{view}'] tr")
    heads = rows.locator("th").all_text_contents()
    return dict(zip(heads, rows.locator("td").all_text_contents(), strict=True))


def test_a_recording_alone_shows_the_views_of_training(show):
    page = show(recording(), title="Digits")
    assert page.locator("#graph").is_hidden()
    assert page.text_content("h1") == "Digits"
    assert page.locator(".view h2").all_text_contents() == [
        "Loss",
        "Gradient norm per parameter",
        "Update / weight ratio per parameter",
        "Activations per layer",
        "Zero activations per layer",
        "Dead units per layer",
        "Saturated activations per layer",
    ]


def test_the_slider_chooses_the_moment_of_every_view(show):
    page = show(recording())
    assert page.text_content("#moment-name") == "step 41"
    assert table(page, "Loss") == {"loss": "0.125"}
    marks = page.locator(".now").evaluate_all(
        "(marks) => marks.map((mark) => mark.getAttribute('d'))"
    )
    page.focus("#moment")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#moment-name") == "step 11"
    assert table(page, "Loss") == {"loss": "1"}
    gradients = table(page, "Gradient norm per parameter")
    assert gradients == {"W1": "0.5", "<b>W2</b>": "0.05"}
    ratios = table(page, "Update / weight ratio per parameter")
    assert ratios == {"W1": "0.002", "<b>W2</b>": "0.002"}
    assert table(page, "Dead units per layer") == {"hidden": "0%", "출력": "5%"}
    assert table(page, "Saturated activations per layer")["hidden"] == "25%"
    assert "mean 0.1 ± 0.5" in page.text_content(".multiples figure >> nth=1")
    moved = page.locator(".now").evaluate_all(
        "(marks) => marks.map((mark) => mark.getAttribute('d'))"
    )
    assert all(a != b for a, b in zip(marks, moved, strict=True))


def test_histograms_follow_the_moment(show):
    page = show(recording())

    def heights():
        return (
            page.locator(".multiples figure >> nth=1")
            .locator("rect")
            .evaluate_all(
                "(bars) => bars.map((bar) => Number(bar.getAttribute('height')))"
            )
        )

    page.fill("#moment", "0")
    first = heights()
    page.fill("#moment", "4")
    last = heights()
    assert first[0] == 0 < last[0]
    assert last[1] ** 2 / last[0] ** 2 == pytest.approx(0.5 / 0.4, rel=0.01)


def test_axes_are_logarithmic_and_zero_leaves_a_gap(show):
    page = show(recording())
    view = page.locator("section[aria-label='Gradient norm per parameter']")
    ticks = view.locator("text.y").all_text_contents()
    assert ticks == ["1e-3", "1e-2", "1e-1", "1e0"]
    d = view.locator(".lines .series").nth(1).get_attribute("d")
    assert d.count("M") == 2
    ratio = page.locator("section[aria-label='Update / weight ratio per parameter']")
    assert ratio.locator("text.guide").text_content() == "guide 0.001"
    assert ratio.locator("path.guide").count() == 1


def test_lines_differ_in_more_than_colour(show):
    page = show(recording())
    dashes = page.locator(
        "section[aria-label='Gradient norm per parameter'] .lines .series"
    ).evaluate_all("(lines) => lines.map((l) => l.getAttribute('stroke-dasharray'))")
    assert len(set(dashes)) == 2
