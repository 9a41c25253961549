// Starts the segment editor with what the page holds.

import { html, render } from "../js/lib/preact.js";
import { Editor } from "./editor.js";
import { Forms } from "./forms.js";
import { Store } from "./store.js";
import { gettext } from "./words.js";

const page = JSON.parse(document.getElementById("editor-data").textContent);
const box = document.getElementById("editor");

try {
  const store = new Store({ segment: page.segment, forms: new Forms(page.forms), urls: page.urls, context: page.context });
  box.replaceChildren();
  render(html`<${Editor} store=${store} />`, box);
  if (page.draft) store.setDocument(page.draft);
  else store.count();
  box.store = store;
} catch (error) {
  box.textContent = `${gettext("The editor could not be loaded. Reload the page.")} ${error.message}`;
}
