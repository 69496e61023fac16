/** The view of a graph: keeps scene, layout, picture, steps and panels in accord. */

import { byId, html } from "./dom.js";
import { visibleScene } from "./visible.js";
import { layoutScene } from "./layout.js";
import { paintScene } from "./paint.js";
import { DIFFERENCE, flowIn } from "./labels.js";
import { makeSteps } from "./steps.js";
import { stepSentence, stepWords } from "./words.js";
import { changeLegend, changeList, heatLegend } from "./scales.js";
import { heatRange, showChanges, showHeat } from "./scales.js";
import { View } from "./view.js";
import { Player } from "./player.js";
import { Walk } from "./walk.js";
import { Folds } from "./folds.js";
import { Inspector } from "./inspector.js";
import { Search } from "./search.js";
import { listenForKeys } from "./keys.js";

/** Size of the corner of a frame that must be in sight, in pixels of the picture. */
const CORNER = 40;

export class App {
  constructor(model) {
    this.model = model;
    this.mode = 0;
    this.heat = false;
    this.picture = byId("picture");
    this.folds = new Folds(model);
    this.view = new View(this.picture, byId("camera"));
    this.player = new Player((step) => this.follow(step));
    this.walk = new Walk();
    this.inspector = new Inspector(model);
    this.search = new Search(model, (found) => this.find(found));
    byId("graph").hidden = false;
    byId("search-box").hidden = false;
    this.offerModes();
    this.listenToTools();
    this.listenToPicture();
    listenForKeys(this);
    this.rebuild();
    this.player.setLength(this.steps.length, Infinity);
    this.showStep(this.player.step);
    this.view.begin(this.layout.bounds);
  }

  /** Reads, places and paints what is visible now. */
  rebuild() {
    const { model, mode } = this;
    this.scene = visibleScene(model, this.folds.open);
    for (const edge of this.scene.edges) {
      const value = flowIn(mode, model.nodes[edge.value].value);
      edge.label = { value: written(value), gradient: flowIn(mode, edge.gradient) };
    }
    for (const item of this.scene.items) {
      const { value, gradient } = item.node ?? { value: null, gradient: null };
      const read = (figures) => (figures ? flowIn(mode, figures) : null);
      item.label = { value: read(value), gradient: read(gradient) };
    }
    this.steps = makeSteps(this.scene);
    this.layout = layoutScene(this.scene);
    this.painted = paintScene(byId("camera"), this.scene, this.layout);
    this.walk.reset(this.painted.walk);
    this.showScales();
  }

  /** The same after a change of what is visible, holding still what is looked at. */
  refresh(anchor = this.middle()) {
    const before = this.place(anchor);
    const { x, y } = this.view.onScreen(before.x, before.y);
    const atEnd = this.player.step === this.player.last;
    const computing = this.steps[this.player.step];
    this.player.pause();
    this.rebuild();
    const after = this.place(anchor);
    const { scale } = this.view.at;
    this.view.jump({ scale, x: x - after.x * scale, y: y - after.y * scale });
    const step = atEnd ? Infinity : this.stepLike(computing);
    this.player.setLength(this.steps.length, step);
    this.showStep(this.player.step);
  }

  /** The step of the new list that shows as much as one of the old. */
  stepLike({ phase, item, edges }) {
    const node = item?.node?.id ?? this.firstNode(item?.group?.id ?? -1);
    const now = node === null ? null : this.scene.itemOfNode(node);
    const same = this.steps.findIndex(
      (step) => step.phase === phase && (!now || step.item === now),
    );
    if (same >= 0) return same;
    return edges.length && phase !== "forward" ? Infinity : 0;
  }

  firstNode(group) {
    if (group < 0) return null;
    const inside = ({ group: home }) => this.model.path(home).includes(group);
    return this.model.nodes.find(inside)?.id ?? null;
  }

  /** What stands nearest to the middle of the view. */
  middle() {
    const { width, height } = this.view.size();
    const distance = ({ x, y }) => {
      const at = this.view.onScreen(x, y);
      return Math.hypot(at.x - width / 2, at.y - height / 2);
    };
    const places = this.layout.items.map(distance);
    const nearest = places.indexOf(Math.min(...places));
    const { node, group } = this.scene.items[nearest];
    return { node: node?.id ?? this.firstNode(group.id) };
  }

  /** Where a node, or the left upper corner of a group, is in the picture. */
  place({ node = null, group = null }) {
    const frame = this.layout.frames.get(group);
    if (frame) return { x: frame.left, y: frame.top };
    const item = this.itemOf({ node, group });
    const { x, y, shape } = this.layout.items[item.index];
    if (group === null) return { x, y };
    return { x: x - shape.width / 2, y: y - shape.height / 2 };
  }

  itemOf({ node = null, group = null }) {
    return this.scene.itemOfNode(node ?? this.firstNode(group));
  }

  /** Folds or unfolds a group; `focused` keeps the focus on it. */
  toggleGroup(group, focused) {
    this.folds.toggle(group);
    this.refresh({ group });
    const stop = this.elementOf(group);
    if (!stop) return;
    this.walk.reset(this.painted.walk, stop);
    if (focused) stop.focus();
    this.view.reveal(this.boxOf(group));
  }

  /** The box of a closed group, or the fold button of an open one. */
  elementOf(group) {
    const frame = this.painted.frames.get(group);
    if (frame) return frame.querySelector(".fold");
    return this.painted.items[this.itemOf({ group }).index];
  }

  /** The box of a closed group, or the upper left corner of an open one. */
  boxOf(group) {
    const frame = this.layout.frames.get(group);
    if (!frame) return this.itemBox(this.itemOf({ group }));
    const { left, top } = frame;
    return { left, top, right: left + CORNER, bottom: top + CORNER };
  }

  itemBox(item) {
    const { x, y, shape } = this.layout.items[item.index];
    const [half, up] = [shape.breadth / 2, shape.height / 2 + shape.above];
    const bottom = y + shape.height / 2 + shape.below;
    return { left: x - half, top: y - up, right: x + half, bottom };
  }

  /** Unfolds what a found node or group is in, centres and marks it. */
  find(found) {
    const before = this.folds.open.size;
    this.folds.openAround(found);
    if (this.folds.open.size > before) this.refresh({ node: this.nodeOf(found) });
    const frame = this.layout.frames.get(found.group);
    const item = this.itemOf(found);
    const box = frame ?? this.itemBox(item);
    this.view.centre((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    const element = frame
      ? this.painted.frames.get(found.group)
      : this.painted.items[item.index];
    this.picture.querySelector(".found")?.classList.remove("found");
    element.classList.add("found");
    this.walk.note(frame ? this.elementOf(found.group) : element);
    if (!frame) this.inspector.look(item);
  }

  nodeOf({ node = null, group = null }) {
    return node ?? this.firstNode(group);
  }

  /** Shows what has been computed at a step, in the picture and in words. */
  showStep(number) {
    const step = this.steps[number];
    const active = new Set(step.edges);
    const backward = ["seed", "backward", "sum"].includes(step.phase);
    for (const edge of this.scene.edges) {
      const { lane, label } = this.painted.edges[edge.index];
      for (const { classList } of [lane, label]) {
        classList.toggle("no-value", edge.valueStep > number);
        classList.toggle("no-gradient", edge.gradientStep > number);
        classList.toggle("active", !backward && active.has(edge));
        classList.toggle("backward-active", backward && active.has(edge));
      }
    }
    for (const item of this.scene.items) {
      const { classList } = this.painted.items[item.index];
      classList.toggle("pending", item.step > number);
      classList.toggle("current", item === step.item);
    }
    this.showWords(step);
  }

  /** Shows a step, and brings what is computed into sight. */
  follow(number) {
    this.showStep(number);
    const { item } = this.steps[number];
    if (item) this.view.reveal(this.itemBox(item));
  }

  showWords(step) {
    const words = stepWords(step, this.model, this.mode);
    byId("step-heading").textContent = words.heading;
    byId("step").setAttribute("aria-valuetext", stepSentence(words));
    const lines = words.lines.map(({ label, text, note }) =>
      html(
        "li",
        {},
        label ? html("span", { class: "target" }, `${label} `) : null,
        html("span", { class: "sum" }, text),
        note ? html("span", { class: "note" }, ` ${note}`) : null,
      ),
    );
    byId("step-lines").replaceChildren(...lines);
  }

  /** Colours for heat or for the difference of runs, with their legend. */
  showScales() {
    const { scene, painted } = this;
    const difference = this.mode === DIFFERENCE;
    const range = this.heat && !difference ? heatRange(scene) : null;
    showChanges(scene, painted, difference);
    if (!difference) showHeat(scene, painted, range);
    const legend = byId("legend");
    legend.hidden = !difference && !range;
    if (difference) legend.replaceChildren(...changeLegend());
    else if (range) legend.replaceChildren(...heatLegend(range));
    legend.setAttribute("aria-label", legend.textContent);
    byId("heat").setAttribute("aria-pressed", String(this.heat));
    byId("changes-panel").hidden = !difference;
    if (difference) {
      const list = changeList(scene, this.model, (thing) => this.showThing(thing));
      byId("changes").replaceChildren(...list);
    }
  }

  /** Brings an item or an edge to the middle and into the inspector. */
  showThing(thing) {
    const [x, y] = thing.uses
      ? this.layout.edges[thing.index].at
      : [this.layout.items[thing.index].x, this.layout.items[thing.index].y];
    this.view.centre(x, y);
    this.inspector.release();
    this.inspector.pin(thing);
  }

  toggleHeat() {
    this.heat = !this.heat;
    this.showScales();
  }

  offerModes() {
    const { runs } = this.model;
    if (runs.length < 2) return;
    const option = (value, name) => html("option", { value }, name);
    byId("mode").append(...runs.map((name, run) => option(run, name)));
    byId("mode").append(option(DIFFERENCE, DIFFERENCE));
    byId("mode-choice").hidden = false;
    byId("mode").addEventListener("change", ({ target }) => {
      this.mode = target.value === DIFFERENCE ? DIFFERENCE : Number(target.value);
      this.refresh();
    });
  }

  listenToTools() {
    const on = (id, action) => byId(id).addEventListener("click", action);
    on("heat", () => this.toggleHeat());
    on("zoom-in", () => this.view.zoom(1.25));
    on("zoom-out", () => this.view.zoom(0.8));
    on("fit", () => this.view.fit(this.layout.bounds));
    on("fold-all", () => {
      this.folds.closeAll();
      this.refresh();
    });
    on("unfold-all", () => {
      const all = this.folds.openAll();
      this.refresh();
      const rest = "Some groups stay folded: more would be too much for one picture.";
      byId("notice").textContent = all ? "" : rest;
    });
    byId("group-tools").hidden = !this.model.groups.length;
  }

  listenToPicture() {
    const { picture } = this;
    picture.addEventListener("click", (event) => this.press(event.target, false));
    picture.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.press(event.target, true);
    });
    picture.addEventListener("pointerover", ({ target, pointerType }) => {
      const thing = this.thingAt(target);
      if (thing && pointerType === "mouse") this.inspector.look(thing);
    });
    picture.addEventListener("focusin", ({ target }) => {
      this.walk.note(target);
      const thing = this.thingAt(target);
      if (thing) this.inspector.look(thing);
      if (target.matches(":focus-visible")) this.revealElement(target);
    });
  }

  revealElement(element) {
    const item = element.closest("[data-item]");
    const frame = element.closest("[data-frame]");
    const edge = element.closest("[data-edge]");
    if (item) this.view.reveal(this.itemBox(this.scene.items[item.dataset.item]));
    if (edge) {
      const {
        at: [x, y],
        box,
      } = this.layout.edges[edge.dataset.edge];
      const half = box.width / 2;
      const [left, right] = [x - half, x + half];
      this.view.reveal({ left, right, top: y - box.above, bottom: y + box.below });
    }
    if (frame) this.view.reveal(this.boxOf(Number(frame.dataset.frame)));
  }

  /** The item or edge that an element of the picture is part of, or null. */
  thingAt(element) {
    const part = element.closest("[data-item], [data-edge]");
    if (!part) return null;
    const { item, edge } = part.dataset;
    return item ? this.scene.items[item] : this.scene.edges[edge];
  }

  /** A click, or Enter: folds, unfolds, keeps in the inspector, or lets go. */
  press(element, byKey) {
    const fold = element.closest(".fold");
    const thing = this.thingAt(element);
    if (fold) this.toggleGroup(Number(fold.parentNode.dataset.frame), byKey);
    else if (thing?.group) this.toggleGroup(thing.group.id, byKey);
    else if (thing) this.inspector.pin(thing);
    else this.inspector.release();
  }

  /** Moves the focus along the edges of the node where the keyboard is. */
  alongEdges(by) {
    const stop = this.walk.stops[this.walk.at];
    const item = this.scene.items[stop?.dataset.item];
    if (!item) return;
    const edges = [...item.arriving, ...item.leaving];
    this.walk.moveAlong(
      edges.map(({ index }) => this.painted.edges[index].lane),
      by,
    );
  }
}

/** A flow with something to say. */
function written(flow) {
  return flow?.text ? flow : null;
}
