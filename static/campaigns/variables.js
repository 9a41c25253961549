// What texts can say of each person: the closed list, with an example each, put in where the cursor is.

import { request } from "../js/lib/http.js";
import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { bare, gettext } from "../wizard/words.js";
import { Field } from "./fields.js";

let known = null;

function load(store) {
  known ??= request(`${store.urls.campaigns}variables/`).then(({ results }) => results.filter((one) => !one.is_list), () => { known = null; return []; });
  return known;
}

/** A button that opens the list; `take` gets the text to put in. */
export function VariableMenu({ store, take }) {
  const [isOpen, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [all, setAll] = useState([]);
  const box = useRef(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    load(store).then(setAll);
    const close = (event) => { if (!box.current?.contains(event.target)) setOpen(false); };
    document.addEventListener("pointerdown", close);
    box.current.querySelector("input").focus();
    return () => document.removeEventListener("pointerdown", close);
  }, [isOpen]);
  const choose = (one) => { setOpen(false); setQuery(""); take(`{{ ${one.name} }}`); };
  const words = bare(query.trim());
  const shown = all.filter((one) => bare(`${one.label} ${one.name}`).includes(words));
  const onKeyDown = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); setOpen(false); box.current.querySelector("button").focus(); }
    if (event.key === "Enter" && event.target.matches("input") && shown.length) { event.preventDefault(); choose(shown[0]); }
  };
  return html`
    <span class="menu-box right variables" ref=${box} onKeyDown=${onKeyDown}>
      <button type="button" class="btn ghost compact" aria-expanded=${isOpen} aria-haspopup="dialog" onMouseDown=${(event) => event.preventDefault()} onClick=${() => setOpen(!isOpen)}><${Icon} name="braces" />${gettext("Variable")}</button>
      ${isOpen && html`<div class="menu variables-menu" role="dialog" aria-label=${gettext("Put in a variable")}>
        <input type="search" aria-label=${gettext("Find a variable")} placeholder=${gettext("Find: name, city, code")} value=${query} onInput=${(event) => setQuery(event.target.value)} />
        <ul class="lines">${shown.map((one) => html`<li key=${one.name}><button type="button" class="menu-item" onClick=${() => choose(one)}><span class="grow">${one.label}<br /><span class="small faint mono">${one.name}</span></span>
          <span class="small faint cut">${String(one.example ?? "")}</span></button></li>`)}</ul></div>`}
    </span>`;
}

/** A text of one line or more with variables in it. */
export function TemplateField({ store, label, help, path, value, take, rows, disabled, ...more }) {
  const input = useRef(null);
  const put = (text) => {
    const at = input.current.selectionStart ?? value.length;
    const end = input.current.selectionEnd ?? at;
    take(value.slice(0, at) + text + value.slice(end));
    requestAnimationFrame(() => { input.current.focus(); input.current.setSelectionRange(at + text.length, at + text.length); });
  };
  const onInput = (event) => take(rows ? event.target.value : event.target.value.replace(/[\r\n]+/g, " "));
  return html`<${Field} label=${label} help=${help} store=${store} path=${path} aside=${!disabled && html`<${VariableMenu} store=${store} take=${put} />`}>${(id, described) => (rows
    ? html`<textarea id=${id} ref=${input} rows=${rows} aria-describedby=${described} value=${value} disabled=${disabled} onInput=${onInput} ...${more}></textarea>`
    : html`<input id=${id} ref=${input} aria-describedby=${described} autocomplete="off" value=${value} disabled=${disabled} onInput=${onInput} ...${more} />`)}<//>`;
}
