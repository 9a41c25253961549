// Labels of what documents name by key: from the page, from suggestions, or asked for once.

import { request } from "../js/lib/http.js";

const known = new Map(); // "kind value" → label
const asked = new Set();

/** Remember what a value of a field is called. */
export function learn(field, value, label) {
  known.set(`${field.reference || field.suggest} ${value}`, label);
}

/** What a value is called; until that is known, the value itself. */
export function labelOf(store, field, value) {
  const kind = field.reference || field.suggest;
  const name = `${kind} ${value}`;
  const label = known.get(name) ?? store.context.labels?.[name];
  if (label === undefined && field.reference && value && store.urls) ask(store, kind, value);
  return label ?? value;
}

/** Ask once; the page is drawn again when the answer is there. */
function ask(store, kind, value) {
  const name = `${kind} ${value}`;
  if (asked.has(name)) return;
  asked.add(name);
  request(`${store.urls.suggestions}?${new URLSearchParams({ kind, q: kind === "segment" || kind === "list" ? "" : value })}`).then(({ results }) => {
    for (const result of results) known.set(`${kind} ${result.value}`, result.label);
    if (known.has(name)) store.tell();
  }, () => asked.delete(name));
}
