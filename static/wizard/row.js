// A row: a sentence with controls in it, its own number, and what it does to the rest.

import { html } from "../js/lib/preact.js";
import { iconUrl } from "../js/lib/icon.js";
import { Field } from "./controls.js";
import { isShown } from "./forms.js";
import { Numbers } from "./numbers.js";
import { RowMenu } from "./rowmenu.js";
import { fill, gettext } from "./words.js";

export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href=${iconUrl(name)} /></svg>`;
}

/** The handle a row or group is dragged by; Alt and arrows do the same. */
export function Grip({ store, node }) {
  return html`<span class="grip" data-grip=${node.id} aria-hidden="true"><${Icon} name="grip-vertical" /></span>`;
}

export function Row({ store, node, match, position }) {
  if (node.kind === "segment") return html`<${SegmentRow} store=${store} node=${node} match=${match} position=${position} />`;
  const form = store.forms.of(node.type);
  const missing = store.missingIn(node);
  const errors = store.errorsOf(node.id);
  const classes = ["row", node.off && "off", (missing.length || errors.length) && !node.off && "err"].filter(Boolean).join(" ");
  if (!form) return html`<${UnknownRow} store=${store} node=${node} classes=${classes} />`;
  const set = (values, key) => store.setValues(node.id, values, key);
  const shown = form.parts.filter((part) => part.words || isShown(form.fields[part.field], node.values, form.fields));
  return html`
    <div class=${classes} role="group" aria-label=${rowLabel(form, node)} data-node=${node.id} tabindex="-1">
      <${Grip} store=${store} node=${node} />
      <span class="ico"><${Icon} name=${form.icon} /></span>
      <div class="says">
        <span class="what">${form.label}</span>
        ${shown.map((part) => part.words
          ? html`<span class="words">${part.words}</span>`
          : html`<${Field} key=${part.field} store=${store} name=${part.field} field=${form.fields[part.field]}
              fields=${form.fields} values=${node.values} set=${set} row=${form.label} isMissing=${missing.includes(part.field)} />`)}
        <${Faults} missing=${missing} errors=${errors} off=${node.off} />
      </div>
      <${Numbers} store=${store} node=${node} match=${match} position=${position} />
      <${RowMenu} store=${store} node=${node} />
    </div>`;
}

function Faults({ missing, errors, off }) {
  if (off) return null;
  if (errors.length) return errors.map((error) => html`<p class="msg" role="status">${error.message}</p>`);
  if (!missing.length) return null;
  return html`<p class="msg">${gettext("Fill in what is marked. The total leaves this row out until then, and saving is off.")}</p>`;
}

function SegmentRow({ store, node, match, position }) {
  const errors = store.errorsOf(node.id);
  const field = { control: "reference", reference: "segment", suggest: "segment", required: true };
  const set = (values) => store.edit(replaceSegment(store.root, node.id, Number(values.segment)));
  return html`
    <div class=${`row ${node.off ? "off" : ""} ${errors.length ? "err" : ""}`} role="group" data-node=${node.id} tabindex="-1"
        aria-label=${gettext("In the segment")}>
      <${Grip} store=${store} node=${node} />
      <span class="ico"><${Icon} name="users" /></span>
      <div class="says">
        <span class="what">${gettext("In the segment")}</span>
        <${Field} store=${store} name="segment" field=${field} fields=${{ segment: field }} values=${{ segment: String(node.segment) }}
          set=${set} row=${gettext("In the segment")} isMissing=${false} />
        <${Faults} missing=${[]} errors=${errors} off=${node.off} />
      </div>
      <${Numbers} store=${store} node=${node} match=${match} position=${position} />
      <${RowMenu} store=${store} node=${node} />
    </div>`;
}

function replaceSegment(node, id, segment) {
  if (node.id === id) return { ...node, segment };
  return node.children ? { ...node, children: node.children.map((child) => replaceSegment(child, id, segment)) } : node;
}

function UnknownRow({ store, node, classes }) {
  return html`
    <div class=${classes} role="group" data-node=${node.id} tabindex="-1" aria-label=${node.type}>
      <${Grip} store=${store} node=${node} /><span class="ico"><${Icon} name="circle-alert" /></span>
      <div class="says"><p class="msg">${fill(gettext("The criterion “{type}” isn't known. Remove the row."), { type: node.type })}</p></div>
      <span></span><${RowMenu} store=${store} node=${node} />
    </div>`;
}

/** The row as words for a screen reader: label and values, in the sentence's order. */
export function rowLabel(form, node) {
  const said = form.parts.map((part) => part.words ?? plain(node.values[part.field])).filter(Boolean);
  return `${form.label}: ${said.join(" ")}`;
}

function plain(value) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "object") return Object.values(value).map(plain).join(" ");
  return String(value).replaceAll("_", " ");
}
