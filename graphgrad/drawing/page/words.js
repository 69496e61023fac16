/** Each step in words and numbers, for the panel beside the picture and for the ear. */

import { called, calledInFull } from "./model.js";
import { counted } from "./numbers.js";
import { DIFFERENCE, isNumber } from "./labels.js";

const PHASES = {
  start: "Start",
  forward: "Forward",
  seed: "Backward: start",
  backward: "Backward",
  sum: "Backward: sum",
  end: "Everything is shown",
};
/** More contributions to a sum than these are counted, not listed. */
const MOST_TERMS = 8;
const MOST_LINES = 40;

/** A step's heading and its lines, each {label, text, note}. */
export function stepWords(step, model, mode) {
  const runs = mode === DIFFERENCE ? model.runs.map((_, run) => run) : [mode];
  const name = step.item ? itemName(step.item) : "";
  const heading = [PHASES[step.phase], name].filter(Boolean).join(" · ");
  const told = runs.map((run) => tell(step, model, run));
  const lines = runs.length === 1 ? told[0] : sideBySide(told, model.runs);
  const left = lines.length - MOST_LINES;
  if (left <= 0) return { heading, lines };
  const rest = { label: "", text: `and ${counted(left, "more line")}`, note: "" };
  return { heading, lines: [...lines.slice(0, MOST_LINES), rest] };
}

/** The lines of two runs, those that speak of the same below each other. */
function sideBySide(told, names) {
  const lines = [];
  const length = Math.max(...told.map((one) => one.length));
  for (let place = 0; place < length; place++) {
    told.forEach((one, run) => {
      const line = one[place];
      if (line) lines.push({ ...line, label: `${names[run]}: ${line.label}` });
    });
  }
  return lines;
}

/** A step as one sentence. */
export function stepSentence({ heading, lines }) {
  const told = lines.map(({ label, text, note }) =>
    [label, text, note].filter(Boolean).join(" "),
  );
  return [heading, ...told].join(". ");
}

/** What a reader calls an item. */
export function itemName({ node, group }) {
  if (group) return group.name || group.path || "group";
  if (node.kind === "op" && node.name) return `${node.text} ${called(node)}`;
  return called(node);
}

function tell(step, model, run) {
  if (step.phase === "start") return tellStart(model);
  if (step.phase === "forward") return tellForward(step.item, model, run);
  if (step.phase === "seed") return tellSeed(step.edges, run);
  if (step.phase === "sum") return tellSum(step, model, run);
  if (step.phase === "end") return tellEnd(step.leaves, run);
  return step.edges
    .filter(({ gradient }) => gradient[run] !== null)
    .map((edge) => tellContribution(edge, model, run));
}

function tellStart() {
  const text = "the values of inputs, parameters and constants are given";
  return [{ label: "", text, note: "" }];
}

function tellForward({ node, group, arriving, leaving }, model, run) {
  if (group) {
    const values = new Map(leaving.map(({ value }) => [value, model.nodes[value]]));
    const given = [...values.values()].filter(({ value }) => value[run] !== null);
    const told = given.map((one) => ({
      label: `${called(one)} =`,
      text: one.value[run].text,
      note: shapeNote(one),
    }));
    const size = `${counted(group.size, "node")} compute`;
    return [{ label: "", text: size, note: "unfold to see each" }, ...told];
  }
  const inputs = arriving.map(({ value }) => model.nodes[value]);
  const result = node.value[run];
  if (result === null) return [{ label: "", text: "its value is unknown", note: "" }];
  const all = [...inputs.map(({ value }) => value[run]), result].filter(Boolean);
  const equal = all.every(isNumber) ? "=" : "→";
  const given = inputs.map(({ value }) => value[run]?.text ?? "?");
  const text = `${application(node, given)} ${equal} ${result.text}`;
  return [{ label: "", text, note: shapeNote(node) }];
}

function shapeNote({ shape }) {
  return shape && shape !== "()" ? `shape ${shape}` : "";
}

/** "100 × 2", "exp(1)": an operator applied to what is written for its inputs. */
function application(node, given) {
  const infix = Array.from(node.text).length === 1 && !/[\p{L}\p{N}]/u.test(node.text);
  if (!infix || given.length !== 2) return `${node.text}(${given.join(", ")})`;
  return `${given[0]} ${node.text} ${signed(given[1])}`;
}

function tellSeed(edges, run) {
  return edges
    .filter(({ gradient }) => gradient[run] !== null)
    .map(({ target, gradient }) => ({
      label: `${called(target.node)}:`,
      text: `its gradient with respect to itself is ${gradient[run].text}`,
      note: "",
    }));
}

/** The gradients that arrived at the leaves. */
function tellEnd(leaves, run) {
  const reached = leaves.filter(({ node }) => node.gradient[run] !== null);
  if (!reached.length)
    return [{ label: "", text: "no gradient was asked for", note: "" }];
  return reached.map(({ node }) => ({
    label: `gradient of ${calledInFull(node)}:`,
    text: node.gradient[run].text,
    note: "",
  }));
}

/** "1.1 × 200 = 220", or with summaries and formulas where there are arrays. */
function tellContribution(edge, model, run) {
  const flow = edge.gradient[run];
  const source = model.nodes[edge.value];
  const label = `to ${called(source)}:`;
  if (edge.target.group) {
    return { label, text: flow.text, note: `through ${itemName(edge.target)}` };
  }
  const upstream = edge.target.node.gradient[run];
  const { local, formula } = model.edges[edge.uses[0]];
  if (local[run] !== null && upstream !== null) {
    const text = `${upstream.text} × ${signed(local[run])} = ${flow.text}`;
    return { label, text, note: formula ? `local derivative ${formula}` : "" };
  }
  const terms = [upstream?.text, formula && backwardMap(formula), flow.text];
  return { label, text: terms.filter(Boolean).join(" → "), note: "" };
}

/** What happens to the upstream gradient g on its way back, as a formula. */
function backwardMap(formula) {
  if (/(?<![\p{L}\p{N}_])g(?![\p{L}\p{N}_])/u.test(formula)) return formula;
  return formula === "1" ? "g" : `g · ${formula}`;
}

/** "110 + 3 = 113": contributions of several uses of one value. */
function tellSum({ edges, value }, model, run) {
  const node = model.nodes[value];
  const parts = edges.map(({ gradient }) => gradient[run]).filter(Boolean);
  const total = node.gradient[run];
  if (!parts.length || total === null) return [];
  const label = `${called(node)}:`;
  const note = `${counted(edges.length, "use")} of one value`;
  const shown = parts.slice(0, MOST_TERMS);
  const terms = shown.map(({ text }, place) => (place ? signed(text) : text));
  if (parts.length > MOST_TERMS) terms.push("…");
  if (parts.every(isNumber)) {
    return [{ label, text: `${terms.join(" + ")} = ${total.text}`, note }];
  }
  return [{ label, text: `${terms.join(" and ")} add up to ${total.text}`, note }];
}

function signed(text) {
  return text.startsWith("-") ? `(${text})` : text;
}
