// What the criteria say about their parameters: one generator of rows for all of them.

/** Forms by key, as GET criteria/ gives them. */
export class Forms {
  constructor(criteria) {
    this.all = criteria;
    this.byKey = new Map(criteria.map((form) => [form.key, form]));
  }

  of(type) {
    return this.byKey.get(type);
  }

  families() {
    const families = new Map();
    for (const form of this.all) {
      if (!families.has(form.family)) families.set(form.family, { key: form.family, label: form.family_label, forms: [] });
      families.get(form.family).forms.push(form);
    }
    return [...families.values()];
  }
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
    return (value ?? []).some((condition) => missing(condition, conditionOf(field, condition)?.fields ?? {}).length > 0) || (needed && !(value ?? []).length);
  }
  if (!needed) return false;
  if (value === undefined) return defaultOf(field) === undefined;
  return value === "" || value === null || (Array.isArray(value) && value.length === 0);
}

/** The description of one condition of a conditions field. */
export function conditionOf(field, condition) {
  return field.conditions.find((kind) => kind.fields_names.includes(condition.field));
}
