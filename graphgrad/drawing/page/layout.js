/** Where everything is: levels solved from the innermost out, then put together. */

import { LANE, SMALL_SIZE, groupWords, textWidth } from "./measure.js";
import { groupShape, labelBox, nodeShape, portOffset } from "./measure.js";
import { buildLevels } from "./levels.js";
import { assignRanks } from "./ranks.js";
import { buildNetwork } from "./network.js";
import { orderColumns } from "./ordering.js";
import { buildRows } from "./rows.js";
import { placeRows } from "./placing.js";
import { routeWires } from "./routing.js";

const FRAME_PAD = 14;
const FRAME_HEADER = 30;
/** Room of the fold button in a frame's header. */
const FRAME_BUTTON = 44;
/** Rises below this many pixels are drawn level. */
const LEVEL_ENOUGH = 0.6;

/**
 * Positions in pixels for a scene whose edges carry `label`s ({value, gradient}).
 * Items get {x, y, shape}, edges {route, at, box}, frames {left, top, right, bottom};
 * `bounds` is the room of all.
 */
export function layoutScene(scene) {
  const { levels, wires } = buildLevels(scene);
  for (const level of levels.toReversed()) {
    prepare(level);
    solve(level);
  }
  const picture = { items: [], edges: [], frames: new Map() };
  for (const level of levels) putTogether(level, picture);
  scene.edges.forEach((edge, index) => {
    const chain = wires[index];
    const [level, last] = chain.at(-1);
    const [x, y] = level.labels[last];
    picture.edges.push({
      route: straighten(chain.flatMap(([inner, wire]) => inner.bends[wire])),
      at: [x, y],
      box: level.wires[last].label,
    });
  });
  return { ...picture, bounds: boundsOf(picture) };
}

/** Sizes, ports and sides of a level's units, whose inner levels are solved. */
function prepare(level) {
  const { units, outlets, wires } = level;
  level.arriving = units.map(() => []);
  level.leaving = units.map(() => []);
  wires.forEach(({ unit }, id) => level.arriving[unit].push(id));
  outlets.forEach(({ unit }, id) => level.leaving[unit].push(id));
  units.forEach((unit, place) => {
    Object.assign(unit, unitSize(unit));
    const [ids, sides] = [level.arriving[place], level.leaving[place]];
    ids.forEach((id, slot) => {
      const wire = wires[id];
      const ports = unit.item ? portOffset(slot, ids.length) : 0;
      wire.dy = unit.level ? unit.level.gates.get(`in${wire.value}`) : ports;
      wire.label = wire.edge
        ? labelBox(wire.edge.label.value, wire.edge.label.gradient)
        : { width: 0, above: LANE + 4, below: LANE + 4 };
    });
    sides.forEach((id, side) => {
      const outlet = outlets[id];
      const ports = unit.item ? portOffset(side, sides.length) : 0;
      outlet.dy = unit.level ? unit.level.gates.get(`out${outlet.value}`) : ports;
    });
    ids.sort((a, b) => wires[a].dy - wires[b].dy);
    sides.sort((a, b) => outlets[a].dy - outlets[b].dy);
  });
}

function unitSize({ item, level, gate }) {
  if (gate) return { width: 0, above: 0, below: 0 };
  if (level) return { width: level.width, above: -level.top, below: level.bottom };
  const { node, group, arriving, leaving } = item;
  const sides = new Set(leaving.map(({ value }) => value)).size;
  const shape = node
    ? nodeShape(node, arriving.length)
    : groupShape(group, arriving.length, sides);
  const half = shape.height / 2;
  return {
    shape,
    width: shape.breadth,
    above: half + shape.above,
    below: half + shape.below,
  };
}

/** Places a level around its own origin and finds the frame around it. */
function solve(level) {
  const network = buildNetwork(level, assignRanks(level));
  orderColumns(network);
  const rows = buildRows(level, network);
  const heights = placeRows(rows);
  const routed = routeWires(level, network, rows, heights);
  const pad = level.parent ? FRAME_PAD : 0;
  const header = level.parent ? FRAME_HEADER : 0;
  const boxes = rows.columns.flat();
  const top = boxes.reduce((y, b) => Math.min(y, heights[b] - rows.above[b]), Infinity);
  const bottom = boxes.reduce(
    (y, b) => Math.max(y, heights[b] + rows.below[b]),
    -Infinity,
  );
  const spare = Math.max(headerWidth(level) - routed.width - 2 * pad, 0);
  level.x = routed.x.map((x) => x + pad);
  level.y = level.units.map((_, unit) => heights[unit]);
  level.width = routed.width + 2 * pad + spare;
  level.top = top - header;
  level.bottom = bottom + pad / 2;
  level.labels = routed.labels.map(([x, y]) => [x + pad, y]);
  level.bends = routed.bends.map((bends) => bends.map(([x, y]) => [x + pad, y]));
  level.gates = new Map();
  level.units.forEach(({ gate, value }, unit) => {
    if (gate) level.gates.set(`${gate}${value}`, heights[unit]);
  });
  reachBorder(level);
}

/** Wires from and to gates run on to the frame. */
function reachBorder(level) {
  level.wires.forEach(({ outlet, unit }, id) => {
    const bends = level.bends[id];
    if (level.units[level.outlets[outlet].unit].gate) bends[0][0] = 0;
    if (level.units[unit].gate) bends.at(-1)[0] = level.width;
  });
}

function headerWidth(level) {
  if (!level.parent) return 0;
  const { name } = groupWords(level.group);
  return textWidth(name, SMALL_SIZE, true) + FRAME_BUTTON + 2 * FRAME_PAD;
}

/** Moves a level to its place in the whole picture. */
function putTogether(level, picture) {
  const [dx, dy] = level.origin ?? [0, 0];
  const move = ([x, y]) => [x + dx, y + dy];
  level.bends = level.bends.map((bends) => bends.map(move));
  level.labels = level.labels.map(move);
  level.units.forEach((unit, place) => {
    const [x, y] = move([level.x[place], level.y[place]]);
    if (unit.item) picture.items[unit.item.index] = { x, y, shape: unit.shape };
    if (unit.level) unit.level.origin = [x - unit.width / 2, y];
  });
  if (level.parent) {
    const { top, bottom, width } = level;
    const [right, low] = [dx + width, dy + bottom];
    picture.frames.set(level.group.id, { left: dx, top: dy + top, right, bottom: low });
  }
}

/** Drops bends inside level stretches, and rises too small to be meant. */
function straighten(bends) {
  const kept = [bends[0]];
  for (const [x, height] of bends.slice(1)) {
    let y = height;
    if (Math.abs(y - kept.at(-1)[1]) < LEVEL_ENOUGH) {
      [, y] = kept.at(-1);
      if (kept.length > 1 && kept.at(-2)[1] === y) kept.pop();
    }
    kept.push([x, y]);
  }
  return kept;
}

function boundsOf({ items, edges, frames }) {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  const include = (left, top, right, bottom) => {
    bounds.left = Math.min(bounds.left, left);
    bounds.top = Math.min(bounds.top, top);
    bounds.right = Math.max(bounds.right, right);
    bounds.bottom = Math.max(bounds.bottom, bottom);
  };
  for (const { x, y, shape } of items) {
    const [half, up] = [shape.breadth / 2, shape.height / 2];
    include(x - half, y - up - shape.above, x + half, y + up + shape.below);
  }
  for (const { route, at, box } of edges) {
    for (const [x, y] of route) include(x, y - LANE, x, y + LANE);
    const half = box.width / 2;
    include(at[0] - half, at[1] - box.above, at[0] + half, at[1] + box.below);
  }
  for (const { left, top, right, bottom } of frames.values()) {
    include(left, top, right, bottom);
  }
  if (bounds.left > bounds.right) include(0, 0, 1, 1);
  return bounds;
}
