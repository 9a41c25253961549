// Choosing segments, lists, products and the like: chips with their counts, and a search for more.

import { request } from "../js/lib/http.js";
import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { bare, fill, gettext, number } from "../wizard/words.js";

const WAIT_MS = 120;
const KINDS = { segment: () => gettext("Segment"), list: () => gettext("List") };
let lastList = 0;

/**
 * Several things of some kinds. `chosen` is [{kind, id}]; `find(query, signal)` answers
 * [{kind, id, label, count}].
 */
export function Chooser({ store, chosen, add, remove, find, label, placeholder, describe }) {
  return html`
    <div class="chooser">
      ${chosen.length > 0 && html`<ul class="chosen" aria-label=${label}>${chosen.map(({ kind, id }) => html`<${Chosen} key=${kind + id} store=${store} kind=${kind} id=${id} remove=${() => remove(kind, id)} />`)}</ul>`}
      <${Search} store=${store} chosen=${chosen} add=${add} find=${find} label=${label} placeholder=${placeholder} describe=${describe} />
    </div>`;
}

function Chosen({ store, kind, id, remove }) {
  const name = store.labelOf(kind, id);
  const count = store.labels[kind][id]?.count;
  return html`<li class="chosen-one"><${Icon} name=${{ segment: "chart-pie", list: "list", product: "box" }[kind]} />
    <span class="grow">${name}${KINDS[kind] && html` <span class="small faint">${KINDS[kind]()}</span>`}</span>
    ${count !== null && count !== undefined && html`<span class="num">${number(count)}</span>`}
    <button type="button" class="btn ghost square compact" aria-label=${fill(gettext("Remove {name}"), { name })} onClick=${remove}><${Icon} name="x" /></button></li>`;
}

/** A combobox: arrows walk the list, Enter takes, Escape closes. */
export function Search({ store, chosen = [], add, find, label, placeholder, describe }) {
  const [query, setQuery] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const list = useRef(`choose-${++lastList}`);
  const { results, isLoading } = useResults(find, query, isOpen);
  const options = results.filter((one) => !chosen.some((other) => other.kind === one.kind && other.id === one.id));
  const take = (option) => {
    store?.learn(option.kind, option.id, option.label, option.count);
    add(option);
    setQuery("");
    setAt(-1);
    setOpen(false);
  };
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      if (options.length) setAt((options.length + at + (event.key === "ArrowDown" ? 1 : -1)) % options.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = options[at] ?? (query.trim() ? options[0] : null);
      if (option) take(option);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  const isShown = isOpen && (options.length > 0 || (!isLoading && query.trim() !== ""));
  return html`
    <div class="combo-box"><span class="combo-input"><${Icon} name="search" />
      <input role="combobox" aria-label=${label} aria-expanded=${isShown} aria-controls=${list.current} aria-autocomplete="list" autocomplete="off"
        aria-activedescendant=${isShown && options[at] ? `${list.current}-${at}` : undefined} placeholder=${placeholder} value=${query}
        onInput=${(event) => { setQuery(event.target.value); setOpen(true); setAt(-1); }} onFocus=${() => setOpen(true)} onClick=${() => setOpen(true)} onBlur=${() => setOpen(false)} onKeyDown=${onKeyDown} /></span>
      <ul class="menu combo-menu" role="listbox" id=${list.current} aria-label=${label} hidden=${!isShown}>
        ${options.map((option, index) => html`
          <li role="option" id=${`${list.current}-${index}`} key=${option.kind + option.id} class=${`menu-item ${index === at ? "on" : ""}`} aria-selected=${index === at}
              onMouseDown=${(event) => { event.preventDefault(); take(option); }}>
            <span class="grow">${option.label}${describe && html` <span class="small faint">${describe(option)}</span>`}</span>
            ${option.count !== null && option.count !== undefined && html`<span class="num faint">${number(option.count)}</span>`}</li>`)}
        ${!options.length && html`<li class="menu-note" role="option" aria-disabled="true" aria-selected="false">${gettext("Nothing fits.")}</li>`}
      </ul></div>`;
}

/** What fits the words typed; the newest question wins. */
function useResults(find, query, isOpen) {
  const [found, setFound] = useState({ results: [], isLoading: false });
  useEffect(() => {
    if (!isOpen) return undefined;
    const controller = new AbortController();
    setFound((before) => ({ ...before, isLoading: true }));
    const timer = setTimeout(() => find(query, controller.signal).then(
      (results) => setFound({ results, isLoading: false }),
      (error) => { if (error.name !== "AbortError") setFound({ results: [], isLoading: false }); },
    ), query ? WAIT_MS : 0);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [isOpen, query]);
  return found;
}

/** Segments by name, with their sizes. */
export async function findSegments(store, query, signal) {
  const { results } = await request(`${store.urls.segments}?${new URLSearchParams({ search: query, limit: 30 })}`, { signal });
  return results.map(({ id, name, size }) => ({ kind: "segment", id, label: name, count: size }));
}

let lists = null;

/** Segments and lists by name. */
export async function findGroups(store, query, signal) {
  lists ??= request(`${store.urls.lists}?limit=500`).catch(() => { lists = null; return { results: [] }; });
  const [segments, known] = await Promise.all([findSegments(store, query, signal), lists]);
  const fitting = (known?.results ?? []).filter(({ name }) => bare(name).includes(bare(query.trim())));
  return [...segments, ...fitting.map(({ id, name, size }) => ({ kind: "list", id, label: name, count: size }))];
}

export const describeKind = ({ kind }) => KINDS[kind]();
