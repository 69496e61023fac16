/** Everything that is known of one node, edge or group, in a panel. */

import { byId, html } from "./dom.js";
import { histogramFigure, mapFigure } from "./charts.js";
import { figureRows, relativeChange } from "./labels.js";
import { called } from "./model.js";
import { counted, percent } from "./numbers.js";
import { itemName } from "./words.js";

export class Inspector {
  /** @param model what is inspected. */
  constructor(model) {
    this.model = model;
    this.panel = byId("inspector-content");
    this.heading = byId("inspector-name");
    this.unpin = byId("unpin");
    this.pinned = null;
    this.byExponent = false;
    this.shown = null;
    this.unpin.addEventListener("click", () => this.release());
  }

  /** Shows an item or an edge until something else is looked at. */
  look(thing) {
    if (!this.pinned) this.show(thing);
  }

  /** Keeps an item or an edge in the panel; the same again lets it go. */
  pin(thing) {
    if (this.pinned === keyOfThing(thing)) {
      this.release();
      return;
    }
    this.pinned = keyOfThing(thing);
    this.unpin.hidden = false;
    this.show(thing);
  }

  release() {
    this.pinned = null;
    this.unpin.hidden = true;
  }

  show(thing) {
    this.shown = thing;
    this.heading.textContent = nameOf(thing);
    this.panel.replaceChildren(...(thing.uses ? this.edge(thing) : this.item(thing)));
  }

  edge({ source, target, value, gradient, uses, slot }) {
    const node = this.model.nodes[value];
    const { formula, local } = this.model.edges[uses[0]];
    const rows = [
      ["from", itemName(source)],
      ["to", itemName(target)],
    ];
    if (source.group) rows.push(["value of", called(node)]);
    if (uses.length > 1) rows.push(["stands for", counted(uses.length, "use")]);
    else if (target.node?.kind === "op") rows.push(["argument", String(slot + 1)]);
    if (!target.group && formula) rows.push(["local derivative", formula]);
    const numbers = local.filter((text) => text !== null);
    if (!target.group && numbers.length)
      rows.push(["as a number", numbers.join(" → ")]);
    return [
      facts([...rows, ...kindRows(node)]),
      ...this.section("Value", node.value),
      ...this.section("Gradient along this edge", gradient),
    ];
  }

  item({ node, group, arriving, leaving }) {
    if (node) {
      return [
        facts(nodeRows(node)),
        ...this.section("Value", node.value),
        ...this.section("Gradient", node.gradient),
      ];
    }
    const rows = [
      ["group", group.path || group.name],
      ["holds", counted(group.size, "node")],
    ];
    if (group.count > 1) rows.push(["repeats", `${group.count} alike parts`]);
    const values = new Set(leaving.map(({ value }) => value));
    const results = [...values].map((id) => this.model.nodes[id]);
    const list = (title, names) => names.length && rows.push([title, names.join(", ")]);
    list(
      "takes",
      arriving.map(({ value }) => called(this.model.nodes[value])),
    );
    list("gives", results.map(called));
    const parts = results
      .slice(0, 3)
      .flatMap((result) => [
        ...this.section(`Value of ${called(result)}`, result.value),
        ...this.section(`Gradient of ${called(result)}`, result.gradient),
      ]);
    return [facts(rows), ...parts];
  }

  /** What is known of a value or a gradient, for each run. */
  section(title, figures) {
    if (figures.every((one) => one === null)) return [];
    const parts = [html("h3", {}, title)];
    if (figures.length > 1) {
      const change = percent(relativeChange(...figures));
      parts.push(html("p", { class: "change" }, `relative change ${change}`));
    }
    figures.forEach((one, run) => {
      const name = figures.length > 1 ? this.model.runs[run] : "";
      if (name) parts.push(html("h4", {}, name));
      if (one === null) parts.push(html("p", {}, "none"));
      else parts.push(...this.figures(one, `${title} ${name}`.trim()));
    });
    return parts;
  }

  figures(figures, title) {
    const parts = [facts(figureRows(figures))];
    const { histogram, map } = figures;
    if (histogram) {
      parts.push(histogramFigure(histogram, this.byExponent, title));
      if (histogram.exponents) parts.push(this.exponentToggle());
    }
    if (map) parts.push(mapFigure(map, title));
    return parts;
  }

  exponentToggle() {
    const pressed = String(this.byExponent);
    const attributes = { type: "button", class: "small", "aria-pressed": pressed };
    const button = html("button", attributes, "log₁₀ of size");
    button.addEventListener("click", () => {
      this.byExponent = !this.byExponent;
      const place = [...this.panel.querySelectorAll("button.small")].indexOf(button);
      this.show(this.shown);
      this.panel.querySelectorAll("button.small")[place]?.focus();
    });
    return button;
  }
}

/** What stays the same when a thing is painted anew. */
function keyOfThing({ key, uses }) {
  return uses ? `edge${uses[0]}` : key;
}

function nameOf(thing) {
  if (!thing.uses) return itemName(thing);
  return `${itemName(thing.source)} → ${itemName(thing.target)}`;
}

function nodeRows(node) {
  const rows = [];
  if (node.name) rows.push(["name", called(node)]);
  rows.push(["op", node.kind === "output" ? "output" : node.op]);
  rows.push(...kindRows(node));
  if (node.where) rows.push(["made at", node.where]);
  return rows;
}

function kindRows({ shape, dtype }) {
  const rows = [];
  if (shape) rows.push(["shape", shape === "()" ? "() scalar" : shape]);
  if (dtype) rows.push(["dtype", dtype]);
  return rows;
}

/** A list of facts: [name, text] pairs. */
function facts(rows) {
  const cells = rows.flatMap(([name, text]) => [
    html("dt", {}, name),
    html("dd", {}, text),
  ]);
  return html("dl", {}, ...cells);
}
