// Starts the campaign editor with what the page holds.

import { html, render } from "../js/lib/preact.js";
import { gettext } from "../wizard/words.js";
import { Editor } from "./editor.js";
import { Store } from "./store.js";

const page = JSON.parse(document.getElementById("campaign-editor-data").textContent);
const box = document.getElementById("campaign-editor");

try {
  const store = new Store(page);
  box.replaceChildren();
  render(html`<${Editor} store=${store} />`, box);
  box.store = store;
} catch (error) {
  box.textContent = `${gettext("The editor could not be loaded. Reload the page.")} ${error.message}`;
}
