"""What covers what in the picture of a page, and what each frame holds."""

import itertools

BOXES = """() => {
  const rows = [];
  const box = (kind, key, element) => {
    const { x, y, width, height } = element.getBBox();
    if (width) rows.push({ kind, key, box: [x, y, x + width, y + height] });
  };
  for (const item of document.querySelectorAll('.item')) {
    box('item', item.dataset.key, item);
  }
  const lanes = document.querySelectorAll('.edge');
  document.querySelectorAll('.label').forEach((label, index) => {
    for (const text of label.querySelectorAll('text')) {
      box(text.getAttribute('class'), lanes[index].dataset.to, text);
    }
  });
  for (const frame of document.querySelectorAll('.frame')) {
    box('frame', frame.dataset.frame, frame.querySelector('.outline'));
    box('name', frame.dataset.frame, frame.querySelector('text'));
    box('fold', frame.dataset.frame, frame.querySelector('.fold'));
  }
  return rows;
}"""

HOMES = """() => {
  const { nodes, groups } = JSON.parse(document.querySelector('#data').textContent);
  const homes = {};
  const path = (group) => group < 0 ? [] : [...path(groups[group].parent), group];
  nodes.forEach(({ group }, id) => homes['n' + id] = path(group));
  groups.forEach(({ parent }, id) => homes['g' + id] = path(parent));
  return homes;
}"""


def overlap(first, second, slack=0.6):
    (a, b, c, d), (e, f, g, h) = first["box"], second["box"]
    return a < g - slack and e < c - slack and b < h - slack and f < d - slack


def inside(inner, outer):
    (a, b, c, d), (e, f, g, h) = inner["box"], outer["box"]
    return e <= a and f <= b and c <= g and d <= h


def assert_clear(page):
    """No two labels or nodes overlap; a frame holds its own members and no other."""
    rows = page.evaluate(BOXES)
    homes = page.evaluate(HOMES)
    frames = [row for row in rows if row["kind"] == "frame"]
    things = [row for row in rows if row["kind"] != "frame"]
    for one, other in itertools.combinations(things, 2):
        assert not overlap(one, other), (one, other)
    for frame in frames:
        own = int(frame["key"])
        for thing in things:
            if thing["kind"] in ("name", "fold"):
                around = [*homes[f"g{thing['key']}"], int(thing["key"])]
            else:
                around = homes[thing["key"]]
            if own in around:
                assert inside(thing, frame), (thing, frame)
            else:
                assert not overlap(thing, frame), (thing, frame)
