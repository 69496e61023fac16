/** The data of the page, read once: nodes, the edges at each, and a tree of groups. */

import { printable } from "./dom.js";

export class Model {
  /** @param data the parsed content of the page's data element. */
  constructor(data) {
    this.title = printable(data.title || "Computational graph");
    this.summary = printable(data.summary || "");
    this.runs = data.runs;
    this.recording = data.recording;
    this.nodes = data.nodes.map(readNode);
    this.edges = data.edges;
    this.groups = data.groups.map(readGroup);
    this.arriving = this.nodes.map(() => []);
    this.leaving = this.nodes.map(() => []);
    this.edges.forEach(({ source, target }, id) => {
      this.arriving[target].push(id);
      this.leaving[source].push(id);
    });
  }

  /** Ids of the groups that are unfolded at first. */
  openAtFirst() {
    return new Set(this.groups.filter((group) => group.open).map((group) => group.id));
  }

  /** The groups around a group, outermost first, itself last; none for -1. */
  path(group) {
    const path = [];
    for (let id = group; id >= 0; id = this.groups[id].parent) path.unshift(id);
    return path;
  }

  /** For each group the outermost closed group around or at it, or -1. */
  closedAbove(open) {
    const closed = [];
    for (const { id, parent } of this.groups) {
      const above = parent < 0 ? -1 : closed[parent];
      closed.push(above >= 0 || open.has(id) ? above : id);
    }
    return closed;
  }
}

function readNode(node, id) {
  const captions = node.captions.map(printable);
  return { ...node, id, text: printable(node.text), captions };
}

function readGroup(group, id) {
  const inputs = new Map(
    group.inputs.map(({ source, gradient }) => [source, gradient]),
  );
  const [name, path] = [printable(group.name), printable(group.path)];
  return { ...group, id, name, path, inputs };
}

/** What a reader calls a node: its name, or what it does. */
export function called(node) {
  return printable(node.name || node.text);
}

/** The same with its scope, which tells the weights of one layer from another's. */
export function calledInFull(node) {
  return node.scope ? `${printable(node.scope)}/${called(node)}` : called(node);
}
