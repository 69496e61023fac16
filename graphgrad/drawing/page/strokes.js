/**
 * From a route to the strokes of its two lanes: the forward one above it, the backward
 * one below. On a slope their bends are moved apart, so that they keep their distance.
 */

const FORWARD_HEAD = [10, 4.2];
const BACKWARD_HEAD = [12, 6.2];

/** The lane to the right as path data; `ends` are the x where it leaves and arrives. */
export function forwardStroke(route, lane, ends) {
  const [length, half] = FORWARD_HEAD;
  const [start, tip] = ends;
  const line = laneLine(route, lane, start, tip - length + 2);
  return { line, head: headPath(tip, route.at(-1)[1] + lane, -length, half) };
}

/** The lane to the left; `ends` are the x where it arrives and leaves. */
export function backwardStroke(route, lane, ends) {
  const [length, half] = BACKWARD_HEAD;
  const [tip, start] = ends;
  const line = laneLine(route, lane, tip + length - 2, start);
  return { line, head: headPath(tip, route[0][1] + lane, length, half) };
}

/** `value` with at most one decimal. */
export function pixels(value) {
  return String(Math.round(value * 10) / 10);
}

function headPath(x, y, length, half) {
  const [tip, back] = [pixels(x), pixels(x + length)];
  return `M${tip} ${pixels(y)}L${back} ${pixels(y - half)}V${pixels(y + half)}Z`;
}

function laneLine(route, lane, start, end) {
  const points = [[start, route[0][1]], ...route.slice(1, -1), [end, route.at(-1)[1]]];
  const parts = [`M${pixels(start)} ${pixels(points[0][1] + lane)}`];
  points.slice(1).forEach(([x, y], place) => {
    const [before, height] = points[place];
    if (height === y) {
      parts.push(`H${pixels(x)}`);
      return;
    }
    const bend = pixels(bendAt(before, height, x, y, lane));
    const [from, to] = [pixels(height + lane), pixels(y + lane)];
    parts.push(`C${bend} ${from} ${bend} ${to} ${pixels(x)} ${to}`);
  });
  return parts.join("");
}

/**
 * The x of both control points. For a line that turns by an angle a, a copy at distance
 * d turns d tan(a/2) later.
 */
function bendAt(x0, y0, x1, y1, lane) {
  const [rise, run] = [2 * (y1 - y0), x1 - x0];
  const turn = (Math.hypot(rise, run) - run) / rise;
  return Math.min(Math.max((x0 + x1) / 2 - lane * turn, x0), x1);
}
