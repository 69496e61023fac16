/**
 * The picture in SVG: frames, lanes, boxes and, above all of them, labels. Colours and
 * what a step shows are left to classes, so that neither needs the picture anew.
 */

import { html, svg } from "./dom.js";
import { LANE, SHEET, SMALL_SIZE, reach, groupWords } from "./measure.js";
import { backwardStroke, forwardStroke, pixels } from "./strokes.js";
import { paintItem } from "./boxes.js";
import { itemName } from "./words.js";

/**
 * Paints a scene into `camera` and returns its elements: `items`, `edges` (lanes and
 * labels of each), `frames` by group, and `walk`, what the keyboard goes through.
 */
export function paintScene(camera, scene, layout) {
  const layers = ["frames", "lanes", "items", "labels"].map((name) =>
    svg("g", { class: name, "aria-hidden": name === "labels" ? "true" : null }),
  );
  const [frames, lanes, items, labels] = layers;
  const painted = { items: [], edges: [], frames: new Map(), walk: [] };
  for (const group of scene.frames) {
    const frame = paintFrame(group, layout.frames.get(group.id));
    painted.frames.set(group.id, frame);
    frames.append(frame);
  }
  scene.edges.forEach((edge, index) => {
    const lane = paintLanes(edge, layout);
    const label = paintLabel(edge, layout.edges[index]);
    painted.edges.push({ lane, label });
    lanes.append(lane);
    labels.append(label);
  });
  for (const item of scene.items) {
    const element = paintItem(item, layout.items[item.index]);
    painted.items.push(element);
    items.append(element);
  }
  painted.walk = walkOrder(scene, painted);
  camera.replaceChildren(...layers);
  return painted;
}

/** Items in topological order, the fold button of a frame before its first member. */
function walkOrder(scene, { items, frames }) {
  const parents = new Map(scene.frames.map(({ id, parent }) => [id, parent]));
  const walk = [];
  const met = new Set();
  for (const item of scene.items) {
    const around = [];
    for (let id = item.container; id >= 0 && !met.has(id); id = parents.get(id)) {
      met.add(id);
      around.unshift(frames.get(id).querySelector(".fold"));
    }
    walk.push(...around, items[item.index]);
  }
  return walk;
}

function paintFrame(group, { left, top, right, bottom }) {
  const { name } = groupWords(group);
  const [x, y] = [left + 8, top + 7];
  const button = svg(
    "g",
    {
      class: "fold",
      role: "button",
      tabindex: "-1",
      "aria-expanded": "true",
      "aria-label": `Fold ${group.path || group.name}`,
    },
    svg("rect", { x, y, width: 18, height: 18, rx: 4 }),
    svg("path", { d: `M${x + 4.5} ${y + 9}h9` }),
  );
  const box = {
    class: "outline",
    x: pixels(left),
    y: pixels(top),
    width: pixels(right - left),
    height: pixels(bottom - top),
    rx: 10,
  };
  const words = svg(
    "text",
    { x: pixels(x + 25), y: pixels(y + 13.5), "font-size": SMALL_SIZE },
    group.count > 1 ? `${name} ×${group.count}` : name,
  );
  const attributes = { class: "frame", "data-frame": group.id };
  return svg("g", attributes, svg("rect", box), words, button);
}

/** The x at which a lane touches the outlines of its two ends. */
function laneEnds(edge, layout, route, lane) {
  const source = layout.items[edge.source.index];
  const target = layout.items[edge.target.index];
  const sheets = edge.source.group ? 2 * SHEET : 0;
  const leave = source.x + reach(source.shape, route[0][1] - source.y + lane) + sheets;
  const arrive = target.x - reach(target.shape, route.at(-1)[1] - target.y + lane);
  return [leave + 1, arrive - 1];
}

function paintLanes(edge, layout) {
  const { route } = layout.edges[edge.index];
  const { value, gradient } = edge.label;
  const lane = gradient ? LANE : 0;
  const ends = (side) => laneEnds(edge, layout, route, side);
  const forward = forwardStroke(route, -lane, ends(-lane));
  const element = svg(
    "g",
    {
      class: "edge",
      "data-edge": edge.index,
      "data-from": edge.source.key,
      "data-to": edge.target.key,
      role: "button",
      tabindex: "-1",
      "aria-label": edgeSentence(edge),
    },
    svg("path", { class: "reach", d: forward.line }),
  );
  if (gradient) {
    const backward = backwardStroke(route, lane, ends(lane));
    element.append(paintLane("backward", backward, gradient.state));
  }
  element.append(paintLane("forward", forward, value?.state ?? "fine"));
  return element;
}

function paintLane(direction, stroke, state) {
  const hatching = svg("path", { class: "hatching", d: stroke.line });
  return svg(
    "g",
    { class: `${direction} ${state}` },
    svg("path", { class: "casing", d: stroke.line }),
    svg("path", { class: "line", d: stroke.line }),
    svg("path", { class: "tip", d: stroke.head }),
    state === "broken" ? hatching : null,
  );
}

/** The value above the lanes and the gradient below them. */
function paintLabel(edge, { at: [x, y], box }) {
  const { value, gradient } = edge.label;
  const lane = gradient ? LANE : 0;
  const write = (name, words, dy) =>
    svg("text", { class: name, x: pixels(x), y: pixels(y + dy) }, words);
  return svg(
    "g",
    { class: edge.target.container < 0 ? "label" : "label framed" },
    svg("rect", {
      "data-edge": edge.index,
      x: pixels(x - box.width / 2),
      y: pixels(y - box.above),
      width: pixels(box.width),
      height: pixels(box.above + box.below),
    }),
    value ? write("value", value.text, -lane - 5.5) : null,
    gradient ? write("gradient", gradient.text, lane + 15.5) : null,
  );
}

/** An edge as a sentence for screen readers. */
export function edgeSentence({ source, target, label }) {
  const value = label.value ? `: value ${label.value.text}` : "";
  const gradient = label.gradient ? `, gradient ${label.gradient.text}` : "";
  return `${itemName(source)} to ${itemName(target)}${value}${gradient}`;
}

/** The legend of a scale: a bar with what its ends mean. */
export function scaleLegend(background, low, title, high) {
  const bar = html("div", { class: "bar" });
  bar.style.background = background;
  const words = [low, title, high].map((text) => html("span", {}, text));
  return [bar, html("div", { class: "scale" }, ...words)];
}
