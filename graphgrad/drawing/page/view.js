/** Which part of the picture is seen and how large: pan, zoom and pinch. */

import { prefersStillness } from "./dom.js";

const LEAST_SCALE = 0.02;
const MOST_SCALE = 4;
/** A picture is not made smaller than this at first, so that it can be read. */
const READABLE = 0.8;
const EDGE_ROOM = 24;
const GLIDE_MS = 260;
const DRAG_START = 4;

export class View {
  /** @param frame the SVG element; @param camera its group that is moved. */
  constructor(frame, camera) {
    this.frame = frame;
    this.camera = camera;
    this.at = { x: 0, y: 0, scale: 1 };
    this.pointers = new Map();
    this.dragged = false;
    this.gliding = 0;
    frame.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    frame.addEventListener("pointerdown", (event) => this.onDown(event));
    frame.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) {
      window.addEventListener(name, ({ pointerId }) => this.pointers.delete(pointerId));
    }
    // What ends a drag is no click on what lies under it.
    const keepDrag = (event) => this.dragged && event.stopPropagation();
    frame.addEventListener("click", keepDrag, { capture: true });
  }

  size() {
    const { width, height } = this.frame.getBoundingClientRect();
    return { width: Math.max(width, 1), height: Math.max(height, 1) };
  }

  /** Moves the camera at once. */
  jump(at) {
    cancelAnimationFrame(this.gliding);
    this.at = at;
    const { x, y, scale } = at;
    this.camera.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }

  /** Moves the camera smoothly, unless the reader wants no motion. */
  glide(goal) {
    if (prefersStillness()) {
      this.jump(goal);
      return;
    }
    const start = { ...this.at };
    const began = performance.now();
    const tick = (now) => {
      const part = Math.min(Math.max((now - began) / GLIDE_MS, 0), 1);
      const eased = part * (2 - part);
      const mix = (a, b) => a + (b - a) * eased;
      const { x, y, scale } = start;
      const between = {
        x: mix(x, goal.x),
        y: mix(y, goal.y),
        scale: mix(scale, goal.scale),
      };
      this.jump(part < 1 ? between : goal);
      if (part < 1) this.gliding = requestAnimationFrame(tick);
    };
    cancelAnimationFrame(this.gliding);
    this.gliding = requestAnimationFrame(tick);
  }

  /** Where the camera shows all of `bounds`. */
  whole({ left, top, right, bottom }, least = LEAST_SCALE) {
    const { width, height } = this.size();
    const [w, h] = [right - left + 2 * EDGE_ROOM, bottom - top + 2 * EDGE_ROOM];
    const scale = Math.min(Math.max(Math.min(width / w, height / h), least), 1.25);
    const spare = { x: width - w * scale, y: height - h * scale };
    return {
      scale,
      x: Math.max(spare.x / 2, 0) - (left - EDGE_ROOM) * scale,
      y: spare.y / 2 - (top - EDGE_ROOM) * scale,
    };
  }

  /** Shows all of `bounds`. */
  fit(bounds) {
    this.glide(this.whole(bounds));
  }

  /** Shows `bounds` as large as can be read, from the left. */
  begin(bounds) {
    this.jump(this.whole(bounds, READABLE));
  }

  /** Brings a point of the picture to the middle, large enough to read. */
  centre(x, y) {
    const { width, height } = this.size();
    const scale = Math.max(this.at.scale, READABLE);
    this.glide({ scale, x: width / 2 - x * scale, y: height / 2 - y * scale });
  }

  /** Moves as little as brings a box of the picture into sight. */
  reveal({ left, top, right, bottom }) {
    const { width, height } = this.size();
    const { x, y, scale } = this.at;
    const nudge = (low, high, room) => {
      if (high - low > room - 2 * EDGE_ROOM || low < EDGE_ROOM) return EDGE_ROOM - low;
      return Math.min(room - EDGE_ROOM - high, 0);
    };
    const dx = nudge(left * scale + x, right * scale + x, width);
    const dy = nudge(top * scale + y, bottom * scale + y, height);
    if (dx || dy) this.glide({ scale, x: x + dx, y: y + dy });
  }

  /** Where a point of the picture is on the screen. */
  onScreen(x, y) {
    const { scale } = this.at;
    return { x: x * scale + this.at.x, y: y * scale + this.at.y };
  }

  /** Zooms by `factor` around a point of the frame, by default its middle. */
  zoom(factor, px = this.size().width / 2, py = this.size().height / 2) {
    const { x, y, scale } = this.at;
    const next = Math.min(Math.max(scale * factor, LEAST_SCALE), MOST_SCALE);
    const ratio = next / scale;
    this.jump({ scale: next, x: px - (px - x) * ratio, y: py - (py - y) * ratio });
  }

  within(event) {
    const { left, top } = this.frame.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  onWheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
    this.zoom(Math.exp(-pixels * 0.0016), ...this.within(event));
  }

  onDown(event) {
    if (event.button !== 0) return;
    if (!this.pointers.size) this.dragged = false;
    this.pointers.set(event.pointerId, this.within(event));
    this.start = this.within(event);
  }

  onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const [x, y] = this.within(event);
    const far = Math.hypot(x - this.start[0], y - this.start[1]) >= DRAG_START;
    if (!this.dragged && !far) return;
    if (!this.dragged) this.frame.setPointerCapture(event.pointerId);
    this.dragged = true;
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, [x, y]);
    if (others.length) {
      const [[, [ox, oy]]] = others;
      const apart = ([a, b]) => Math.max(Math.hypot(a - ox, b - oy), 1);
      this.zoom(apart([x, y]) / apart(before), ox, oy);
      return;
    }
    const { scale } = this.at;
    const [dx, dy] = [x - before[0], y - before[1]];
    this.jump({ scale, x: this.at.x + dx, y: this.at.y + dy });
  }
}
