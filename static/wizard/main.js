// Starts the segment editor with what the page holds.

import { html, render } from "../js/lib/preact.js";
import { request } from "../js/lib/http.js";
import { Editor } from "./editor.js";
import { Forms } from "./forms.js";
import { Store } from "./store.js";
import { gettext } from "./words.js";

const page = JSON.parse(document.getElementById("editor-data").textContent);
const box = document.getElementById("editor");

try {
  const { criteria } = await request(page.urls.criteria);
  const store = new Store({ segment: page.segment, forms: new Forms(criteria), urls: page.urls, context: page.context });
  box.replaceChildren();
  render(html`<${Editor} store=${store} />`, box);
  store.count();
  box.store = store;
} catch (error) {
  box.textContent = `${gettext("The editor could not be loaded. Reload the page.")} ${error.message}`;
}
