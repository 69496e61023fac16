/** The clock and the controls of the steps: where we are among them, and playing on. */

import { byId } from "./dom.js";

/** Time for one step at speed 1, in milliseconds. */
const STEP_MS = 1100;

export class Player {
  /** @param onStep called with the number of the step to show. */
  constructor(onStep) {
    this.onStep = onStep;
    this.step = 0;
    this.last = 0;
    this.timer = 0;
    this.slider = byId("step");
    this.button = byId("play");
    byId("first").addEventListener("click", () => this.go(0));
    byId("back").addEventListener("click", () => this.go(this.step - 1));
    byId("forward").addEventListener("click", () => this.go(this.step + 1));
    byId("last").addEventListener("click", () => this.go(this.last));
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    this.showPlaying();
  }

  get playing() {
    return this.timer !== 0;
  }

  /** Another list of steps; at its end if the old one was. */
  setLength(count, step) {
    this.last = count - 1;
    this.slider.max = String(this.last);
    this.step = Math.min(Math.max(step, 0), this.last);
    this.show();
  }

  /** Goes to a step, and stops playing unless the player itself goes on. */
  go(step, { keepPlaying = false } = {}) {
    if (!keepPlaying) this.pause();
    this.step = Math.min(Math.max(step, 0), this.last);
    this.show();
    this.onStep(this.step);
  }

  show() {
    this.slider.value = String(this.step);
    byId("step-count").textContent = `${this.step} / ${this.last}`;
    // Not `disabled`: a button that has the focus must not lose it.
    const mark = (id, off) => byId(id).setAttribute("aria-disabled", String(off));
    for (const id of ["first", "back"]) mark(id, this.step === 0);
    for (const id of ["forward", "last"]) mark(id, this.step === this.last);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Plays on, from the start if everything has been shown. */
  play() {
    this.go(this.step === this.last ? 0 : this.step);
    this.wait();
    this.showPlaying();
  }

  wait() {
    const speed = Number(byId("speed").value);
    this.timer = setTimeout(() => this.tick(), STEP_MS / speed);
  }

  tick() {
    this.timer = 0;
    this.go(this.step + 1, { keepPlaying: true });
    if (this.step < this.last) this.wait();
    this.showPlaying();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.showPlaying();
  }

  showPlaying() {
    this.button.classList.toggle("is-playing", this.playing);
    this.button.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }
}
