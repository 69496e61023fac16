"""The layout: nothing covers anything else, and frames hold their own members."""

import random

import pytest

import graphgrad as gg
from tests.drawing.page.geometry import assert_clear
from tests.drawing.page.graphs import broken, net, run_of, tangle

pytestmark = pytest.mark.browser


def fold_state(page):
    """Toggles some groups, chosen by chance but the same each time."""
    chance = random.Random(0)
    for _ in range(6):
        stops = page.locator(".item.group, .fold")
        if stops.count():
            stops.nth(chance.randrange(stops.count())).dispatch_event("click")
            yield


@pytest.mark.parametrize(
    ("count", "seed"), [(4, 0), (9, 1), (16, 2), (25, 3), (40, 4), (70, 5), (120, 6)]
)
def test_nothing_overlaps_and_frames_hold_no_stranger(show, count, seed):
    page = show(tangle(count, seed))
    assert_clear(page)
    page.click("#unfold-all")
    assert_clear(page)
    for _ in fold_state(page):
        assert_clear(page)
    page.click("#fold-all")
    assert_clear(page)


def test_nothing_overlaps_in_nets_and_in_differences(show):
    parts = net(4)
    page = show(run_of(*parts), against=run_of(*parts, 3.0))
    page.click("#unfold-all")
    assert_clear(page)
    page.select_option("#mode", "difference")
    assert_clear(page)
    page = show(broken())
    assert_clear(page)


def test_lanes_end_at_their_nodes(show):
    page = show(tangle(30, 7))
    ends = page.evaluate(
        """() => [...document.querySelectorAll('.edge')].map((edge) => {
          const line = edge.querySelector('.forward .line');
          const at = (key) => {
            const item = document.querySelector(`[data-key=${key}] .outline`);
            const { x, y, width, height } = item.getBBox();
            return [x, y, x + width, y + height];
          };
          const [start, end] = [0, line.getTotalLength()].map((along) => {
            const point = line.getPointAtLength(along);
            return [point.x, point.y];
          });
          const { from, to } = edge.dataset;
          return [start, at(from), end, at(to)];
        })"""
    )
    assert len(ends) > 20
    for start, source, end, target in ends:
        for (x, y), (left, top, right, bottom) in ((start, source), (end, target)):
            assert left - 15 <= x <= right + 15
            assert top - 1 <= y <= bottom + 1
        assert start[0] < end[0]


def test_two_uses_of_a_value_are_two_lanes(show):
    x = gg.variable(3.0, name="x")
    page = show(x * x)
    paths = page.locator(".edge .forward .line").evaluate_all(
        "(lines) => lines.map((line) => line.getAttribute('d'))"
    )
    assert len(paths) == len(set(paths)) == 3
