/**
 * Step four, the answer: heights at which wires are as level as the boxes allow. Within
 * a column the best heights that keep order and distance are an isotonic regression
 * (pool adjacent violators), which is exact, so the squares fall with every sweep.
 */

const PLACE_SWEEPS = 16;
const PLACE_WORK = 600_000;
// A trunk is pulled to its own mean height, so that it settles as one straight line.
const STRAIGHT = 8;

/** The y of every box. */
export function placeRows(rows) {
  const heights = new Float64Array(rows.above.length);
  for (const column of rows.columns) packColumn(rows, column, heights);
  const both = rows.left.map((pulls, box) => [...pulls, ...rows.right[box]]);
  const reversed = rows.columns.toReversed();
  for (let round = 0; round < 2; round++) {
    settleAll(rows, rows.columns, rows.left, heights, null);
    settleAll(rows, reversed, rows.right, heights, null);
  }
  const work = Math.floor(PLACE_WORK / Math.max(heights.length, 1));
  const sweeps = Math.max(2, Math.min(PLACE_SWEEPS, work));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const columns = sweep % 2 ? reversed : rows.columns;
    settleAll(rows, columns, both, heights, trunkMeans(rows, heights));
  }
  return heights;
}

function packColumn(rows, column, heights) {
  let y = -column.reduce((sum, box) => sum + rows.above[box] + rows.below[box], 0) / 2;
  for (const box of column) {
    heights[box] = y + rows.above[box];
    y += rows.above[box] + rows.below[box];
  }
}

function trunkMeans(rows, heights) {
  const sums = new Map();
  rows.trunk.forEach((trunk, box) => {
    if (trunk < 0) return;
    const [total, count] = sums.get(trunk) ?? [0, 0];
    sums.set(trunk, [total + heights[box], count + 1]);
  });
  return new Map([...sums].map(([trunk, [total, count]]) => [trunk, total / count]));
}

function settleAll(rows, columns, pulls, heights, means) {
  for (const column of columns) {
    const wanted = [];
    const weights = [];
    for (const box of column) {
      // A weak pull to where it is lets boxes without wires give way.
      let weight = 1e-3;
      let total = weight * heights[box];
      for (const [other, offset, pull] of pulls[box]) {
        weight += pull;
        total += pull * (heights[other] + offset);
      }
      if (means !== null && rows.trunk[box] >= 0) {
        weight += STRAIGHT;
        total += STRAIGHT * means.get(rows.trunk[box]);
      }
      wanted.push(total / weight);
      weights.push(weight);
    }
    settleColumn(rows, column, wanted, weights, heights);
  }
}

/** Nearest heights to `wanted` that keep the column's order and distances. */
function settleColumn(rows, column, wanted, weights, heights) {
  const shifts = [];
  const pools = [];
  column.forEach((box, place) => {
    const gap = place ? rows.below[column[place - 1]] + rows.above[box] : 0;
    shifts.push(place ? shifts[place - 1] + gap : 0);
    let pool = { mean: wanted[place] - shifts[place], weight: weights[place], size: 1 };
    while (pools.length && pools.at(-1).mean >= pool.mean) {
      const other = pools.pop();
      const weight = pool.weight + other.weight;
      const mean = (pool.mean * pool.weight + other.mean * other.weight) / weight;
      pool = { mean, weight, size: pool.size + other.size };
    }
    pools.push(pool);
  });
  let place = 0;
  for (const { mean, size } of pools) {
    for (let left = size; left; left--) {
      heights[column[place]] = mean + shifts[place];
      place += 1;
    }
  }
}
