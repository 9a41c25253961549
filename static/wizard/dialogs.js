// Dialogs of the editor: templates, who these people are, pins, and settings.

import { html, useEffect, useRef, useState } from "../js/lib/preact.js";
import { request } from "../js/lib/http.js";
import { find, fromDocument, toDocument } from "./model.js";
import { Person } from "./panel.js";
import { fill, gettext, ngettext, number } from "./words.js";

const PAGE = 50;

/** `actions(shut)` are the buttons below, where closing isn't the only one. */
export function Dialog({ title, close, children, wide, actions }) {
  const dialog = useRef(null);
  useEffect(() => { dialog.current.showModal(); }, []);
  return html`
    <dialog class=${`dialog ${wide ? "wide" : ""}`} ref=${dialog} aria-labelledby="dialog-title" onClose=${close}>
      <div class="dialog-inner"><h2 id="dialog-title">${title}</h2>${children}
        <div class="btns">${actions?.(() => dialog.current.close()) ?? html`<button type="button" class="btn" onClick=${() => dialog.current.close()}>${gettext("Close")}</button>`}</div></div>
    </dialog>`;
}

export function Templates({ store, close }) {
  const [templates, setTemplates] = useState(null);
  useEffect(() => { request(store.urls.templates).then((answer) => setTemplates(answer.templates), () => setTemplates([])); }, []);
  const use = (template) => {
    store.change({ root: fromDocument(template.where), name: store.present.name || template.name });
    close();
  };
  return html`
    <${Dialog} title=${gettext("Start from a template")} close=${close} wide>
      ${templates === null && html`<p class="skeleton"></p>`}
      ${templates?.length === 0 && html`<p class="muted">${gettext("There is nothing to fill a template with yet. Bring in contacts or transactions first.")}</p>`}
      <ul class="templates">${templates?.map((template) => html`
        <li key=${template.key}><button type="button" class="menu-item" onClick=${() => use(template)}>
          <span><b>${template.name}</b><br /><span class="small faint">${template.description}</span></span></button></li>`)}</ul>
    <//>`;
}

/** The members of a node, as far as one wants to look. */
export function Who({ store, nodeId, close }) {
  const [found, setFound] = useState({ members: [], size: null, isMore: false, problem: "" });
  const load = async () => {
    const body = whoBody(store, nodeId, found.members.at(-1)?.id ?? 0);
    if (body.where === null) return setFound({ ...found, problem: gettext("It isn't counted: switched off or not filled in.") });
    try {
      const answer = await request(store.urls.evaluate, { method: "POST", body });
      return setFound({ members: [...found.members, ...answer.members], size: answer.size, isMore: answer.members.length === PAGE, problem: "" });
    } catch (error) {
      return setFound({ ...found, problem: error.message });
    }
  };
  useEffect(() => { load(); }, []);
  const title = found.size === null ? gettext("Who are these?") : fill(ngettext("{n} person", "{n} people", found.size), { n: number(found.size) });
  return html`
    <${Dialog} title=${title} close=${close}>
      ${found.problem && html`<p class="note">${found.problem}</p>`}
      ${found.size === 0 && html`<p class="muted">${gettext("Nobody.")}</p>`}
      <ul class="people scrolls" tabindex="0" aria-label=${title}>${found.members.map((member) => html`<${Person} key=${member.id} store=${store} member=${member} />`)}</ul>
      ${found.isMore && html`<button type="button" class="btn compact" onClick=${load}>${gettext("More")}</button>`}
    <//>`;
}

/** The question behind "who are these?": the whole segment with its pins, or one node alone. */
function whoBody(store, nodeId, after) {
  const isRoot = nodeId === store.root.id;
  const alone = { ...store.root, match: "all", off: false, bare: true, children: [find(store.root, nodeId)] };
  const { where } = toDocument(isRoot ? store.root : alone, (other) => store.isLeftOut(other));
  return { where, ...(isRoot ? store.extra() : {}), members: { limit: PAGE, after } };
}

export function Pins({ store, close }) {
  const [query, setQuery] = useState("");
  const [contacts, setContacts] = useState([]);
  useEffect(() => {
    const controller = new AbortController();
    const timer = setTimeout(() => request(`${store.urls.contacts}?${new URLSearchParams({ search: query, limit: 10 })}`, { signal: controller.signal })
      .then((answer) => setContacts(answer.results), () => {}), 150);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [query]);
  const { pinnedIn, pinnedOut } = store.present;
  const pin = (id, where) => {
    const without = (ids) => ids.filter((other) => other !== id);
    store.change({
      pinnedIn: where === "in" ? [...without(pinnedIn), id] : without(pinnedIn),
      pinnedOut: where === "out" ? [...without(pinnedOut), id] : without(pinnedOut),
    });
  };
  const nameOf = (contact) => [contact.first_name, contact.last_name].filter(Boolean).join(" ") || contact.email || contact.external_id;
  return html`
    <${Dialog} title=${gettext("Pin people in or out")} close=${close}>
      <p class="small muted">${gettext("Whoever is pinned out stays out, whatever the conditions say; whoever is pinned in stays in.")}</p>
      <input type="search" aria-label=${gettext("Find a contact")} placeholder=${gettext("Name, e-mail or id")} value=${query} onInput=${(event) => setQuery(event.target.value)} />
      <ul class="people scrolls" tabindex="0" aria-label=${gettext("Contacts found")}>${contacts.map((contact) => {
        const state = pinnedIn.includes(contact.id) ? "in" : pinnedOut.includes(contact.id) ? "out" : "none";
        return html`<li key=${contact.id}><span class="grow">${nameOf(contact)}<br /><span class="small faint">${contact.email}</span></span>
          <div class="seg" role="group" aria-label=${nameOf(contact)}>${[["in", gettext("in")], ["none", gettext("as it is")], ["out", gettext("out")]].map(([key, text]) => html`
            <button type="button" key=${key} aria-pressed=${state === key} onClick=${() => pin(contact.id, key)}>${text}</button>`)}</div></li>`;
      })}</ul>
      <p class="small num">${fill(gettext("{in} pinned in, {out} pinned out"), { in: number(pinnedIn.length), out: number(pinnedOut.length) })}
        ${(pinnedIn.length > 0 || pinnedOut.length > 0) && html` <button type="button" class="link" onClick=${() => store.change({ pinnedIn: [], pinnedOut: [] })}>${gettext("unpin all")}</button>`}</p>
    <//>`;
}

export function Settings({ store, close }) {
  const { schedule, labels } = store.present;
  return html`
    <${Dialog} title=${gettext("Schedule and labels")} close=${close}>
      <label class="field">${gettext("Count again")}
        <select value=${schedule} onChange=${(event) => store.change({ schedule: event.target.value })}>
          ${store.context.schedules.map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}</select></label>
      <label class="field">${gettext("Labels, with commas between")}
        <input value=${labels.join(", ")} onChange=${(event) => store.change({ labels: event.target.value.split(",").map((text) => text.trim()).filter(Boolean) })} /></label>
    <//>`;
}

