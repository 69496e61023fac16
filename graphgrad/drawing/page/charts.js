/** Small pictures of one array: a histogram of its entries or sizes, and a map. */

import { html, svg } from "./dom.js";
import { cividisBar, cividisChannels } from "./cividis.js";
import { fourDigits } from "./numbers.js";
import { scaleLegend } from "./paint.js";
import { pixels } from "./strokes.js";

const CHART_WIDTH = 260;
const CHART_HEIGHT = 84;
const MAP_SIDE = 240;
const NOT_FINITE = 255;

/** Bars for the entries of an array, or for log10 of their sizes. */
export function histogramFigure(histogram, byExponent, name) {
  const spread = byExponent ? histogram.exponents : null;
  const [low, high, counts] = spread ?? [
    histogram.low,
    histogram.high,
    histogram.counts,
  ];
  const most = Math.max(...counts, 1);
  const step = CHART_WIDTH / counts.length;
  const ends = spread
    ? [`1e${fourDigits(low)}`, `1e${fourDigits(high)}`]
    : [fourDigits(low), fourDigits(high)];
  const total = counts.reduce((a, b) => a + b, 0);
  const told = `Histogram of ${name}: ${total} entries from ${ends[0]} to ${ends[1]}`;
  const bars = counts.map((count, place) => {
    const height = count ? Math.max((count / most) * CHART_HEIGHT, 1.5) : 0;
    return svg("rect", {
      x: pixels(place * step + 0.5),
      y: pixels(CHART_HEIGHT - height),
      width: pixels(step - 1),
      height: pixels(height),
    });
  });
  const chart = svg(
    "svg",
    {
      class: "histogram",
      role: "img",
      "aria-label": told,
      viewBox: `0 0 ${CHART_WIDTH} ${CHART_HEIGHT + 2}`,
    },
    ...bars,
    svg("path", { class: "axis", d: `M0 ${CHART_HEIGHT + 0.5}H${CHART_WIDTH}` }),
  );
  const title = spread ? "log₁₀ of size" : "";
  const words = [ends[0], title, ends[1]].map((text) => html("span", {}, text));
  return html("figure", {}, chart, html("div", { class: "scale" }, ...words));
}

/** An array as a matrix of colours, with the scale under it. */
export function mapFigure(map, name) {
  const { rows, columns, low, high, cells } = map;
  const bytes = Uint8Array.from(atob(cells), (character) => character.charCodeAt(0));
  const side = Math.max(Math.floor(MAP_SIDE / Math.max(rows, columns)), 1);
  const canvas = html("canvas", {
    class: "map",
    role: "img",
    width: columns * side,
    height: rows * side,
    "aria-label": `Heat map of ${name}: ${rows} by ${columns} cells`,
  });
  const pen = canvas.getContext("2d");
  bytes.forEach((level, place) => {
    const [x, y] = [(place % columns) * side, Math.floor(place / columns) * side];
    if (level === NOT_FINITE) crossOut(pen, x, y, side);
    else paintCell(pen, x, y, side, level / (NOT_FINITE - 1));
  });
  const caption = bytes.includes(NOT_FINITE) ? "crossed: not finite" : "";
  const legend = scaleLegend(cividisBar(), fourDigits(low), caption, fourDigits(high));
  return html("figure", {}, canvas, ...legend);
}

function paintCell(pen, x, y, side, level) {
  pen.fillStyle = `rgb(${cividisChannels(level).join(",")})`;
  pen.fillRect(x, y, side, side);
}

function crossOut(pen, x, y, side) {
  pen.fillStyle = "#ffffff";
  pen.fillRect(x, y, side, side);
  pen.strokeStyle = "#b91c1c";
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + side, y + side);
  pen.moveTo(x + side, y);
  pen.lineTo(x, y + side);
  pen.stroke();
}
