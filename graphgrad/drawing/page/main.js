/** Reads the data and starts the views that it has something for. */

import { byId } from "./dom.js";
import { Model } from "./model.js";
import { Theme } from "./theme.js";
import { listenForHelp } from "./keys.js";
import { App } from "./app.js";
import { Training } from "./training.js";

const model = new Model(JSON.parse(byId("data").textContent));
byId("title").textContent = model.title;
byId("summary").textContent = model.summary;
listenForHelp(new Theme());
if (model.recording) new Training(model.recording);
if (model.nodes.length) new App(model);
document.documentElement.dataset.ready = "true";
