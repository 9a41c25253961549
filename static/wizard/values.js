// Inputs for values with suggestions from what is really there, each with its count.

import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { request } from "../js/lib/http.js";
import { Icon } from "./icons.js";
import { labelOf, learn } from "./labels.js";
import { fill, gettext, ngettext, number } from "./words.js";

const ALL_UP_TO = 6;
const SHOWN = 3; // of longer lists

// Which other values of the row narrow the suggestions of a kind.
const WITHIN = {
  attribute_value: ["attribute"], activity_parameter: ["kind"], parameter_value: ["kind", "parameter"],
  property_value: ["property"],
};

function withinOf(field, context) {
  if (field.suggest === "attribute" && field.types) return field.types.join(",");
  return (WITHIN[field.suggest] ?? []).map((name) => context[name] ?? "").join(".");
}

/** Suggestions for what is typed; the newest question wins. */
function useSuggestions(store, field, context, query, isOpen) {
  const [found, setFound] = useState({ results: [], isLoading: false });
  const within = withinOf(field, context);
  useEffect(() => {
    if (!isOpen || !field.suggest) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(async () => {
      const search = new URLSearchParams({ kind: field.suggest, q: query, within });
      try {
        const { results } = await request(`${store.urls.suggestions}?${search}`, { signal: controller.signal });
        for (const result of results) learn(field, result.value, result.label);
        setFound({ results, isLoading: false });
      } catch (error) {
        if (error.name !== "AbortError") setFound({ results: [], isLoading: false });
      }
    }, query ? 120 : 0);
    setFound((before) => ({ ...before, isLoading: true }));
    return () => { clearTimeout(timer); controller.abort(); };
  }, [isOpen, query, within, field.suggest]);
  return found;
}

/** A parameter has to be of the type its condition compares. */
function fits(option, field, context) {
  if (field.control !== "parameter" || !option.type) return true;
  return option.type === context.field || (context.field === "date" && option.type === "datetime");
}

let lastList = 0;

/** A combobox: an input whose list is walked with arrows; Enter takes, Escape closes. */
function Combobox({ store, field, context, label, take, isMissing, placeholder, isFree, chosen = [], onPaste, onBackspace, autoFocus }) {
  const [query, setQuery] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const list = useRef(`list-${++lastList}`);
  const { results } = useSuggestions(store, field, context, query, isOpen);
  const options = results.filter((option) => !chosen.includes(option.value) && fits(option, field, context));
  const exact = options.some((option) => option.label.toLowerCase() === query.trim().toLowerCase());
  const all = isFree && query.trim() && !exact ? [...options, { value: query.trim(), label: query.trim(), isNew: true }] : options;
  const choose = (option) => {
    if (!option.isNew) learn(field, option.value, option.label);
    take(option.value);
    setQuery("");
    setAt(-1);
  };
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      event.stopPropagation();
      setOpen(true);
      setAt((all.length + at + (event.key === "ArrowDown" ? 1 : -1)) % Math.max(all.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = all[at] ?? (query.trim() ? all.find((item) => item.label.toLowerCase() === query.trim().toLowerCase()) ?? (isFree ? { value: query.trim(), label: query.trim() } : all[0]) : null);
      if (option) choose(option);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setOpen(false);
    } else if (event.key === "Backspace" && !query && onBackspace) {
      onBackspace();
    }
  };
  const onBlur = () => {
    setOpen(false);
    if (isFree && query.trim()) choose({ value: query.trim(), label: query.trim() });
  };
  return html`
    <span class="combo">
      <input class=${`ctl ${chosen.length ? "adds" : ""} ${isMissing ? "bad" : ""}`} role="combobox" aria-label=${label} aria-invalid=${Boolean(isMissing)}
        aria-expanded=${isOpen && all.length > 0} aria-controls=${list.current} aria-autocomplete="list" autocomplete="off"
        aria-activedescendant=${isOpen && at >= 0 && all[at] ? `${list.current}-${at}` : undefined}
        size=${Math.max(query.length + 1, placeholder.length)} placeholder=${placeholder} value=${query} autofocus=${autoFocus}
        onInput=${(event) => { setQuery(event.target.value); setOpen(true); setAt(-1); }} onFocus=${() => setOpen(true)}
        onBlur=${onBlur} onKeyDown=${onKeyDown} onPaste=${onPaste} />
      <ul class="menu combo-list" role="listbox" id=${list.current} aria-label=${label} hidden=${!isOpen || !all.length}>
        ${all.map((option, index) => html`
          <li role="option" id=${`${list.current}-${index}`} key=${option.value} class=${`menu-item ${index === at ? "on" : ""}`}
              aria-selected=${index === at} onMouseDown=${(event) => { event.preventDefault(); choose(option); }}>
            <span>${option.isNew ? fill(gettext("Use “{value}”"), { value: option.label }) : option.label}
              ${option.hint && html` <span class="faint small">${option.hint}</span>`}</span>
            ${option.count !== null && option.count !== undefined && html`<span class="num faint small">${number(option.count)}</span>`}
          </li>`)}
      </ul>
    </span>`;
}

/** Several values as chips; long lists collapse; a pasted list becomes values. */
export function Many({ store, field, values, context = values, name, label, take, isMissing, errors = [] }) {
  const chosen = values[name] ?? [];
  const [isWhole, setWhole] = useState(false);
  const isFree = field.control === "texts";
  const set = (next) => take(next.length ? next : undefined);
  const add = (value) => { if (!chosen.includes(value)) set([...chosen, value]); };
  const shown = isWhole || chosen.length <= ALL_UP_TO ? chosen : chosen.slice(0, SHOWN);
  const hidden = chosen.length - shown.length;
  const isBad = (index) => errors.some((error) => error.below[0] === index);
  const onPaste = (event) => {
    const pasted = event.clipboardData.getData("text").split(/[\n;\t]|,(?=\s)/).map((text) => text.trim()).filter(Boolean);
    if (pasted.length < 2) return;
    event.preventDefault();
    set([...new Set([...chosen, ...pasted])].slice(0, 1000));
  };
  return html`
    ${shown.map((value, index) => html`
      <span class=${`chip ${isBad(index) ? "gone" : ""}`} key=${value}>${labelOf(store, field, value)}
        <button type="button" aria-label=${fill(gettext("{label}: {value}, remove"), { label, value: labelOf(store, field, value) })}
          onClick=${() => set(chosen.filter((other) => other !== value))}><${Icon} name="x" /></button></span>`)}
    ${hidden > 0 && html`<button type="button" class="ctl" onClick=${() => setWhole(true)}
        aria-label=${fill(ngettext("show {n} more value", "show {n} more values", hidden), { n: hidden })}>+${hidden}</button>`}
    ${isWhole && chosen.length > ALL_UP_TO && html`<button type="button" class="ctl" onClick=${() => setWhole(false)}>${gettext("show fewer")}</button>`}
    <${Combobox} store=${store} field=${field} context=${context} label=${label} chosen=${chosen} isMissing=${isMissing}
      placeholder=${chosen.length ? gettext("+ add") : gettext("choose")} isFree=${isFree} take=${add} onPaste=${onPaste}
      onBackspace=${() => set(chosen.slice(0, -1))} />`;
}

/** One value; choosing again replaces it. */
export function One({ store, field, values, context = values, name, label, take, isMissing }) {
  const [isEditing, setEditing] = useState(false);
  const value = values[name];
  if (value !== undefined && !isEditing) {
    return html`<button type="button" class=${`ctl ${isMissing ? "bad" : ""}`} onClick=${() => setEditing(true)}
      aria-label=${fill(gettext("{label}: {value}, change"), { label, value: labelOf(store, field, value) })}>${labelOf(store, field, value)}</button>`;
  }
  return html`<${Combobox} store=${store} field=${field} context=${context} label=${label} isMissing=${isMissing} autoFocus=${isEditing}
    placeholder=${gettext("choose")} isFree=${false} take=${(next) => { take(next); setEditing(false); }} />`;
}
