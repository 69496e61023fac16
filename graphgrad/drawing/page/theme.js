/** Light or dark: what the system prefers, until the reader chooses. */

import { byId } from "./dom.js";

export class Theme {
  constructor() {
    this.button = byId("theme");
    this.chosen = false;
    const system = matchMedia("(prefers-color-scheme: dark)");
    this.set(system.matches);
    system.addEventListener("change", () => {
      if (!this.chosen) this.set(system.matches);
    });
    this.button.addEventListener("click", () => this.toggle());
  }

  set(dark) {
    this.dark = dark;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    this.button.setAttribute("aria-pressed", String(dark));
  }

  toggle() {
    this.chosen = true;
    this.set(!this.dark);
  }
}
