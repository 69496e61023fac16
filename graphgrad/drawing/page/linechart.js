/** Lines over the steps of a training, with a mark at the moment that is looked at. */

import { html, printable, svg } from "./dom.js";
import { fourDigits } from "./numbers.js";
import { pixels } from "./strokes.js";

const LINES_WIDTH = 400;
const LINES_HEIGHT = 200;
const LEFT = 46;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 24;
const COLOURS = 8;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];
const MOST_DECADES = 8;

/**
 * A chart of series [{name, values}] over `steps`. `log` asks for a logarithmic axis,
 * `guide` is a value to draw a line at, `top` the least end of a linear axis, `format`
 * says how figures read. Has an `element`, and `mark(row)` to move to a moment.
 */
export class LineChart {
  constructor({ title, steps, series, log = false, guide = null, top = null, format }) {
    this.steps = steps;
    this.series = series.map((one) => ({ ...one, name: printable(one.name) }));
    this.format = format ?? fourDigits;
    this.axis = log ? logAxis(series, guide) : linearAxis(series, top, this.format);
    const chart = svg(
      "svg",
      {
        class: "lines",
        role: "img",
        "aria-label": `${title}: ${series.length} lines over ${steps.length} moments`,
        viewBox: `0 0 ${LINES_WIDTH} ${LINES_HEIGHT}`,
      },
      ...this.grid(),
    );
    this.lines = this.series.map((one, place) => this.line(one, place));
    this.now = svg("path", { class: "now" });
    const [path, words] = guide === null ? [] : this.guide(guide);
    chart.append(...[path, ...this.lines, this.now, words].filter(Boolean));
    this.cells = this.series.map(() => html("td", {}));
    this.element = html("figure", { class: "chart" }, chart, this.table(title));
    this.mark(0);
  }

  x(row) {
    const last = Math.max(this.steps.length - 1, 1);
    return LEFT + (row / last) * (LINES_WIDTH - LEFT - RIGHT);
  }

  y(value) {
    const part = this.axis.part(value);
    return LINES_HEIGHT - BOTTOM - part * (LINES_HEIGHT - TOP - BOTTOM);
  }

  grid() {
    const right = LINES_WIDTH - RIGHT;
    const across = this.axis.ticks.flatMap(({ at, text }) => {
      const y = pixels(this.y(at));
      const words = { x: LEFT - 6, y: Number(y) + 4, class: "y" };
      return [
        svg("path", { class: "grid", d: `M${LEFT} ${y}H${right}` }),
        svg("text", words, text),
      ];
    });
    const last = this.steps.length - 1;
    const rows = last > 1 ? [0, Math.round(last / 2), last] : [0, last];
    const along = [...new Set(rows)].map((row) => {
      const anchor = ["start", "end"][[0, last].indexOf(row)] ?? "middle";
      const place = {
        x: pixels(this.x(row)),
        y: LINES_HEIGHT - 6,
        "text-anchor": anchor,
      };
      return svg(
        "text",
        place,
        row ? String(this.steps[row]) : `step ${this.steps[row]}`,
      );
    });
    return [...across, ...along];
  }

  guide(value) {
    const y = pixels(this.y(value));
    const words = { x: LINES_WIDTH - RIGHT, y: Number(y) - 4, "text-anchor": "end" };
    return [
      svg("path", { class: "guide", d: `M${LEFT} ${y}H${LINES_WIDTH - RIGHT}` }),
      svg("text", { ...words, class: "guide" }, `guide ${fourDigits(value)}`),
    ];
  }

  line({ values }, place) {
    let d = "";
    let drawing = false;
    values.forEach((value, row) => {
      const known = this.axis.has(value);
      if (known) {
        d += `${drawing ? "L" : "M"}${pixels(this.x(row))} ${pixels(this.y(value))}`;
      }
      drawing = known;
    });
    return svg("path", { ...seriesStyle(place), d });
  }

  /** The names of the lines with their values at the moment. */
  table(title) {
    const rows = this.series.map(({ name }, place) => {
      const swatch = svg(
        "svg",
        { class: "swatch", viewBox: "0 0 30 8", "aria-hidden": "true" },
        svg("path", { ...seriesStyle(place), d: "M0 4H30" }),
      );
      const head = html("th", { scope: "row" }, swatch, name);
      const row = html("tr", {}, head, this.cells[place]);
      const light = (on) => this.lines[place].classList.toggle("strong", on);
      row.addEventListener("pointerenter", () => light(true));
      row.addEventListener("pointerleave", () => light(false));
      return row;
    });
    const caption = html("caption", { class: "unseen" }, `${title} at the moment`);
    return html("table", {}, caption, html("tbody", {}, ...rows));
  }

  mark(row) {
    const x = pixels(this.x(row));
    this.now.setAttribute("d", `M${x} ${TOP}V${LINES_HEIGHT - BOTTOM}`);
    this.series.forEach(({ values }, place) => {
      const value = values[row];
      const known = value !== null && value !== undefined;
      this.cells[place].textContent = known ? this.format(value) : "not finite";
    });
  }
}

function seriesStyle(place) {
  const dash = DASHES[Math.floor(place / COLOURS) % DASHES.length];
  const own = DASHES[place % DASHES.length];
  return {
    class: `series colour-${place % COLOURS}`,
    "stroke-dasharray": dash || own || null,
  };
}

function knownValues(series) {
  return series.flatMap(({ values }) => values).filter((value) => value !== null);
}

function logAxis(series, guide) {
  const found = knownValues(series).filter((value) => value > 0);
  const all = [...found, ...(guide === null ? [] : [guide])];
  const logs = all.length ? all.map(Math.log10) : [0];
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b)));
  const high = Math.max(Math.ceil(logs.reduce((a, b) => Math.max(a, b))), low + 1);
  const stride = Math.ceil((high - low) / MOST_DECADES);
  const ticks = [];
  for (let power = low; power <= high; power += stride) {
    ticks.push({ at: 10 ** power, text: `1e${power}` });
  }
  const has = (value) => typeof value === "number" && value > 0;
  return { ticks, has, part: (value) => (Math.log10(value) - low) / (high - low) };
}

function linearAxis(series, top, format) {
  const found = knownValues(series);
  const most = found.reduce((a, b) => Math.max(a, b), top ?? 0);
  const least = found.reduce((a, b) => Math.min(a, b), 0);
  const step = roundStep((most - least || 1) / 4);
  const [low, high] = [Math.floor(least / step) * step, Math.ceil(most / step) * step];
  const count = Math.round((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, place) => {
    const at = low + place * step;
    return { at, text: format(at) };
  });
  const has = (value) => typeof value === "number";
  return { ticks, has, part: (value) => (value - low) / (high - low) };
}

/** The least of 1, 2, 2.5, 5 or 10 times a power of ten that is not below `size`. */
function roundStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 2.5, 5, 10].find((one) => one * power >= size * (1 - 1e-9)) * power;
}
