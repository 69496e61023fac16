/** Finding nodes and groups by name, op or scope. */

import { byId, html } from "./dom.js";
import { called } from "./model.js";
import { counted } from "./numbers.js";

const MOST_SHOWN = 50;

export class Search {
  /** @param onPick called with {node} or {group}, by id, when a match is chosen. */
  constructor(model, onPick) {
    this.entries = searchEntries(model);
    this.onPick = onPick;
    this.input = byId("search");
    this.list = byId("matches");
    this.count = byId("match-count");
    this.matches = [];
    this.at = -1;
    this.input.addEventListener("input", () => this.find());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("focus", () => this.showList(true));
    byId("search-box").addEventListener("focusout", ({ relatedTarget }) => {
      if (!byId("search-box").contains(relatedTarget)) this.showList(false);
    });
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  find() {
    const query = this.input.value.trim().toLowerCase();
    const words = query.split(/\s+/).filter(Boolean);
    const fits = ({ text }) => words.every((word) => text.includes(word));
    this.matches = words.length ? this.entries.filter(fits) : [];
    this.matches.sort((a, b) => likeness(b, query) - likeness(a, query));
    this.at = -1;
    this.count.textContent = words.length ? counted(this.matches.length, "result") : "";
    const shown = this.matches.slice(0, MOST_SHOWN);
    this.list.replaceChildren(...shown.map((match, place) => this.row(match, place)));
    this.showList(true);
  }

  /** Shows the list of matches, if there are any, or hides it. */
  showList(wanted) {
    this.list.hidden = !wanted || !this.matches.length;
  }

  row({ name, detail }, place) {
    const words = [html("span", {}, name), html("span", { class: "detail" }, detail)];
    const button = html("button", { type: "button" }, ...words);
    button.addEventListener("click", () => this.pick(place));
    return html("li", {}, button);
  }

  /** Goes to a match, counted around the end. */
  pick(place) {
    const { length } = this.matches;
    if (!length) return;
    this.at = (place + length) % length;
    [...this.list.children].forEach((row, index) => {
      row.classList.toggle("chosen", index === this.at);
    });
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
    this.count.textContent = `${this.at + 1} of ${counted(length, "result")}`;
    this.onPick(this.matches[this.at].found);
  }

  onKey(event) {
    if (event.key === "Enter") {
      this.pick(event.shiftKey ? this.at - 1 : this.at + 1);
      event.preventDefault();
    } else if (event.key === "Escape") {
      this.input.value = "";
      this.find();
      this.input.blur();
    }
  }
}

/** How well a match's name fits: wholly, at its beginning, somewhere, or not at all. */
function likeness({ name }, query) {
  const own = name.toLowerCase();
  return (own === query) + own.startsWith(query) + own.includes(query);
}

/** What can be found, with the text in which words are looked for. */
function searchEntries(model) {
  const groups = model.groups.map(({ id, path, name, size }) => ({
    found: { group: id },
    name: name || path,
    detail: `group of ${counted(size, "node")}`,
    text: `${name} ${path}`.toLowerCase(),
  }));
  const nodes = model.nodes.map((node) => {
    const home = node.group < 0 ? "" : model.groups[node.group].path;
    const what = node.kind === "op" ? node.op : node.kind;
    const detail = [what, home && `in ${home}`].filter(Boolean).join(" ");
    const text = `${called(node)} ${node.text} ${node.op} ${node.kind} ${home}`;
    const found = { node: node.id };
    return { found, name: called(node), detail, text: text.toLowerCase() };
  });
  return [...groups, ...nodes];
}
