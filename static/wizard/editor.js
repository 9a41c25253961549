// The page: name, sentence, tree, panel, and the bar at the bottom of a phone.

import { html, useEffect, useLayoutEffect, useReducer, useRef, useState } from "../js/lib/preact.js";
import { toast } from "../js/lib/toast.js";
import { isDefinitionChanged } from "./changes.js";
import { Pins, Settings, Templates, Who } from "./dialogs.js";
import { useRowDragging } from "./dragging.js";
import { Group } from "./group.js";
import { Bottom, Head, Sentence } from "./head.js";
import { useAskingFirst, useShortcuts } from "./leaving.js";
import { ancestorsOf, find, placeOf } from "./model.js";
import { Panel } from "./panel.js";
import { Picker } from "./picker.js";
import { useRoving } from "./roving.js";
import { SaveDialog } from "./savedialog.js";
import { save as saveSegment, whyOff } from "./saving.js";
import { TextView } from "./textview.js";
import { fill, gettext, ngettext, number } from "./words.js";

const DIALOGS = { templates: Templates, who: Who, pins: Pins, settings: Settings, save: SaveDialog };
const SPEAK_AFTER_MS = 600;

export function Editor({ store }) {
  const [, draw] = useReducer((count) => count + 1, 0);
  const [picking, setPicking] = useState(null);
  const [dialog, setDialog] = useState(null);
  const [isText, setText] = useState(false);
  const [saving, setSaving] = useState({ isSaving: false, error: null });
  const elapsed = useElapsed(store, draw);
  const tree = useRef(null);
  const toggleText = () => setText((before) => !before);
  const saveNow = () => saveSegment(store, setSaving);
  // A changed definition moves people: who, is shown first.
  const save = () => (isDefinitionChanged(store) && !whyOff(store) ? setDialog({ kind: "save" }) : saveNow());
  useEffect(() => store.listen(draw), []);
  useEffect(() => bind(store, { setDialog, draw }), []);
  useLayoutEffect(() => focusNew(store));
  useRowDragging(tree, store);
  useRoving(tree);
  useAskingFirst(store);
  useShortcuts(store, toggleText);
  const Shown = dialog && DIALOGS[dialog.kind];
  return html`
    <${Head} store=${store} save=${save} saving=${saving} setDialog=${setDialog} isText=${isText} toggleText=${toggleText} />
    <${Sentence} store=${store} />
    <div class="cols">
      <div ref=${tree} class="tree">${isText
        ? html`<${TextView} store=${store} close=${() => setText(false)} />`
        : html`<${Tree} store=${store} setPicking=${setPicking} setDialog=${setDialog} draw=${draw} />`}</div>
      <${Panel} store=${store} elapsed=${elapsed} />
    </div>
    <${Bottom} store=${store} save=${save} saving=${saving} />
    <${Spoken} store=${store} />
    ${picking && html`<${Picker} store=${store} groupId=${picking} close=${() => setPicking(null)} />`}
    ${Shown && html`<${Shown} store=${store} nodeId=${dialog.nodeId} save=${saveNow} saving=${saving} close=${() => setDialog(null)} />`}`;
}

/** The whole tree, one group of it alone, or how to begin. */
function Tree({ store, setPicking, setDialog, draw }) {
  if (!store.root.children.length) return html`<${Start} store=${store} setPicking=${setPicking} setDialog=${setDialog} />`;
  const shown = (store.focusedGroup && find(store.root, store.focusedGroup)) || store.root;
  const level = ancestorsOf(store.root, shown.id).length + 1;
  return html`
    <${Path} store=${store} shown=${shown} draw=${draw} />
    <${Group} store=${store} group=${shown} level=${level} openPicker=${setPicking} />`;
}

/** What rows, menus and dialogs ask of the page. */
function bind(store, { setDialog, draw }) {
  store.openDialog = (kind) => setDialog({ kind });
  store.askWho = (nodeId) => setDialog({ kind: "who", nodeId });
  store.focusGroup = (id) => { store.focusedGroup = id; draw(); };
  store.focusNode = (id) => { store.focusAfter = id; draw(); };
  store.showFault = () => {
    const [fault] = store.faults;
    if (fault) store.focusNode(fault);
    else document.querySelector(store.present.name.trim() ? ".start .btn" : ".name-input")?.focus();
  };
  store.removeWithUndo = (id) => {
    store.focusAfter = neighbourOf(store.root, id);
    store.remove(id);
    toast(gettext("Removed"), { kind: "info", undo: () => store.undo() });
  };
}

/** Where the focus goes when a node is removed: the next one, the one before, or its group. */
function neighbourOf(root, id) {
  const { parent, index } = placeOf(root, id);
  return (parent.children[index + 1] ?? parent.children[index - 1] ?? parent).id;
}

function focusNew(store) {
  if (!store.focusAfter) return;
  const id = store.focusAfter;
  store.focusAfter = null;
  const node = document.querySelector(`[data-node="${id}"]`);
  const place = node?.matches("fieldset") ? node.querySelector(`[data-add="${id}"] button`) : node?.querySelector(":is(input, select, button).bad, .bad input, .bad select, summary.bad");
  const target = place ?? node ?? document.querySelector(".start .btn");
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
}

/** The groups around the one that is shown alone. */
function Path({ store, shown, draw }) {
  if (shown.id === store.root.id) return null;
  const leave = (id) => { store.focusedGroup = id === store.root.id ? null : id; draw(); };
  return html`<nav class="crumbs group-path" aria-label=${gettext("Groups around")}>
    ${ancestorsOf(store.root, shown.id).map((group, index) => html`<button type="button" class="link" key=${group.id} onClick=${() => leave(group.id)}>
      ${index === 0 ? gettext("Whole segment") : fill(gettext("Group on level {n}"), { n: index + 1 })}</button>`)}
    <span aria-current="true">${gettext("This group")}</span></nav>`;
}

function Start({ store, setPicking, setDialog }) {
  return html`
    <fieldset class="group all start" data-node=${store.root.id}><legend class="sr">${gettext("All of these")}</legend>
      <div class="empty"><h2>${gettext("Who should be in it?")}</h2>
        <p>${fill(gettext("Everybody so far: {n} contacts. Add a condition, or start from something that works."), { n: number(store.context.universe) })}</p>
        <div class="btns"><button type="button" class="btn primary" onClick=${() => setPicking(store.root.id)}>${gettext("Add a condition")}</button>
          <button type="button" class="btn" onClick=${() => setDialog({ kind: "templates" })}>${gettext("Start from a template")}</button></div></div>
    </fieldset>`;
}

/** The one polite live region: says the total once it has settled. */
function Spoken({ store }) {
  const { status, answer } = store.counting;
  const [text, setText] = useState("");
  useEffect(() => {
    if (status !== "fresh") return undefined;
    const said = fill(ngettext("{n} person", "{n} people", answer.size), { n: number(answer.size) });
    const timer = setTimeout(() => setText(said), SPEAK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [answer, status]);
  return html`<p class="sr" role="status" aria-live="polite" data-spoken>${text}</p>`;
}

/** Milliseconds the present count has been under way. */
function useElapsed(store, draw) {
  useEffect(() => {
    const timer = setInterval(() => { if (store.counting.status === "counting") draw(); }, 150);
    return () => clearInterval(timer);
  }, []);
  return store.counting.status === "counting" ? performance.now() - store.counting.since : 0;
}
