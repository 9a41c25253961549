// Conditions inside a row: all of them hold for the same visit, activity or line.

import { html } from "../js/lib/preact.js";
import { conditionOf, initialValues, isShown, missing, withValue } from "./forms.js";
import { Icon } from "./icons.js";
import { fill, gettext } from "./words.js";

export function Conditions({ store, field, values, name, take, row, Field, isMissing, errors = [] }) {
  const conditions = values[name] ?? [];
  const put = (next) => take(next.length ? next : undefined);
  const add = (fieldName) => {
    const kind = field.conditions.find((other) => other.fields_names.includes(fieldName));
    put([...conditions, { field: fieldName, ...initialValues(kind.fields) }]);
  };
  return html`
    <span class=${`conditions ${isMissing && !conditions.length ? "bad" : ""}`}>
      ${conditions.map((condition, index) => html`
        <${Condition} key=${index} store=${store} field=${field} condition=${condition} row=${row} Field=${Field} outer=${values}
          errors=${errors.filter((error) => error.below[0] === index).map((error) => ({ ...error, below: error.below.slice(1) }))} intro=${introOf(name, field)}
          set=${(next) => put(conditions.map((other, at) => (at === index ? next : other)))}
          remove=${() => put(conditions.filter((_other, at) => at !== index))} />`)}
      <select class="ctl add-condition" value="" aria-label=${fill(gettext("{row}: add a filter, {what}"), { row, what: introOf(name, field) })}
          onChange=${(event) => { if (event.target.value) add(event.target.value); event.target.value = ""; }}>
        <option value="">${`+ ${introOf(name, field)}`}</option>
        ${field.conditions.map((kind) => kind.fields_names.map((fieldName) => html`
          <option key=${fieldName} value=${fieldName}>${labelOfField(kind, fieldName)}</option>`))}
      </select>
    </span>`;
}

/** How its conditions begin: "where", or what the field is called. */
function introOf(name, field) {
  return name === "where" ? gettext("where") : field.label;
}

/** A kind with several fields names each of them; else it has one label. */
function labelOfField(kind, fieldName) {
  return kind.field_labels?.[fieldName] ?? kind.label;
}

function Condition({ store, field, condition, row, Field, outer, set, remove, errors, intro }) {
  const kind = conditionOf(field, condition);
  if (!kind) return html`<span class="where msg">${condition.field}</span>`;
  const label = labelOfField(kind, condition.field);
  const empty = missing(condition, kind.fields);
  const context = { ...outer, ...condition };
  return html`
    <span class="where" role="group" aria-label=${`${row}: ${label}`}>
      <span class="words">${intro} ${label}</span>
      ${Object.entries(kind.fields).filter(([, inner]) => isShown(inner, condition, kind.fields)).map(([name, inner]) => html`
        <${Field} key=${name} store=${store} name=${name} field=${inner} fields=${kind.fields} values=${condition} context=${context} row=${`${row}, ${label}`}
          isMissing=${empty.includes(name)}
          errors=${errors.filter((error) => error.below[0] === name).map((error) => ({ ...error, below: error.below.slice(1) }))} withValue=${(_props, value) => withValue(condition, name, value, kind.fields)} set=${(next) => set(next)} />`)}
      <button type="button" class="x" aria-label=${fill(gettext("{label}, remove"), { label })} onClick=${remove}><${Icon} name="x" /></button>
    </span>`;
}
