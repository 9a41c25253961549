// The same tree as text, edited both ways. A text that can't be read changes nothing.

import { html, useEffect, useState } from "../js/lib/preact.js";
import { request, RequestError } from "../js/lib/http.js";
import { toSavedDocument } from "./model.js";
import { gettext } from "./words.js";

export function TextView({ store, close }) {
  const [text, setText] = useState(null);
  const [errors, setErrors] = useState([]);
  useEffect(() => {
    if (!store.root.children.length) { setText(""); return; }
    request(store.urls.text, { method: "POST", body: { where: toSavedDocument(store.root) } })
      .then((answer) => setText(answer.text), (error) => setErrors([{ path: "", message: error.message }]));
  }, []);
  const take = async () => {
    try {
      const { where } = await request(store.urls.text, { method: "POST", body: { text } });
      await request(store.urls.evaluate, { method: "POST", body: { where, ...store.extra() } });
      store.setDocument(where);
      close();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      setErrors(error.problem?.errors?.length ? error.problem.errors : [{ path: "", message: error.message }]);
    }
  };
  return html`
    <section class="text-view" aria-label=${gettext("The segment as text")}>
      <label for="tree-text" class="small muted">${gettext("The same tree as YAML. Change it here or in the rows; both are the same segment.")}</label>
      <textarea id="tree-text" class="mono" spellcheck="false" rows="20" value=${text ?? ""} aria-busy=${text === null} aria-describedby="tree-text-errors"
        onInput=${(event) => { setText(event.target.value); setErrors([]); }}></textarea>
      <ul id="tree-text-errors" class="faults" role="status">${errors.map((error) => html`<li key=${error.path + error.message}><code>${error.path}</code> ${error.message}</li>`)}</ul>
      <div class="btns"><button type="button" class="btn" onClick=${close}>${gettext("Back to the rows")}</button>
        <button type="button" class="btn primary" onClick=${take} disabled=${text === null}>${gettext("Use this text")}</button></div>
    </section>`;
}
