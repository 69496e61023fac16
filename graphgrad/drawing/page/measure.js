/**
 * How much room each box and each edge's labels take, in pixels. Layout reserves these
 * boxes and the painter fills them; every y is counted from the line on which the lanes
 * meet a box or pass a label.
 */

import { shorten } from "./dom.js";
import { counted } from "./numbers.js";

export const TEXT_SIZE = 15;
export const GLYPH_SIZE = 21;
export const SMALL_SIZE = 12.5;
export const CAPTION_SIZE = 11;
export const LABEL_SIZE = 13;

/** Each lane runs this far above or below the middle of its edge. */
export const LANE = 4;
/** The sheets behind a folded group stick out this far. */
export const SHEET = 4;
/** Longest names of groups, in characters; the tooltip has them whole. */
export const LONGEST_GROUP = 32;

const FONTS =
  "'DejaVu Sans', Verdana, 'Noto Sans', 'Noto Sans CJK KR', 'Noto Sans CJK JP', " +
  "'Noto Sans CJK SC', sans-serif";
const PORT = 18;
const CAPTION_LINE = 14;
const RADIUS = 22;
const PILL = 40;
const GROUP_HEIGHT = 46;

const pen = document.createElement("canvas").getContext("2d");
const knownWidths = new Map();

/** Width of `text` at a font size. */
export function textWidth(text, size, bold = false) {
  const font = `${bold ? "bold " : ""}${size}px ${FONTS}`;
  const key = `${font}|${text}`;
  let width = knownWidths.get(key);
  if (width === undefined) {
    pen.font = font;
    width = pen.measureText(text).width;
    knownWidths.set(key, width);
  }
  return width;
}

/** True if an operator is drawn as a circle, false for a pill. */
function isRound(node, inputs) {
  return inputs <= 2 && textWidth(node.text, TEXT_SIZE) <= 32;
}

/** Font size of a node's main text: signs are drawn larger than words. */
export function mainSize(node) {
  const sign = Array.from(node.text).length === 1 && !/[\p{L}\p{N}]/u.test(node.text);
  if (node.kind === "op" && sign) return GLYPH_SIZE;
  return node.kind === "constant" ? SMALL_SIZE : TEXT_SIZE;
}

/**
 * The outline of a node: a rectangle with round corners, up to a circle. `below` is
 * the room of captions under it, `breadth` its width with them, `above` what sticks
 * out at the top.
 */
export function nodeShape(node, inputs) {
  const captions = node.captions.map((line) => textWidth(line, CAPTION_SIZE));
  const caption = Math.max(0, ...captions);
  const lines = captions.length * CAPTION_LINE;
  if (node.kind === "op") return opShape(node, inputs, caption, lines);
  if (node.kind === "constant") {
    const width = Math.max(textWidth(node.text, SMALL_SIZE), caption) + 14;
    return outline(width, 24 + lines, 4);
  }
  const text = textWidth(node.text, TEXT_SIZE, node.kind === "output");
  return outline(Math.max(text, caption) + 22, 32 + lines, 5);
}

function opShape(node, inputs, caption, lines) {
  const below = lines ? lines + 3 : 0;
  const round = isRound(node, inputs);
  const height = round ? 2 * RADIUS : Math.max(PILL, inputs * PORT + 4);
  const text = textWidth(node.text, TEXT_SIZE) + 30;
  const width = round ? height : Math.max(text, 2 * RADIUS);
  const corner = round ? RADIUS : PILL / 2;
  return { width, height, corner, above: 0, below, breadth: Math.max(width, caption) };
}

function outline(width, height, corner) {
  return { width, height, corner, above: 0, below: 0, breadth: width };
}

/** The words on a folded group: name, badge of repeats, count of nodes. */
export function groupWords(group) {
  return {
    name: shorten(group.name || group.path || "group", LONGEST_GROUP),
    badge: group.count > 1 ? `×${group.count}` : "",
    count: counted(group.size, "node"),
  };
}

/** The outline of a folded group, tall enough for all edges on either side. */
export function groupShape(group, inputs, outputs) {
  const words = groupWords(group);
  const name = textWidth(words.name, TEXT_SIZE, true);
  const badge = words.badge ? textWidth(words.badge, SMALL_SIZE, true) + 20 : 0;
  const count = textWidth(words.count, CAPTION_SIZE);
  const width = Math.max(name + badge, count) + 44;
  const height = Math.max(GROUP_HEIGHT, Math.max(inputs, outputs) * PORT + 8);
  const above = 2 * SHEET;
  return { width, height, corner: 7, above, below: 0, breadth: width + 4 * SHEET };
}

/** Distance from the middle to the outline, `dy` above or below the middle line. */
export function reach(shape, dy) {
  const over = Math.abs(dy) - (shape.height / 2 - shape.corner);
  if (over <= 0) return shape.width / 2;
  const inside = Math.max(shape.corner ** 2 - over ** 2, 0);
  return shape.width / 2 - shape.corner + Math.sqrt(inside);
}

/** Where the edge in `slot` of `count` meets a box, relative to its middle. */
export function portOffset(slot, count) {
  return (slot - (count - 1) / 2) * PORT;
}

/** The room of the value above an edge's lanes and of the gradient below them. */
export function labelBox(value, gradient) {
  const lane = gradient ? LANE : 0;
  const above = lane + (value ? 19 : 4);
  let widest = value ? textWidth(value.text, LABEL_SIZE) : 0;
  let below = lane + 4;
  if (gradient) {
    below = lane + 20;
    widest = Math.max(widest, textWidth(gradient.text, LABEL_SIZE, true));
  }
  return { width: widest ? widest + 10 : 0, above, below };
}
