/** What each key does, outside fields in which it has a meaning of its own. */

import { byId } from "./dom.js";

/** Listens for keys of the graph's view. */
export function listenForKeys(app) {
  const actions = {
    " ": () => app.player.toggle(),
    ArrowLeft: () => app.player.go(app.player.step - 1),
    ArrowRight: () => app.player.go(app.player.step + 1),
    Home: () => app.player.go(0),
    End: () => app.player.go(app.player.last),
    "]": () => app.walk.move(1),
    n: () => app.walk.move(1),
    "[": () => app.walk.move(-1),
    p: () => app.walk.move(-1),
    e: () => app.alongEdges(1),
    E: () => app.alongEdges(-1),
    "+": () => app.view.zoom(1.25),
    "=": () => app.view.zoom(1.25),
    "-": () => app.view.zoom(0.8),
    0: () => app.view.fit(app.layout.bounds),
    h: () => app.toggleHeat(),
    "/": () => app.search.focus(),
    Escape: () => app.inspector.release(),
  };
  listen(actions);
}

/** Listens for keys that every page has. */
export function listenForHelp(theme) {
  const help = byId("help");
  byId("open-help").addEventListener("click", () => help.showModal());
  listen({ "?": () => help.showModal(), t: () => theme.toggle() });
}

function listen(actions) {
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    if (byId("help").open || keepsKey(event.target, event.key)) return;
    event.preventDefault();
    action();
  });
}

/** True where a field or a button needs the key for itself. */
function keepsKey(target, key) {
  if (target.matches("input[type=search]")) return true;
  if (target.matches("input, select")) return key !== "/" && key !== "?";
  return key === " " && target.matches("button");
}
