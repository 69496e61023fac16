"""What can be seen of a layout: boxes that overlap, wires that cross or pierce.

Wires are sampled as they are painted, so both engines are judged by the same eye.
"""

import numpy as np

_STEP = 3.0
_TOUCH = 0.4


def node_boxes(layout):
    """Left, top, right and bottom of every node: outlines, then captions below."""
    rows, owners = [], []
    for index, ((x, y), shape) in enumerate(
        zip(layout.nodes, layout.sizes.shapes, strict=True)
    ):
        half = shape.height / 2
        rows.append((x - shape.width / 2, y - half, x + shape.width / 2, y + half))
        owners.append(index)
        if shape.below:
            reach = shape.breadth / 2
            rows.append((x - reach, y + half, x + reach, y + half + shape.below))
            owners.append(index)
    return np.array(rows, dtype=float).reshape(-1, 4), np.array(owners, dtype=int)


def label_boxes(layout):
    """The same of every edge's labels that have any text."""
    rows = []
    for (x, y), box in zip(layout.labels, layout.sizes.labels, strict=True):
        if box.width:
            half = box.width / 2
            rows.append((x - half, y - box.above, x + half, y + box.below))
    return np.array(rows, dtype=float).reshape(-1, 4)


def overlaps(layout):
    """Pairs of boxes of nodes and labels that share more than half a pixel."""
    rows = np.concatenate([node_boxes(layout)[0], label_boxes(layout)])
    left, top, right, bottom = (rows[:, [i]] for i in range(4))
    slack = 0.5
    hit = (
        (left < right.T - slack)
        & (right - slack > left.T)
        & (top < bottom.T - slack)
        & (bottom - slack > top.T)
    )
    np.fill_diagonal(hit, False)
    return [tuple(pair) for pair in np.argwhere(np.triu(hit))]


def wires(layout):
    """Each route's heights at every third pixel: its first column, and the heights."""
    found = []
    for route in layout.routes:
        points = np.array(route)
        first = int(np.ceil(points[0, 0] / _STEP))
        xs = np.arange(first, int(points[-1, 0] / _STEP) + 1) * _STEP
        at = np.searchsorted(points[:, 0], xs, side="right").clip(1, len(points) - 1)
        (x0, y0), (x1, y1) = points[at - 1].T, points[at].T
        run = np.where(x1 > x0, x1 - x0, 1.0)
        # The painters' cubic has both control points at the middle x: with parameter
        # t, x runs as 1.5 t (1 - t) + t ** 3 and y as t ** 2 (3 - 2 t).
        goal = ((xs - x0) / run).clip(0, 1)
        t = goal.copy()
        for _ in range(8):
            t -= (1.5 * t * (1 - t) + t**3 - goal) / (1.5 - 3 * t + 3 * t * t)
        found.append((first, y0 + (y1 - y0) * t * t * (3 - 2 * t)))
    return found


def crossings(scene, layout):
    """Pairs of edges whose wires cross; edges that share an end are no pair.

    The uses of one value share their source, so a trunk does not cross itself.
    """
    lines = wires(layout)
    firsts = np.array([first for first, _ in lines])
    lasts = np.array([first + len(ys) for first, ys in lines])
    tops = np.array([ys.min() if len(ys) else 0.0 for _, ys in lines])
    bottoms = np.array([ys.max() if len(ys) else 0.0 for _, ys in lines])
    sources = np.array([e.source for e in scene.edges])
    targets = np.array([e.target for e in scene.edges])
    total = 0
    for i, (first, ys) in enumerate(lines):
        near = (
            (firsts < lasts[i])
            & (lasts > first)
            & (tops < bottoms[i])
            & (bottoms > tops[i])
            & (sources != sources[i])
            & (targets != targets[i])
            & (sources != targets[i])
            & (targets != sources[i])
        )
        for j in np.flatnonzero(near[:i]):
            low, high = max(first, firsts[j]), min(lasts[i], lasts[j])
            other = lines[j][1][low - firsts[j] : high - firsts[j]]
            gap = ys[low - first : high - first] - other
            total += gap.size > 1 and gap.min() < -_TOUCH and gap.max() > _TOUCH
    return int(total)


def pierced(scene, layout):
    """Pairs of an edge and a node, not its own, through whose box its wire runs."""
    rows, owners = node_boxes(layout)
    rows += np.array([0.5, 0.5, -0.5, -0.5])
    found = set()
    for index, (first, ys) in enumerate(wires(layout)):
        xs = (first + np.arange(len(ys))) * _STEP
        edge = scene.edges[index]
        near = (owners != edge.source) & (owners != edge.target)
        if len(xs):
            near &= (rows[:, 0] < xs[-1]) & (rows[:, 2] > xs[0])
            near &= (rows[:, 1] < ys.max()) & (rows[:, 3] > ys.min())
        for box in np.flatnonzero(near):
            left, top, right, bottom = rows[box]
            hit = (xs > left) & (xs < right) & (ys > top) & (ys < bottom)
            if hit.any():
                found.add((index, int(owners[box])))
    return sorted(found)
