/** What went on inside a net while it was trained, moment by moment. */

import { byId, html, printable, svg } from "./dom.js";
import { LineChart } from "./linechart.js";
import { fourDigits, percent } from "./numbers.js";
import { pixels } from "./strokes.js";

const BARS_WIDTH = 180;
const BARS_HEIGHT = 70;
/** Updates of about a thousandth of the weights are healthy. */
const HEALTHY_RATIO = 1e-3;

export class Training {
  /** @param recording figures of a training run; rows are moments. */
  constructor(recording) {
    this.recording = recording;
    this.charts = [];
    this.slider = byId("moment");
    byId("training").hidden = false;
    const last = recording.steps.length - 1;
    if (last < 0) {
      byId("views").append(html("p", {}, "Nothing has been recorded."));
      return;
    }
    byId("views").append(...this.views());
    this.slider.max = String(last);
    this.slider.value = String(last);
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    this.show(last);
  }

  views() {
    const { recording } = this;
    const ratios = recording.updates.map((row, at) =>
      row.map((update, column) => ratio(update, recording.weights[at][column])),
    );
    const { parameters } = recording;
    return [
      this.lines("Loss", { series: [{ name: "loss", values: recording.losses }] }),
      this.lines("Gradient norm per parameter", {
        series: columns(parameters, recording.gradients),
        log: true,
      }),
      this.lines("Update / weight ratio per parameter", {
        series: columns(parameters, ratios),
        log: true,
        guide: HEALTHY_RATIO,
      }),
      this.histograms(),
      ...this.shares(),
    ];
  }

  lines(title, options) {
    const { steps } = this.recording;
    const chart = new LineChart({ title, steps, ...options });
    this.charts.push(chart);
    return viewOf(title, chart.element);
  }

  /** Activations of each layer at the moment, in bins that stay the same. */
  histograms() {
    const { layers, edges, histograms } = this.recording;
    this.bars = layers.map((layer, column) => {
      const most = Math.max(...histograms.flatMap((row) => row[column] ?? []), 1e-9);
      return new ActivationBars(layer, edges[column] ?? [0, 1], most);
    });
    const figures = this.bars.map(({ element }) => element);
    const told = html("p", { class: "note" }, "Heights are roots of shares.");
    const multiples = html("div", { class: "multiples" }, ...figures);
    return viewOf("Activations per layer", multiples, told);
  }

  /** Shares of units that are zero, dead or saturated, one chart for each kind. */
  shares() {
    const { layers, zeros, dead, saturated } = this.recording;
    const kinds = [
      ["Zero activations per layer", zeros],
      ["Dead units per layer", dead],
      ["Saturated activations per layer", saturated],
    ];
    return kinds
      .filter(([, rows]) => rows?.length)
      .map(([title, rows]) => {
        const series = columns(layers, rows);
        return this.lines(title, { series, top: 1, format: percent });
      });
  }

  show(row) {
    const { steps, histograms, means, deviations } = this.recording;
    byId("moment-name").textContent = `step ${steps[row]}`;
    this.slider.setAttribute("aria-valuetext", `step ${steps[row]}`);
    for (const chart of this.charts) chart.mark(row);
    this.bars.forEach((bars, column) => {
      const [mean, deviation] = [means[row][column], deviations[row][column]];
      bars.show(histograms[row][column] ?? [], mean, deviation);
    });
  }
}

function viewOf(title, ...content) {
  const head = html("h2", {}, title);
  return html("section", { class: "view", "aria-label": title }, head, ...content);
}

function columns(names, rows) {
  return names.map((name, column) => ({
    name,
    values: rows.map((row) => row[column]),
  }));
}

function ratio(update, weight) {
  return typeof update === "number" && weight ? update / weight : null;
}

/** The histogram of one layer, whose bars move with the moment. */
class ActivationBars {
  constructor(layer, edges, most) {
    this.name = printable(layer);
    this.most = most;
    const count = edges.length - 1;
    const step = BARS_WIDTH / count;
    this.bars = edges
      .slice(1)
      .map((_, place) =>
        svg("rect", { x: pixels(place * step + 0.4), width: pixels(step - 0.8) }),
      );
    const zero = -edges[0] / (edges[count] - edges[0] || 1);
    const x = pixels(zero * BARS_WIDTH);
    this.chart = svg(
      "svg",
      {
        class: "histogram",
        role: "img",
        viewBox: `0 0 ${BARS_WIDTH} ${BARS_HEIGHT + 4}`,
      },
      ...this.bars,
      svg("path", { class: "axis", d: `M0 ${BARS_HEIGHT + 0.5}H${BARS_WIDTH}` }),
      svg("path", { class: "axis", d: `M${x} ${BARS_HEIGHT}v4` }),
    );
    const ends = [fourDigits(edges[0]), "", fourDigits(edges[count])];
    const scale = ends.map((text) => html("span", {}, text));
    this.told = html("span", { class: "note" });
    const caption = html("figcaption", {}, this.name, this.told);
    const foot = html("div", { class: "scale" }, ...scale);
    this.element = html("figure", {}, caption, this.chart, foot);
  }

  show(shares, mean, deviation) {
    this.bars.forEach((bar, place) => {
      // Roots, so that a few entries far out are seen beside many at zero.
      const height = Math.sqrt((shares[place] ?? 0) / this.most) * BARS_HEIGHT;
      bar.setAttribute("y", pixels(BARS_HEIGHT - height));
      bar.setAttribute("height", pixels(height));
    });
    const told = `mean ${fourDigits(mean)} ± ${fourDigits(deviation)}`;
    this.told.textContent = told;
    this.chart.setAttribute("aria-label", `Activations of ${this.name}: ${told}`);
  }
}
