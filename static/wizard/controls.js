// The controls of a sentence, one for each kind a form can name.

import { html, useEffect, useRef } from "../js/lib/preact.js";
import { Conditions } from "./conditions.js";
import { defaultOf, valueOf, withValue } from "./forms.js";
import { One, Many } from "./values.js";
import { WindowControl } from "./windows.js";
import { sayMoney } from "./saying.js";
import { gettext } from "./words.js";

/** One parameter of a row or condition. `set(values, key)` takes the changed values. */
export function Field({ errors = [], ...props }) {
  const Control = CONTROLS[props.field.control] ?? TextInput;
  return html`<${Control} ...${props} errors=${errors} isMissing=${props.isMissing || errors.some((error) => !error.below.length)} />`;
}

/** "Amount spent: comparison": the whole name of a control, for a screen reader. */
const nameOf = ({ row, field }) => `${row}: ${field.label}`;

/** Change one value of the row; `typing` joins keystrokes into one step of undo. */
function change(props, value, typing = false) {
  const next = props.withValue ?? standard;
  props.set(next(props, value), typing ? props.name : null);
}

const standard = ({ values, name, fields }, value) => withValue(values, name, value, fields);

function Select(props) {
  const { field, values, name, fields, isMissing } = props;
  const value = valueOf(values, name, fields);
  return html`
    <select class=${`ctl ${isMissing ? "bad" : ""}`} aria-label=${nameOf(props)} aria-invalid=${Boolean(isMissing)}
        value=${value ?? ""} onChange=${(event) => change(props, event.target.value === "" ? undefined : event.target.value)}>
      ${value === undefined && html`<option value="">${field.required || isMissing ? gettext("choose") : gettext("any")}</option>`}
      ${!field.required && field.default === undefined && value !== undefined && html`<option value="">${gettext("any")}</option>`}
      ${field.options.map((option) => html`<option key=${option.value} value=${option.value}>${option.label}</option>`)}
    </select>`;
}

function Selects(props) {
  const { field, values, name } = props;
  const chosen = values[name] ?? [];
  const summary = chosen.length
    ? field.options.filter((option) => chosen.includes(option.value)).map((option) => option.label).join(", ")
    : props.field.required ? gettext("choose") : gettext("any");
  const flip = (value) => {
    const next = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
    change(props, next.length ? next : undefined);
  };
  return html`
    <details class="menu-box">
      <summary class=${`ctl opens ${props.isMissing ? "bad" : ""}`} aria-label=${`${nameOf(props)}: ${summary}`}>${summary}</summary>
      <fieldset class="menu"><legend class="sr">${nameOf(props)}</legend>
        ${field.options.map((option) => html`
          <label class="menu-item" key=${option.value}>
            <input type="checkbox" checked=${chosen.includes(option.value)} onChange=${() => flip(option.value)} /> ${option.label}
          </label>`)}
      </fieldset>
    </details>`;
}

function NumberInput(props) {
  const { field, values, name, isMissing } = props;
  const value = values[name] ?? defaultOf(field);
  const read = (text) => {
    const parsed = Number(text.replace(",", "."));
    return text.trim() === "" || Number.isNaN(parsed) ? undefined : field.whole ? Math.trunc(parsed) : parsed;
  };
  return html`<${Sized} value=${value === undefined ? "" : String(value)} label=${nameOf(props)} bad=${isMissing}
    inputmode=${field.whole ? "numeric" : "decimal"} suffix=${field.control === "percent" ? "%" : ""}
    take=${(text) => change(props, read(text), true)} />`;
}

function MoneyInput(props) {
  const { values, name, isMissing, store } = props;
  const read = (text) => {
    const plain = text.replace(/[\s ]/g, "").replace(",", ".");
    return /^-?\d{1,12}(\.\d{1,4})?$/.test(plain) ? plain : undefined;
  };
  return html`<${Sized} value=${values[name] ?? ""} shown=${sayMoney(values[name])} label=${nameOf(props)} bad=${isMissing} inputmode="decimal"
    prefix=${store.context.currency} take=${(text) => change(props, read(text), true)} />`;
}

function TextInput(props) {
  const { values, name, isMissing } = props;
  return html`<${Sized} value=${values[name] ?? ""} label=${nameOf(props)} bad=${isMissing} size="14"
    take=${(text) => change(props, text === "" ? undefined : text, true)} />`;
}

/** An input as wide as what it holds; what is typed stays as typed until it is left. */
function Sized({ value, shown = value, label, bad, take, prefix, suffix, inputmode, size }) {
  const box = useRef(null);
  useEffect(() => {
    if (document.activeElement !== box.current) box.current.value = shown;
  }, [shown]);
  return html`
    <span class=${`ctl typed ${bad ? "bad" : ""}`}>
      ${prefix && html`<span class="affix">${prefix}</span>`}
      <input ref=${box} class="num" aria-label=${label} aria-invalid=${Boolean(bad)} inputmode=${inputmode}
        size=${size ?? Math.max(2, String(shown).length)} defaultValue=${shown} autocomplete="off"
        onFocus=${(event) => { event.target.value = value; event.target.select(); }}
        onInput=${(event) => take(event.target.value)} onBlur=${(event) => { event.target.value = shown; }} />
      ${suffix && html`<span class="affix">${suffix}</span>`}
    </span>`;
}

function YesNo(props) {
  const { values, name, field } = props;
  const value = values[name] ?? defaultOf(field);
  return html`
    <select class=${`ctl ${props.isMissing ? "bad" : ""}`} aria-label=${nameOf(props)} value=${String(value ?? "")}
        onChange=${(event) => change(props, event.target.value === "true")}>
      ${value === undefined && html`<option value="">${gettext("choose")}</option>`}
      <option value="true">${gettext("yes")}</option><option value="false">${gettext("no")}</option>
    </select>`;
}

function DateInput(props) {
  return html`<input type="date" class=${`ctl ${props.isMissing ? "bad" : ""}`} aria-label=${nameOf(props)}
    value=${props.values[props.name] ?? ""} onChange=${(event) => change(props, event.target.value || undefined)} />`;
}

const shared = (props) => ({ ...props, label: nameOf(props), take: (value) => change(props, value) });
const ManyValues = (props) => html`<${Many} ...${shared(props)} />`;
const OneValue = (props) => html`<${One} ...${shared(props)} />`;
const WindowField = (props) => html`<${WindowControl} ...${shared(props)} />`;
const ConditionsField = (props) => html`<${Conditions} ...${shared(props)} Field=${Field} />`;

const CONTROLS = {
  select: Select, selects: Selects, number: NumberInput, percent: NumberInput, money: MoneyInput, text: TextInput,
  boolean: YesNo, date: DateInput, texts: ManyValues, references: ManyValues, reference: OneValue, parameter: OneValue,
  window: WindowField, conditions: ConditionsField,
};

