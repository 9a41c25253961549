// Above the tree: name, actions and the sentence; on a phone also the bar at the bottom.

import { html, useRef } from "../js/lib/preact.js";
import { Icon } from "./icons.js";
import { walk } from "./model.js";
import { sizeOf } from "./panel.js";
import { whyOff } from "./saving.js";
import { valuesSaid } from "./saying.js";
import { UndoButtons } from "./undoing.js";
import { clockTime, fill, gettext, number } from "./words.js";

export function Head({ store, save, saving, setDialog, isText, toggleText }) {
  return html`
    <div class="title editor-head">
      <input class="name-input" aria-label=${gettext("Name of the segment")} placeholder=${gettext("Name this segment")} value=${store.present.name} maxlength="160"
        autocomplete="off" onInput=${(event) => store.change({ name: event.target.value }, "name")} />
      <div class="editor-actions">
        <span class="small faint saved-state">${store.isChanged ? gettext("Unsaved changes") : store.segmentId ? gettext("Saved") : ""}</span>
        <${UndoButtons} store=${store} />
        <button type="button" class="btn ghost" aria-pressed=${isText} onClick=${toggleText}>${gettext("As text")}</button>
        <${MoreMenu} setDialog=${setDialog} />
        <${SaveButton} store=${store} save=${save} saving=${saving} data-save />
      </div>
    </div>
    ${saving.error && html`<p class="note bad" role="alert">${saving.error}</p>`}`;
}

function MoreMenu({ setDialog }) {
  const box = useRef(null);
  const item = (kind, icon, label) => html`
    <button type="button" class="menu-item" onClick=${() => { box.current.open = false; setDialog({ kind }); }}><${Icon} name=${icon} /> ${label}</button>`;
  return html`
    <details class="menu-box right" ref=${box}>
      <summary class="btn ghost square" aria-label=${gettext("More")}><${Icon} name="ellipsis" /></summary>
      <div class="menu">
        ${item("templates", "sparkles", gettext("Start from a template"))}
        ${item("settings", "calendar-clock", gettext("Schedule and labels"))}
        ${item("pins", "pin", gettext("Pin people in or out"))}
      </div>
    </details>`;
}

/** Off with a reason: the reason is said, and clicking leads to it. */
function SaveButton({ store, save, saving, ...rest }) {
  const reason = whyOff(store);
  const act = () => (reason ? store.showFault() : save());
  return html`
    <button type="button" class="btn primary save" ...${rest} aria-disabled=${Boolean(reason) || saving.isSaving} aria-busy=${saving.isSaving}
      title=${reason} onClick=${act}>${gettext("Save")}${reason && html`<span class="sr">: ${reason}</span>`}</button>`;
}

/** The tree in words, its values set off. */
export function Sentence({ store }) {
  const { answer } = store.counting;
  const isStale = answer && !store.isFresh;
  return html`<p class=${`sentence ${isStale ? "stale" : ""}`}>${answer ? emphasised(store, answer.sentence) : gettext("Everybody, until there is a condition.")}</p>`;
}

function emphasised(store, sentence) {
  const values = new Set();
  for (const node of walk(store.root)) {
    if (node.kind !== "group" && !node.off) for (const value of valuesSaid(store, node)) if (String(value).trim()) values.add(String(value));
  }
  if (!values.size) return sentence;
  const longestFirst = [...values].sort((a, b) => b.length - a.length).map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${longestFirst.join("|")})(?![\\p{L}\\p{N}])`, "giu");
  return sentence.split(pattern).map((piece, index) => (index % 2 ? html`<b>${piece}</b>` : piece));
}

/** On a phone: total, state, undo and save, always in reach. */
export function Bottom({ store, save, saving }) {
  const { status, answer } = store.counting;
  const state = { fresh: () => fill(gettext("exact · {time}"), { time: clockTime(answer.as_of, store.context.timeZone) }), counting: () => gettext("counting"), idle: () => gettext("everybody") }[status];
  return html`<div class="bottom editor-bottom">
    <span class=${status === "fresh" || status === "idle" ? "" : "stale"}><span class="n num">${number(sizeOf(store))}</span><br />
      <span class="small muted">${state ? state() : gettext("not counted")}</span></span>
    <span class="grow"></span>
    <${UndoButtons} store=${store} />
    <${SaveButton} store=${store} save=${save} saving=${saving} /></div>`;
}
