// Rows and values in words: for screen readers, and to set values off in the sentence.

import { conditionOf, partsOf, valueOf } from "./forms.js";
import { labelOf } from "./labels.js";
import { sayWindow } from "./windowwords.js";
import { gettext, language, number } from "./words.js";

/** A row as one sentence, as far as it is filled in. */
export function sayRow(store, node) {
  if (node.kind === "segment") return `${gettext("Are in the segment")} ${labelOf(store, { reference: "segment" }, String(node.segment))}`;
  const form = store.forms.of(node.type);
  if (!form) return node.type;
  const { sentence, filters } = partsOf(form, node.values);
  const said = [...sentence, ...filters].map((part) => part.words ?? sayField(store, form.fields, part.field, node.values));
  const text = said.filter(Boolean).join(" ");
  return text ? text[0].toLocaleUpperCase() + text.slice(1) : form.label;
}

/** One parameter in words; nothing while it is empty. */
export function sayField(store, fields, name, values) {
  const field = fields[name];
  const value = valueOf(values, name, fields);
  if (value === undefined || value === null) return "";
  if (field.control === "conditions") return value.map((condition) => sayCondition(store, field, condition)).join(", ");
  if (field.control === "window") return sayWindow(value, field, (key) => labelOf(store, { reference: "activity_kind" }, key));
  return sayAll(store, field, value).join(", ");
}

function sayAll(store, field, value) {
  if (field.options) return [value].flat().map((one) => field.options.find((option) => option.value === one)?.label ?? String(one));
  if (field.control === "money") return [`${store.context.currency} ${sayMoney(value)}`];
  if (field.control === "percent") return [`${number(value)} %`];
  if (typeof value === "number") return [number(value)];
  if (typeof value === "boolean") return [value ? gettext("yes") : gettext("no")];
  return [value].flat().map((one) => labelOf(store, field, String(one)));
}

/** "1000.00" → "1,000", "19.90" stays. */
export function sayMoney(text) {
  const value = Number(text);
  if (text === undefined || text === "" || Number.isNaN(value)) return text ?? "";
  const digits = Number.isInteger(value) ? 0 : 2;
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: 4 });
}

function sayCondition(store, field, condition) {
  const kind = conditionOf(field, condition);
  if (!kind) return condition.field;
  const said = Object.keys(kind.fields).map((name) => sayField(store, kind.fields, name, condition));
  return `${gettext("where")} ${kind.label} ${said.filter(Boolean).join(" ")}`;
}

/** A number together with its comparison: alone it could stand anywhere in the sentence. */
function sayCompared(store, fields, values, field, value) {
  const comparison = fields.operator?.options ? sayField(store, fields, "operator", values) : "";
  const money = Number(value).toLocaleString(language, { minimumFractionDigits: 2 });
  const said = field.control === "money" ? [`${store.context.currency} ${money}`, ...sayAll(store, field, value), `${money} ${store.context.currency}`] : sayAll(store, field, value);
  return comparison ? said.map((one) => `${comparison} ${one}`).concat(field.control === "money" ? said : []) : field.control === "money" ? said : [];
}

/** Every value a row names, as it may stand in the sentence: to set it off there. */
export function valuesSaid(store, node) {
  if (node.kind === "segment") return [labelOf(store, { reference: "segment" }, String(node.segment))];
  const form = store.forms.of(node.type);
  return form ? saidIn(store, form.fields, node.values) : [];
}

function saidIn(store, fields, values) {
  return Object.entries(values).flatMap(([name, value]) => {
    const field = fields[name];
    if (!field) return [];
    if (field.control === "conditions") return value.flatMap((condition) => saidIn(store, conditionOf(field, condition)?.fields ?? {}, condition));
    if (field.control === "window") return value === "ever" ? [] : [sayWindow(value, field, (key) => key)];
    if (field.control === "select") return [];
    if (typeof value === "number" || field.control === "money") return sayCompared(store, fields, values, field, value);
    return sayAll(store, field, value);
  });
}
