// Labelled controls of the editor, each with its help and what is wrong with it.

import { html, useRef } from "../js/lib/preact.js";
import { errorsAt } from "./saver.js";

let made = 0;
const useId = () => useRef(`f-${++made}`).current;

export function Section({ title, children, actions, wide }) {
  const id = useId();
  return html`<section class=${`part ${wide ? "wide" : ""}`} aria-labelledby=${id}><header class="part-head"><h3 id=${id} class="section-title">${title}</h3>${actions}</header><div class="part-body">${children}</div></section>`;
}

/** A row of a form. `children(id, describedBy)` draws the control. */
export function Field({ label, help, store, path, children, aside }) {
  const id = useId();
  const errors = path ? errorsAt(store, path) : [];
  return html`<div class="form-row"><div class="split-label"><label for=${id}>${label}</label>${aside}</div>
    ${children(id, errors.length ? `${id}-errors` : help ? `${id}-help` : undefined)}
    ${errors.length > 0 && html`<p class="errors" id=${`${id}-errors`}>${errors.map((error) => error.message).join(" ")}</p>`}
    ${help && html`<p class="help" id=${`${id}-help`}>${help}</p>`}</div>`;
}

/** A text of one line, typed as one step of undo. */
export function TextField({ label, help, store, path, value, take, aside, ...more }) {
  return html`<${Field} label=${label} help=${help} store=${store} path=${path} aside=${aside}>${(id, described) => html`
    <input id=${id} aria-describedby=${described} aria-invalid=${Boolean(path && errorsAt(store, path).length)} autocomplete="off" value=${value} onInput=${(event) => take(event.target.value)} ...${more} />`}<//>`;
}

/** Some choices of which one holds. */
export function Options({ label, name, value, options, take }) {
  return html`<fieldset class="form-row"><legend class="form-label">${label}</legend><div class="radios">${options.map(([key, text, help]) => html`
    <label key=${key} class="check-line"><input type="radio" name=${name} value=${key} checked=${value === key} onChange=${() => take(key)} /><span>${text}${help && html`<span class="help">${help}</span>`}</span></label>`)}</div></fieldset>`;
}

/** A few choices side by side. */
export function Switch({ label, value, options, take }) {
  return html`<div class="seg" role="group" aria-label=${label}>${options.map(([key, text]) => html`
    <button type="button" key=${key} aria-pressed=${value === key} onClick=${() => take(key)}>${text}</button>`)}</div>`;
}

/** What the server refuses at a path. */
export function Faults({ store, path }) {
  const errors = errorsAt(store, path);
  return errors.length > 0 && html`<p class="errors" role="alert">${errors.map((error) => error.message).join(" ")}</p>`;
}
