/**
 * Step three: the order of each column, chosen so that few wires cross. Barycentre
 * sweeps with exchange of neighbours (Sugiyama, Tagawa and Toda 1981). A wire ends at
 * its argument's port, so arguments that arrive out of order count as a crossing too.
 */

import { share } from "./network.js";

const MOST_SWEEPS = 24;
const ORDER_WORK = 400_000;
const PATIENCE = 6;
const EXCHANGE_WORK = 4_000;

/** Sorts `network.columns` in place. */
export function orderColumns(network) {
  const items = network.parents.length;
  const children = childrenOf(network);
  const copy = () => network.columns.map((column) => [...column]);
  let best = copy();
  let fewest = countCrossings(network);
  let patience = PATIENCE;
  const work = Math.floor(ORDER_WORK / Math.max(items, 1));
  const sweeps = Math.max(2, Math.min(MOST_SWEEPS, work));
  for (let sweep = 0; sweep < sweeps && fewest && patience; sweep++) {
    if (sweep % 2) sweepRight(network);
    else sweepLeft(network, children);
    if (items <= EXCHANGE_WORK) exchangeNeighbours(network, children);
    const crossings = countCrossings(network);
    patience -= 1;
    if (crossings < fewest) {
      fewest = crossings;
      best = copy();
      patience = PATIENCE;
    }
  }
  network.columns = best;
}

/** For each item its uses in the next column: [item, port, exit]. */
function childrenOf({ parents, exits }) {
  const children = parents.map(() => []);
  parents.forEach((sources, item) => {
    sources.forEach((parent, slot) => {
      const port = share(slot, sources.length);
      children[parent].push([item, port, exits[item][slot]]);
    });
  });
  return children;
}

function positionsIn({ columns, parents }) {
  const position = new Float64Array(parents.length);
  for (const column of columns) {
    column.forEach((item, place) => {
      position[item] = place;
    });
  }
  return position;
}

/** How many pairs of wires cross, over all gaps. */
export function countCrossings(network) {
  const position = positionsIn(network);
  let total = 0;
  for (const column of network.columns) {
    const ends = [];
    for (const item of column) {
      network.parents[item].forEach((parent, slot) => {
        ends.push(position[parent] + network.exits[item][slot]);
      });
    }
    total += inversions(ends);
  }
  return total;
}

/** Pairs i < j with values[i] > values[j], by merging sorted runs. */
function inversions(values) {
  let from = Float64Array.from(values);
  let into = new Float64Array(from.length);
  let total = 0;
  for (let run = 1; run < from.length; run *= 2) {
    for (let start = 0; start < from.length; start += 2 * run) {
      const middle = Math.min(start + run, from.length);
      const end = Math.min(start + 2 * run, from.length);
      let left = start;
      let right = middle;
      for (let place = start; place < end; place++) {
        if (left < middle && (right >= end || from[left] <= from[right])) {
          into[place] = from[left++];
        } else {
          total += middle - left;
          into[place] = from[right++];
        }
      }
    }
    [from, into] = [into, from];
  }
  return total;
}

function mean(values, otherwise) {
  return values.length ? values.reduce((a, b) => a + b, 0) / values.length : otherwise;
}

function sortColumn(column, key, wanted) {
  const places = new Map(column.map((item) => [item, wanted(item)]));
  column.sort((a, b) => places.get(a) - places.get(b));
  column.forEach((item, place) => {
    key[item] = place;
  });
}

/** Sorts each column by where its items' arguments stand. */
function sweepRight(network) {
  const key = positionsIn(network);
  const { columns, parents, exits } = network;
  const wanted = (item) =>
    mean(
      parents[item].map((p, slot) => key[p] + exits[item][slot]),
      key[item],
    );
  for (const column of columns.slice(1)) sortColumn(column, key, wanted);
}

/** Sorts each column by the ports at which its items are used. */
function sweepLeft(network, children) {
  const key = positionsIn(network);
  const wanted = (item) =>
    mean(
      children[item].map(([child, port]) => key[child] + port),
      key[item],
    );
  for (const column of network.columns.slice(0, -1).reverse()) {
    sortColumn(column, key, wanted);
  }
}

/** Swaps neighbours while that removes crossings. */
function exchangeNeighbours(network, children) {
  const position = positionsIn(network);
  let improved = true;
  for (let round = 0; round < 4 && improved; round++) {
    improved = false;
    for (const column of network.columns) {
      for (let place = 0; place + 1 < column.length; place++) {
        const [above, below] = [column[place], column[place + 1]];
        if (crossingsSaved(network, children, position, above, below) <= 0) continue;
        column[place] = below;
        column[place + 1] = above;
        position[above] = place + 1;
        position[below] = place;
        improved = true;
      }
    }
  }
}

/** Crossings that go if two neighbours swap. */
function crossingsSaved({ parents, exits }, children, position, above, below) {
  const leftEnds = (item) => parents[item].map((p, s) => position[p] + exits[item][s]);
  const rightEnds = (item) => children[item].map(([c, port]) => position[c] + port);
  return (
    moreAbove(leftEnds(above), leftEnds(below)) +
    moreAbove(rightEnds(above), rightEnds(below))
  );
}

function moreAbove(first, second) {
  let gain = 0;
  for (const a of first) for (const b of second) gain += Math.sign(a - b);
  return gain;
}
