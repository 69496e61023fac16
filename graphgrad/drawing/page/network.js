/**
 * Step two: a level cut into columns, so that every wire spans only one gap. A value
 * that is used further right runs there as one trunk, with a waypoint in each column;
 * its uses branch off just before their operators, where its gradients add up.
 */

const LEAST_WAYPOINTS = 10_000;
const WAYPOINTS_PER_UNIT = 3;

/**
 * Columns of items, which are units and, after them, waypoints. For each item: its
 * `parents` in the column before by slot, the part of a parent's side at which each
 * wire leaves (`exits`, -0.5 to 0.5), and the outlet whose `trunk` it is of, or -1.
 */
export function buildNetwork(level, rank) {
  const { units, outlets, wires, arriving, leaving } = level;
  const last = outlets.map(({ unit }) => rank[unit]);
  for (const { outlet, unit } of wires) {
    last[outlet] = Math.max(last[outlet], rank[unit] - 1);
  }
  const start = outlets.map(({ unit }) => rank[unit]);
  shortenTrunks(start, last, units.length);
  const length = rank.reduce((a, b) => Math.max(a, b), -1) + 1;
  const network = {
    columns: Array.from({ length }, () => []),
    parents: units.map(() => []),
    exits: units.map(() => []),
    trunk: units.map(() => -1),
  };
  const first = [];
  for (const unit of readingOrder(level)) {
    network.columns[rank[unit]].push(unit);
    leaving[unit].forEach((outlet, place) => {
      first[outlet] = network.parents.length;
      const exit = share(place, leaving[unit].length);
      layTrunk(network, outlet, unit, exit, [start[outlet], last[outlet]]);
    });
  }
  for (const { outlet, unit } of arriving.flat().map((id) => wires[id])) {
    const source = outlets[outlet].unit;
    const steps = Math.min(rank[unit] - 1, last[outlet]) - start[outlet];
    network.parents[unit].push(steps ? first[outlet] + steps - 1 : source);
    const side = leaving[source];
    network.exits[unit].push(steps ? 0 : share(side.indexOf(outlet), side.length));
  }
  return network;
}

/** Where the middle of part `place` of `count` lies on a side, from -0.5 to 0.5. */
export function share(place, count) {
  return (place + 0.5) / count - 0.5;
}

function layTrunk(network, outlet, unit, exit, [start, last]) {
  for (let column = start + 1; column <= last; column++) {
    const beginning = column === start + 1;
    network.columns[column].push(network.parents.length);
    network.parents.push([beginning ? unit : network.parents.length - 1]);
    network.exits.push([beginning ? exit : 0]);
    network.trunk.push(outlet);
  }
}

/**
 * Lets the longest trunks end early if there would be too many waypoints. Beyond the
 * end of its trunk a wire runs on without keeping clear of what it crosses.
 */
function shortenTrunks(start, last, units) {
  const most = LEAST_WAYPOINTS + WAYPOINTS_PER_UNIT * units;
  const spans = last.map((column, outlet) => column - start[outlet]);
  let longest = spans.reduce((a, b) => Math.max(a, b), 0);
  const total = () => spans.reduce((sum, span) => sum + Math.min(span, longest), 0);
  while (total() > most) longest = Math.floor(longest / 2);
  start.forEach((column, outlet) => {
    last[outlet] = Math.min(last[outlet], column + longest);
  });
}

/** Units as a reader meets them who follows arguments back from the ends. */
function readingOrder({ units, outlets, wires, arriving, leaving }) {
  const seen = units.map(() => false);
  const order = [];
  const ends = units.map((_, unit) => unit).filter((unit) => !leaving[unit].length);
  const pending = ends.reverse();
  while (pending.length) {
    const unit = pending.pop();
    if (seen[unit]) continue;
    seen[unit] = true;
    order.push(unit);
    for (const id of arriving[unit].toReversed()) {
      pending.push(outlets[wires[id].outlet].unit);
    }
  }
  return order;
}
