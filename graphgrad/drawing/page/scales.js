/**
 * Colour and width for numbers: gradients by log10 of their size (heat), and the change
 * between two runs. Width says the same as colour, so neither is needed alone.
 */

import { cividis, cividisBar } from "./cividis.js";
import { percent } from "./numbers.js";
import { scaleLegend } from "./paint.js";
import { html } from "./dom.js";
import { itemName } from "./words.js";

const THIN = 1;
const THICK = 6;
const MOST_CHANGES = 12;

/** The whole powers of ten around the gradients of a scene; null without any. */
export function heatRange(scene) {
  const sizes = scene.edges
    .map(({ label }) => label.gradient?.magnitude ?? null)
    .filter((magnitude) => magnitude !== null);
  if (!sizes.length) return null;
  const low = Math.floor(sizes.reduce((a, b) => Math.min(a, b)));
  const high = Math.ceil(sizes.reduce((a, b) => Math.max(a, b)));
  return { low, high: Math.max(high, low + 1) };
}

/** Colours the backward lanes by the size of what they carry, or stops to. */
export function showHeat(scene, painted, range) {
  scene.edges.forEach((edge, index) => {
    const lane = painted.edges[index].lane.querySelector(".backward");
    const magnitude = edge.label.gradient?.magnitude ?? null;
    const level = (magnitude - range?.low) / (range?.high - range?.low);
    if (lane) colourLane(lane, range && magnitude !== null ? level : null);
  });
}

/** Colours lanes and boxes by how much the two runs differ there, or stops to. */
export function showChanges(scene, painted, active) {
  scene.edges.forEach((edge, index) => {
    const { lane } = painted.edges[index];
    for (const [direction, flow] of [
      ["forward", edge.label.value],
      ["backward", edge.label.gradient],
    ]) {
      const element = lane.querySelector(`.${direction}`);
      if (element) colourLane(element, active && flow ? flow.change : null);
    }
  });
  for (const item of scene.items) {
    const change = active ? item.label.value?.change : 0;
    colourLane(painted.items[item.index], change || null);
  }
}

function colourLane(element, level) {
  element.classList.toggle("scaled", level !== null);
  if (level === null) return;
  element.style.setProperty("--scaled-colour", cividis(level));
  element.style.setProperty("--scaled-width", String(THIN + (THICK - THIN) * level));
}

/** The legend of the heat scale. */
export function heatLegend({ low, high }) {
  return scaleLegend(cividisBar(), `1e${low}`, "|gradient|, log scale", `1e${high}`);
}

/** The legend of the scale of changes. */
export function changeLegend() {
  return scaleLegend(cividisBar(), "0%", "relative change", "100%");
}

/** Buttons for the largest changes, which call `onPick` with an item or an edge. */
export function changeList(scene, model, onPick) {
  const largest = allChanges(scene, model)
    .filter(({ change }) => change > 0)
    .sort((a, b) => b.change - a.change)
    .slice(0, MOST_CHANGES);
  if (!largest.length) return [html("p", {}, "The two runs are equal.")];
  const rows = largest.map(({ thing, name, change, text }) => {
    const words = [
      html("span", { class: "name" }, name),
      html("span", { class: "share" }, percent(change)),
      html("span", { class: "detail" }, text),
    ];
    const button = html("button", { type: "button" }, ...words);
    button.addEventListener("click", () => onPick(thing));
    return html("li", {}, button);
  });
  return [html("ol", { class: "changes" }, ...rows)];
}

function allChanges(scene, model) {
  const found = [];
  const add = (thing, name, flow) => flow && found.push({ thing, name, ...flow });
  const called = (item) => {
    const home = model.groups[item.container]?.path;
    return home ? `${itemName(item)} in ${home}` : itemName(item);
  };
  for (const item of scene.items) add(item, called(item), item.label.value);
  for (const edge of scene.edges) {
    add(edge, `gradient of ${called(edge.source)}`, edge.label.gradient);
  }
  return found;
}
