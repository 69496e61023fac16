/** The boxes of the picture: operators, leaves, outputs and folded groups. */

import { svg } from "./dom.js";
import { CAPTION_SIZE, SHEET, SMALL_SIZE, TEXT_SIZE } from "./measure.js";
import { groupWords, mainSize, textWidth } from "./measure.js";
import { pixels } from "./strokes.js";

/** An item at its place. */
export function paintItem(item, { x, y, shape }) {
  const { node, group, index, key } = item;
  const element = svg("g", {
    class: `item ${group ? "group" : node.kind}`,
    "data-item": index,
    "data-key": key,
    role: "button",
    tabindex: "-1",
    "aria-expanded": group ? "false" : null,
    "aria-label": itemSentence(item),
  });
  element.append(...(group ? folded(group, x, y, shape) : words(node, x, y, shape)));
  return element;
}

/** An item as a sentence for screen readers. */
export function itemSentence({ node, group, label }) {
  const title = group ? `Folded ${group.title}` : node.title;
  const value = label.value ? `, value ${label.value.text}` : "";
  const gradient = label.gradient ? `, gradient ${label.gradient.text}` : "";
  return `${title}${value}${gradient}`;
}

function outlineAt(x, y, { width, height, corner }, name) {
  return svg("rect", {
    class: name,
    x: pixels(x - width / 2),
    y: pixels(y - height / 2),
    width: pixels(width),
    height: pixels(height),
    rx: pixels(corner),
  });
}

function textAt(x, y, size, name, content) {
  const place = { x: pixels(x), y: pixels(y), "font-size": size, class: name };
  return svg("text", place, content);
}

/** The text of a node and its captions: inside a leaf, under an operator. */
function words(node, x, y, shape) {
  const size = mainSize(node);
  const inside = node.kind !== "op";
  const first = y - (inside ? 7 * node.captions.length : 0);
  const under = inside ? first + 17.5 : y + shape.height / 2 + 12.5;
  return [
    outlineAt(x, y, shape, "outline"),
    textAt(x, first + 0.36 * size, size, "main", node.text),
    ...node.captions.map((line, place) => {
      const name = inside ? "caption inside" : "caption";
      return textAt(x, under + 14 * place, CAPTION_SIZE, name, line);
    }),
  ];
}

/** A stack of sheets with a plus sign, the group's name, its repeats and its size. */
function folded(group, x, y, shape) {
  const { name, badge, count } = groupWords(group);
  const left = x - shape.width / 2;
  const nameWidth = textWidth(name, TEXT_SIZE, true);
  const badgeWidth = badge ? textWidth(badge, SMALL_SIZE, true) + 12 : 0;
  const middle = left + 30 + (shape.width - 40) / 2;
  const start = middle - (nameWidth + (badge ? badgeWidth + 8 : 0)) / 2;
  const parts = [
    outlineAt(x + 2 * SHEET, y - 2 * SHEET, shape, "sheet"),
    outlineAt(x + SHEET, y - SHEET, shape, "sheet"),
    outlineAt(x, y, shape, "outline"),
    svg("rect", {
      class: "plus",
      x: pixels(left + 8),
      y: pixels(y - 9),
      width: 18,
      height: 18,
      rx: 4,
    }),
    svg("path", { class: "plus", d: `M${left + 12.5} ${y}h9m-4.5 -4.5v9` }),
    textAt(start + nameWidth / 2, y - 3, TEXT_SIZE, "main", name),
    textAt(middle, y + 14, CAPTION_SIZE, "caption inside", count),
  ];
  if (!badge) return parts;
  const right = start + nameWidth + 8;
  const pill = { class: "badge", x: pixels(right), y: pixels(y - 17), rx: 9 };
  parts.push(
    svg("rect", { ...pill, width: pixels(badgeWidth), height: 18 }),
    textAt(right + badgeWidth / 2, y - 3.5, SMALL_SIZE, "badge", badge),
  );
  return parts;
}
