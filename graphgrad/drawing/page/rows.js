/**
 * Step four, the problem: boxes stacked in columns, and the wires that pull on them.
 * Every column becomes two: the labels of the edges that arrive, in the order of their
 * ports, and the units. So wires run level past their labels and bend in the gaps.
 */

const NODE_MARGIN = 8;
const LABEL_MARGIN = 3;
const TRUNK_ROOM = 8;

// Trunks stay straight, chains nearly so; a leaf follows its use and does not move it.
const TRUNK_PULL = 8;
const CHAIN_PULL = 1;
const LEAF_PULL = 0.02;

/** Boxes in columns: even ones hold labels, odd ones units and waypoints. */
class Rows {
  columns = [];
  above = [];
  below = [];
  /** For each box its pulls [box, offset, weight]: to that box's y + offset. */
  left = [];
  right = [];
  /** The outlet of whose trunk a box is part, or -1. */
  trunk = [];
  /** The box of each wire's label, and that in which a wire reaches a waypoint. */
  label = [];
  lead = [];

  add(above, below, trunk = -1) {
    this.above.push(above);
    this.below.push(below);
    this.left.push([]);
    this.right.push([]);
    this.trunk.push(trunk);
    return this.above.length - 1;
  }

  /** A level wire leaves `left` at `exit` from its middle, enters `right` at `port`. */
  wire(left, exit, right, port, weight) {
    this.right[left].push([right, port - exit, weight]);
    this.left[right].push([left, exit - port, weight]);
  }
}

/** The boxes of a network in their order, not yet placed. */
export function buildRows(level, network) {
  const rows = new Rows();
  const count = level.units.length;
  for (const { gate, above, below } of level.units) {
    if (gate) rows.add(TRUNK_ROOM, TRUNK_ROOM);
    else rows.add(above + NODE_MARGIN, below + NODE_MARGIN);
  }
  for (const trunk of network.trunk.slice(count)) {
    rows.add(TRUNK_ROOM, TRUNK_ROOM, trunk);
  }
  rows.lead = network.parents.map((_, item) => item);
  for (let item = count; item < network.parents.length; item++) {
    const trunk = network.trunk[item];
    const lead = rows.add(TRUNK_ROOM, TRUNK_ROOM, trunk);
    rows.lead[item] = lead;
    rows.wire(lead, 0, item, 0, TRUNK_PULL);
    const parent = network.parents[item][0];
    const beginning = parent < count;
    const exit = beginning ? level.outlets[trunk].dy : 0;
    rows.wire(parent, exit, lead, 0, beginning ? CHAIN_PULL : TRUNK_PULL);
  }
  for (const { label } of level.wires) {
    rows.label.push(rows.add(label.above + LABEL_MARGIN, label.below + LABEL_MARGIN));
  }
  wireLabels(level, network, rows);
  stackColumns(level, network, rows);
  return rows;
}

function wireLabels(level, network, rows) {
  const { units, outlets, wires, arriving } = level;
  const leaf = units.map(({ gate }, unit) => !arriving[unit].length && gate !== "in");
  arriving.forEach((ids, unit) => {
    ids.forEach((id, slot) => {
      const { outlet, dy } = wires[id];
      const loose = leaf[outlets[outlet].unit] && ids.length > 1;
      const parent = network.parents[unit][slot];
      const exit = parent < units.length ? outlets[outlet].dy : 0;
      rows.wire(parent, exit, rows.label[id], 0, CHAIN_PULL);
      rows.wire(rows.label[id], 0, unit, dy, loose ? LEAF_PULL : CHAIN_PULL);
    });
  });
}

function stackColumns({ units, arriving }, network, rows) {
  for (const column of network.columns) {
    const labels = column.flatMap((item) =>
      item < units.length
        ? arriving[item].map((id) => rows.label[id])
        : rows.lead[item],
    );
    rows.columns.push(labels, [...column]);
  }
}
