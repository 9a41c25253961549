// What the criteria say about their parameters: one generator of rows for all of them.

import { plurals } from "./words.js";

/** Forms by key. The page holds them packed: {"$": n} stands for the n-th shared piece. */
export class Forms {
  constructor({ shared, criteria }) {
    this.all = unpack(criteria, shared);
    this.byKey = new Map(this.all.map((form) => [form.key, form]));
  }

  of(type) {
    return this.byKey.get(type);
  }
}

function unpack(value, shared) {
  if (Array.isArray(value)) return value.map((item) => unpack(item, shared));
  if (value === null || typeof value !== "object") return value;
  if ("$" in value) return unpack(shared[value.$], shared);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unpack(item, shared)]));
}

/** The value a field starts with or falls back to; undefined where the person has to choose. */
export function defaultOf(field) {
  if (field.default !== undefined) return field.default;
  if (field.required && field.control === "select") return field.options?.[0]?.value;
  if (field.required && field.control === "boolean") return true;
  return undefined;
}

/** A new row's values: what has to be chosen stays out. */
export function initialValues(fields) {
  const values = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = defaultOf(field);
    if (field.required && value !== undefined && isShown(field, values, fields)) values[name] = value;
  }
  return values;
}

export function valueOf(values, name, fields) {
  return values[name] !== undefined ? values[name] : defaultOf(fields[name]);
}

/** Whether a field belongs to the values chosen so far. */
export function isShown(field, values, fields) {
  return Object.entries(field.shown_when ?? {}).every(([other, allowed]) => allowed.includes(valueOf(values, other, fields)));
}

/**
 * What a row draws, in reading order: words and controls, then filters on lines of their own;
 * `folded` names rarely needed fields that are neither set nor asked for (`unfolded`).
 */
export function partsOf(form, values, unfolded = new Set()) {
  const sentence = [];
  const filters = [];
  const folded = [];
  const category = form.agrees_with ? pluralOf(form, values) : "";
  for (const part of form.parts) {
    if (part.words) {
      sentence.push({ words: part.agreeing?.[category] ?? part.words });
      continue;
    }
    const field = form.fields[part.field];
    if (!isShown(field, values, form.fields)) continue;
    if (field.folded && values[part.field] === undefined && !unfolded.has(part.field)) folded.push(part.field);
    else (field.control === "conditions" ? filters : sentence).push(part);
  }
  return { sentence, filters, folded };
}

/** How words have to agree with the row's number: of "between" with the upper one. */
function pluralOf(form, values) {
  const upper = form.fields.upper && isShown(form.fields.upper, values, form.fields) ? values.upper : undefined;
  const number = upper ?? valueOf(values, form.agrees_with, form.fields);
  return number === undefined || number === "" ? "" : plurals.select(Math.ceil(Math.abs(Number(number))));
}

/** Set a field; fields that no longer belong go with it. `undefined` takes it away. */
export function withValue(values, name, value, fields) {
  const next = { ...values };
  if (value === undefined) delete next[name];
  else next[name] = value;
  for (const [other, field] of Object.entries(fields)) {
    if (next[other] !== undefined && !isShown(field, next, fields)) delete next[other];
  }
  return next;
}

/** The names of fields that still have to be filled in. */
export function missing(values, fields) {
  return Object.entries(fields)
    .filter(([name, field]) => isShown(field, values, fields) && isMissing(values[name], field))
    .map(([name]) => name);
}

function isMissing(value, field) {
  const needed = field.required || (field.shown_when && !field.optional);
  if (field.control === "conditions") {
    const conditions = value ?? [];
    return (needed && !conditions.length) || conditions.some((condition) => missing(condition, conditionOf(field, condition)?.fields ?? {}).length > 0);
  }
  if (field.control === "window" && value !== undefined && isWindowIncomplete(value)) return true;
  if (!needed) return false;
  if (value === undefined) return defaultOf(field) === undefined;
  return value === "" || value === null || (Array.isArray(value) && value.length === 0);
}

/** Whether a window still lacks something. */
export function isWindowIncomplete(window) {
  if (typeof window !== "object") return false;
  if ("since" in window) return !window.since?.activity;
  return Object.keys(window).every((key) => key === "zone");
}

/** The description of one condition of a conditions field. */
export function conditionOf(field, condition) {
  return field.conditions.find((kind) => kind.fields_names.includes(condition.field));
}

/** The row that asks only whether there is a value or fact at all; null if the form can't tell. */
export function presenceOf(form, values) {
  if (!form?.presence) return null;
  const kept = Object.entries(values).filter(([name]) => !form.presence.drop.includes(name));
  return { ...Object.fromEntries(kept), ...form.presence.set };
}
