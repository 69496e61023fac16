/**
 * What is written on edges and nodes in a mode: the figures of one run, or those of
 * both with how much they differ.
 */

import { fourDigits, percent } from "./numbers.js";

/** The mode in which two runs are compared; other modes are numbers of runs. */
export const DIFFERENCE = "difference";

/**
 * What is known of one thing in a mode: {text, state, magnitude, change}, or null.
 * @param figures for each run what the data says of it, or null.
 */
export function flowIn(mode, figures) {
  if (mode !== DIFFERENCE) return figures[mode];
  const [first, second] = figures;
  if (!first && !second) return null;
  const words = [first?.text ?? "none", second?.text ?? "none"];
  const text = words[0] === words[1] ? words[0] : words.join(" → ");
  const states = [first?.state, second?.state];
  let state = "fine";
  if (states.includes("broken")) state = "broken";
  else if (states.every((one) => one === "zero")) state = "zero";
  return { text, state, magnitude: null, change: relativeChange(first, second) };
}

/**
 * How far two summaries differ, from 0 to 1: the largest difference of norm, least and
 * greatest entry, relative to the larger of the two; 1 where one is missing or broken.
 */
export function relativeChange(first, second) {
  if (!first || !second || first.state !== second.state) return 1;
  if (first.state === "broken") return first.text === second.text ? 0 : 1;
  if (isNumber(first) && isNumber(second)) {
    const [a, b] = [first.number, second.number];
    const larger = Math.max(Math.abs(a), Math.abs(b));
    return larger ? Math.min(Math.abs(a - b) / larger, 1) : 0;
  }
  let change = 0;
  const compare = (a, b, size) => {
    if (typeof a !== "number" || typeof b !== "number" || !size) return;
    change = Math.max(change, Math.abs(a - b) / size);
  };
  compare(first.norm, second.norm, Math.max(first.norm, second.norm));
  const ends = [first.min, first.max, second.min, second.max];
  const largest = Math.max(...ends.map((end) => Math.abs(end ?? 0)));
  compare(first.min, second.min, largest);
  compare(first.max, second.max, largest);
  compare(first.mean, second.mean, largest);
  return Math.min(change, 1);
}

/** True for what is known of a single number, which has no statistics. */
export function isNumber(figures) {
  return figures.size === undefined;
}

/** Mean, spread and range of an array in words. */
export function figureRows(figures) {
  const rows = [[figures.text.startsWith("‖") ? "norm" : "is", figures.text]];
  if (isNumber(figures)) return rows;
  const { mean, std, min, max } = figures;
  rows.push(["mean ± std", `${fourDigits(mean)} ± ${fourDigits(std)}`]);
  rows.push(["min, max", `${fourDigits(min)}, ${fourDigits(max)}`]);
  rows.push(["zero", percent(figures.zeros)]);
  rows.push(["NaN", percent(figures.nans)]);
  rows.push(["infinite", percent(figures.infs)]);
  return rows;
}
