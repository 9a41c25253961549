// Conditions inside a row: all of them hold for the same visit, activity or line.

import { html } from "../js/lib/preact.js";
import { conditionOf, initialValues, isShown, missing, withValue } from "./forms.js";
import { fill, gettext } from "./words.js";

export function Conditions({ store, field, values, name, take, row, Field, isMissing }) {
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
          set=${(next) => put(conditions.map((other, at) => (at === index ? next : other)))}
          remove=${() => put(conditions.filter((_other, at) => at !== index))} />`)}
      <select class="ctl add-condition" value="" aria-label=${fill(gettext("{row}: add a filter"), { row })}
          onChange=${(event) => { if (event.target.value) add(event.target.value); event.target.value = ""; }}>
        <option value="">${conditions.length ? gettext("+ where") : field.add_label ?? gettext("+ where")}</option>
        ${field.conditions.map((kind) => kind.fields_names.map((fieldName) => html`
          <option key=${fieldName} value=${fieldName}>${labelOfField(kind, fieldName)}</option>`))}
      </select>
    </span>`;
}

/** A kind with several fields names each of them; else it has one label. */
function labelOfField(kind, fieldName) {
  return kind.field_labels?.[fieldName] ?? kind.label;
}

function Condition({ store, field, condition, row, Field, outer, set, remove }) {
  const kind = conditionOf(field, condition);
  if (!kind) return html`<span class="where msg">${condition.field}</span>`;
  const label = labelOfField(kind, condition.field);
  const empty = missing(condition, kind.fields);
  const context = { ...outer, ...condition };
  return html`
    <span class="where" role="group" aria-label=${`${row}: ${label}`}>
      <span class="words">${gettext("where")} ${label}</span>
      ${Object.entries(kind.fields).filter(([, inner]) => isShown(inner, condition, kind.fields)).map(([name, inner]) => html`
        <${Field} key=${name} store=${store} name=${name} field=${inner} fields=${kind.fields} values=${context} row=${`${row}, ${label}`}
          isMissing=${empty.includes(name)} withValue=${(_props, value) => withValue(condition, name, value, kind.fields)} set=${(next) => set(next)} />`)}
      <button type="button" class="x" aria-label=${fill(gettext("{label}, remove"), { label })} onClick=${remove}>×</button>
    </span>`;
}
