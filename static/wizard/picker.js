// Finding a condition: searchable, by family, with a line and an example each.

import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { request } from "../js/lib/http.js";
import { iconUrl } from "../js/lib/icon.js";
import { initialValues } from "./forms.js";
import { newRow, newSegmentRow } from "./model.js";
import { sayRow } from "./saying.js";
import { bare, fill, gettext } from "./words.js";

/** Everything that can be added: criteria, each attribute by its own name, and segments. */
function entriesOf(store, attributes, segments) {
  const entries = [];
  for (const form of store.forms.all) {
    const field = form.fields.attribute;
    entries.push({ label: form.label, help: helpOf(store, form), icon: form.icon, family: form.family_label, order: form.family,
      make: () => newRow(form.key, initialValues(form.fields)) });
    for (const attribute of attributes) {
      if (!field?.types?.includes(attribute.type)) continue;
      entries.push({ label: attribute.label, help: form.label, icon: form.icon, family: form.family_label, order: form.family,
        make: () => newRow(form.key, { ...initialValues(form.fields), attribute: attribute.value }) });
    }
  }
  for (const segment of segments) {
    entries.push({ label: segment.label, help: gettext("In this segment"), icon: "users", family: gettext("Segments"), make: () => newSegmentRow(Number(segment.value)) });
  }
  return entries;
}

/** A line about the criterion, with an example in words. */
function helpOf(store, form) {
  if (/example|e\.g\./i.test(form.help) || !form.example) return form.help;
  const quiet = { forms: store.forms, context: store.context };
  const said = fill(gettext("e.g. {example}"), { example: sayRow(quiet, { kind: "row", type: form.key, values: form.example }) });
  return form.help ? `${form.help} · ${said}` : said;
}

export function Picker({ store, groupId, close }) {
  const dialog = useRef(null);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [known, setKnown] = useState({ attributes: [], segments: [] });
  useEffect(() => {
    dialog.current.showModal();
    const load = (kind) => request(`${store.urls.suggestions}?kind=${kind}`).then(({ results }) => results, () => []);
    Promise.all([load("attribute"), load("segment")]).then(([attributes, segments]) => {
      setKnown({ attributes, segments: segments.filter((segment) => Number(segment.value) !== store.segmentId) });
    });
  }, []);
  const words = bare(query).trim().split(/\s+/).filter(Boolean);
  const entries = entriesOf(store, known.attributes, known.segments)
    .map((entry) => ({ ...entry, rank: rankOf(entry, words) })).filter((entry) => entry.rank >= 0);
  if (words.length) entries.sort((a, b) => a.rank - b.rank);
  const choose = (entry) => { dialog.current.close(); store.add(groupId, entry.make()); };
  const onKeyDown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = (entries.length + at + (event.key === "ArrowDown" ? 1 : -1)) % Math.max(entries.length, 1);
      setAt(next);
      document.getElementById(`pick-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Escape") {
      event.preventDefault(); // else the first Escape would only clear the search
      dialog.current.close();
    } else if (event.key === "Enter" && entries[at]) {
      event.preventDefault();
      choose(entries[at]);
    }
  };
  return html`
    <dialog class="dialog picker" ref=${dialog} aria-label=${gettext("Find a condition")} onClose=${close} onClick=${(event) => { if (event.target === dialog.current) dialog.current.close(); }}>
      <div class="dialog-inner">
        <input type="search" role="combobox" aria-expanded="true" aria-controls="pick-list" aria-activedescendant=${entries[at] ? `pick-${at}` : undefined}
          aria-label=${gettext("Find a condition")} placeholder=${gettext("Find a condition, e.g. spent, city, opened")} value=${query}
          onInput=${(event) => { setQuery(event.target.value); setAt(0); }} onKeyDown=${onKeyDown} autofocus />
        <ul class="pick-list" id="pick-list" role="listbox" aria-label=${gettext("Conditions")}>
          ${entries.map((entry, index) => html`
            ${(index === 0 || entries[index - 1].family !== entry.family) && !words.length && html`<li class="pick-family" role="presentation">${entry.family}</li>`}
            <li role="option" id=${`pick-${index}`} class=${`menu-item ${index === at ? "on" : ""}`} aria-selected=${index === at}
                onClick=${() => choose(entry)} onPointerMove=${() => setAt(index)}>
              <svg class="icon" aria-hidden="true"><use href=${iconUrl(entry.icon)} /></svg>
              <span><b>${entry.label}</b><br /><span class="small faint">${entry.help}</span></span>
            </li>`)}
          ${!entries.length && html`<li class="faint pick-none">${gettext("Nothing fits. Try another word, or a product’s or tag’s family.")}</li>`}
        </ul>
      </div>
    </dialog>`;
}

/** Smaller is better; -1 does not fit. */
function rankOf(entry, words) {
  const label = bare(entry.label);
  const all = bare(`${label} ${entry.help} ${entry.family}`);
  if (!words.every((word) => all.includes(word))) return -1;
  if (!words.length) return 0;
  return label.startsWith(words[0]) ? 0 : words.every((word) => label.includes(word)) ? 1 : 2;
}
