// A row: a sentence with controls in it, its own number, and what it does to the rest.

import { html, useState } from "../js/lib/preact.js";
import { Field } from "./controls.js";
import { partsOf, withValue } from "./forms.js";
import { Icon } from "./icons.js";
import { Numbers } from "./numbers.js";
import { RowMenu } from "./rowmenu.js";
import { sayRow } from "./saying.js";
import { fill, gettext } from "./words.js";

const SEGMENT_FIELD = { control: "reference", reference: "segment", suggest: "segment", required: true, label: gettext("segment") };

/** The handle a row or group is dragged by; Alt and arrows do the same. */
export function Grip({ node }) {
  return html`<span class="grip" data-grip=${node.id} aria-hidden="true"><${Icon} name="grip-vertical" /></span>`;
}

/** Any row, by its kind. */
export function Row({ store, node, match, position }) {
  const Kind = node.kind === "segment" ? SegmentRow : store.forms.of(node.type) ? CriterionRow : UnknownRow;
  return html`<${Kind} store=${store} node=${node} match=${match} position=${position} />`;
}

/** The frame all rows share: handle, icon, what it says, numbers, menu. */
function Frame({ store, node, match, position, icon, title, isWrong, children }) {
  const classes = ["row", node.off && "off", isWrong && !node.off && "err"].filter(Boolean).join(" ");
  return html`
    <div class=${classes} role="group" aria-label=${sayRow(store, node)} data-node=${node.id} data-row tabindex="0">
      <${Grip} node=${node} />
      <span class="ico" title=${title}><${Icon} name=${icon} /></span>
      <div class="says">${children}</div>
      <${Numbers} store=${store} node=${node} match=${match} position=${position} />
      <${RowMenu} store=${store} node=${node} />
    </div>`;
}

function CriterionRow({ store, node, match, position }) {
  const [unfolded, setUnfolded] = useState(new Set());
  const form = store.forms.of(node.type);
  const missing = store.missingIn(node);
  const errors = store.errorsOf(node);
  const set = (values, key) => store.setValues(node.id, values, key);
  const { sentence, filters, folded } = partsOf(form, node.values, unfolded);
  const draw = (part, index) => (part.words
    ? html`<${Words} key=${`words-${index}`} text=${part.words} isFirst=${index === 0} />`
    : html`<${Part} key=${part.field} store=${store} form=${form} node=${node} name=${part.field} set=${set}
        isMissing=${missing.includes(part.field)} errors=${errors} />`);
  return html`
    <${Frame} store=${store} node=${node} match=${match} position=${position} icon=${form.icon} title=${form.label} isWrong=${missing.length || errors.length}>
      ${sentence.map(draw)}${filters.map(draw)}
      ${folded.length > 0 && html`<${More} form=${form} folded=${folded} unfold=${(name) => setUnfolded(new Set([...unfolded, name]))} />`}
      <${Faults} node=${node} missing=${missing} errors=${errors} />
    <//>`;
}

/** Words of the sentence; the first one starts with a capital, quotation marks are the control's. */
function Words({ text, isFirst }) {
  const plain = text.replace(/[“”„«»]/g, "").trim();
  if (!plain) return null;
  return html`<span class=${isFirst ? "what" : "words"}>${isFirst ? plain[0].toLocaleUpperCase() + plain.slice(1) : plain}</span>`;
}

/** One control; a folded field that is set can be taken away again. */
function Part({ store, form, node, name, set, isMissing, errors }) {
  const field = form.fields[name];
  const own = errors.filter((error) => error.below[0] === name).map((error) => ({ ...error, below: error.below.slice(1) }));
  const isRemovable = field.folded && node.values[name] !== undefined && field.control !== "conditions";
  return html`
    <${Field} store=${store} name=${name} field=${field} fields=${form.fields} values=${node.values} set=${set}
      row=${form.label} isMissing=${isMissing} errors=${own} />
    ${isRemovable && html`<button type="button" class="x" aria-label=${fill(gettext("{label}, remove"), { label: `${form.label}: ${field.label}` })}
      onClick=${() => set(withValue(node.values, name, undefined, form.fields))}><${Icon} name="x" /></button>`}`;
}

/** What is rarely needed, behind one control. */
function More({ form, folded, unfold }) {
  const take = (event) => { if (event.target.value) unfold(event.target.value); event.target.value = ""; };
  return html`
    <select class="ctl add-condition" aria-label=${fill(gettext("{row}: more settings"), { row: form.label })} value="" onChange=${take}>
      <option value="">${gettext("+ more")}</option>
      ${folded.map((name) => html`<option key=${name} value=${name}>${form.fields[name].label}</option>`)}
    </select>`;
}

function Faults({ node, missing, errors }) {
  if (node.off && !missing.length) return null;
  if (errors.length && !node.off) return [...new Set(errors.map((error) => tell(error, node)))].map((text) => html`<p class="msg" key=${text}>${text}</p>`);
  if (!missing.length) return null;
  return html`<p class="msg">${gettext("Fill in what is marked. The total leaves this row out until then, and saving is off.")}</p>`;
}

/** What the server refused, and the next step. */
function tell(error, node) {
  if (error.code !== "not_found") return error.message;
  const value = error.below.reduce((inner, key) => inner?.[key], node.values ?? { segment: node.segment });
  return fill(gettext("“{value}” isn't here any more. Choose another or remove the row; until then the total leaves it out and saving is off."), { value: value ?? "" });
}

function SegmentRow({ store, node, match, position }) {
  const errors = store.errorsOf(node);
  const set = (values) => store.setSegment(node.id, Number(values.segment));
  return html`
    <${Frame} store=${store} node=${node} match=${match} position=${position} icon="users" title=${gettext("Segment")} isWrong=${errors.length}>
      <span class="what">${gettext("Are in the segment")}</span>
      <${Field} store=${store} name="segment" field=${SEGMENT_FIELD} fields=${{ segment: SEGMENT_FIELD }} values=${{ segment: String(node.segment) }}
        set=${set} row=${gettext("In the segment")} isMissing=${false} errors=${errors.map((error) => ({ ...error, below: [] }))} />
      <${Faults} node=${node} missing=${[]} errors=${errors} />
    <//>`;
}

function UnknownRow({ store, node, match, position }) {
  return html`
    <${Frame} store=${store} node=${node} match=${match} position=${position} icon="circle-alert" title="" isWrong>
      <p class="msg">${fill(gettext("The criterion “{name}” isn't known. Remove the row."), { name: node.type })}</p>
    <//>`;
}
