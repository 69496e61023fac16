/**
 * Step one: which column each unit stands in. The longest path gives the first answer;
 * then units move right, next to their first use, wherever that makes no wire longer
 * (Gansner et al., "A technique for drawing directed graphs", 1993).
 */

/** The column of each unit of a level, from 0 at the left. */
export function assignRanks(level) {
  const { units, outlets, wires } = level;
  const incoming = units.map(() => []);
  const outgoing = units.map(() => []);
  for (const { outlet, unit } of wires) {
    incoming[unit].push(outlets[outlet].unit);
    outgoing[outlets[outlet].unit].push(unit);
  }
  const order = sortUnits(incoming, outgoing);
  const rank = units.map(() => 0);
  for (const unit of order) {
    for (const source of incoming[unit]) {
      rank[unit] = Math.max(rank[unit], rank[source] + 1);
    }
  }
  const leaf = units.map(({ gate }, unit) => !incoming[unit].length && gate !== "in");
  for (const unit of order.toReversed()) {
    if (!outgoing[unit].length || units[unit].gate === "in") continue;
    const sources = new Set(incoming[unit].filter((source) => !leaf[source]));
    if (sources.size > 1) continue;
    rank[unit] = Math.min(...outgoing[unit].map((target) => rank[target] - 1));
  }
  pinGates(units, rank, incoming);
  return rank;
}

/** Entrances to the first column, exits to the last. */
function pinGates(units, rank, incoming) {
  const within = units.flatMap(({ gate }, unit) => (gate ? [] : [rank[unit]]));
  const entrances = units.some(({ gate }) => gate === "in");
  const first = entrances ? 0 : within.reduce((a, b) => Math.min(a, b), Infinity);
  let last = within.reduce((a, b) => Math.max(a, b), 0);
  units.forEach(({ gate }, unit) => {
    if (gate === "out") last = Math.max(last, rank[incoming[unit][0]] + 1);
  });
  units.forEach(({ gate }, unit) => {
    if (gate === "out") rank[unit] = last;
    if (gate === "in") rank[unit] = 0;
    rank[unit] -= first;
  });
}

function sortUnits(incoming, outgoing) {
  const waiting = incoming.map((sources) => sources.length);
  const order = [];
  incoming.forEach((sources, unit) => {
    if (!sources.length) order.push(unit);
  });
  for (let place = 0; place < order.length; place++) {
    for (const target of outgoing[order[place]]) {
      waiting[target] -= 1;
      if (waiting[target] === 0) order.push(target);
    }
  }
  return order;
}
