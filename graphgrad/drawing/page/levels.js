/**
 * An open group is laid out by itself and then placed as one box, so its frame holds
 * its own members and nothing else. Values enter and leave a box through gates on its
 * sides; a level is what one box holds: units, gates among them, and wires.
 */

/** One box to be laid out: that of a group, or the whole picture without one. */
class Level {
  constructor(group, parent) {
    this.group = group;
    this.parent = parent;
    this.depth = parent ? parent.depth + 1 : 0;
    this.units = [];
    this.outlets = [];
    this.wires = [];
    this.known = new Map();
  }

  once(key, make) {
    if (!this.known.has(key)) this.known.set(key, make());
    return this.known.get(key);
  }

  /** Place of what `of` describes: an item, the level of an inner box, or a gate. */
  unit(key, of) {
    return this.once(`unit ${key}`, () => this.units.push({ key, ...of }) - 1);
  }

  /** Where `value` leaves a unit. */
  outlet(unit, value) {
    const key = `outlet ${unit} ${value}`;
    return this.once(key, () => this.outlets.push({ unit, value }) - 1);
  }

  wire(key, wire) {
    return this.once(`wire ${key}`, () => this.wires.push(wire) - 1);
  }
}

/**
 * The levels of a scene, each after the one around it, and for each edge its wires
 * from its source to its target as [level, wire] pairs.
 */
export function buildLevels(scene) {
  const levels = [new Level(null, null)];
  const levelOf = new Map([[-1, levels[0]]]);
  for (const group of scene.frames) {
    const level = new Level(group, levelOf.get(group.parent));
    levels.push(level);
    levelOf.set(group.id, level);
  }
  for (const level of levels) {
    if (level.parent) boxUnit(level);
  }
  for (const item of scene.items) itemUnit(levelOf.get(item.container), item);
  const wires = scene.edges.map((edge) => edgeWires(levelOf, edge));
  return { levels, wires };
}

function itemUnit(level, item) {
  return level.unit(item.key, { item });
}

function boxUnit(level) {
  return level.parent.unit(`box${level.group.id}`, { level });
}

/** Wires up and out of the boxes around the source, across, and down to the target. */
function edgeWires(levelOf, edge) {
  const { source, target, value } = edge;
  let from = levelOf.get(source.container);
  let outlet = from.outlet(itemUnit(from, source), value);
  const chain = [];
  const inward = [levelOf.get(target.container)];
  while (inward[0].depth > from.depth) inward.unshift(inward[0].parent);
  while (from !== inward[0]) {
    const gate = from.unit(`out${value}`, { gate: "out", value });
    const wire = { outlet, unit: gate, value };
    chain.push([from, from.wire(`out${value}`, wire)]);
    outlet = from.parent.outlet(boxUnit(from), value);
    from = from.parent;
    if (inward[0].depth > from.depth) inward.unshift(inward[0].parent);
  }
  for (const inner of inward.slice(1)) {
    const wire = { outlet, unit: boxUnit(inner), value };
    chain.push([from, from.wire(`${inner.group.id}<${value}`, wire)]);
    const gate = inner.unit(`in${value}`, { gate: "in", value });
    outlet = inner.outlet(gate, value);
    from = inner;
  }
  const wire = { outlet, unit: itemUnit(from, target), value, edge };
  chain.push([from, from.wire(`edge${edge.index}`, wire)]);
  return chain;
}
