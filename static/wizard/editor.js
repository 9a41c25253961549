// The page: name, sentence, tree, panel, and the bar at the bottom of a phone.

import { html, useEffect, useReducer, useRef, useState } from "../js/lib/preact.js";
import { request, RequestError } from "../js/lib/http.js";
import { toast } from "../js/lib/toast.js";
import { Pins, Settings, Templates, Who } from "./dialogs.js";
import { useDragging } from "./dragging.js";
import { Group } from "./group.js";
import { ancestorsOf, find, toSavedDocument } from "./model.js";
import { Panel, sizeOf } from "./panel.js";
import { Picker } from "./picker.js";
import { TextView } from "./textview.js";
import { fill, gettext, ngettext, number } from "./words.js";

export function Editor({ store }) {
  const [, draw] = useReducer((count) => count + 1, 0);
  const [picking, setPicking] = useState(null);
  const [dialog, setDialog] = useState(null);
  const [isText, setText] = useState(false);
  const [saving, setSaving] = useState({ isSaving: false, error: null });
  const elapsed = useElapsed(store, draw);
  const tree = useRef(null);
  useEffect(() => store.listen(draw), []);
  useEffect(() => bind(store, { setDialog, draw }), []);
  useEffect(() => focusNew(store));
  useDragging(tree, store);
  useLeaving(store);
  const save = () => saveSegment(store, setSaving);
  useShortcuts(store, save);
  const isEmpty = !store.root.children.length;
  const shown = (store.focusedGroup && find(store.root, store.focusedGroup)) || store.root;
  return html`
    <${Head} store=${store} save=${save} saving=${saving} setDialog=${setDialog} isText=${isText} setText=${setText} />
    <${Sentence} store=${store} />
    <div class="cols">
      <div ref=${tree}>
        ${isText ? html`<${TextView} store=${store} close=${() => setText(false)} />`
          : isEmpty ? html`<${Start} store=${store} setPicking=${setPicking} setDialog=${setDialog} />`
          : html`<${Path} store=${store} shown=${shown} draw=${draw} />
            <${Group} store=${store} group=${shown} level=${ancestorsOf(store.root, shown.id).length + 1} openPicker=${setPicking} />`}
      </div>
      <${Panel} store=${store} elapsed=${elapsed} />
    </div>
    <${Bottom} store=${store} save=${save} saving=${saving} />
    <${Spoken} store=${store} />
    ${picking && html`<${Picker} store=${store} groupId=${picking} close=${() => setPicking(null)} />`}
    ${dialog?.kind === "templates" && html`<${Templates} store=${store} close=${() => setDialog(null)} />`}
    ${dialog?.kind === "who" && html`<${Who} store=${store} nodeId=${dialog.nodeId} close=${() => setDialog(null)} />`}
    ${dialog?.kind === "pins" && html`<${Pins} store=${store} close=${() => setDialog(null)} />`}
    ${dialog?.kind === "settings" && html`<${Settings} store=${store} close=${() => setDialog(null)} />`}`;
}

/** What rows and menus ask of the page. */
function bind(store, { setDialog, draw }) {
  store.openDialog = (kind) => setDialog({ kind });
  store.askWho = (nodeId) => setDialog({ kind: "who", nodeId });
  store.focusGroup = (id) => { store.focusedGroup = id; draw(); };
  store.focusNode = (id) => { store.focusAfter = id; draw(); };
  store.removeWithUndo = (id) => {
    store.remove(id);
    toast(gettext("Removed"), { undo: () => store.undo() });
  };
}

function focusNew(store) {
  if (!store.focusAfter) return;
  const node = document.querySelector(`[data-node="${store.focusAfter}"]`);
  store.focusAfter = null;
  const inside = node?.querySelector(".bad input, input.bad, select.bad, button.bad");
  (inside ?? node)?.focus();
}

function Head({ store, save, saving, setDialog, isText, setText }) {
  const { name } = store.present;
  const off = store.faults.length > 0 || !name.trim();
  return html`
    <div class="title editor-head">
      <input class="name-input" aria-label=${gettext("Name of the segment")} placeholder=${gettext("Name this segment")} value=${name} maxlength="160"
        onInput=${(event) => store.change({ name: event.target.value }, "name")} />
      <div class="editor-actions">
        <span class="small faint opt">${store.isChanged ? gettext("Unsaved changes") : store.segmentId ? gettext("Saved") : ""}</span>
        <button type="button" class="btn ghost opt" disabled=${!store.history.past.length} onClick=${() => store.undo()}>${gettext("Undo")}</button>
        <button type="button" class="btn ghost opt" disabled=${!store.history.future.length} onClick=${() => store.redo()}>${gettext("Redo")}</button>
        <button type="button" class="btn ghost" aria-pressed=${isText} onClick=${() => setText(!isText)}>${gettext("As text")}</button>
        <button type="button" class="btn ghost" onClick=${() => setDialog({ kind: "settings" })}>${gettext("Schedule")}</button>
        <button type="button" class="btn ghost opt" onClick=${() => setDialog({ kind: "templates" })}>${gettext("Templates")}</button>
        <button type="button" class="btn primary save" data-save disabled=${off || saving.isSaving} aria-busy=${saving.isSaving} title=${whyOff(store)} onClick=${save}>${gettext("Save")}</button>
      </div>
    </div>
    ${saving.error && html`<p class="note bad" role="alert">${saving.error}</p>`}`;
}

function whyOff(store) {
  if (!store.present.name.trim()) return gettext("Give the segment a name first.");
  if (store.faults.length) return fill(ngettext("{n} row needs something first.", "{n} rows need something first.", store.faults.length), { n: store.faults.length });
  return "";
}

function Sentence({ store }) {
  const { answer, status } = store.counting;
  return html`<p class=${`sentence ${status === "fresh" ? "" : "stale"}`}>${answer?.sentence ?? gettext("Everybody, until there is a condition.")}</p>`;
}

function Path({ store, shown, draw }) {
  if (shown.id === store.root.id) return null;
  const leave = (id) => { store.focusedGroup = id === store.root.id ? null : id; draw(); };
  return html`<nav class="crumbs group-path" aria-label=${gettext("Groups around")}>
    ${ancestorsOf(store.root, shown.id).map((group, index) => html`<button type="button" class="link" key=${group.id} onClick=${() => leave(group.id)}>
      ${index === 0 ? gettext("Whole segment") : fill(gettext("Group {n}"), { n: index + 1 })}</button> › `)}</nav>`;
}

function Start({ store, setPicking, setDialog }) {
  return html`
    <fieldset class="group all start"><legend class="sr">${gettext("All of these")}</legend>
      <div class="empty"><h2>${gettext("Who should be in it?")}</h2>
        <p>${fill(gettext("Everybody so far: {n} contacts. Add a condition, or start from something that works."), { n: number(store.context.universe) })}</p>
        <div class="btns"><button type="button" class="btn primary" onClick=${() => setPicking(store.root.id)}>${gettext("Add a condition")}</button>
          <button type="button" class="btn" onClick=${() => setDialog({ kind: "templates" })}>${gettext("Start from a template")}</button></div></div>
    </fieldset>`;
}

function Bottom({ store, save, saving }) {
  const off = store.faults.length > 0 || !store.present.name.trim();
  return html`<div class="bottom editor-bottom"><span class=${store.counting.status === "fresh" ? "" : "stale"}><span class="n num">${number(sizeOf(store))}</span><br />
      <span class="small muted">${store.counting.status === "fresh" ? gettext("exact") : store.counting.status === "counting" ? gettext("counting") : gettext("not counted")}</span></span>
    <span class="grow"></span>
    <button type="button" class="btn ghost" aria-label=${gettext("Undo")} disabled=${!store.history.past.length} onClick=${() => store.undo()}>↶</button>
    <button type="button" class="btn primary" disabled=${off || saving.isSaving} onClick=${save}>${gettext("Save")}</button></div>`;
}

/** The one polite live region: says the total once it has settled. */
function Spoken({ store }) {
  const { status, answer } = store.counting;
  const [text, setText] = useState("");
  useEffect(() => {
    if (status !== "fresh") return undefined;
    const timer = setTimeout(() => setText(fill(ngettext("{n} person", "{n} people", answer.size), { n: number(answer.size) })), 600);
    return () => clearTimeout(timer);
  }, [answer, status]);
  return html`<p class="sr" role="status" aria-live="polite">${text}</p>`;
}

function useElapsed(store, draw) {
  useEffect(() => {
    const timer = setInterval(() => { if (store.counting.status === "counting") draw(); }, 150);
    return () => clearInterval(timer);
  }, []);
  return store.counting.status === "counting" ? performance.now() - store.counting.since : 0;
}

function useLeaving(store) {
  useEffect(() => {
    const ask = (event) => { if (store.isChanged && !store.isLeaving) event.preventDefault(); };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, []);
}

function useShortcuts(store, save) {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onKey = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      const isTyping = event.target.matches?.("input, textarea");
      if (key === "z" && !isTyping) { event.preventDefault(); event.shiftKey ? store.redo() : store.undo(); }
      else if (key === "y" && !isTyping) { event.preventDefault(); store.redo(); }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

async function saveSegment(store, setSaving) {
  if (store.faults.length || !store.present.name.trim()) return;
  setSaving({ isSaving: true, error: null });
  const { name, schedule, labels, pinnedIn, pinnedOut, root } = store.present;
  const body = { name: name.trim(), where: toSavedDocument(root), schedule, labels, pinned_in: pinnedIn, pinned_out: pinnedOut };
  try {
    const url = store.segmentId ? `${store.urls.segments}${store.segmentId}/` : store.urls.segments;
    const saved = await request(url, { method: store.segmentId ? "PATCH" : "POST", body });
    store.isLeaving = true;
    window.location.assign(store.urls.page.replace("/0/", `/${saved.id}/`));
  } catch (error) {
    if (!(error instanceof RequestError)) setSaving({ isSaving: false, error: gettext("No answer. Nothing is lost: try again in a moment.") });
    else setSaving({ isSaving: false, error: error.problem?.code === "already_exists" ? gettext("There is a segment with this name already.") : messageOf(error) });
  }
}

function messageOf(error) {
  const errors = error.problem?.errors ?? [];
  return errors.length ? errors.map((one) => `${one.message} (${one.path})`).join(" ") : error.message;
}
