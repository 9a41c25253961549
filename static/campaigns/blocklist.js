// The blocks as they will read, in order; the selected one shows its settings below it.

import { toast } from "../js/lib/toast.js";
import { html, useEffect, useLayoutEffect, useRef } from "../js/lib/preact.js";
import { Icon } from "../wizard/icons.js";
import { gettext } from "../wizard/words.js";
import { KINDS, newBlock, sayBlock, sayCondition } from "./blockkinds.js";
import { useBlockDragging } from "./dragging.js";
import { Drawn } from "./drawn.js";
import { Inspector } from "./inspector.js";
import { SavedBlocks, useSaveBlock } from "./savedblocks.js";
import { errorsAt } from "./saver.js";

export function BlockList({ store }) {
  const canvas = useRef(null);
  const { style } = store.shown.body;
  useBlockDragging(canvas, store);
  useEffect(() => {
    for (const [name, value] of Object.entries({ "--mail-back": style.background, "--mail-paper": style.surface, "--mail-text": style.text, "--mail-accent": style.accent })) canvas.current.style.setProperty(name, value);
    canvas.current.dataset.font = style.font;
  }, [style]);
  useLayoutEffect(() => focusNew(store));
  return html`<div class="canvas" ref=${canvas}>
    <${List} store=${store} list=${store.blocks} place="" />
    ${!store.blocks.length && html`<div class="empty"><h3>${gettext("Nothing written yet")}</h3><p>${gettext("A good start: a heading that says what is new, a text of two lines, and one button.")}</p>
      <div class="btns"><button type="button" class="btn" data-start onClick=${() => start(store)}>${gettext("Start with these three")}</button></div></div>`}
    <${AddMenu} store=${store} place="" />
  </div>`;
}

function start(store) {
  const blocks = [newBlock("heading"), newBlock("text"), newBlock("button")];
  store.selected = blocks[0].id;
  store.focusAfter = blocks[0].id;
  store.setBlocks(blocks);
}

function List({ store, list, place }) {
  return html`<ol class="blocks" data-place=${place}>${list.map((block, index) => html`<${Block} key=${block.id} store=${store} block=${block} isFirst=${index === 0} isLast=${index === list.length - 1} />`)}</ol>`;
}

function Block({ store, block, isFirst, isLast }) {
  const isSelected = store.selected === block.id;
  const hasFault = errorsAt(store, "$.content.body").length > 0 && isSelected;
  const onKeyDown = (event) => {
    const action = keyAction(store, block, event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  return html`
    <li class=${`block ${isSelected ? "on" : ""}`} data-block=${block.id} data-type=${block.type} tabindex="0" aria-label=${sayBlock(block)} onKeyDown=${onKeyDown}>
      <span class="block-grip" data-grip=${block.id} aria-hidden="true"><${Icon} name="grip-vertical" /></span>
      <div class="block-drawn" onClick=${(event) => { if (isMeant(block, event.target)) store.select(block.id); }}>
        ${block.only && html`<span class="chip block-only"><${Icon} name=${block.only.negated ? "user-x" : "user-check"} />${sayCondition(store, block.only)}</span>`}
        <${Drawn} store=${store} block=${block} isSelected=${isSelected} List=${List} AddMenu=${AddMenu} />
      </div>
      ${isSelected && html`<div class="block-inspector"><${Tools} store=${store} block=${block} isFirst=${isFirst} isLast=${isLast} />
        <${Inspector} store=${store} block=${block} />
        ${hasFault && html`<p class="errors">${errorsAt(store, "$.content.body")[0].message}</p>`}</div>`}
    </li>`;
}

/** Whether a click was on the block itself, not on one in its columns or on what adds one. */
function isMeant(block, target) {
  return target.closest("[data-block]")?.dataset.block === block.id && !target.closest(".add-block");
}

function Tools({ store, block, isFirst, isLast }) {
  const keep = useSaveBlock(store, block);
  const button = (label, icon, act, isOff = false, more = {}) => html`<button type="button" class="btn ghost square compact" aria-label=${label} title=${label} disabled=${isOff} onClick=${act} ...${more}><${Icon} name=${icon} /></button>`;
  return html`<div class="block-tools" role="toolbar" aria-label=${sayBlock(block)}><span class="block-kind"><${Icon} name=${KINDS[block.type].icon} />${KINDS[block.type].label}</span><span class="grow"></span>
    ${button(gettext("Move up"), "arrow-up", () => store.stepBlock(block.id, -1), isFirst)}${button(gettext("Move down"), "arrow-down", () => store.stepBlock(block.id, 1), isLast)}
    ${button(gettext("Duplicate"), "copy", () => store.duplicateBlock(block.id))}${button(gettext("Keep for other campaigns"), "bookmark", keep)}
    ${button(gettext("Delete"), "trash-2", () => removeWithUndo(store, block.id), false, { "data-delete": "" })}${button(gettext("Done"), "check", () => { store.focusAfter = block.id; store.select(null); })}</div>`;
}

function removeWithUndo(store, id) {
  store.removeBlock(id);
  toast(gettext("Removed"), { kind: "info", undo: () => store.undo() });
}

function keyAction(store, block, event) {
  const isOnBlock = event.target.dataset?.block === block.id;
  if (event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key)) return () => store.stepBlock(block.id, event.key === "ArrowUp" ? -1 : 1);
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") return () => store.duplicateBlock(block.id);
  if (event.key === "Escape" && store.selected === block.id) return () => { store.focusAfter = block.id; store.select(null); };
  if (!isOnBlock) return null;
  if (event.key === "Enter" || event.key === " ") return () => { store.select(block.id); requestAnimationFrame(() => document.querySelector(`[data-block="${block.id}"] :is([contenteditable], .block-inspector :is(input, textarea, select))`)?.focus()); };
  if (event.key === "Delete" || event.key === "Backspace") return () => removeWithUndo(store, block.id);
  return null;
}

function focusNew(store) {
  if (!store.focusAfter) return;
  const node = document.querySelector(`[data-block="${store.focusAfter}"]`);
  store.focusAfter = null;
  (node?.querySelector(":scope > .block-drawn > .rich-editor [contenteditable], :scope > .block-inspector .form-row :is(input, textarea)") ?? node)?.focus({ preventScroll: false });
  node?.scrollIntoView({ block: "nearest" });
}

/** Adds a block at the end of a list. Columns hold everything but columns. */
export function AddMenu({ store, place }) {
  const box = useRef(null);
  const close = () => { box.current.open = false; };
  const types = Object.keys(KINDS).filter((type) => !place || type !== "columns");
  const add = (type) => { close(); store.addBlock(newBlock(type), place); };
  return html`<details class="menu-box add-block" ref=${box} onKeyDown=${(event) => { if (event.key === "Escape" && box.current.open) { event.stopPropagation(); close(); box.current.firstElementChild.focus(); } }}>
    <summary class="btn ghost compact" data-add=${place}><${Icon} name="plus" />${gettext("Add a block")}</summary>
    <div class="menu"><div class="kinds-grid">${types.map((type) => html`<button type="button" key=${type} class="menu-item" data-kind=${type} onClick=${() => add(type)}><${Icon} name=${KINDS[type].icon} />${KINDS[type].label}</button>`)}</div>
      <${SavedBlocks} store=${store} place=${place} done=${close} /></div></details>`;
}

