/** Columns get their x, gaps the width that their steepest wires need, wires bends. */

// Length of the level end of a wire, where its arrow head sits.
const HEAD_ROOM = 13;
const NARROW = 10;
const WIDE = 80;
const SLOPE = 0.45;

/**
 * The x of each unit's middle, the width of the whole, and for each wire its bends and
 * the middle of its label. A wire runs from the middle of an item or the right side of
 * a box to the middle of an item or the left side of a box; gates lie on the border.
 */
export function routeWires(level, network, rows, heights) {
  const spans = columnSpans(level, network, rows, heights);
  const columnOf = [];
  network.columns.forEach((column, index) => {
    for (const item of column) columnOf[item] = 2 * index + 1;
  });
  const width = spans.length ? spans.at(-1)[1] : 0;
  const x = level.units.map((_, unit) => {
    const [start, end] = spans[columnOf[unit]];
    return (start + end) / 2;
  });
  const plan = { level, network, rows, heights, spans, columnOf, x, width };
  const bends = [];
  const labels = [];
  level.arriving.forEach((ids, unit) => {
    ids.forEach((id, slot) => {
      const column = columnOf[unit] - 1;
      bends[id] = wireBends(plan, id, unit, slot);
      labels[id] = [(spans[column][0] + spans[column][1]) / 2, heights[rows.label[id]]];
    });
  });
  return { x, width, bends, labels };
}

/** Left and right end of each column of `rows`. */
function columnSpans(level, network, rows, heights) {
  const widths = rows.columns.map(() => 0);
  const rises = rows.columns.map(() => 0);
  const widen = (column, width) => {
    widths[column] = Math.max(widths[column], width);
  };
  network.columns.forEach((column, index) => {
    for (const item of column) {
      if (item >= level.units.length) continue;
      widen(2 * index + 1, level.units[item].width);
      for (const id of level.arriving[item]) {
        widen(2 * index, level.wires[id].label.width);
      }
    }
  });
  rows.columns.forEach((column, index) => {
    for (const box of column) {
      for (const [other, offset] of rows.left[box]) {
        const rise = Math.abs(heights[box] - heights[other] - offset);
        rises[index] = Math.max(rises[index], rise);
      }
    }
  });
  const spans = [];
  let x = 0;
  widths.forEach((width, column) => {
    if (column > 1) x += HEAD_ROOM + Math.min(NARROW + SLOPE * rises[column], WIDE);
    spans.push([x, x + width]);
    x += width;
  });
  return spans;
}

function wireBends(plan, id, unit, slot) {
  const { level, network, rows, heights, spans, columnOf } = plan;
  const wire = level.wires[id];
  const { unit: source, dy } = level.outlets[wire.outlet];
  const bends = [[sourceEnd(plan, source), heights[source] + dy]];
  bends.push([spans[columnOf[source]][1], bends[0][1]]);
  const waypoints = [];
  let parent = network.parents[unit][slot];
  while (parent !== source) {
    waypoints.push(parent);
    [parent] = network.parents[parent];
  }
  for (const item of waypoints.reverse()) {
    const column = columnOf[item];
    const lead = heights[rows.lead[item]];
    bends.push([spans[column - 2][1] + HEAD_ROOM, bends.at(-1)[1]]);
    bends.push([spans[column - 1][0], lead], [spans[column - 1][1], lead]);
    bends.push([spans[column][0], heights[item]], [spans[column][1], heights[item]]);
  }
  const column = columnOf[unit] - 1;
  const before = waypoints.length ? columnOf[waypoints.at(-1)] : columnOf[source];
  const y = heights[rows.label[id]];
  const end = heights[unit] + wire.dy;
  bends.push([spans[before][1] + HEAD_ROOM, bends.at(-1)[1]]);
  bends.push([spans[column][0], y], [spans[column][1], y]);
  bends.push([spans[column + 1][0] - HEAD_ROOM, end], [targetEnd(plan, unit), end]);
  return bends;
}

function sourceEnd({ level, x }, unit) {
  const { gate, level: inner, width } = level.units[unit];
  if (gate) return 0;
  return inner ? x[unit] + width / 2 : x[unit];
}

function targetEnd({ level, x, width }, unit) {
  const { gate, level: inner, width: own } = level.units[unit];
  if (gate) return width;
  return inner ? x[unit] - own / 2 : x[unit];
}
